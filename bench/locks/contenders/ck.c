/*
 * ck.c - Concurrency Kit.
 */
#include "contender.h"

#include <ck_pflock.h>
#include <ck_rwlock.h>
#include <ck_spinlock.h>
#include <ck_stack.h>

static ck_spinlock_fas_t fas __attribute__((aligned(128)));
static ck_spinlock_ticket_t ticket __attribute__((aligned(128)));
static ck_spinlock_mcs_t mcs __attribute__((aligned(128)));
static ck_spinlock_clh_t *clh __attribute__((aligned(128)));
static ck_rwlock_t rwlock __attribute__((aligned(128)));
static ck_pflock_t pflock __attribute__((aligned(128)));

/* A CLH lock passes its nodes on: who releases goes on with another one than it came with. */
static struct {
    ck_spinlock_clh_t node;
} __attribute__((aligned(128))) clh_nodes[CREW_MAXIMUM + 1];
static struct {
    ck_spinlock_clh_t *node;
} __attribute__((aligned(128))) clh_mine[CREW_MAXIMUM];

static void reset(void)
{
    ck_spinlock_fas_init(&fas);
    ck_spinlock_ticket_init(&ticket);
    ck_spinlock_mcs_init(&mcs);
    ck_spinlock_clh_init(&clh, &clh_nodes[CREW_MAXIMUM].node);
    for (unsigned i = 0; i < CREW_MAXIMUM; i++) {
        clh_mine[i].node = &clh_nodes[i].node;
    }
    ck_rwlock_init(&rwlock);
    ck_pflock_init(&pflock);
}

CONTENDER_LOOPS(ck_fas, , ck_spinlock_fas_lock(&fas), gate_count(), ck_spinlock_fas_unlock(&fas))
CONTENDER(ck_fas, "ck fas", "libck-dev", SPIN_LOCK, ON_HOST, reset);
CONTENDER_LOOPS(ck_ticket, , ck_spinlock_ticket_lock(&ticket), gate_count(),
                ck_spinlock_ticket_unlock(&ticket))
CONTENDER(ck_ticket, "ck ticket", "libck-dev", SPIN_LOCK, ON_HOST, reset);
CONTENDER_LOOPS(ck_mcs, struct ck_spinlock_mcs node, ck_spinlock_mcs_lock(&mcs, &node), gate_count(),
                ck_spinlock_mcs_unlock(&mcs, &node))
CONTENDER(ck_mcs, "ck mcs", "libck-dev", SPIN_LOCK, ON_HOST, reset);
CONTENDER_LOOPS(ck_clh, ck_spinlock_clh_t **mine = &clh_mine[self->number].node,
                ck_spinlock_clh_lock(&clh, *mine), gate_count(), ck_spinlock_clh_unlock(mine))
CONTENDER(ck_clh, "ck clh", "libck-dev", SPIN_LOCK, ON_HOST, reset);
RW_LOOPS(ck_rwlock, , ck_rwlock_read_lock(&rwlock), ck_rwlock_read_unlock(&rwlock),
         ck_rwlock_write_lock(&rwlock), ck_rwlock_write_unlock(&rwlock))
CONTENDER(ck_rwlock, "ck rwlock", "libck-dev", RW_LOCK, ON_HOST, reset);
RW_LOOPS(ck_pflock, , ck_pflock_read_lock(&pflock), ck_pflock_read_unlock(&pflock),
         ck_pflock_write_lock(&pflock), ck_pflock_write_unlock(&pflock))
CONTENDER(ck_pflock, "ck pflock", "libck-dev", RW_LOCK, ON_HOST, reset);

#define ENTRIES 128
static ck_stack_t stack __attribute__((aligned(128)));
static ck_stack_entry_t entries[ENTRIES];

static void reset_stack(void)
{
    ck_stack_init(&stack);
    for (unsigned i = 0; i < ENTRIES; i++) {
        ck_stack_push_mpmc(&stack, &entries[i]);
    }
}

static inline ck_stack_entry_t *pop(void)
{
    ck_stack_entry_t *entry;
    while ((entry = ck_stack_pop_mpmc(&stack)) == NULL) {
    }
    return entry;
}

CONTENDER_LOOPS(ck_stack, ck_stack_entry_t *entry, entry = pop(), (void)0, ck_stack_push_mpmc(&stack, entry))
CONTENDER(ck_stack, "ck stack", "libck-dev", LIST, ON_HOST, reset_stack);
