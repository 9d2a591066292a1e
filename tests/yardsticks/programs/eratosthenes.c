/*
 * eratosthenes.c - two threads work through one sieve of the numbers 2 to N + 1.
 */
#include "yardstick.h"

enum { UNKNOWN, PRIME, COMPOSITE };

static int sieve[N];

static void strike(void *unused)
{
    (void)unused;
    for (int i = 0; i < N; i++) {
        if (READ(sieve[i]) != UNKNOWN) {
            continue;
        }
        WRITE(sieve[i], PRIME);
        for (int multiple = 2 * i + 2; multiple < N; multiple += i + 2) {
            WRITE(sieve[multiple], COMPOSITE);
        }
    }
}

STATE(sieve[0], sieve[N / 2], sieve[N - 1]);

void undis_scenario(void)
{
    SHOW_STATE();
    start(0, strike);
    start(1, strike);
}
