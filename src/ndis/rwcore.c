/*
 * rwcore.c - what NDIS's two reader-writer locks have in common (contract in rwcore.h).
 */
#include "ndis/rwcore.h"

#include "ke/engine.h"

#define WAIT_NS 50000u
#define REPORT_NS 100000000u
#define SPIN_LIMIT 100

/* ---- waiting --------------------------------------------------------------------------------------- */

struct rw_wait {
    const void *object;
    uint64_t reported; /* 0: nothing yet */
};

/* Tells of the wait when it begins and every 100 ms. */
static void tell(struct rw_wait *wait)
{
    uint64_t now = ke_engine->now();
    if (wait->reported == 0 || now - wait->reported >= REPORT_NS) {
        event_send(EVENT_LOCK_WAIT, wait->object, 0, wait->reported != 0, 0, 0);
        wait->reported = now | 1;
    }
}

/* Waits as long as *word may still have that value. */
static void wait_while(struct rw_wait *wait, volatile uint32_t *word, uint32_t value)
{
    for (int i = 0; i < SPIN_LIMIT; i++) {
        if (*word != value) {
            return;
        }
        host_relax();
    }
    tell(wait);
    ke_engine->lock_wait(word, value, WAIT_NS);
}

static void wait_for_writer(struct rw_wait *wait, const struct rw_words *words)
{
    uint32_t writer = *words->writer;
    if (writer != 0) {
        wait_while(wait, words->writer, writer);
    }
}

/* ---- reading --------------------------------------------------------------------------------------- */

/* Takes a share for this processor when nobody else writes; recursion always succeeds (RW-8). */
bool rw_try_read(const struct rw_lock *lock)
{
    const struct rw_words *words = &lock->words;
    if (rw_explored()) {
        return rw_explored_try_read(words);
    }
    unsigned me = ke_processor()->number;
    volatile uint32_t *count = rw_readers(words, me);
    __atomic_add_fetch(count, 1, __ATOMIC_SEQ_CST);
    uint32_t writer = __atomic_load_n(words->writer, __ATOMIC_SEQ_CST);
    if (writer == 0 || *count > 1 || writer == me + 1) {
        return true;
    }
    __atomic_sub_fetch(count, 1, __ATOMIC_SEQ_CST);
    ke_engine->lock_wake(count); /* the writer may have seen the attempt */
    return false;
}

void rw_read(const struct rw_lock *lock)
{
    struct rw_wait wait = {.object = lock->object};
    if (rw_explored()) {
        rw_explored_read(&lock->words);
        return;
    }
    while (!rw_try_read(lock)) {
        wait_for_writer(&wait, &lock->words);
    }
}

static void end_read(const struct rw_words *words, unsigned processor)
{
    volatile uint32_t *count = rw_readers(words, processor);
    if (__atomic_sub_fetch(count, 1, __ATOMIC_SEQ_CST) == 0 && *words->writer != 0) {
        ke_engine->lock_wake(count);
    }
}

/* ---- writing --------------------------------------------------------------------------------------- */

/* Makes this processor the writer when there is none; readers may still be inside. */
static bool try_claim(const struct rw_words *words)
{
    uint32_t none = 0;
    return __atomic_compare_exchange_n(words->writer, &none, ke_processor()->number + 1, false,
                                       __ATOMIC_SEQ_CST, __ATOMIC_RELAXED);
}

static void unclaim(const struct rw_words *words)
{
    __atomic_store_n(words->writer, 0, __ATOMIC_SEQ_CST);
    ke_engine->lock_wake(words->writer);
}

/* The count of a processor, other than `but`, that reads; NULL: none does. */
static volatile uint32_t *find_reader(const struct rw_words *words, unsigned but)
{
    for (unsigned n = 0; n < ke_processor_count; n++) {
        volatile uint32_t *count = rw_readers(words, n);
        if (n != but && __atomic_load_n(count, __ATOMIC_SEQ_CST) != 0) {
            return count;
        }
    }
    return NULL;
}

static bool writes_already(const struct rw_lock *lock)
{
    if (*lock->words.writer != ke_processor()->number + 1) {
        return false;
    }
    ++*lock->depth; /* RW-9 */
    return true;
}

