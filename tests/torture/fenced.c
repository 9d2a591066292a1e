/*
 * fenced.c - the same where the host has no barrier on all threads: everybody makes his own.
 */
#include "asymmetric.h"

/* Before the machine starts, after the library has asked the host. */
static __attribute__((constructor)) void go_without(void)
{
    host_barrier_there = false;
}

/* clang-format off */
static const struct test_case cases[] = {
    CASE("rw_lock_fenced", readers_and_writers, "", 4, FREE),
    CASE("rw_guests_fenced", reader_with_guests, "", 4, FREE),
    CASE("dpc_inbox_fenced", queued_and_removed, "", 4, FREE),
};
/* clang-format on */
TEST_MAIN(cases)
