/*
 * rwcore.c - what NDIS's two reader-writer locks have in common (contract and argument in rwcore.h).
 */
#include "ndis/rwcore.h"

#include "ke/engine.h"

#define WAIT_NS 50000u
#define REPORT_NS 100000000u
#define SPIN_LIMIT 100

/* Reads on one processor that made a fence, with no write in between, after which the lock is taken for one
 * that is mostly read.  A host_barrier costs as much as some hundred fences. */
#define STREAK_LIMIT 1024u

static struct undis_rw_reader *reader_at(const struct rw_words *words, unsigned processor)
{
    return (struct undis_rw_reader *)(void *)(uintptr_t)rw_readers(words, processor);
}

static void fence(void)
{
    __atomic_thread_fence(__ATOMIC_SEQ_CST);
}

static uint32_t look(const volatile uint32_t *word)
{
    return __atomic_load_n(word, __ATOMIC_SEQ_CST);
}

/* ---- waiting --------------------------------------------------------------------------------------- */

struct rw_wait {
    const struct rw_lock *lock;
    uint64_t reported; /* 0: nothing yet */
};

/* Tells of the wait when it begins and every 100 ms. */
static void tell(struct rw_wait *wait)
{
    uint64_t now = ke_engine->now();
    if (wait->reported == 0 || now - wait->reported >= REPORT_NS) {
        event_send(EVENT_LOCK_WAIT, wait->lock->object, 0, wait->reported != 0, 0, 0);
        wait->reported = now | 1;
    }
}

/* Returns whether *word has another value now; spins for a while. */
static bool changes_soon(const volatile uint32_t *word, uint32_t value)
{
    for (int i = 0; i < SPIN_LIMIT; i++) {
        if (*word != value) {
            return true;
        }
        host_relax();
    }
    return false;
}

/* Makes whoever changes what we wait for look for sleepers; false: the writer has changed. */
static bool announce_sleep(volatile uint32_t *word, uint32_t seen)
{
    return (seen & RW_AWAITED) != 0 || __atomic_compare_exchange_n(word, &seen, seen | RW_AWAITED, false,
                                                                   __ATOMIC_SEQ_CST, __ATOMIC_RELAXED);
}

/* Waits as long as the same processor may write. */
static void wait_for_writer(struct rw_wait *wait)
{
    volatile uint32_t *word = wait->lock->words.writer;
    uint32_t seen = look(word);
    if ((seen & RW_WRITER) == 0 || changes_soon(word, seen)) {
        return;
    }
    tell(wait);
    if (announce_sleep(word, seen)) {
        ke_engine->lock_wait(word, seen | RW_AWAITED, WAIT_NS);
        if ((look(word) & RW_WRITER) == 0) {
            ke_engine->lock_wake(word); /* one was woken: the next one, too */
        }
    }
}

/* Waits, as the writer, as long as that count may be what it is. */
static void wait_for_reader(struct rw_wait *wait, volatile uint32_t *count)
{
    volatile uint32_t *word = wait->lock->words.writer;
    uint32_t value = *count;
    if (value == 0 || changes_soon(count, value)) {
        return;
    }
    tell(wait);
    if (announce_sleep(word, look(word))) {
        ke_engine->lock_wait(count, value, WAIT_NS);
    }
}

/* ---- reading --------------------------------------------------------------------------------------- */

static void count_up(struct undis_rw_reader *reader)
{
#if UNDIS_CHECKED
    __atomic_add_fetch(&reader->count, 1, __ATOMIC_SEQ_CST); /* rw_abandon changes it, too */
#else
    undis_rw_count_store(&reader->count, reader->count + 1);
#endif
}

static void count_down(struct undis_rw_reader *reader)
{
#if UNDIS_CHECKED
    __atomic_sub_fetch(&reader->count, 1, __ATOMIC_SEQ_CST);
#else
    undis_rw_count_store(&reader->count, reader->count - 1);
#endif
}

/* A read that made a fence, of a word that was free: makes the lock asymmetric when it is the last of a
 * streak. */
static void count_streak(struct undis_rw_reader *reader, volatile uint32_t *word, uint32_t seen)
{
#if UNDIS_CHECKED
    (void)reader, (void)word, (void)seen; /* every count is an atomic operation there anyhow */
#else
    uint32_t epoch = (seen & RW_EPOCH) << 8, streak = reader->streak;
    if ((streak ^ epoch) >> 16 != 0) {
        reader->streak = epoch & 0xFFFF0000u;
    } else if ((streak & 0xFFFFu) < STREAK_LIMIT) {
        reader->streak = streak + 1;
    } else if (host_barrier_there) {
        __atomic_compare_exchange_n(word, &seen, RW_ASYMMETRIC, false, __ATOMIC_SEQ_CST, __ATOMIC_RELAXED);
        reader->streak = 0;
    }
#endif
}

static void end_read(const struct rw_words *words, unsigned processor);

/* This processor's count was raised: may it read?  Recursion always succeeds (RW-8). */
static bool is_admitted(const struct rw_words *words, unsigned me)
{
    struct undis_rw_reader *own = reader_at(words, me);
    if (look(words->writer) == RW_ASYMMETRIC) {
        return true;
    }
    fence();
    uint32_t seen = look(words->writer);
    if ((seen & RW_WRITER) == 0) {
        if (seen != RW_ASYMMETRIC) {
            count_streak(own, words->writer, seen);
        }
        return true;
    }
    return own->count > 1 || (seen & RW_WRITER) == me + 1;
}

