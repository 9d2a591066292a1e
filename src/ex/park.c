/*
 * park.c - threads that wait for a lock of theirs (contract in park.h).
 */
#include "ex/park.h"

#include "host/memory.h"

HOST_HOT struct ke_guard ex_park_guard = {0};
static HOST_HOT LIST_ENTRY parked_threads = {&parked_threads, &parked_threads};

static struct ex_parked *parked_of(LIST_ENTRY *link)
{
    return CONTAINING_RECORD(link, struct ex_parked, link);
}

static struct ex_parked *find(const volatile void *lock, bool shared)
{
    for (LIST_ENTRY *link = parked_threads.Flink; link != &parked_threads; link = link->Flink) {
        if (parked_of(link)->lock == lock && parked_of(link)->shared == shared) {
            return parked_of(link);
        }
    }
    return NULL;
}

void ex_park(struct ex_parked *parked, const volatile void *lock, bool shared)
{
    parked->lock = lock;
    parked->shared = shared;
    parked->thread = KeGetCurrentThread();
    KeInitializeEvent(&parked->granted, SynchronizationEvent, FALSE);
    InsertTailList(&parked_threads, &parked->link);
}

struct ex_parked *ex_park_take(const volatile void *lock, bool shared)
{
    struct ex_parked *parked = find(lock, shared);
    if (parked != NULL) {
        RemoveEntryList(&parked->link);
    }
    return parked;
}

bool ex_park_wants(const volatile void *lock, bool shared)
{
    return find(lock, shared) != NULL;
}

void ex_park_wait(struct ex_parked *parked)
{
    KeWaitForSingleObject(&parked->granted, Executive, KernelMode, FALSE, NULL);
}

void ex_granted_add(struct ex_granted *granted, struct ex_parked *parked)
{
    parked->link.Flink = granted->first != NULL ? &granted->first->link : NULL;
    granted->first = parked;
}

void ex_granted_wake(struct ex_granted *granted)
{
    struct ex_parked *next = granted->first;
    while (next != NULL) {
        struct ex_parked *parked = next; /* gone with its thread's stack frame once it is woken */
        next = parked->link.Flink != NULL ? parked_of(parked->link.Flink) : NULL;
        KeSetEvent(&parked->granted, 0, FALSE);
    }
}
