/*
 * The race detector on executions that are told step by step: who is ordered with whom, and who is not.
 */
#include "verifier/race.h"

#include <setjmp.h>
#include <stdarg.h>

#include <cmocka.h>

#include <string.h>

static unsigned races;
static struct race last;

static void count(const struct race *race)
{
    races++;
    last = *race;
}

static int begin(void **state)
{
    (void)state;
    race_found = count;
    races = 0;
    ke_observe_begin();
    return 0;
}

/* ---- what actors do ------------------------------------------------------------------------------ */

static uint64_t x, y;
static uint32_t lock, other_lock;

static void access_with(unsigned actor, enum op_kind kind, unsigned flags, const void *address, unsigned size)
{
    struct op op = {.kind = (uint8_t)kind,
                    .flags = (uint8_t)flags,
                    .addr = (uintptr_t)address,
                    .size = size,
                    .pc = actor + 1};
    ke_observe_step(actor, &op);
}

static void reads(unsigned actor, const void *address)
{
    access_with(actor, OP_READ, 0, address, 8);
}

static void writes(unsigned actor, const void *address)
{
    access_with(actor, OP_WRITE, 0, address, 8);
}

static void locks(unsigned actor, const uint32_t *word)
{
    ke_observe_step(actor, &(struct op){.kind = OP_LOCK, .addr = (uintptr_t)word, .size = 4});
}

static void unlocks(unsigned actor, const uint32_t *word)
{
    ke_observe_step(actor, &(struct op){.kind = OP_UNLOCK, .addr = (uintptr_t)word, .size = 4});
}

static void irql(unsigned actor, enum op_kind kind, int processor, unsigned level, unsigned new_level,
                 const void *object)
{
    ke_observe_step(actor, &(struct op){.kind = (uint8_t)kind,
                                        .processor = (int8_t)processor,
                                        .level = (uint8_t)level,
                                        .new_level = (uint8_t)new_level,
                                        .object = {(uintptr_t)object}});
}

static void raises(unsigned actor, int processor, unsigned from, unsigned to)
{
    irql(actor, OP_RAISE, processor, from, to, NULL);
}

static void lowers(unsigned actor, int processor, unsigned from, unsigned to)
{
    irql(actor, OP_LOWER, processor, from, to, NULL);
}

static void enters(unsigned actor, int processor, unsigned level, const void *object)
{
    irql(actor, OP_ENTER, processor, 0, level, object);
}

static void leaves(unsigned actor, int processor, unsigned level)
{
    irql(actor, OP_EXIT, processor, level, 0, NULL);
}

/* ---- threads and locks --------------------------------------------------------------------------- */

static void test_unordered_writes(void **state)
{
    (void)state;
    writes(0, &x);
    writes(0, &x);
    assert_int_equal(races, 0);
    writes(1, &x);
    assert_int_equal(races, 1);
    assert_int_equal(last.older.actor, 0);
    assert_int_equal(last.newer.actor, 1);
    assert_ptr_equal((void *)last.address, &x);
    assert_int_equal(last.size, 8);
}

static void test_reads_do_not_race(void **state)
{
    (void)state;
    reads(0, &x);
    reads(1, &x);
    reads(2, &x);
    assert_int_equal(races, 0);
    writes(3, &x); /* with each of them */
    assert_int_equal(races, 3);
}

static void test_next_execution_knows_nothing(void **state)
{
    (void)state;
    writes(0, &x);
    ke_observe_begin();
    writes(1, &x);
    assert_int_equal(races, 0);
}

static void test_bytes(void **state)
{
    (void)state;
    char *bytes = (char *)&x;
    access_with(0, OP_WRITE, 0, bytes, 2);
    access_with(1, OP_WRITE, 0, bytes + 2, 2);
    access_with(1, OP_WRITE, 0, bytes + 7, 1);
    assert_int_equal(races, 0);
    access_with(2, OP_READ, 0, bytes + 1, 2);
    assert_int_equal(races, 2);
    assert_int_equal(last.size, 1);
}

static void test_ranges(void **state)
{
    (void)state;
    static char block[64] __attribute__((aligned(8)));
    access_with(0, OP_WRITE, 0, block + 3, 40);
    access_with(1, OP_READ, 0, block, 3);
    access_with(1, OP_READ, 0, block + 43, 21);
    assert_int_equal(races, 0);
    access_with(1, OP_READ, 0, block + 42, 1);
    assert_int_equal(races, 1);
}

