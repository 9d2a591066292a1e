/*
 * indexer.c - N threads put four keys each into a hash table of 128 places, by compare and exchange with
 * linear probing (Flanagan and Godefroid, POPL 2005).  Keys of different threads begin to collide at N = 12.
 */
#include "yardstick.h"

#define PLACES 128
#define KEYS 4

static int table[PLACES];

static void inserter(void *argument)
{
    for (int i = 0; i < KEYS; i++) {
        int key = i * 11 + number_of(argument);
        int place = key * 7 % PLACES;
        while (!replace(&table[place], 0, key)) {
            place = (place + 1) % PLACES;
        }
    }
}

void undis_scenario(void)
{
    for (unsigned i = 0; i < N; i++) {
        start(i, inserter);
    }
}
