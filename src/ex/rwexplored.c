/*
 * rwexplored.c - reader-writer locks on the explored engine (contract in rwexplored.h).
 */
#include "ex/rwexplored.h"

#include "ke/processor.h"

static volatile uint32_t *word_of(const struct rw_words *words, unsigned processor)
{
    return rw_readers(words, processor) + 1;
}

static void take(volatile uint32_t *word)
{
    ke_about_to_lock(word);
    *word = 1;
}

static bool try_take(volatile uint32_t *word)
{
    ke_about_to_try(word);
    bool free = *word == 0;
    *word = 1;
    return free;
}

static void drop(volatile uint32_t *word)
{
    ke_about_to_unlock(word);
    *word = 0;
}

static bool is_writer(const struct rw_words *words, unsigned processor)
{
    return words->writer != NULL && *words->writer == processor + 1;
}

static void set_writer(const struct rw_words *words, uint32_t writer)
{
    if (words->writer != NULL) {
        *words->writer = writer;
    }
}

static bool is_inside(const struct rw_words *words, unsigned processor)
{
    return *rw_readers(words, processor) > 0 || is_writer(words, processor);
}

void rw_explored_read(const struct rw_words *words)
{
    unsigned me = ke_processor()->number;
    if (!is_inside(words, me)) {
        take(word_of(words, me));
    }
    ++*rw_readers(words, me);
}

bool rw_explored_try_read(const struct rw_words *words)
{
    unsigned me = ke_processor()->number;
    if (!is_inside(words, me) && !try_take(word_of(words, me))) {
        return false;
    }
    ++*rw_readers(words, me);
    return true;
}

void rw_explored_end_read(const struct rw_words *words)
{
    unsigned me = ke_processor()->number;
    for (unsigned i = 0; i < ke_processor_count && *rw_readers(words, me) == 0; i++) {
        me = i; /* somebody else's read lock: the verifier has reported that */
    }
    if (*rw_readers(words, me) == 0) {
        return;
    }
    --*rw_readers(words, me);
    if (!is_inside(words, me)) {
        drop(word_of(words, me));
    }
}

void rw_explored_write(const struct rw_words *words)
{
    unsigned me = ke_processor()->number;
    if (is_writer(words, me)) {
        return;
    }
    take(words->word);
    for (unsigned i = 0; i < ke_processor_count; i++) {
        take(word_of(words, i));
    }
    set_writer(words, me + 1);
}

bool rw_explored_try_write(const struct rw_words *words)
{
    unsigned me = ke_processor()->number, taken = 0;
    if (is_writer(words, me)) {
        return true;
    }
    if (!try_take(words->word)) {
        return false;
    }
    while (taken < ke_processor_count && try_take(word_of(words, taken))) {
        taken++;
    }
    if (taken == ke_processor_count) {
        set_writer(words, me + 1);
        return true;
    }
    while (taken > 0) {
        drop(word_of(words, --taken));
    }
    drop(words->word);
    return false;
}

void rw_explored_end_write(const struct rw_words *words)
{
    set_writer(words, 0);
    for (unsigned i = ke_processor_count; i-- > 0;) {
        drop(word_of(words, i));
    }
    drop(words->word);
}

bool rw_explored_try_convert(const struct rw_words *words)
{
    unsigned me = ke_processor()->number, taken = 0;
    if (*rw_readers(words, me) != 1 || !try_take(words->word)) {
        return false;
    }
    while (taken < ke_processor_count && (taken == me || try_take(word_of(words, taken)))) {
        taken++;
    }
    if (taken == ke_processor_count) {
        *rw_readers(words, me) = 0;
        set_writer(words, me + 1);
        return true;
    }
    while (taken > 0) {
        if (--taken != me) {
            drop(word_of(words, taken));
        }
    }
    drop(words->word);
    return false;
}
