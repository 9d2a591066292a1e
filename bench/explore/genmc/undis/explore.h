/*
 * explore.h - what the yardstick programs use of include/undis/explore.h, for GenMC: the same sources run
 * there.
 */
#ifndef UNDIS_BENCH_GENMC_EXPLORE_H
#define UNDIS_BENCH_GENMC_EXPLORE_H

#include <assert.h>
#include <genmc.h>
#include <pthread.h>
#include <stdbool.h>
#include <stddef.h>

void undis_scenario(void);

/* pthread_create's cookie and the function's result differ from undis's; neither is looked at. */
static inline void undis_thread(unsigned processor, void (*body)(void *argument), void *argument)
{
    pthread_t thread;
    (void)processor;
    pthread_create(&thread, NULL, (void *(*)(void *))body, argument);
}

#define undis_assert(condition) assert(condition)
#define undis_assume(condition) __VERIFIER_assume(condition)

int main(void)
{
    undis_scenario();
    return 0;
}

#endif
