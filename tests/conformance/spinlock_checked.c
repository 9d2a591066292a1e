/*
 * spinlock_checked.c - spec section 2: each defect makes its one finding in the checked build, and the
 * run goes on.  The silent twins are in spinlock.c.
 *
 * What IRQL a repaired run is at after a finding is undis's own choice: only that the body's end is
 * reached, that nothing else is reported, and that the machine still works are asserted.
 */
#include <ndis.h>

#include "machine.h"

static NDIS_SPIN_LOCK lock, second;

/* Whatever was repaired: a thread and a DPC must still get through on both processors. */
static volatile LONG came_by;

static void come_by(void *argument)
{
    (void)argument;
    InterlockedIncrement(&came_by);
}

static void machine_still_works(void)
{
    struct thread thread;
    for (int processor = 0; processor < 2; processor++) {
        run_as_dpc(come_by, NULL, processor);
        thread_start(&thread, come_by, NULL, processor);
        thread_join(&thread);
    }
    CHECK_EQ(came_by, 4);
    CHECK_EQ(KeGetCurrentIrql(), PASSIVE_LEVEL);
}

/* ---- SL-2: never allocated --------------------------------------------------------------------- */

static void acquire_unallocated(void *argument)
{
    (void)argument;
    NdisAcquireSpinLock(&lock);
    NdisReleaseSpinLock(&lock);
    machine_still_works();
}

static void dpr_acquire_unallocated(void *argument)
{
    (void)argument;
    KIRQL old = KeRaiseIrqlToDpcLevel();
    NdisDprAcquireSpinLock(&lock);
    NdisDprReleaseSpinLock(&lock);
    KeLowerIrql(old);
    machine_still_works();
}

static void interlocked_with_unallocated(void *argument)
{
    ULONG addend = 1;
    (void)argument;
    NdisInterlockedAddUlong(&addend, 2, &lock);
    CHECK_EQ(addend, 3);
    machine_still_works();
}

/* ---- SL-3: allocated twice --------------------------------------------------------------------- */

static void allocate_twice(void *argument)
{
    (void)argument;
    NdisAllocateSpinLock(&lock);
    NdisAllocateSpinLock(&lock);
    NdisAcquireSpinLock(&lock);
    NdisReleaseSpinLock(&lock);
    machine_still_works();
}

/* ---- SL-4: freed, then used; freed while held -------------------------------------------------- */

static void acquire_freed(void *argument)
{
    (void)argument;
    NdisAllocateSpinLock(&lock);
    NdisFreeSpinLock(&lock);
    NdisAcquireSpinLock(&lock);
    NdisReleaseSpinLock(&lock);
    machine_still_works();
}

static void free_while_another_holds(void *argument)
{
    (void)argument;
    NdisFreeSpinLock(&lock);
}

static void free_held(void *argument)
{
    struct dpc dpc;
    (void)argument;
    run_on(0);
    NdisAllocateSpinLock(&lock);
    NdisAcquireSpinLock(&lock);
    dpc_init(&dpc, free_while_another_holds, NULL, 1);
    dpc_queue(&dpc);
    CHECK_SOON(dpc.runs == 1);
    NdisReleaseSpinLock(&lock);
    machine_still_works();
}

/* ---- SL-8, SL-9: the Dpr pair below DISPATCH_LEVEL --------------------------------------------- */

static void dpr_at_passive(void *argument)
{
    (void)argument;
    NdisAllocateSpinLock(&lock);
    NdisDprAcquireSpinLock(&lock);
    NdisDprReleaseSpinLock(&lock);
    machine_still_works();
}

/* ---- SL-10: flavours mixed --------------------------------------------------------------------- */

static void acquire_then_dpr_release(void *argument)
{
    (void)argument;
    NdisAllocateSpinLock(&lock);
    NdisAcquireSpinLock(&lock);
    NdisDprReleaseSpinLock(&lock);
    if (KeGetCurrentIrql() > PASSIVE_LEVEL) {
        KeLowerIrql(PASSIVE_LEVEL);
    }
    machine_still_works();
}

static void dpr_acquire_then_release(void *argument)
{
    (void)argument;
    NdisAllocateSpinLock(&lock);
    NdisAcquireSpinLock(&lock);
    NdisReleaseSpinLock(&lock);
    KIRQL old = KeRaiseIrqlToDpcLevel();
    NdisDprAcquireSpinLock(&lock);
    NdisReleaseSpinLock(&lock);
    if (KeGetCurrentIrql() > PASSIVE_LEVEL) {
        KeLowerIrql(old);
    }
    machine_still_works();
}

/* ---- SL-11: recursive -------------------------------------------------------------------------- */

static void acquire_twice(void *argument)
{
    (void)argument;
    NdisAllocateSpinLock(&lock);
    NdisAcquireSpinLock(&lock);
    NdisAcquireSpinLock(&lock);
    NdisReleaseSpinLock(&lock);
    NdisReleaseSpinLock(&lock);
    machine_still_works();
}

/* ---- SL-12: the defect of the NdisAllocateSpinLock page ---------------------------------------- */

static void release_out_of_order(void *argument)
{
    (void)argument;
    NdisAllocateSpinLock(&lock);
    NdisAllocateSpinLock(&second);
    NdisAcquireSpinLock(&lock);
    NdisAcquireSpinLock(&second);
    NdisReleaseSpinLock(&lock);
    NdisReleaseSpinLock(&second);
    if (KeGetCurrentIrql() > PASSIVE_LEVEL) {
        KeLowerIrql(PASSIVE_LEVEL);
    }
    machine_still_works();
}

/* ---- SL-13: two locks, two orders, at the same time -------------------------------------------- */

static volatile LONG first_held, second_held;

