/*
 * fault.c - who decides whether a call fails.
 */
#include "ke/fault.h"

#if UNDIS_CHECKED

bool (*ke_fault)(const char *function, const void *from);
volatile unsigned ke_failed_calls;

bool ke_call_fails(const char *function, const void *from)
{
    if (host_is_own((uintptr_t)from)) { /* what it calls for itself does not fail */
        return false;
    }
    bool fails = ke_fails() || (ke_fault != NULL && ke_fault(function, from));
    if (fails) {
        __atomic_fetch_add(&ke_failed_calls, 1, __ATOMIC_RELAXED);
    }
    return fails;
}

#endif
