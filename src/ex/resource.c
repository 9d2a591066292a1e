/*
 * resource.c - ERESOURCE: a lock for threads, shared or exclusive, that its owners may take again.
 *
 * OwnerEntry is the exclusive owner or one of those that share it; the rest of these are in OwnerTable, whose
 * entry 0 tells its size.  TableSize of an owner's entry counts its acquisitions.  ActiveEntries counts
 * owners.
 */
#include "ex/abandon.h"
#include "ex/park.h"
#include "ke/bugcheck.h"
#include "ke/ddi.h"
#include "ke/memory.h"
#include "ke/mutex.h"
#include "ke/observer.h"
#include "ke/run.h"

#include <string.h>

#define OWNED_EXCLUSIVE 0x80u
#define TABLE_STEP 4u
#define OWNER_POINTER_BITS 3u
#define RESOURCE_NOT_OWNED 0xE3

enum how { EXCLUSIVE, SHARED, SHARED_STARVE_EXCLUSIVE, SHARED_WAIT_FOR_EXCLUSIVE };

/* What an exclusive owner did comes before whoever has it next, what others did before the exclusive one. */
static void acquired(PERESOURCE resource, bool shared)
{
    (void)resource, (void)shared;
    ke_acquires(&resource->OwnerEntry);
    if (!shared) {
        ke_acquires(&resource->ActiveEntries);
    }
}

static void released(PERESOURCE resource, bool shared)
{
    (void)resource, (void)shared;
    if (shared) {
        ke_releases(&resource->ActiveEntries);
    } else {
        ke_releases(&resource->OwnerEntry);
    }
}

/* ---- owners; under the guard ----------------------------------------------------------------------- */

static ULONG table_size(const ERESOURCE *resource)
{
    return resource->OwnerTable != NULL ? resource->OwnerTable[0].TableSize : 0;
}

static POWNER_ENTRY find_owner(PERESOURCE resource, ERESOURCE_THREAD thread)
{
    if (resource->OwnerEntry.OwnerThread == thread) {
        return &resource->OwnerEntry;
    }
    for (ULONG i = 1; i < table_size(resource); i++) {
        if (resource->OwnerTable[i].OwnerThread == thread) {
            return &resource->OwnerTable[i];
        }
    }
    return NULL;
}

static POWNER_ENTRY free_entry(PERESOURCE resource)
{
    POWNER_ENTRY entry = find_owner(resource, 0);
    ULONG size = table_size(resource), larger = size + TABLE_STEP;
    if (entry != NULL) {
        return entry;
    }
    POWNER_ENTRY table = ke_allocate(larger * sizeof(*table));
    if (table == NULL) {
        ke_bugcheck(0x4D, 0, 0, 0, 0); /* NO_PAGES_AVAILABLE */
    }
    if (size != 0) {
        memcpy(table, resource->OwnerTable, size * sizeof(*table));
        ke_free(resource->OwnerTable);
    }
    table[0].TableSize = larger;
    resource->OwnerTable = table;
    return &table[size == 0 ? 1 : size];
}

static bool is_exclusive(const ERESOURCE *resource)
{
    return (resource->Flag & OWNED_EXCLUSIVE) != 0;
}

static bool may_enter(PERESOURCE resource, enum how how, ERESOURCE_THREAD thread)
{
    bool mine = find_owner(resource, thread) != NULL;
    if (resource->ActiveEntries == 0) {
        return true;
    }
    if (how == EXCLUSIVE || is_exclusive(resource)) {
        return mine && is_exclusive(resource);
    }
    if (how == SHARED_STARVE_EXCLUSIVE || (mine && how == SHARED)) {
        return true;
    }
    return resource->NumberOfExclusiveWaiters == 0;
}

static void grant(PERESOURCE resource, bool shared, ERESOURCE_THREAD thread)
{
    POWNER_ENTRY entry = find_owner(resource, thread);
    if (entry == NULL) {
        entry = free_entry(resource);
        entry->OwnerThread = thread;
        entry->TableSize = 0;
        resource->ActiveEntries++;
        resource->ActiveCount = (SHORT)resource->ActiveEntries;
        resource->Flag |= shared ? 0 : OWNED_EXCLUSIVE;
    }
    entry->TableSize++;
}

static void grant_shared_waiters(PERESOURCE resource, struct ex_granted *granted)
{
    struct ex_parked *parked;
    while ((parked = ex_park_take(resource, true)) != NULL) {
        resource->NumberOfSharedWaiters--;
        grant(resource, true, (ERESOURCE_THREAD)parked->thread);
        ex_granted_add(granted, parked);
    }
}

