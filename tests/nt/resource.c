/*
 * resource.c - locks that threads own: executive resources, push locks, and what is reported of these and of
 * mutexes in the checked build.
 */
#include <ntddk.h>

#include "check.h"
#include "machine.h"

static ERESOURCE resource;
static EX_PUSH_LOCK push;
static FAST_MUTEX fast;
static KGUARDED_MUTEX guarded;
static KMUTEX mutex;
static volatile LONG step, inside, writers, most_inside, errors;
static LONG first_half, second_half;

/* ---- who may come in ----------------------------------------------------------------------------- */

static volatile BOOLEAN got;

static void try_shared(void *argument)
{
    (void)argument;
    got = ExAcquireResourceSharedLite(&resource, FALSE);
    if (got) {
        ExReleaseResourceLite(&resource);
    }
}

static void try_starving(void *argument)
{
    (void)argument;
    got = ExAcquireSharedStarveExclusive(&resource, FALSE);
    if (got) {
        ExReleaseResourceLite(&resource);
    }
}

static void try_waiting_for_exclusive(void *argument)
{
    (void)argument;
    got = ExAcquireSharedWaitForExclusive(&resource, FALSE);
    if (got) {
        ExReleaseResourceLite(&resource);
    }
}

static void try_exclusive(void *argument)
{
    (void)argument;
    got = ExAcquireResourceExclusiveLite(&resource, FALSE);
    if (got) {
        ExReleaseResourceLite(&resource);
    }
}

static BOOLEAN another(void (*body)(void *))
{
    struct thread thread;
    thread_start(&thread, body, NULL, -1);
    thread_join(&thread);
    return got;
}

static void want_exclusive(void *argument)
{
    (void)argument;
    CHECK(ExAcquireResourceExclusiveLite(&resource, TRUE));
    InterlockedIncrement(&step);
    CHECK(ExIsResourceAcquiredExclusiveLite(&resource));
    ExReleaseResourceLite(&resource);
}

static void resource_access(void *argument)
{
    struct thread thread;
    (void)argument;
    CHECK_EQ(ExInitializeResourceLite(&resource), STATUS_SUCCESS);
    KeEnterCriticalRegion();
    /* Alone, twice. */
    CHECK(ExAcquireResourceExclusiveLite(&resource, FALSE));
    CHECK(ExAcquireResourceExclusiveLite(&resource, TRUE));
    CHECK(ExAcquireResourceSharedLite(&resource, TRUE));
    CHECK(ExIsResourceAcquiredExclusiveLite(&resource));
    CHECK_EQ(ExIsResourceAcquiredSharedLite(&resource), 3);
    CHECK(!another(try_shared));
    CHECK(!another(try_exclusive));
    ExReleaseResourceLite(&resource);
    ExReleaseResourceLite(&resource);
    CHECK(!another(try_shared));
    ExConvertExclusiveToSharedLite(&resource);
    CHECK(!ExIsResourceAcquiredExclusiveLite(&resource));
    CHECK(another(try_shared));
    CHECK(!another(try_exclusive));
    /* One waits for it alone: it goes before those that come later, but for those that starve it. */
    thread_start(&thread, want_exclusive, NULL, -1);
    SLEEP_UNTIL(ExGetExclusiveWaiterCount(&resource) == 1);
    CHECK_EQ(ExGetSharedWaiterCount(&resource), 0);
    CHECK(!another(try_shared));
    CHECK(!another(try_waiting_for_exclusive));
    CHECK(another(try_starving));
    CHECK(ExAcquireResourceSharedLite(&resource, FALSE)); /* this thread shares it already */
    CHECK(!ExAcquireSharedWaitForExclusive(&resource, FALSE));
    ExReleaseResourceLite(&resource);
    CHECK_EQ(step, 0);
    ExReleaseResourceForThreadLite(&resource, ExGetCurrentResourceThread());
    thread_join(&thread);
    CHECK_EQ(step, 1);
    CHECK_EQ(ExIsResourceAcquiredSharedLite(&resource), 0);
    /* For somebody else to release. */
    CHECK(ExAcquireResourceExclusiveLite(&resource, TRUE));
    ExSetResourceOwnerPointerEx(&resource, (PVOID)((ULONG_PTR)&thread | 3), 0);
    CHECK(!another(try_shared));
    ExReleaseResourceForThreadLite(&resource, (ULONG_PTR)&thread | 3);
    CHECK(another(try_exclusive));
    KeLeaveCriticalRegion();
    CHECK(ExEnterCriticalRegionAndAcquireResourceExclusive(&resource) != NULL);
    CHECK(KeAreApcsDisabled());
    CHECK(!another(try_shared));
    ExReleaseResourceAndLeaveCriticalRegion(&resource);
    CHECK(!KeAreApcsDisabled());
    CHECK_EQ(ExReinitializeResourceLite(&resource), STATUS_SUCCESS);
    CHECK_EQ(ExDeleteResourceLite(&resource), STATUS_SUCCESS);
}

