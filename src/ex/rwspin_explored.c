/*
 * rwspin_explored.c - EX_SPIN_LOCK on the explored engine (contract in rwspin.h).
 */
#include "ex/rwspin.h"

#include "ex/map.h"
#include "host/memory.h"
#include "ke/run.h"
#include "ke/step.h"

#if UNDIS_CHECKED

struct beside {
    volatile uint32_t writers;
    struct {
        volatile uint32_t word;
        uint32_t readers; /* of this processor */
    } processor[KE_MAXIMUM_PROCESSORS];
};

/* Value: a struct beside.  One host thread: no guard. */
static struct ex_map locks;

static struct beside *beside(const volatile uint32_t *lock)
{
    const void *key = (const void *)(uintptr_t)lock;
    struct ex_map_entry *entry = ex_map_find(&locks, key);
    if (entry != NULL) {
        return (struct beside *)entry->value[0];
    }
    struct beside *made = host_allocate(sizeof(*made));
    if (made == NULL || !ex_map_put(&locks, (struct ex_map_entry){key, {(uintptr_t)made, 0, 0}})) {
        ke_bugcheck(0x4D, 0, 0, 0, 0); /* NO_PAGES_AVAILABLE */
    }
    return made;
}

static void take(volatile uint32_t *word)
{
    ke_about_to_lock(word);
    *word = 1;
}

static void drop(volatile uint32_t *word)
{
    ke_about_to_unlock(word);
    *word = 0;
}

void rwspin_explored_acquire_shared(const volatile uint32_t *lock)
{
    struct beside *b = beside(lock);
    unsigned me = ke_processor()->number;
    if (b->processor[me].readers == 0) {
        take(&b->processor[me].word);
    }
    b->processor[me].readers++;
}

void rwspin_explored_release_shared(const volatile uint32_t *lock)
{
    struct beside *b = beside(lock);
    unsigned me = ke_processor()->number;
    if (--b->processor[me].readers == 0) {
        drop(&b->processor[me].word);
    }
}

void rwspin_explored_acquire_exclusive(const volatile uint32_t *lock)
{
    struct beside *b = beside(lock);
    take(&b->writers);
    for (unsigned i = 0; i < ke_processor_count; i++) {
        take(&b->processor[i].word);
    }
}

void rwspin_explored_release_exclusive(const volatile uint32_t *lock)
{
    struct beside *b = beside(lock);
    for (unsigned i = ke_processor_count; i-- > 0;) {
        drop(&b->processor[i].word);
    }
    drop(&b->writers);
}

#endif
