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

/* What a writer waits for: a processor's count, or a name that it goes by. */
struct rw_reading {
    volatile uint32_t *word;
    uint32_t value;
};

static void fence(void)
{
    __atomic_thread_fence(__ATOMIC_SEQ_CST);
}

static uint32_t look(const volatile uint32_t *word)
{
    return __atomic_load_n(word, __ATOMIC_SEQ_CST);
}

/* Does that processor read under the lock by its name? */
static bool goes_by_name(const struct rw_lock *lock, unsigned processor)
{
    return !UNDIS_CHECKED && lock->name != 0 && look(&ke_processors[processor].reading) == lock->name;
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

/* Waits, as the writer, as long as that may be what it is. */
static void wait_for_reader(struct rw_wait *wait, struct rw_reading reading)
{
    volatile uint32_t *word = wait->lock->words.writer;
    if (changes_soon(reading.word, reading.value)) {
        return;
    }
    tell(wait);
    if (announce_sleep(word, look(word))) {
        ke_engine->lock_wait(reading.word, reading.value, WAIT_NS);
    }
}

/* ---- reading --------------------------------------------------------------------------------------- */

static void count_up(struct undis_rw_reader *reader)
{
#if UNDIS_CHECKED
    __atomic_add_fetch(&reader->count, 1, __ATOMIC_SEQ_CST); /* rw_abandon changes it, too */
#else
    rw_count_store(reader, reader->count + 1);
#endif
}

static void count_down(struct undis_rw_reader *reader)
{
#if UNDIS_CHECKED
    __atomic_sub_fetch(&reader->count, 1, __ATOMIC_SEQ_CST);
#else
    rw_count_store(reader, reader->count - 1);
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

bool rw_may_read(volatile uint32_t *word, struct undis_rw_reader *own)
{
    uint32_t seen = look(word);
    if ((seen & RW_WRITER) != 0) {
        return false;
    }
    if (seen != RW_ASYMMETRIC) {
        count_streak(own, word, seen);
    }
    return true;
}

static void end_read(const struct rw_words *words, unsigned processor);

/* This processor's count was raised: may it read?  Recursion always succeeds (RW-8). */
static bool is_admitted(const struct rw_lock *lock, unsigned me)
{
    volatile uint32_t *word = lock->words.writer;
    struct undis_rw_reader *own = reader_at(&lock->words, me);
    if (look(word) == RW_ASYMMETRIC) {
        return true;
    }
    fence();
    return rw_may_read(word, own) || own->count > 1 || goes_by_name(lock, me) ||
           (look(word) & RW_WRITER) == me + 1;
}

/* Takes a share for this processor when nobody else writes. */
static bool try_share(const struct rw_lock *lock)
{
    unsigned me = ke_processor_number();
    count_up(reader_at(&lock->words, me));
    if (is_admitted(lock, me)) {
        return true;
    }
    end_read(&lock->words, me); /* the writer may have seen the attempt */
    return false;
}

bool rw_try_read(const struct rw_lock *lock)
{
    return rw_explored() ? rw_explored_try_read(&lock->words) : try_share(lock);
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
    if (is_admitted(lock, me)) {
        return;
    }
    end_read(&lock->words, me);
#endif
    while (!try_share(lock)) {
        wait_for_writer(&wait);
    }
}

/* That is 0 now, or may be: a writer may sleep for it. */
static void wake_writer(const struct rw_words *words, volatile uint32_t *word)
{
    if (look(words->writer) == RW_ASYMMETRIC) {
        return;
    }
    fence();
    if ((look(words->writer) & RW_AWAITED) != 0 && *word == 0) {
        ke_engine->lock_wake(word);
    }
}

static void end_read(const struct rw_words *words, unsigned processor)
{
    count_down(reader_at(words, processor));
    wake_writer(words, rw_readers(words, processor));
}

void rw_end_named(const struct rw_lock *lock)
{
    undis_region_reading_store(0);
    wake_writer(&lock->words, &ke_processor()->reading);
}

void rw_end_read_slowly(const struct rw_lock *lock)
{
    if (rw_explored()) {
        rw_explored_end_read(&lock->words);
    } else {
#if UNDIS_CHECKED
        end_read(&lock->words, ke_processor_number());
#else
        wake_writer(&lock->words, rw_readers(&lock->words, ke_processor_number()));
#endif
    }
}

/* ---- writing --------------------------------------------------------------------------------------- */

/*
 * Makes this processor the writer when there is none; readers may still be inside.  *before: what the word
 * was, which is RW_ASYMMETRIC where some may go by the lock's name.
 */
static bool try_claim(const struct rw_words *words, uint32_t *before)
{
    *before = look(words->writer);
    if ((*before & RW_WRITER) != 0 ||
        !__atomic_compare_exchange_n(words->writer, before,
                                     (*before & RW_EPOCH) | (ke_processor_number() + 1), false,
                                     __ATOMIC_SEQ_CST, __ATOMIC_RELAXED)) {
        return false;
    }
    if (*before == RW_ASYMMETRIC) {
        host_barrier();
    }
    return true;
}

static void release_word(const struct rw_words *words, uint32_t next)
{
    if ((__atomic_exchange_n(words->writer, next, __ATOMIC_SEQ_CST) & RW_AWAITED) != 0) {
        ke_engine->lock_wake(words->writer);
    }
}

static void unclaim(const struct rw_words *words)
{
    release_word(words, ((look(words->writer) & RW_EPOCH) + RW_EPOCH_ONE) & RW_EPOCH);
}

/* A processor, other than `but`, that reads; false: none does.  `names`: some may go by the lock's name. */
static bool find_reader(const struct rw_lock *lock, unsigned but, bool names, struct rw_reading *found)
{
    for (unsigned n = 0; n < ke_processor_count; n++) {
        volatile uint32_t *count = rw_readers(&lock->words, n);
        uint32_t value = look(count);
        if (n != but && value != 0) {
            *found = (struct rw_reading){count, value};
            return true;
        }
        if (n != but && names && goes_by_name(lock, n)) {
            *found = (struct rw_reading){&ke_processors[n].reading, lock->name};
            return true;
        }
    }
    return false;
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
    struct rw_reading reading;
    uint32_t before;
    while (!try_claim(&lock->words, &before)) {
        wait_for_writer(&wait);
    }
    while (find_reader(lock, KE_MAXIMUM_PROCESSORS, before == RW_ASYMMETRIC, &reading)) {
        wait_for_reader(&wait, reading);
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
static bool try_become_writer(const struct rw_lock *lock, unsigned but)
{
    struct rw_reading reading;
    uint32_t before = look(lock->words.writer);
    if (find_reader(lock, but, before == RW_ASYMMETRIC, &reading) || !try_claim(&lock->words, &before)) {
        return false;
    }
    if (find_reader(lock, but, before == RW_ASYMMETRIC, &reading)) {
        if (before == RW_ASYMMETRIC) {
            release_word(&lock->words, RW_ASYMMETRIC);
        } else {
            unclaim(&lock->words);
        }
        return false;
    }
    return true;
}

bool rw_try_write(const struct rw_lock *lock)
{
    if (writes_already(lock)) {
        return true;
    }
    bool taken =
        rw_explored() ? rw_explored_try_write(&lock->words) : try_become_writer(lock, KE_MAXIMUM_PROCESSORS);
    if (taken) {
        *lock->depth = 1;
    }
    return taken;
}

bool rw_try_promote(const struct rw_lock *lock)
{
    const struct rw_words *words = &lock->words;
    unsigned me = ke_processor_number();
    bool named = goes_by_name(lock, me);
    if (*rw_readers(words, me) + named != 1 || (*words->writer & RW_WRITER) != 0) {
        return false;
    }
    if (rw_explored()) {
        if (!rw_explored_try_convert(words)) {
            return false;
        }
    } else if (!try_become_writer(lock, me)) {
        return false;
    } else if (named) {
        undis_region_reading_store(0);
    } else {
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