/* ---- exclusion ----------------------------------------------------------------------------------- */

static void write_halves(void)
{
    if (InterlockedIncrement(&writers) != 1 || inside != 0) {
        InterlockedIncrement(&errors);
    }
    first_half++;
    second_half++;
    InterlockedDecrement(&writers);
}

static void read_halves(void)
{
    LONG now = InterlockedIncrement(&inside);
    if (now > most_inside) {
        most_inside = now;
    }
    if (writers != 0 || first_half != second_half) {
        InterlockedIncrement(&errors);
    }
    InterlockedDecrement(&inside);
}

static void use_resource(void *argument)
{
    (void)argument;
    for (int i = 0; i < 1000; i++) {
        if (i % 8 == 0) {
            ExAcquireResourceExclusiveLite(&resource, TRUE);
            write_halves();
        } else {
            ExAcquireResourceSharedLite(&resource, TRUE);
            read_halves();
        }
        ExReleaseResourceLite(&resource);
    }
}

static void use_push_lock(void *argument)
{
    (void)argument;
    for (int i = 0; i < 1000; i++) {
        KeEnterCriticalRegion();
        if (i % 8 == 0) {
            ExAcquirePushLockExclusive(&push);
            write_halves();
            ExReleasePushLockExclusive(&push);
        } else {
            ExAcquirePushLockShared(&push);
            read_halves();
            ExReleasePushLockShared(&push);
        }
        KeLeaveCriticalRegion();
    }
}

static void excluded(void (*use)(void *))
{
    struct thread threads[6];
    first_half = second_half = 0;
    for (int i = 0; i < 6; i++) {
        thread_start(&threads[i], use, NULL, -1);
    }
    for (int i = 0; i < 6; i++) {
        thread_join(&threads[i]);
    }
    CHECK_EQ(first_half, 6 * 125);
    CHECK_EQ(errors, 0);
}

static void exclusion(void *argument)
{
    (void)argument;
    ExInitializeResourceLite(&resource);
    ExInitializePushLock(&push);
    excluded(use_resource);
    excluded(use_push_lock);
    CHECK_EQ(push, 0);
    ExDeleteResourceLite(&resource);
}

/* ---- regions ------------------------------------------------------------------------------------- */