static void test_spin_lock(void **state)
{
    (void)state;
    for (unsigned actor = 0; actor < 3; actor++) {
        locks(actor, &lock);
        reads(actor, &x);
        writes(actor, &x);
        unlocks(actor, &lock);
    }
    assert_int_equal(races, 0);
    writes(0, &x); /* without the lock: races with the last holder, which stands for all of them */
    assert_int_equal(races, 1);
    assert_int_equal(last.older.actor, 2);
}

static void test_different_locks(void **state)
{
    (void)state;
    locks(0, &lock);
    writes(0, &x);
    unlocks(0, &lock);
    locks(1, &other_lock);
    writes(1, &x);
    assert_int_equal(races, 1);
    assert_ptr_equal((void *)race_lock(last.older.locks)->word, &lock);
    assert_ptr_equal((void *)race_lock(last.newer.locks)->word, &other_lock);
    unlocks(1, &other_lock);
}

static void test_lock_lists(void **state)
{
    (void)state;
    locks(0, &lock);
    locks(0, &other_lock);
    unlocks(0, &lock); /* out of order */
    writes(0, &x);
    writes(1, &x);
    assert_ptr_equal((void *)race_lock(last.older.locks)->word, &other_lock);
    assert_null(race_lock(race_lock(last.older.locks)->outer));
    assert_int_equal(last.newer.locks, 0);
}

static void test_write_before_the_lock(void **state)
{
    (void)state;
    writes(0, &x);
    locks(0, &lock);
    unlocks(0, &lock);
    locks(1, &lock);
    unlocks(1, &lock);
    reads(1, &x);
    assert_int_equal(races, 0);
    /* The other way round nothing was released in between. */
    writes(1, &y);
    reads(0, &y);
    assert_int_equal(races, 1);
}

static void test_guards_order_nothing(void **state)
{
    (void)state;
    writes(0, &x);
    access_with(0, OP_LOCK, OP_LIBRARY, &lock, 4);
    access_with(0, OP_UNLOCK, OP_LIBRARY, &lock, 4);
    access_with(1, OP_LOCK, OP_LIBRARY, &lock, 4);
    access_with(1, OP_UNLOCK, OP_LIBRARY, &lock, 4);
    writes(1, &x);
    assert_int_equal(races, 1);
}

static void tries(unsigned actor, uint32_t *word)
{
    struct op op = {.kind = OP_UPDATE, .flags = OP_TRIES, .addr = (uintptr_t)word, .size = 4};
    ke_observe_step(actor, &op);
}

static void test_try_lock(void **state)
{
    (void)state;
    lock = 0;
    locks(0, &lock);
    writes(0, &x);
    unlocks(0, &lock);
    tries(1, &lock);
    reads(1, &x);
    assert_int_equal(races, 0);
    unlocks(1, &lock);
    lock = 1; /* held: the try fails and orders nothing */
    tries(2, &lock);
    lock = 0;
    writes(2, &x);
    assert_int_equal(races, 2);
}

/* ---- atomics --------------------------------------------------------------------------------------- */

static void updates(unsigned actor, const void *address)
{
    access_with(actor, OP_UPDATE, OP_ATOMIC, address, 8);
}

static void test_interlocked(void **state)
{
    (void)state;
    updates(0, &x);
    updates(1, &x);
    assert_int_equal(races, 0);
    reads(2, &x); /* plainly */
    assert_int_equal(races, 1);
}

static void test_message_passing(void **state)
{
    (void)state;
    writes(0, &x);
    access_with(0, OP_WRITE, OP_ATOMIC, &y, 8);
    access_with(1, OP_READ, OP_ATOMIC, &y, 8);
    reads(1, &x);
    assert_int_equal(races, 0);
    writes(0, &x); /* the second message is not announced */
    assert_int_equal(races, 1);
}

static void test_volatile_acquires_and_releases(void **state)
{
    (void)state;
    writes(0, &x);
    access_with(0, OP_WRITE, OP_VOLATILE, &y, 8);
    access_with(1, OP_READ, OP_VOLATILE, &y, 8);
    reads(1, &x);
    assert_int_equal(races, 0);
    access_with(2, OP_WRITE, OP_VOLATILE, &x, 8); /* volatile here, plain there */
    assert_int_equal(races, 2);
}

static void test_store_hides_earlier_stores(void **state)
{
    (void)state;
    writes(0, &x);
    access_with(0, OP_WRITE, OP_ATOMIC, &y, 8);
    access_with(1, OP_WRITE, OP_ATOMIC, &y, 8);
    access_with(2, OP_READ, OP_ATOMIC, &y, 8); /* sees actor 1 only */
    reads(2, &x);
    assert_int_equal(races, 1);
}

