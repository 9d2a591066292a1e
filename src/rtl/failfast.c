/*
 * failfast.c - corruption that compiled-in checks found: a smashed stack, list links that disagree.
 */
#include "ke/ddi.h"
#include "ke/run.h"

#include <stdlib.h>

#define KERNEL_SECURITY_CHECK_FAILURE 0x139
#define FAST_FAIL_STACK_COOKIE 2

/* Stops at once; outside of a processor there is no machine to stop. */
static void fail_fast(ULONG code) __attribute__((noreturn));
static void fail_fast(ULONG code)
{
    if (ke_processor() == &ke_outside) {
        abort();
    }
    ke_bugcheck(KERNEL_SECURITY_CHECK_FAILURE, code, 0, 0, 0);
}

/* Bug check 0x139 with that code.  Any IRQL.  ListCorrupt is code 3 (IL-13). */
VOID RtlFailFast(ULONG Code)
{
    ddi_enter(RtlFailFast);
    fail_fast(Code);
}

/*
 * Where code compiled with -fstack-protector comes when a buffer on its stack ran over.  Exported under the
 * compiler's name so that a driver's defect is a bug check with stack and IRQL instead of the end of the
 * process.
 */
void __stack_chk_fail(void) __attribute__((noreturn));
void __stack_chk_fail(void)
{
    fail_fast(FAST_FAIL_STACK_COOKIE);
}