static void wait_until_written(const struct rw_lock *lock)
{
    struct rw_wait wait = {.object = lock->object};
    volatile uint32_t *reader;
    while (!try_claim(&lock->words)) {
        wait_for_writer(&wait, &lock->words);
    }
    while ((reader = find_reader(&lock->words, KE_MAXIMUM_PROCESSORS)) != NULL) {
        uint32_t count = *reader;
        if (count != 0) {
            wait_while(&wait, reader, count);
        }
    }
}

void rw_write(const struct rw_lock *lock)
{
    if (writes_already(lock)) {
        return;
    }
    if (rw_explored()) {
        rw_explored_write(&lock->words);
    } else {
        wait_until_written(lock);
    }
    *lock->depth = 1;
}

/* `but`: this processor when it reads, and would write instead. */
static bool try_become_writer(const struct rw_words *words, unsigned but)
{
    if (!try_claim(words)) {
        return false;
    }
    if (find_reader(words, but) != NULL) {
        unclaim(words);
        return false;
    }
    return true;
}

bool rw_try_write(const struct rw_lock *lock)
{
    if (writes_already(lock)) {
        return true;
    }
    bool taken = rw_explored() ? rw_explored_try_write(&lock->words)
                               : try_become_writer(&lock->words, KE_MAXIMUM_PROCESSORS);
    if (taken) {
        *lock->depth = 1;
    }
    return taken;
}

bool rw_try_promote(const struct rw_lock *lock)
{
    const struct rw_words *words = &lock->words;
    unsigned me = ke_processor()->number;
    if (*rw_readers(words, me) != 1 || *words->writer != 0) {
        return false;
    }
    if (rw_explored()) {
        if (!rw_explored_try_convert(words)) {
            return false;
        }
    } else {
        if (!try_become_writer(words, me)) {
            return false;
        }
        __atomic_store_n(rw_readers(words, me), 0, __ATOMIC_SEQ_CST);
    }
    *lock->depth = 1;
    return true;
}

void rw_end(const struct rw_lock *lock, bool write)
{
    if (write && --*lock->depth != 0) {
        return;
    }
    if (rw_explored()) {
        (write ? rw_explored_end_write : rw_explored_end_read)(&lock->words);
    } else if (write) {
        unclaim(&lock->words);
    } else {
        end_read(&lock->words, ke_processor()->number);
    }
}

/* ---- IRQL ------------------------------------------------------------------------------------------ */

KIRQL rw_raise(void)
{
    KIRQL old = ke_irql();
    if (old < DISPATCH_LEVEL) {
        ke_about_to_raise(DISPATCH_LEVEL);
        ke_irql_store(DISPATCH_LEVEL);
        event_send(EVENT_IRQL, NULL, old, DISPATCH_LEVEL, IRQL_CAUSE_LOCK, 0);
    }
    return old;
}

void rw_lower(KIRQL old)
{
    KIRQL present = ke_irql();
    if (old < present) {
        ke_about_to_lower(old);
        event_send(EVENT_IRQL, NULL, present, old, IRQL_CAUSE_LOCK, 0);
        ke_unmask(old);
    }
}

/* ---- the verifier ---------------------------------------------------------------------------------- */

#if UNDIS_CHECKED

bool rw_may_acquire(const void *object, enum lock_flavor flavor, const void *state, bool tries)
{
    return !event_send(EVENT_RW_ACQUIRE, object, flavor, 0, tries, (uintptr_t)state);
}

bool rw_may_release(const void *object, enum lock_flavor *flavor, const void *state, KIRQL *irql)
{
    struct event event = {.kind = EVENT_RW_RELEASE,
                          .object = object,
                          .value = {*flavor, *irql, 0, (uintptr_t)state},
                          .new_irql = *irql};
    if (event_is_wanted(EVENT_RW_RELEASE)) {
        event_report(&event);
    }
    *flavor = (enum lock_flavor)event.value[0];
    *irql = event.new_irql;
    return !event.skip;
}

void rw_abandon(const void *object, enum lock_flavor flavor, unsigned processor)
{
    void *of = (void *)(uintptr_t)object;
    bool write = rw_flavor_writes(flavor);
    struct rw_lock lock = flavor < LOCK_OLD_RW_READ ? rw_lock_ex(of) : rw_lock_old(of);
    if (processor == ke_processor()->number) {
        rw_end(&lock, write);
    } else if (!rw_explored()) { /* there the execution ends with the finding */
        if (!write) {
            end_read(&lock.words, processor);
        } else if (--*lock.depth == 0) {
            unclaim(&lock.words);
        }
    }
}

#endif
