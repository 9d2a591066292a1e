/*
 * rwcore.c - what NDIS's two reader-writer locks have in common (contract in rwcore.h).
 */
#include "ndis/rwcore.h"

#include "ke/engine.h"
#include "ke/event.h"

#define WAIT_NS 50000u
#define SPIN_LIMIT 100

/* Waits as long as *word may still have that value. */
static void wait_while(volatile uint32_t *word, uint32_t value)
{
    for (int i = 0; i < SPIN_LIMIT; i++) {
        if (*word != value) {
            return;
        }
        host_relax();
    }
    ke_engine->lock_wait(word, value, WAIT_NS);
}

static void wait_for_writer(const struct rw_words *words)
{
    uint32_t writer = *words->writer;
    if (writer != 0) {
        wait_while(words->writer, writer);
    }
}

/* ---- reading --------------------------------------------------------------------------------------- */

/* Takes a share for this processor when nobody else writes; recursion always succeeds (RW-8). */
bool rw_try_read(const struct rw_words *words)
{
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
    return false;
}

void rw_read(const struct rw_words *words)
{
    if (rw_explored()) {
        rw_explored_read(words);
        return;
    }
    while (!rw_try_read(words)) {
        wait_for_writer(words);
    }
}

void rw_end_read(const struct rw_words *words)
{
    if (rw_explored()) {
        rw_explored_end_read(words);
        return;
    }
    volatile uint32_t *count = rw_readers(words, ke_processor()->number);
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

/* The count of a processor that reads; NULL: none does. */
static volatile uint32_t *find_reader(const struct rw_words *words)
{
    for (unsigned n = 0; n < ke_processor_count; n++) {
        volatile uint32_t *count = rw_readers(words, n);
        if (__atomic_load_n(count, __ATOMIC_SEQ_CST) != 0) {
            return count;
        }
    }
    return NULL;
}

void rw_write(const struct rw_words *words)
{
    if (rw_explored()) {
        rw_explored_write(words);
        return;
    }
    if (*words->writer == ke_processor()->number + 1) {
        return;
    }
    while (!try_claim(words)) {
        wait_for_writer(words);
    }
    volatile uint32_t *reader;
    while ((reader = find_reader(words)) != NULL) {
        uint32_t count = *reader;
        if (count != 0) {
            wait_while(reader, count);
        }
    }
}

bool rw_try_write(const struct rw_words *words)
{
    if (rw_explored()) {
        return rw_explored_try_write(words);
    }
    if (*words->writer == ke_processor()->number + 1) {
        return true;
    }
    if (!try_claim(words)) {
        return false;
    }
    if (find_reader(words) != NULL) {
        __atomic_store_n(words->writer, 0, __ATOMIC_SEQ_CST);
        return false;
    }
    return true;
}

void rw_end_write(const struct rw_words *words)
{
    if (rw_explored()) {
        rw_explored_end_write(words);
        return;
    }
    __atomic_store_n(words->writer, 0, __ATOMIC_SEQ_CST);
    ke_engine->lock_wake(words->writer);
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