/* Takes a share for this processor when nobody else writes. */
static bool try_share(const struct rw_words *words)
{
    unsigned me = ke_processor_number();
    count_up(reader_at(words, me));
    if (is_admitted(words, me)) {
        return true;
    }
    end_read(words, me); /* the writer may have seen the attempt */
    return false;
}

bool rw_try_read(const struct rw_lock *lock)
{
    return rw_explored() ? rw_explored_try_read(&lock->words) : try_share(&lock->words);
}

void rw_read_slowly(const struct rw_lock *lock)
{
    struct rw_wait wait = {.lock = lock};
    if (rw_explored()) {
        rw_explored_read(&lock->words);
        return;
    }
#if !UNDIS_CHECKED
    unsigned me = ke_processor_number(); /* the quick part has raised its count */
    if (is_admitted(&lock->words, me)) {
        return;
    }
    end_read(&lock->words, me);
#endif
    while (!try_share(&lock->words)) {
        wait_for_writer(&wait);
    }
}

/* That processor's count was lowered: a writer may sleep for it. */
static void wake_writer(const struct rw_words *words, unsigned processor)
{
    if (look(words->writer) == RW_ASYMMETRIC) {
        return;
    }
    fence();
    volatile uint32_t *count = rw_readers(words, processor);
    if ((look(words->writer) & RW_AWAITED) != 0 && *count == 0) {
        ke_engine->lock_wake(count);
    }
}

static void end_read(const struct rw_words *words, unsigned processor)
{
    count_down(reader_at(words, processor));
    wake_writer(words, processor);
}

void rw_end_read_slowly(const struct rw_lock *lock)
{
    if (rw_explored()) {
        rw_explored_end_read(&lock->words);
    } else {
#if UNDIS_CHECKED
        end_read(&lock->words, ke_processor_number());
#else
        wake_writer(&lock->words, ke_processor_number());
#endif
    }
}

/* ---- writing --------------------------------------------------------------------------------------- */

/* Makes this processor the writer when there is none; readers may still be inside. */
static bool try_claim(const struct rw_words *words)
{
    uint32_t seen = look(words->writer);
    if ((seen & RW_WRITER) != 0 ||
        !__atomic_compare_exchange_n(words->writer, &seen, (seen & RW_EPOCH) | (ke_processor_number() + 1),
                                     false, __ATOMIC_SEQ_CST, __ATOMIC_RELAXED)) {
        return false;
    }
    if (seen == RW_ASYMMETRIC) {
        host_barrier();
    }
    return true;
}

static void unclaim(const struct rw_words *words)
{
    uint32_t next = ((look(words->writer) & RW_EPOCH) + RW_EPOCH_ONE) & RW_EPOCH;
    if ((__atomic_exchange_n(words->writer, next, __ATOMIC_SEQ_CST) & RW_AWAITED) != 0) {
        ke_engine->lock_wake(words->writer);
    }
}

/* The count of a processor, other than `but`, that reads; NULL: none does. */
static volatile uint32_t *find_reader(const struct rw_words *words, unsigned but)
{
    for (unsigned n = 0; n < ke_processor_count; n++) {
        volatile uint32_t *count = rw_readers(words, n);
        if (n != but && look(count) != 0) {
            return count;
        }
    }
    return NULL;
}

static bool writes_already(const struct rw_lock *lock)
{
    if ((*lock->words.writer & RW_WRITER) != ke_processor_number() + 1) {
        return false;
    }
    ++*lock->depth; /* RW-9 */
    return true;
}

static void wait_until_written(const struct rw_lock *lock)
{
    struct rw_wait wait = {.lock = lock};
    volatile uint32_t *reader;
    while (!try_claim(&lock->words)) {
        wait_for_writer(&wait);
    }
    while ((reader = find_reader(&lock->words, KE_MAXIMUM_PROCESSORS)) != NULL) {
        wait_for_reader(&wait, reader);
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

/* `but`: this processor when it reads, and would write instead.  Whoever reads for long is seen before
 * readers are troubled. */
static bool try_become_writer(const struct rw_words *words, unsigned but)
{
    if (find_reader(words, but) != NULL || !try_claim(words)) {
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
    unsigned me = ke_processor_number();
    if (*rw_readers(words, me) != 1 || (*words->writer & RW_WRITER) != 0) {
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

void rw_end_write(const struct rw_lock *lock)
{
    if (--*lock->depth == 0) {
        (rw_explored() ? rw_explored_end_write : unclaim)(&lock->words);
    }
}

void rw_end(const struct rw_lock *lock, bool write)
{
    if (write) {
        rw_end_write(lock);
    } else if (!rw_end_read_quickly(lock->words.writer, reader_at(&lock->words, ke_processor_number()))) {
        rw_end_read_slowly(lock);
    }
}

/* ---- IRQL ------------------------------------------------------------------------------------------ */

#if UNDIS_CHECKED

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

#endif

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
    if (processor == ke_processor_number()) {
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
