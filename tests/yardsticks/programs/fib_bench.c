/*
 * fib_bench.c - two threads add two words into each other N times, not atomically; a third one checks that
 * they are not beyond what the Fibonacci numbers allow (SV-COMP).
 */
#include "yardstick.h"

static int x = 1, y = 1;

#define LARGEST (N == 5 ? 144 : 1 << 20)

static void add_to_x(void *unused)
{
    (void)unused;
    for (int i = 0; i < N; i++) {
        int own = READ(x);
        WRITE(x, own + READ(y));
    }
}

static void add_to_y(void *unused)
{
    (void)unused;
    for (int i = 0; i < N; i++) {
        int other = READ(x);
        WRITE(y, other + READ(y));
    }
}

static void check(void *unused)
{
    (void)unused;
    int seen = READ(x);
    note(0, seen);
    if (seen <= LARGEST) {
        seen = READ(y);
        note(1, seen);
    }
    undis_assert(seen <= LARGEST);
}

STATE(x, y);

void undis_scenario(void)
{
    SHOW_STATE();
    start(0, add_to_x);
    start(1, add_to_y);
    start(2, check);
}