static void test_updates_hide_nothing(void **state)
{
    (void)state;
    writes(0, &x); /* the last reference goes with actor 1, which frees what all have used */
    updates(0, &y);
    updates(1, &y);
    writes(1, &x);
    assert_int_equal(races, 0);
}

static void test_plain_start_of_a_counter(void **state)
{
    (void)state;
    writes(0, &y);
    updates(0, &y);
    updates(1, &y);
    assert_int_equal(races, 0);
}

static void compares(unsigned actor, uint64_t *address, uint64_t expected)
{
    struct op op = {.kind = OP_UPDATE,
                    .flags = OP_ATOMIC | OP_COMPARES,
                    .addr = (uintptr_t)address,
                    .size = 8,
                    .expected = expected};
    ke_observe_step(actor, &op);
}

static void test_failed_compare_writes_nothing(void **state)
{
    (void)state;
    y = 5;
    writes(0, &x);
    compares(0, &y, 4); /* fails: releases nothing */
    compares(1, &y, 5);
    reads(1, &x);
    assert_int_equal(races, 1);
    reads(2, &y); /* races with actor 1's write, not with actor 0's read */
    assert_int_equal(races, 2);
    assert_int_equal(last.older.actor, 1);
}

/* ---- IRQL ------------------------------------------------------------------------------------------ */

static KDPC dpc, other_dpc;
static int line, other_line;

static void test_raised_thread_and_dpc_of_its_processor(void **state)
{
    (void)state;
    raises(0, 0, PASSIVE_LEVEL, DISPATCH_LEVEL);
    writes(0, &x);
    lowers(0, 0, DISPATCH_LEVEL, PASSIVE_LEVEL);
    enters(1, 0, DISPATCH_LEVEL, &dpc);
    writes(1, &x);
    leaves(1, 0, DISPATCH_LEVEL);
    raises(0, 0, PASSIVE_LEVEL, DISPATCH_LEVEL);
    writes(0, &x);
    assert_int_equal(races, 0);
}

static void test_raised_thread_and_dpc_of_another_processor(void **state)
{
    (void)state;
    raises(0, 0, PASSIVE_LEVEL, DISPATCH_LEVEL);
    writes(0, &x);
    lowers(0, 0, DISPATCH_LEVEL, PASSIVE_LEVEL);
    enters(1, 1, DISPATCH_LEVEL, &dpc);
    writes(1, &x);
    assert_int_equal(races, 1);
    assert_int_equal(last.newer.entered, DISPATCH_LEVEL);
}

static void test_thread_below_dispatch_and_dpc(void **state)
{
    (void)state;
    writes(0, &x);
    enters(1, 0, DISPATCH_LEVEL, &dpc);
    writes(1, &x);
    assert_int_equal(races, 1);
    leaves(1, 0, DISPATCH_LEVEL);
    writes(0, &x); /* the DPC came to its end, but might have come later */
    assert_int_equal(races, 2);
}

static void test_raising_too_late(void **state)
{
    (void)state;
    writes(0, &x);
    raises(0, 0, PASSIVE_LEVEL, DISPATCH_LEVEL);
    enters(1, 1, DISPATCH_LEVEL, &dpc);
    enters(2, 0, 5, &line);
    writes(2, &x); /* DISPATCH_LEVEL does not keep an ISR out */
    assert_int_equal(races, 1);
}

static void test_dpcs_of_one_processor(void **state)
{
    (void)state;
    enters(1, 0, DISPATCH_LEVEL, &dpc);
    writes(1, &x);
    leaves(1, 0, DISPATCH_LEVEL);
    enters(2, 0, DISPATCH_LEVEL, &other_dpc);
    writes(2, &x);
    leaves(2, 0, DISPATCH_LEVEL);
    assert_int_equal(races, 0);
    enters(3, 1, DISPATCH_LEVEL, &dpc);
    writes(3, &x);
    assert_int_equal(races, 1); /* with the latter only: it stands for both */
}

static void test_isr_that_hits_a_dpc(void **state)
{
    (void)state;
    enters(1, 0, DISPATCH_LEVEL, &dpc);
    writes(1, &x);
    enters(2, 0, 5, &line);
    reads(2, &x);
    assert_int_equal(races, 1);
    leaves(2, 0, 5);
    leaves(1, 0, DISPATCH_LEVEL);
    enters(3, 0, 7, &other_line);
    reads(3, &x);
    assert_int_equal(races, 2);
}

