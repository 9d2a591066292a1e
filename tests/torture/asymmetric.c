/*
 * asymmetric.c - the fast and the slow side against each other, with the host's barrier where it has one.
 * UNDIS_TEST_INLINE(rw_lock rw_guests)
 */
#include "asymmetric.h"

/* clang-format off */
static const struct test_case cases[] = {
    CASE("rw_lock", readers_and_writers, "", 4, BOTH),
    CASE("rw_guests", reader_with_guests, "", 4, FREE),
    CASE("dpc_inbox", queued_and_removed, "", 4, BOTH),
};
/* clang-format on */
TEST_MAIN(cases)
