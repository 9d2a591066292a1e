/*
 * observer.c - how the steps and edges of an execution reach their observers.
 */
#include "ke/observer.h"

#include "host/memory.h"

#if UNDIS_CHECKED

HOST_HOT unsigned ke_actor = 0;
HOST_KEPT bool ke_observer_stacks = false;
static struct ke_observer *observers;

void ke_observer_add(struct ke_observer *observer)
{
    observer->next = observers;
    observers = observer;
}

void ke_observe_begin(void)
{
    for (struct ke_observer *observer = observers; observer != NULL; observer = observer->next) {
        observer->begin();
    }
}

void ke_observe_step(unsigned actor, const struct op *op)
{
    for (struct ke_observer *observer = observers; observer != NULL; observer = observer->next) {
        observer->step(actor, op);
    }
}

void ke_observe_release(unsigned actor, const volatile void *token)
{
    for (struct ke_observer *observer = observers; observer != NULL; observer = observer->next) {
        observer->release(actor, (uintptr_t)token);
    }
}

void ke_observe_acquire(unsigned actor, const volatile void *token)
{
    for (struct ke_observer *observer = observers; observer != NULL; observer = observer->next) {
        observer->acquire(actor, (uintptr_t)token);
    }
}

void ke_observe_fresh(unsigned actor)
{
    for (struct ke_observer *observer = observers; observer != NULL; observer = observer->next) {
        observer->fresh(actor);
    }
}

#endif
