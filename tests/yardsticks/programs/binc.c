/*
 * binc.c - N threads increment WORDS words, one atomic increment each: (N!)^WORDS.
 */
#include "yardstick.h"

#ifndef WORDS
#define WORDS 2
#endif

static int words[WORDS];

static void adder(void *argument)
{
    for (int i = 0; i < WORDS; i++) {
        int before = ADD(words[i], 1);
        note(number_of(argument) * WORDS + i, before);
    }
}

STATE(words[0], words[WORDS - 1]);

void undis_scenario(void)
{
    SHOW_STATE();
    for (unsigned i = 0; i < N; i++) {
        start(i, adder);
    }
}