static void regions(void *argument)
{
    (void)argument;
    CHECK(!KeAreApcsDisabled());
    KeEnterCriticalRegion();
    CHECK(KeAreApcsDisabled());
    CHECK(!KeAreAllApcsDisabled());
    KeEnterGuardedRegion();
    KeEnterGuardedRegion();
    CHECK(KeAreAllApcsDisabled());
    KeLeaveGuardedRegion();
    CHECK(KeAreAllApcsDisabled());
    KeLeaveGuardedRegion();
    CHECK(!KeAreAllApcsDisabled());
    KeLeaveCriticalRegion();
    CHECK(!KeAreApcsDisabled());
    KeInitializeGuardedMutex(&guarded);
    KeAcquireGuardedMutex(&guarded);
    CHECK(KeAreAllApcsDisabled());
    KeReleaseGuardedMutex(&guarded);
    CHECK(!KeAreAllApcsDisabled());
    KeEnterGuardedRegion();
    KeAcquireGuardedMutexUnsafe(&guarded);
    KeReleaseGuardedMutexUnsafe(&guarded);
    KeLeaveGuardedRegion();
}

/* ---- what is reported ---------------------------------------------------------------------------- */

static void initialize_all(void)
{
    ExInitializeResourceLite(&resource);
    ExInitializePushLock(&push);
    ExInitializeFastMutex(&fast);
    KeInitializeGuardedMutex(&guarded);
    KeInitializeMutex(&mutex, 0);
}

/* Whatever was repaired: everybody gets through everything again. */
static void go_through(void *argument)
{
    (void)argument;
    LARGE_INTEGER now = {.QuadPart = 0};
    CHECK(ExTryToAcquireFastMutex(&fast));
    ExReleaseFastMutex(&fast);
    CHECK(KeTryToAcquireGuardedMutex(&guarded));
    KeReleaseGuardedMutex(&guarded);
    CHECK_EQ(KeWaitForSingleObject(&mutex, Executive, KernelMode, FALSE, &now), STATUS_SUCCESS);
    CHECK_EQ(KeReleaseMutex(&mutex, FALSE), 0);
    CHECK(ExAcquireResourceExclusiveLite(&resource, FALSE));
    ExReleaseResourceLite(&resource);
    CHECK_EQ(push, 0);
    CHECK_EQ(KeGetCurrentIrql(), PASSIVE_LEVEL);
    step = 100;
}

static void still_works(void)
{
    struct thread thread;
    CHECK_EQ(KeGetCurrentIrql(), PASSIVE_LEVEL);
    thread_start(&thread, go_through, NULL, -1);
    thread_join(&thread);
    CHECK_EQ(step, 100);
    ExDeleteResourceLite(&resource);
}

static void recursive(void *argument)
{
    (void)argument;
    initialize_all();
    ExAcquireFastMutex(&fast);
    CHECK(!ExTryToAcquireFastMutex(&fast)); /* no offence */
    ExAcquireFastMutex(&fast);
    ExReleaseFastMutex(&fast);
    ExReleaseFastMutex(&fast);
    KeAcquireGuardedMutex(&guarded);
    KeAcquireGuardedMutex(&guarded);
    KeReleaseGuardedMutex(&guarded);
    KeReleaseGuardedMutex(&guarded);
    ExAcquirePushLockShared(&push);
    ExAcquirePushLockExclusive(&push);
    ExReleasePushLockExclusive(&push);
    ExReleasePushLockShared(&push);
    ExAcquireResourceSharedLite(&resource, TRUE);
    ExAcquireResourceExclusiveLite(&resource, TRUE);
    ExReleaseResourceLite(&resource);
    ExReleaseResourceLite(&resource);
    /* These may be acquired again. */
    KeWaitForMutexObject(&mutex, Executive, KernelMode, FALSE, NULL);
    KeWaitForMutexObject(&mutex, Executive, KernelMode, FALSE, NULL);
    CHECK_EQ(KeReleaseMutex(&mutex, FALSE), -1);
    CHECK_EQ(KeReleaseMutex(&mutex, FALSE), 0);
    still_works();
}

static void own_all_then_wait(void *argument)
{
    (void)argument;
    ExAcquireFastMutexUnsafe(&fast);
    KeWaitForMutexObject(&mutex, Executive, KernelMode, FALSE, NULL);
    ExAcquireResourceExclusiveLite(&resource, TRUE);
    step = 1;
    SLEEP_UNTIL(step == 2);
    ExReleaseResourceLite(&resource);
    KeReleaseMutex(&mutex, FALSE);
    ExReleaseFastMutexUnsafe(&fast);
}

