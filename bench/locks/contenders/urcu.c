/*
 * urcu.c - liburcu: its read side, beside the read locks, and its stack.
 *
 * A writer copies what the readers look at, shows them the copy and waits until nobody looks at the old one.
 */
#include "contender.h"

#include <urcu/urcu-memb.h>
#include <urcu/lfstack.h>

#include <pthread.h>

struct looked_at {
    uint64_t counters[4];
};
static struct looked_at copies[2];
static struct looked_at *shown __attribute__((aligned(128))) = &copies[0];
static pthread_mutex_t writers = PTHREAD_MUTEX_INITIALIZER;

static inline void look(void)
{
    const volatile struct looked_at *now = rcu_dereference(shown);
    (void)now->counters[0];
}

/* gate_count, called after it, counts under the same mutex. */
static void write_begin(void)
{
    pthread_mutex_lock(&writers);
    struct looked_at *next = shown == &copies[0] ? &copies[1] : &copies[0];
    *next = *shown;
    next->counters[0]++;
    rcu_assign_pointer(shown, next);
    urcu_memb_synchronize_rcu();
}

static void leave(struct member **self)
{
    (void)self;
    urcu_memb_unregister_thread();
}

/* A member is a reader as long as it is in its loop. */
#define READER                                                                                               \
    __attribute__((cleanup(leave))) struct member *registered = self;                                        \
    (void)registered;                                                                                        \
    urcu_memb_register_thread()

RW_LOOPS(urcu, READER, (urcu_memb_read_lock(), look()), urcu_memb_read_unlock(), write_begin(),
         pthread_mutex_unlock(&writers))
CONTENDER(urcu, "liburcu memb", "liburcu-dev", RW_LOCK, ON_HOST, NULL);

#define ENTRIES 128
static struct cds_lfs_stack stack __attribute__((aligned(128)));
static struct cds_lfs_node entries[ENTRIES];

static void reset_stack(void)
{
    cds_lfs_init(&stack);
    for (unsigned i = 0; i < ENTRIES; i++) {
        cds_lfs_node_init(&entries[i]);
        cds_lfs_push(&stack, &entries[i]);
    }
}

static inline struct cds_lfs_node *pop(void)
{
    struct cds_lfs_node *entry;
    while ((entry = cds_lfs_pop_blocking(&stack)) == NULL) {
    }
    return entry;
}

CONTENDER_LOOPS(urcu_stack, struct cds_lfs_node *entry, entry = pop(), (void)0, cds_lfs_push(&stack, entry))
CONTENDER(urcu_stack, "liburcu lfstack", "liburcu-dev", LIST, ON_HOST, reset_stack);
