/*
 * judged.h - lets the verifier judge the test's own calls of the DDI, as it judges a driver's image.
 */
#ifndef UNDIS_TESTS_JUDGED_H
#define UNDIS_TESTS_JUDGED_H

#include "ke/event.h"

/* Of the linker: the test's code. */
extern const char __executable_start[], etext[];

__attribute__((unused)) static void judge_my_calls(void)
{
    event_send(EVENT_DRIVER_LOAD, (void *)(uintptr_t)__executable_start, (uintptr_t)etext, (uintptr_t) "test",
               0, 0);
}

#endif