static void not_owned(void *argument)
{
    struct thread thread;
    (void)argument;
    initialize_all();
    step = 0;
    thread_start(&thread, own_all_then_wait, NULL, -1);
    SLEEP_UNTIL(step == 1);
    ExReleaseFastMutexUnsafe(&fast);
    KeReleaseMutex(&mutex, FALSE);
    ExReleaseResourceLite(&resource);
    KeReleaseGuardedMutex(&guarded); /* nobody's, and no region */
    CHECK(!KeAreAllApcsDisabled());
    step = 2;
    thread_join(&thread);
    still_works();
}

static void keep_fast(void *argument)
{
    (void)argument;
    ExAcquireFastMutex(&fast);
}

static void keep_others(void *argument)
{
    (void)argument;
    KeWaitForMutexObject(&mutex, Executive, KernelMode, FALSE, NULL);
    KeWaitForMutexObject(&mutex, Executive, KernelMode, FALSE, NULL);
    ExAcquireResourceSharedLite(&resource, TRUE);
    ExAcquireResourceSharedLite(&resource, TRUE);
    ExAcquirePushLockShared(&push);
}

static void held_at_return(void *argument)
{
    struct thread thread;
    (void)argument;
    initialize_all();
    thread_start(&thread, keep_fast, NULL, -1);
    thread_join(&thread);
    thread_start(&thread, keep_others, NULL, -1);
    thread_join(&thread);
    still_works();
}

static void kmutex_two_objects(void *argument)
{
    KEVENT event;
    PVOID objects[2] = {&event, &mutex};
    (void)argument;
    initialize_all();
    KeInitializeEvent(&event, NotificationEvent, TRUE);
    CHECK_EQ(KeWaitForMultipleObjects(2, objects, WaitAll, Executive, KernelMode, FALSE, NULL, NULL),
             STATUS_WAIT_0);
    CHECK_EQ(KeReleaseMutex(&mutex, FALSE), 0);
    KeClearEvent(&event);
    CHECK_EQ(KeWaitForMultipleObjects(2, objects, WaitAny, Executive, KernelMode, FALSE, NULL, NULL),
             STATUS_WAIT_1);
    CHECK_EQ(KeReleaseMutex(&mutex, FALSE), 0);
    KeSetEvent(&event, 0, FALSE);
    CHECK_EQ(KeWaitForMultipleObjects(2, objects, WaitAny, Executive, KernelMode, FALSE, NULL, NULL),
             STATUS_WAIT_0);
    still_works();
}

static void resource_not_owned_stops(void *argument)
{
    (void)argument;
    check_expected_end = UNDIS_STOPPED;
    ExInitializeResourceLite(&resource);
    ExReleaseResourceLite(&resource);
    CHECK(false);
}

/* clang-format off */
static const struct test_case cases[] = {
    CASE("resource.access", resource_access, "", 4, BOTH),
    CASE("resource.exclusion", exclusion, "", 4, BOTH),
    CASE("resource.regions", regions, "", 1, BOTH),
    CASE("resource.kmutex-among-objects", kmutex_two_objects, "", 2, BOTH),
    CASE("resource.not-owned-stops", resource_not_owned_stops, "", 1, FREE),
    CASE("resource.recursive", recursive, "MutexRecursive MutexRecursive MutexRecursive MutexRecursive", 2, CHECKED),
    CASE("resource.not-owned", not_owned, "MutexNotOwned MutexNotOwned MutexNotOwned MutexNotOwned", 2, CHECKED),
    CASE("resource.held-at-return", held_at_return, "MutexHeldAtReturn", 2, CHECKED),
};
/* clang-format on */

TEST_MAIN(cases)
