/*
 * checkpoint.c - host/memory.h: going back to moments after the snapshot, and the journal of kept memory.
 *
 * No simulated machine runs here: each case is a process that writes and goes back on its own host thread.
 */
#include "check.h"

#include "host/host.h"
#include "host/memory.h"

#define ROUNDS 1000
#define PAGE 4096

static uint32_t small = 7;
static uint32_t large[16 * PAGE];

static void on_interrupt(const struct host_registers *registers)
{
    (void)registers;
}

static void on_fault(enum host_fault fault, uintptr_t address, bool write,
                     const struct host_registers *registers)
{
    (void)fault, (void)address, (void)write, (void)registers;
    _exit(99);
}

static void begin(void)
{
    host_traps_install(on_interrupt, on_fault);
    CHECK(host_arena_open());
    CHECK(host_snapshot_add(&small));
}

/* Pages written before the checkpoint come back as they were then, later ones as they were at the snapshot.
 */
static void newest_comes_back(void *argument)
{
    (void)argument;
    begin();
    CHECK(host_snapshot_take());
    CHECK(!host_checkpoint_restore());
    small = 8;
    CHECK(host_checkpoint_take(NULL, 0));
    for (volatile int round = 0; round < ROUNDS; round++) {
        uint32_t seen = small + large[0] + large[5 * PAGE];
        small = 1;
        large[0]++;
        large[5 * PAGE] += 3;
        CHECK(host_checkpoint_restore());
        if (seen != 8) {
            CHECK(!"restored");
            return;
        }
    }
    host_snapshot_restore();
    CHECK_EQ(small, 7);
    CHECK_EQ(host_checkpoint_count(), 0);
}

static void they_nest(void *argument)
{
    (void)argument;
    begin();
    CHECK(host_snapshot_take());
    for (uint32_t i = 0; i < HOST_CHECKPOINTS; i++) {
        large[i * 1024] = small = 100 + i;
        CHECK(host_checkpoint_take(NULL, 0));
    }
    CHECK(!host_checkpoint_take(NULL, 0));
    for (uint32_t i = HOST_CHECKPOINTS; i-- > 0;) {
        small = large[0] = 0;
        CHECK(host_checkpoint_restore());
        CHECK_EQ(small, 100 + i);
        CHECK_EQ(large[0], 100);
        CHECK_EQ(large[i * 1024], 100 + i);
        host_checkpoint_drop();
    }
    CHECK(!host_checkpoint_restore());
}

static void blocks_come_back(void *argument)
{
    (void)argument;
    begin();
    CHECK(host_snapshot_take());
    uint64_t *before = host_allocate(2 * PAGE);
    *before = 5;
    CHECK(host_checkpoint_take(NULL, 0));
    uint64_t *first = NULL;
    for (volatile int round = 0; round < ROUNDS; round++) {
        uint64_t *block = host_allocate(3 * PAGE);
        bool good = (first == NULL || block == first) && block[0] == 0 && *before == 5;
        first = block;
        block[0] = *before = ~UINT64_C(0);
        CHECK(host_checkpoint_restore());
        if (!good) {
            CHECK(!"a block came back");
            return;
        }
    }
}

/* Of those that every execution writes only what is in use is put back, and what an execution uses more. */
static void hot_blocks_come_back(void *argument)
{
    (void)argument;
    begin();
    uint64_t *old = host_allocate_hot(sizeof(*old));
    *old = 4;
    CHECK(host_snapshot_take());
    volatile unsigned went_back = 0;
    for (volatile int round = 0; round < ROUNDS; round++) {
        bool good = *old == 4;
        *old = 5;
        CHECK(host_checkpoint_take(NULL, 0));
        for (int again = 0; again < 2; again++) {
            size_t last = 8u << (round < 10 ? round : 10);
            uint64_t *more = host_allocate_hot((last + 1) * sizeof(*more));
            good = good && *old == 5 && more[0] == 0 && more[last] == 0;
            *old = more[0] = more[last] = 6;
            if (!host_checkpoint_restore()) {
                break; /* more was written than when it was taken */
            }
            went_back++;
        }
        host_snapshot_restore();
        if (!good) {
            CHECK(!"hot blocks came back");
            return;
        }
    }
    CHECK(went_back > ROUNDS);
}

#define NUMBERS 1500u /* more than a page of them */

static struct host_context outside, inside;

/* Has numbers on its stack while others run, and spoils them once it has told their sum. */
static void sum_numbers(void *argument)
{
    uint32_t *sum = argument;
    volatile uint32_t numbers[NUMBERS];
    host_context_entered(&inside);
    for (uint32_t i = 0; i < NUMBERS; i++) {
        numbers[i] = i;
    }
    for (;;) {
        host_context_switch(&inside, &outside, false);
        *sum = 0;
        for (uint32_t i = 0; i < NUMBERS; i++) {
            *sum += numbers[i];
            numbers[i] = 1;
        }
    }
}