/* Nobody owns it: after an exclusive owner it is the turn of those that share, after these of an exclusive
 * one. */
static void hand_over(PERESOURCE resource, bool was_exclusive, struct ex_granted *granted)
{
    struct ex_parked *parked = NULL;
    if (!was_exclusive || resource->NumberOfSharedWaiters == 0) {
        parked = ex_park_take(resource, false);
    }
    if (parked == NULL) {
        grant_shared_waiters(resource, granted);
        return;
    }
    resource->NumberOfExclusiveWaiters--;
    grant(resource, false, (ERESOURCE_THREAD)parked->thread);
    ex_granted_add(granted, parked);
}

/* ---- acquiring and releasing ----------------------------------------------------------------------- */

static ERESOURCE_THREAD this_thread(void)
{
    return (ERESOURCE_THREAD)KeGetCurrentThread();
}

static bool enter(PERESOURCE resource, enum how how, bool wait)
{
    struct ex_parked parked;
    bool shared = how != EXCLUSIVE, waits = false;
    ke_about_to_change(resource);
    ke_uses(resource);
    KIRQL old = ke_guard_enter_quietly(&ex_park_guard);
    bool entered = may_enter(resource, how, this_thread());
    if (entered) {
        grant(resource, shared, this_thread());
    } else if (wait) {
        resource->ContentionCount++;
        ++*(shared ? &resource->NumberOfSharedWaiters : &resource->NumberOfExclusiveWaiters);
        ex_park(&parked, resource, shared);
        waits = true;
    }
    ke_guard_leave(&ex_park_guard, old);
    if (waits) {
        ex_park_wait(&parked);
    }
    if (entered || waits) {
        acquired(resource, shared);
    }
    return entered || waits;
}

static BOOLEAN acquire(PERESOURCE resource, enum how how, bool wait)
{
    bool shared = how != EXCLUSIVE;
    if (mutex_may_acquire(resource, MUTEX_RESOURCE, shared, !wait)) {
        if (!enter(resource, how, wait)) {
            return FALSE;
        }
        mutex_acquired(resource, MUTEX_RESOURCE, shared);
    }
    return TRUE;
}

/* False: that thread does not own it. */
static bool leave(PERESOURCE resource, ERESOURCE_THREAD thread)
{
    struct ex_granted granted = {NULL};
    ke_about_to_change(resource);
    ke_uses(resource);
    KIRQL old = ke_guard_enter_quietly(&ex_park_guard);
    POWNER_ENTRY entry = thread != 0 ? find_owner(resource, thread) : NULL;
    if (entry != NULL) {
        released(resource, !is_exclusive(resource));
    }
    if (entry != NULL && --entry->TableSize == 0) {
        bool was_exclusive = is_exclusive(resource);
        entry->OwnerThread = 0;
        resource->ActiveEntries--;
        resource->ActiveCount = (SHORT)resource->ActiveEntries;
        if (resource->ActiveEntries == 0) {
            resource->Flag &= (USHORT)~OWNED_EXCLUSIVE;
            hand_over(resource, was_exclusive, &granted);
        }
    }
    ke_guard_leave(&ex_park_guard, old);
    ex_granted_wake(&granted);
    return entry != NULL;
}

static void release(PERESOURCE resource, ERESOURCE_THREAD thread)
{
    bool by_pointer = (thread & OWNER_POINTER_BITS) == OWNER_POINTER_BITS; /* nobody's: not followed */
    if (!by_pointer && !mutex_may_release(resource, MUTEX_RESOURCE, (PKTHREAD)thread)) {
        return;
    }
    if (!leave(resource, thread)) {
        ke_bugcheck(RESOURCE_NOT_OWNED, (ULONG_PTR)resource, thread, (ULONG_PTR)resource->OwnerTable, 0);
    }
}

void ex_resource_abandon(PERESOURCE resource, PKTHREAD thread)
{
    while (leave(resource, (ERESOURCE_THREAD)thread)) {
    }
}

/* ---- the functions that drivers call --------------------------------------------------------------- */

/* Makes a resource that nobody owns, in nonpaged memory of the caller.  <= DISPATCH_LEVEL.  STATUS_SUCCESS.
 * nf-wdm-exinitializeresourcelite. */
NTSTATUS NTAPI ExInitializeResourceLite(PERESOURCE Resource)
{
    ddi_enter(ExInitializeResourceLite);
    ke_uses(Resource);
    memset(Resource, 0, sizeof(*Resource));
    InitializeListHead(&Resource->SystemResourcesList);
    return STATUS_SUCCESS;
}

