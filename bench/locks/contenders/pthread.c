/*
 * pthread.c - the C library's locks.
 */
#include "contender.h"

#include <pthread.h>

static pthread_spinlock_t spin __attribute__((aligned(128)));
static pthread_mutex_t mutex __attribute__((aligned(128)));
static pthread_rwlock_t rwlock __attribute__((aligned(128)));

static void reset(void)
{
    pthread_spin_init(&spin, PTHREAD_PROCESS_PRIVATE);
    pthread_mutex_init(&mutex, NULL);
    pthread_rwlock_init(&rwlock, NULL);
}

CONTENDER_LOOPS(pthread_spin, , pthread_spin_lock(&spin), gate_count(), pthread_spin_unlock(&spin))
CONTENDER(pthread_spin, "pthread_spin", "libc6-dev", SPIN_LOCK, ON_HOST, reset);
CONTENDER_LOOPS(pthread_mutex, , pthread_mutex_lock(&mutex), gate_count(), pthread_mutex_unlock(&mutex))
CONTENDER(pthread_mutex, "pthread_mutex", "libc6-dev", SPIN_LOCK, ON_HOST, reset);
RW_LOOPS(pthread_rwlock, , pthread_rwlock_rdlock(&rwlock), pthread_rwlock_unlock(&rwlock),
         pthread_rwlock_wrlock(&rwlock), pthread_rwlock_unlock(&rwlock))
CONTENDER(pthread_rwlock, "pthread_rwlock", "libc6-dev", RW_LOCK, ON_HOST, reset);

#define ENTRIES 128
static struct entry {
    struct entry *next;
} entries[ENTRIES], *volatile head __attribute__((aligned(128)));

static void push(struct entry *entry)
{
    pthread_mutex_lock(&mutex);
    entry->next = head;
    head = entry;
    pthread_mutex_unlock(&mutex);
}

static struct entry *pop(void)
{
    for (;;) {
        pthread_mutex_lock(&mutex);
        struct entry *entry = head;
        if (entry != NULL) {
            head = entry->next;
        }
        pthread_mutex_unlock(&mutex);
        if (entry != NULL) {
            return entry;
        }
    }
}

static void reset_list(void)
{
    reset();
    head = NULL;
    for (unsigned i = 0; i < ENTRIES; i++) {
        push(&entries[i]);
    }
}

CONTENDER_LOOPS(pthread_list, struct entry *entry, entry = pop(), (void)0, push(entry))
CONTENDER(pthread_list, "list under pthread_mutex", "libc6-dev", LIST, ON_HOST, reset_list);