/* What a suspended context has on its stack is there again, whatever lies below it. */
static void suspended_stacks_come_back(void *argument)
{
    (void)argument;
    uint32_t *volatile sum = calloc(1, sizeof(*sum));
    struct host_stack stack;
    begin();
    CHECK(host_stack_map(&stack, 8 * PAGE));
    host_context_of_thread(&outside);
    CHECK(host_snapshot_take());
    host_context_make(&inside, stack, sum_numbers, sum);
    host_context_switch(&outside, &inside, false);
    const struct host_context *const suspended[] = {&inside};
    CHECK(host_checkpoint_take(suspended, 1));
    for (volatile int round = 0; round < ROUNDS; round++) {
        host_context_switch(&outside, &inside, false);
        uint32_t first = *sum;
        host_context_switch(&outside, &inside, false);
        CHECK(host_checkpoint_restore());
        if (first != NUMBERS * (NUMBERS - 1) / 2 || *sum != NUMBERS) {
            CHECK(!"the stack came back");
            return;
        }
    }
    free(sum);
}

/* Reserved pages are opened and closed on both sides of it. */
static void reserved_pages_come_back(void *argument)
{
    (void)argument;
    begin();
    char *reserved = host_reserve(4 * PAGE);
    CHECK(host_snapshot_take());
    CHECK(host_pages_open(reserved, 2 * PAGE));
    reserved[0] = reserved[PAGE] = 1;
    host_pages_close(reserved + PAGE, PAGE);
    CHECK(host_checkpoint_take(NULL, 0));
    for (volatile int round = 0; round < ROUNDS; round++) {
        CHECK(host_pages_open(reserved + PAGE, 3 * PAGE));
        bool good = reserved[0] == 1 && reserved[PAGE] == 0 && reserved[3 * PAGE] == 0;
        reserved[0] = reserved[PAGE] = reserved[3 * PAGE] = 9;
        host_pages_close(reserved, PAGE);
        CHECK(host_checkpoint_restore());
        if (!good) {
            CHECK(!"reserved pages came back");
            return;
        }
    }
    CHECK_EQ(reserved[0], 1);
}

/* What malloc gave stays as it is, but for what was noted. */
static void journal_is_undone(void *argument)
{
    (void)argument;
    uint32_t *volatile noted = calloc(1, sizeof(*noted)), *volatile kept = calloc(1, sizeof(*kept));
    begin();
    CHECK(host_snapshot_take());
    host_journal(noted, sizeof(*noted)); /* nobody can go back: nothing is noted */
    *noted = 2;
    CHECK(host_checkpoint_take(NULL, 0));
    for (uint32_t i = 3; i < 100; i++) {
        host_journal(noted, sizeof(*noted));
        *noted = i;
    }
    *kept = 2;
    CHECK(host_checkpoint_take(NULL, 0));
    host_journal(noted, sizeof(*noted));
    *noted = 100;
    CHECK(host_checkpoint_restore());
    CHECK_EQ(*noted, 99);
    host_checkpoint_drop();
    CHECK(host_checkpoint_restore());
    CHECK_EQ(*noted, 2);
    CHECK_EQ(*kept, 2);
    host_journal_void();
    CHECK(!host_checkpoint_restore());
    free(noted);
    free(kept);
}

static const struct test_case cases[] = {
    CASE("checkpoint_newest_comes_back", newest_comes_back, "", 1, CHECKED),
    CASE("checkpoint_they_nest", they_nest, "", 1, CHECKED),
    CASE("checkpoint_blocks_come_back", blocks_come_back, "", 1, CHECKED),
    CASE("checkpoint_hot_blocks_come_back", hot_blocks_come_back, "", 1, CHECKED),
    CASE("checkpoint_suspended_stacks_come_back", suspended_stacks_come_back, "", 1, CHECKED),
    CASE("checkpoint_reserved_pages_come_back", reserved_pages_come_back, "", 1, CHECKED),
    CASE("checkpoint_journal_is_undone", journal_is_undone, "", 1, CHECKED),
};

int main(int argc, char **argv)
{
    if (argc < 2) {
        return check_run_all(argv[0], cases, sizeof(cases) / sizeof(cases[0]));
    }
    for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
        if (strcmp(cases[i].name, argv[1]) == 0) {
            cases[i].body(NULL);
            return check_failures != 0;
        }
    }
    return 2;
}