/* Makes one anew that is in use by nobody.  <= DISPATCH_LEVEL.  nf-wdm-exreinitializeresourcelite. */
NTSTATUS NTAPI ExReinitializeResourceLite(PERESOURCE Resource)
{
    ddi_enter(ExReinitializeResourceLite);
    ke_free(Resource->OwnerTable);
    memset(Resource, 0, sizeof(*Resource));
    InitializeListHead(&Resource->SystemResourcesList);
    return STATUS_SUCCESS;
}

/* Ends it; its memory is the caller's again.  <= APC_LEVEL.  nf-wdm-exdeleteresourcelite. */
NTSTATUS NTAPI ExDeleteResourceLite(PERESOURCE Resource)
{
    ddi_enter(ExDeleteResourceLite);
    ke_about_to_change(Resource);
    ke_uses(Resource);
    ke_free(Resource->OwnerTable);
    Resource->OwnerTable = NULL;
    return STATUS_SUCCESS;
}

/*
 * Acquires it alone; again, when the caller owns it alone.  Wait FALSE: FALSE instead of waiting.
 * <= APC_LEVEL.  nf-wdm-exacquireresourceexclusivelite.
 */
BOOLEAN NTAPI ExAcquireResourceExclusiveLite(PERESOURCE Resource, BOOLEAN Wait)
{
    ddi_enter(ExAcquireResourceExclusiveLite);
    return acquire(Resource, EXCLUSIVE, Wait);
}

/* Acquires it with others, behind those that wait for it alone, unless the caller owns it already.
 * <= APC_LEVEL.  nf-wdm-exacquireresourcesharedlite. */
BOOLEAN NTAPI ExAcquireResourceSharedLite(PERESOURCE Resource, BOOLEAN Wait)
{
    ddi_enter(ExAcquireResourceSharedLite);
    return acquire(Resource, SHARED, Wait);
}

/* The same, before those that wait for it alone.  nf-wdm-exacquiresharedstarveexclusive. */
BOOLEAN NTAPI ExAcquireSharedStarveExclusive(PERESOURCE Resource, BOOLEAN Wait)
{
    ddi_enter(ExAcquireSharedStarveExclusive);
    return acquire(Resource, SHARED_STARVE_EXCLUSIVE, Wait);
}

/* The same, behind them even if the caller shares it already.  nf-wdm-exacquiresharedwaitforexclusive. */
BOOLEAN NTAPI ExAcquireSharedWaitForExclusive(PERESOURCE Resource, BOOLEAN Wait)
{
    ddi_enter(ExAcquireSharedWaitForExclusive);
    return acquire(Resource, SHARED_WAIT_FOR_EXCLUSIVE, Wait);
}

/* Gives back one acquisition of the caller's; else bug check 0xE3.  <= DISPATCH_LEVEL. */
VOID NTAPI ExReleaseResourceLite(PERESOURCE Resource)
{
    ddi_enter(ExReleaseResourceLite);
    release(Resource, this_thread());
}

/* Of that thread, or of an owner pointer.  <= DISPATCH_LEVEL.  nf-wdm-exreleaseresourceforthreadlite. */
VOID NTAPI ExReleaseResourceForThreadLite(PERESOURCE Resource, ERESOURCE_THREAD ResourceThreadId)
{
    ddi_enter(ExReleaseResourceForThreadLite);
    release(Resource, ResourceThreadId);
}

/* Makes the exclusive owner one that shares it, with all that wait to.  <= APC_LEVEL.
 * nf-wdm-exconvertexclusivetosharedlite. */
VOID NTAPI ExConvertExclusiveToSharedLite(PERESOURCE Resource)
{
    ddi_enter(ExConvertExclusiveToSharedLite);
    struct ex_granted granted = {NULL};
    ke_about_to_change(Resource);
    released(Resource, false);
    KIRQL old = ke_guard_enter_quietly(&ex_park_guard);
    bool mine = is_exclusive(Resource) && find_owner(Resource, this_thread()) != NULL;
    if (mine) {
        Resource->Flag &= (USHORT)~OWNED_EXCLUSIVE;
        grant_shared_waiters(Resource, &granted);
    }
    ke_guard_leave(&ex_park_guard, old);
    if (!mine) {
        ke_bugcheck(RESOURCE_NOT_OWNED, (ULONG_PTR)Resource, this_thread(), (ULONG_PTR)Resource->OwnerTable,
                    0);
    }
    mutex_shared_from_now_on(Resource, MUTEX_RESOURCE);
    ex_granted_wake(&granted);
}