static void test_isr_after_the_dpc(void **state)
{
    (void)state;
    enters(1, 0, DISPATCH_LEVEL, &dpc);
    writes(1, &x);
    leaves(1, 0, DISPATCH_LEVEL);
    enters(2, 0, 5, &line); /* it might have hit the DPC */
    writes(2, &x);
    assert_int_equal(races, 1);
}

static void test_interrupt_levels(void **state)
{
    (void)state;
    enters(1, 0, 5, &line);
    writes(1, &x);
    leaves(1, 0, 5);
    enters(2, 0, 5, &other_line); /* neither can hit the other */
    writes(2, &x);
    leaves(2, 0, 5);
    assert_int_equal(races, 0);
    enters(3, 0, 7, &other_line); /* this one can */
    writes(3, &x);
    leaves(3, 0, 7);
    assert_int_equal(races, 1);
    enters(1, 0, 5, &line);
    writes(1, &x);
    assert_int_equal(races, 2);
}

static void test_synchronised_with_the_interrupt(void **state)
{
    (void)state;
    raises(0, 0, PASSIVE_LEVEL, 5);
    locks(0, &lock);
    writes(0, &x);
    unlocks(0, &lock);
    lowers(0, 0, 5, PASSIVE_LEVEL);
    enters(1, 1, 5, &line);
    locks(1, &lock);
    writes(1, &x);
    unlocks(1, &lock);
    leaves(1, 1, 5);
    assert_int_equal(races, 0);
}

static void test_raised_to_dirql(void **state)
{
    (void)state;
    enters(1, 0, 5, &line);
    writes(1, &x);
    leaves(1, 0, 5);
    enters(2, 0, DISPATCH_LEVEL, &dpc);
    writes(2, &y);
    leaves(2, 0, DISPATCH_LEVEL);
    raises(0, 0, PASSIVE_LEVEL, 5);
    writes(0, &x);
    writes(0, &y);
    lowers(0, 0, 5, PASSIVE_LEVEL);
    enters(1, 0, 5, &line);
    writes(1, &x);
    enters(2, 0, DISPATCH_LEVEL, &dpc);
    writes(2, &y);
    assert_int_equal(races, 0);
}

static void test_threads_of_one_processor(void **state)
{
    (void)state;
    raises(0, 0, PASSIVE_LEVEL, DISPATCH_LEVEL);
    writes(0, &x);
    lowers(0, 0, DISPATCH_LEVEL, PASSIVE_LEVEL);
    raises(1, 0, PASSIVE_LEVEL, DISPATCH_LEVEL); /* they might have been on two */
    writes(1, &x);
    assert_int_equal(races, 1);
}

/* ---- queues, lines, objects ---------------------------------------------------------------------- */

static void test_queued_dpc(void **state)
{
    (void)state;
    writes(0, &x);
    ke_observe_release(0, &dpc);
    writes(0, &y);
    enters(1, 1, DISPATCH_LEVEL, &dpc);
    reads(1, &x);
    assert_int_equal(races, 0);
    reads(1, &y); /* written after it was queued */
    assert_int_equal(races, 1);
}

static void test_doorbell_to_interrupt(void **state)
{
    (void)state;
    static int device;
    const unsigned thread = 0, model = 1, isr = 2;
    writes(thread, &x);
    ke_observe_release(thread, &device);
    ke_observe_acquire(model, &device);
    ke_observe_release(model, &line);
    enters(isr, 1, 5, &line);
    reads(isr, &x);
    assert_int_equal(races, 0);
    enters(3, 1, 7, &other_line); /* another device's */
    reads(3, &x);
    assert_int_equal(races, 1);
}

static void test_event(void **state)
{
    (void)state;
    static KEVENT event;
    writes(0, &x);
    ke_observe_release(0, &event);
    writes(0, &y);
    ke_observe_acquire(1, &event);
    writes(1, &x);
    assert_int_equal(races, 0);
    writes(1, &y);
    assert_int_equal(races, 1);
}

static void test_join_and_settle(void **state)
{
    (void)state;
    writes(1, &x);
    ke_observe_step(0, &(struct op){.kind = OP_JOIN, .expected = 1u << 1});
    writes(0, &x);
    assert_int_equal(races, 0);
    writes(2, &y);
    writes(0, &y);
    assert_int_equal(races, 1);
    ke_observe_step(0, &(struct op){.kind = OP_SETTLE});
    writes(0, &y);
    assert_int_equal(races, 1);
}

