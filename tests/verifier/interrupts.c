/*
 * interrupts.c - the lock rules where interrupts come in: an ISR that takes a lock, ISRs and DPCs that land
 * in critical sections, many processors at once.
 */
#include <ndis.h>

#include "machine.h"

#include "ke/event.h"

static NDIS_SPIN_LOCK lock, inner;

static __attribute__((noinline)) void take_and_release(void *argument)
{
    (void)argument;
    NdisAcquireSpinLock(&lock);
    NdisReleaseSpinLock(&lock);
}

/* As NDIS calls a miniport's ISR: bracketed, so that the stack's end is known on an idle processor too. */
static void isr_routine(void *argument)
{
    struct callback_frame frame;
    callback_enter(&frame, CALLBACK_ISR, "MiniportInterrupt", (const void *)(uintptr_t)take_and_release);
    take_and_release(argument);
    callback_leave(&frame);
}

/* The ISR finds the lock held by the code that it interrupted: on Windows it would wait for ever. */
static void isr_waits_for_what_it_interrupted(void *argument)
{
    struct isr isr;
    (void)argument;
    NdisAllocateSpinLock(&lock);
    run_on(0);
    isr_connect(&isr, 5, 1, isr_routine, NULL);
    NdisAcquireSpinLock(&lock);
    ke_line_assert(isr.line);
    CHECK_SOON(isr.runs == 1);
    CHECK_EQ(KeGetCurrentIrql(), DISPATCH_LEVEL);
    NdisReleaseSpinLock(&lock);
    CHECK_EQ(KeGetCurrentIrql(), PASSIVE_LEVEL);
    isr_disconnect(&isr);
    NdisFreeSpinLock(&lock);
}

/* The same place twice is one finding; a free lock in an ISR is one rule only. */
static void isr_takes_a_free_lock(void *argument)
{
    (void)argument;
    NdisAllocateSpinLock(&lock);
    run_as_isr(isr_routine, NULL, 0);
    run_as_isr(isr_routine, NULL, 0);
    CHECK_EQ(undis_finding(0)->repeats, 1);
    CHECK_EQ(undis_finding(0)->irql, 5);
    CHECK_EQ(undis_finding(0)->bugcheck_code, 0xC4);
    CHECK_EQ(undis_finding(0)->bugcheck_parameters[0], 0x42);
    NdisFreeSpinLock(&lock);
}

/* ---- no false alarm under load ----------------------------------------------------------------- */

#define ROUNDS 2000

static volatile LONG guarded, isr_count;

static void dpc_body(void *argument)
{
    (void)argument;
    for (int i = 0; i < 10; i++) {
        NdisDprAcquireSpinLock(&lock);
        NdisDprAcquireSpinLock(&inner);
        guarded++;
        NdisDprReleaseSpinLock(&lock); /* out of order, harmless here */
        NdisDprReleaseSpinLock(&inner);
    }
}

static void isr_body(void *argument)
{
    struct dpc *dpcs = argument;
    InterlockedIncrement(&isr_count);
    dpc_queue(&dpcs[KeGetCurrentProcessorNumber()]);
}

static void worker(void *argument)
{
    (void)argument;
    for (int i = 0; i < ROUNDS; i++) {
        NDIS_SPIN_LOCK *mine = ExAllocatePoolWithTag(NonPagedPool, sizeof(*mine), 'kcol');
        NdisAllocateSpinLock(mine);
        NdisAcquireSpinLock(mine);
        NdisAcquireSpinLock(&lock);
        NdisAcquireSpinLock(&inner);
        guarded++;
        NdisReleaseSpinLock(&inner);
        NdisReleaseSpinLock(&lock);
        NdisReleaseSpinLock(mine);
        NdisFreeSpinLock(mine);
        ExFreePoolWithTag(mine, 'kcol');
    }
}

static void load(unsigned processors)
{
    static struct thread threads[KE_MAXIMUM_PROCESSORS];
    static struct dpc dpcs[KE_MAXIMUM_PROCESSORS];
    static struct outside outside;
    struct isr isr;
    NdisAllocateSpinLock(&lock);
    NdisAllocateSpinLock(&inner);
    for (unsigned i = 0; i < processors; i++) {
        dpc_init(&dpcs[i], dpc_body, NULL, (int)i);
    }
    isr_connect(&isr, 7, ~(KAFFINITY)0 >> (64 - processors), isr_body, dpcs);
    outside.lines[0] = isr.line;
    outside.line_count = 1;
    outside_start(&outside, 200000);
    for (unsigned i = 0; i < processors; i++) {
        thread_start(&threads[i], worker, NULL, i % 2 != 0 ? (int)i : -1);
    }
    for (unsigned i = 0; i < processors; i++) {
        thread_join(&threads[i]);
    }
    outside_stop(&outside);
    isr_disconnect(&isr);
    KeFlushQueuedDpcs();
    LONG runs = 0;
    for (unsigned i = 0; i < processors; i++) {
        runs += dpcs[i].runs;
    }
    CHECK(isr_count > 0);
    CHECK_EQ(guarded, (LONG)processors * ROUNDS + runs * 10);
    NdisFreeSpinLock(&lock);
    NdisFreeSpinLock(&inner);
}

static void load_4(void *argument)
{
    (void)argument;
    load(4);
}

static void load_64(void *argument)
{
    (void)argument;
    load(64);
}

/* clang-format off */
static const struct test_case cases[] = {
    CASE("isr-waits-for-what-it-interrupted", isr_waits_for_what_it_interrupted, "SpinLockAboveDispatch SpinLockRecursive", 2, CHECKED),
    CASE("isr-takes-a-free-lock", isr_takes_a_free_lock, "SpinLockAboveDispatch", 2, CHECKED),
    CASE("load-4", load_4, "", 4, CHECKED),
    CASE("load-64", load_64, "", 64, CHECKED),
};
/* clang-format on */

TEST_MAIN(cases)