/* Does the calling thread own it alone?  <= DISPATCH_LEVEL. */
BOOLEAN NTAPI ExIsResourceAcquiredExclusiveLite(PERESOURCE Resource)
{
    ddi_enter(ExIsResourceAcquiredExclusiveLite);
    ke_about_to_look(Resource);
    KIRQL old = ke_guard_enter_quietly(&ex_park_guard);
    bool mine = is_exclusive(Resource) && find_owner(Resource, this_thread()) != NULL;
    ke_guard_leave(&ex_park_guard, old);
    return mine;
}

/* How often does the calling thread own it, shared or alone?  <= DISPATCH_LEVEL. */
ULONG NTAPI ExIsResourceAcquiredSharedLite(PERESOURCE Resource)
{
    ddi_enter(ExIsResourceAcquiredSharedLite);
    ke_about_to_look(Resource);
    KIRQL old = ke_guard_enter_quietly(&ex_park_guard);
    POWNER_ENTRY entry = find_owner(Resource, this_thread());
    ULONG count = entry != NULL ? entry->TableSize : 0;
    ke_guard_leave(&ex_park_guard, old);
    return count;
}

/* How many threads wait for it; a snapshot.  <= DISPATCH_LEVEL. */
ULONG NTAPI ExGetExclusiveWaiterCount(PERESOURCE Resource)
{
    ddi_enter(ExGetExclusiveWaiterCount);
    ke_about_to_look(Resource);
    return *(volatile ULONG *)&Resource->NumberOfExclusiveWaiters;
}

ULONG NTAPI ExGetSharedWaiterCount(PERESOURCE Resource)
{
    ddi_enter(ExGetSharedWaiterCount);
    ke_about_to_look(Resource);
    return *(volatile ULONG *)&Resource->NumberOfSharedWaiters;
}

static void set_owner(PERESOURCE resource, PVOID pointer)
{
    if (!mutex_may_release(resource, MUTEX_RESOURCE, KeGetCurrentThread())) {
        return;
    }
    ke_about_to_change(resource);
    KIRQL old = ke_guard_enter_quietly(&ex_park_guard);
    POWNER_ENTRY entry = find_owner(resource, this_thread());
    if (entry != NULL) {
        entry->OwnerThread = (ERESOURCE_THREAD)pointer;
    }
    ke_guard_leave(&ex_park_guard, old);
    if (entry == NULL) {
        ke_bugcheck(RESOURCE_NOT_OWNED, (ULONG_PTR)resource, this_thread(), (ULONG_PTR)resource->OwnerTable,
                    0);
    }
}

/* Passes the caller's ownership on to a pointer whose two low bits are set; only a release for that pointer
 * may follow.  <= DISPATCH_LEVEL.  nf-wdm-exsetresourceownerpointer. */
VOID NTAPI ExSetResourceOwnerPointer(PERESOURCE Resource, PVOID OwnerPointer)
{
    ddi_enter(ExSetResourceOwnerPointer);
    set_owner(Resource, OwnerPointer);
}

/* The same; the flag is for priority boosts, which there are none of. */
VOID NTAPI ExSetResourceOwnerPointerEx(PERESOURCE Resource, PVOID OwnerPointer, ULONG Flags)
{
    ddi_enter(ExSetResourceOwnerPointerEx);
    (void)Flags;
    set_owner(Resource, OwnerPointer);
}

/* Enters a critical region, then acquires it alone.  <= APC_LEVEL.  The result is of no use to drivers. */
PVOID NTAPI ExEnterCriticalRegionAndAcquireResourceExclusive(PERESOURCE Resource)
{
    ddi_enter(ExEnterCriticalRegionAndAcquireResourceExclusive);
    KeEnterCriticalRegion();
    acquire(Resource, EXCLUSIVE, true);
    return KeGetCurrentThread();
}

/* Gives it back, then leaves the region.  <= DISPATCH_LEVEL.  nf-wdm-exreleaseresourceandleavecriticalregion.
 */
VOID NTAPI ExReleaseResourceAndLeaveCriticalRegion(PERESOURCE Resource)
{
    ddi_enter(ExReleaseResourceAndLeaveCriticalRegion);
    bool owned = ExIsResourceAcquiredSharedLite(Resource) != 0;
    release(Resource, this_thread());
    if (owned || KeAreApcsDisabled()) { /* not owned: perhaps in no region either */
        KeLeaveCriticalRegion();
    }
}