static void test_join_of_several(void **state)
{
    static uint64_t z;
    (void)state;
    writes(1, &x);
    writes(2, &y);
    writes(3, &z);
    ke_observe_step(0, &(struct op){.kind = OP_JOIN, .expected = 1u << 1 | 1u << 2});
    writes(0, &x);
    writes(0, &y);
    assert_int_equal(races, 0);
    writes(0, &z);
    assert_int_equal(races, 1);
}

static void test_await(void **state)
{
    (void)state;
    writes(0, &x);
    access_with(0, OP_WRITE, OP_ATOMIC, &lock, 4);
    ke_observe_step(1, &(struct op){.kind = OP_AWAIT, .addr = (uintptr_t)&lock});
    writes(1, &x);
    assert_int_equal(races, 0);
}

static void test_work_items_of_one_thread(void **state)
{
    (void)state;
    static int first, second;
    const unsigned worker = 2;
    writes(0, &y);
    ke_observe_release(0, &first);
    ke_observe_fresh(worker);
    ke_observe_acquire(worker, &first);
    writes(worker, &x);
    writes(worker, &y);
    assert_int_equal(races, 0);
    ke_observe_release(0, &second);
    ke_observe_fresh(worker);
    ke_observe_acquire(worker, &second);
    writes(worker, &x); /* another worker might have taken it meanwhile */
    assert_int_equal(races, 1);
}

static void test_many_work_items(void **state)
{
    (void)state;
    for (unsigned i = 0; i < 1000; i++) {
        ke_observe_fresh(0);
        writes(0, &x);
    }
    for (unsigned actor = 1; actor < OBSERVER_ACTORS; actor++) {
        reads(actor, &y);
        assert_in_range(race_actor(actor)->slot, 1, RACE_SLOTS - 1);
    }
}

/* ---- memory that comes and goes ------------------------------------------------------------------ */

static void test_memory_given_anew(void **state)
{
    (void)state;
    static uint64_t block[4];
    access_with(0, OP_WRITE, 0, block, sizeof(block));
    race_history_forget((uintptr_t)&block[1], sizeof(block[1]));
    writes(1, &block[1]);
    assert_int_equal(races, 0);
    writes(1, &block[2]);
    assert_int_equal(races, 1);
}

static void test_many_addresses(void **state)
{
    (void)state;
    enum { MANY = 50000 };
    static uint64_t memory[MANY];
    for (unsigned i = 0; i < MANY; i++) {
        writes(0, &memory[i]);
        ke_observe_release(0, &memory[i]);
    }
    ke_observe_acquire(1, &memory[MANY - 2]);
    for (unsigned i = 0; i < MANY; i++) {
        writes(1, &memory[i]);
    }
    assert_int_equal(races, 1); /* the last one came after what was acquired */
    assert_ptr_equal((void *)last.address, &memory[MANY - 1]);
}

#define TEST(name) cmocka_unit_test_setup(name, begin)

int main(void)
{
    static const struct CMUnitTest tests[] = {
        TEST(test_unordered_writes),
        TEST(test_reads_do_not_race),
        TEST(test_next_execution_knows_nothing),
        TEST(test_bytes),
        TEST(test_ranges),
        TEST(test_spin_lock),
        TEST(test_different_locks),
        TEST(test_lock_lists),
        TEST(test_write_before_the_lock),
        TEST(test_guards_order_nothing),
        TEST(test_try_lock),
        TEST(test_interlocked),
        TEST(test_message_passing),
        TEST(test_volatile_acquires_and_releases),
        TEST(test_store_hides_earlier_stores),
        TEST(test_updates_hide_nothing),
        TEST(test_plain_start_of_a_counter),
        TEST(test_failed_compare_writes_nothing),
        TEST(test_raised_thread_and_dpc_of_its_processor),
        TEST(test_raised_thread_and_dpc_of_another_processor),
        TEST(test_thread_below_dispatch_and_dpc),
        TEST(test_raising_too_late),
        TEST(test_dpcs_of_one_processor),
        TEST(test_isr_that_hits_a_dpc),
        TEST(test_isr_after_the_dpc),
        TEST(test_interrupt_levels),
        TEST(test_synchronised_with_the_interrupt),
        TEST(test_raised_to_dirql),
        TEST(test_threads_of_one_processor),
        TEST(test_queued_dpc),
        TEST(test_doorbell_to_interrupt),
        TEST(test_event),
        TEST(test_join_and_settle),
        TEST(test_join_of_several),
        TEST(test_await),
        TEST(test_work_items_of_one_thread),
        TEST(test_many_work_items),
        TEST(test_memory_given_anew),
        TEST(test_many_addresses),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
