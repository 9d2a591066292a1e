/*
 * clock.c - the host's clocks.
 */
#include "host/host.h"

#include <pthread.h>
#include <time.h>

/* Seconds from 1601-01-01 to 1970-01-01. */
#define EPOCH_DIFFERENCE 11644473600ull

uint64_t host_now_ns(void)
{
    struct timespec now;
    clock_gettime(CLOCK_MONOTONIC, &now);
    return (uint64_t)now.tv_sec * 1000000000u + (uint64_t)now.tv_nsec;
}

uint64_t host_system_time(void)
{
    struct timespec now;
    clock_gettime(CLOCK_REALTIME, &now);
    return ((uint64_t)now.tv_sec + EPOCH_DIFFERENCE) * 10000000u + (uint64_t)now.tv_nsec / 100u;
}

uint64_t host_thread_cpu_ns(const struct host_thread *thread)
{
    clockid_t clock;
    struct timespec used;
    if (pthread_getcpuclockid((pthread_t)thread->handle, &clock) != 0 || clock_gettime(clock, &used) != 0) {
        return 0;
    }
    return (uint64_t)used.tv_sec * 1000000000u + (uint64_t)used.tv_nsec;
}