static void take_second_then_first(void *argument)
{
    (void)argument;
    NdisAcquireSpinLock(&second);
    second_held = 1;
    CHECK_SOON(first_held == 1);
    NdisAcquireSpinLock(&lock);
    NdisReleaseSpinLock(&lock);
    NdisReleaseSpinLock(&second);
}

static void two_orders_deadlock(void *argument)
{
    struct thread thread;
    (void)argument;
    check_expected_end = UNDIS_STOPPED;
    NdisAllocateSpinLock(&lock);
    NdisAllocateSpinLock(&second);
    run_on(0);
    thread_start(&thread, take_second_then_first, NULL, 1);
    NdisAcquireSpinLock(&lock);
    first_held = 1;
    CHECK_SOON(second_held == 1);
    NdisAcquireSpinLock(&second);
    CHECK(false);
}

/* ---- SL-17: above DISPATCH_LEVEL --------------------------------------------------------------- */

static void acquire_in_isr(void *argument)
{
    (void)argument;
    NdisAcquireSpinLock(&lock);
    NdisReleaseSpinLock(&lock);
}

static void acquire_above_dispatch(void *argument)
{
    (void)argument;
    NdisAllocateSpinLock(&lock);
    run_as_isr(acquire_in_isr, NULL, 1);
    machine_still_works();
}

/* ---- SL-20: held at return --------------------------------------------------------------------- */

static void dpr_acquire_only(void *argument)
{
    (void)argument;
    NdisDprAcquireSpinLock(&lock);
}

static void dpc_returns_holding(void *argument)
{
    (void)argument;
    NdisAllocateSpinLock(&lock);
    run_as_dpc(dpr_acquire_only, NULL, 1);
    machine_still_works();
}

static void acquire_only(void *argument)
{
    (void)argument;
    NdisAcquireSpinLock(&lock);
}

static void thread_ends_holding(void *argument)
{
    struct thread thread;
    (void)argument;
    NdisAllocateSpinLock(&lock);
    thread_start(&thread, acquire_only, NULL, 1);
    thread_join(&thread);
    machine_still_works();
}

/* ---- SL-21: IRQL lowered under a lock ---------------------------------------------------------- */

static void lower_under_a_lock(void *argument)
{
    (void)argument;
    NdisAllocateSpinLock(&lock);
    NdisAcquireSpinLock(&lock);
    KeLowerIrql(PASSIVE_LEVEL);
    NdisReleaseSpinLock(&lock);
    machine_still_works();
}

/* ---- SL-24: released by another, released by nobody -------------------------------------------- */

static void release_only(void *argument)
{
    (void)argument;
    NdisDprReleaseSpinLock(&lock);
}

static void release_on_another_processor(void *argument)
{
    struct dpc dpc;
    (void)argument;
    run_on(0);
    NdisAllocateSpinLock(&lock);
    KIRQL old = KeRaiseIrqlToDpcLevel();
    NdisDprAcquireSpinLock(&lock);
    dpc_init(&dpc, release_only, NULL, 1);
    dpc_queue(&dpc);
    CHECK_SOON(dpc.runs == 1);
    NdisDprReleaseSpinLock(&lock);
    KeLowerIrql(old);
    machine_still_works();
}

static void release_not_acquired(void *argument)
{
    (void)argument;
    NdisAllocateSpinLock(&lock);
    KIRQL old = KeRaiseIrqlToDpcLevel();
    NdisDprReleaseSpinLock(&lock);
    KeLowerIrql(old);
    machine_still_works();
}

/* clang-format off */
static const struct test_case cases[] = {
    CASE("SL-2-acquire", acquire_unallocated, "SpinLockNotAllocated", 2, CHECKED),
    CASE("SL-2-dpr-acquire", dpr_acquire_unallocated, "SpinLockNotAllocated", 2, CHECKED),
    CASE("SL-2-interlocked", interlocked_with_unallocated, "SpinLockNotAllocated", 2, CHECKED),
    CASE("SL-3-reallocated", allocate_twice, "SpinLockReallocated", 2, CHECKED),
    CASE("SL-4-used-after-free", acquire_freed, "SpinLockNotAllocated", 2, CHECKED),
    CASE("SL-4-freed-while-held", free_held, "SpinLockFreedWhileHeld", 2, CHECKED),
    CASE("SL-8-below-dispatch", dpr_at_passive, "SpinLockBelowDispatch", 2, CHECKED),
    CASE("SL-10-dpr-release", acquire_then_dpr_release, "SpinLockFlavor", 2, CHECKED),
    CASE("SL-10-dpr-acquire", dpr_acquire_then_release, "SpinLockFlavor", 2, CHECKED),
    CASE("SL-11", acquire_twice, "SpinLockRecursive", 2, CHECKED),
    CASE("SL-12-out-of-order", release_out_of_order, "SpinLockReleaseOrder", 2, CHECKED),
    CASE("SL-13-deadlock", two_orders_deadlock, "Deadlock", 2, CHECKED),
    CASE("SL-17", acquire_above_dispatch, "SpinLockAboveDispatch", 2, CHECKED),
    CASE("SL-20-dpc", dpc_returns_holding, "SpinLockHeldAtReturn", 2, CHECKED),
    CASE("SL-20-thread", thread_ends_holding, "SpinLockHeldAtReturn", 2, CHECKED),
    CASE("SL-21", lower_under_a_lock, "SpinLockHeldBelowDispatch", 2, CHECKED),
    CASE("SL-24", release_on_another_processor, "SpinLockWrongOwner", 2, CHECKED),
    CASE("SL-24-not-owned", release_not_acquired, "SpinLockNotOwned", 2, CHECKED),
};
/* clang-format on */

TEST_MAIN(cases)
