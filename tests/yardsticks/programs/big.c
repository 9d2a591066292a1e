/*
 * big.c - two readers and two writers of four words (three of them with N = 2), in three sizes.
 */
#include "yardstick.h"

static int x, y, z, w;

static void first_reader(void *unused)
{
    (void)unused;
    (void)READ(x), (void)READ(y), (void)READ(z);
#if N != 2
    (void)READ(w);
#endif
    (void)READ(x), (void)READ(y);
#if N != 2
    (void)READ(z);
#endif
#if N == 1
    (void)READ(w);
#endif
}

static void second_reader(void *unused)
{
    (void)unused;
    (void)READ(x), (void)READ(y), (void)READ(z);
#if N == 1
    (void)READ(w), (void)READ(x), (void)READ(y);
#elif N == 2
    (void)READ(x);
#endif
}

#if N == 2
static void write_twice(int first)
{
    for (int value = first; value < first + 2; value++) {
        WRITE(x, value), WRITE(y, value), WRITE(z, value);
    }
}

static void first_writer(void *unused)
{
    (void)unused;
    write_twice(1);
}

static void second_writer(void *unused)
{
    (void)unused;
    write_twice(3);
}
#else
static void first_writer(void *unused)
{
    (void)unused;
    for (int value = 1; value <= 3; value++) {
        WRITE(x, value), WRITE(y, value);
    }
}

static void second_writer(void *unused)
{
    (void)unused;
    for (int value = 1; value <= 3; value++) {
        WRITE(z, value), WRITE(w, value);
    }
}
#endif

void undis_scenario(void)
{
    start(0, first_reader);
    start(1, second_reader);
    start(2, first_writer);
    start(3, second_writer);
}
