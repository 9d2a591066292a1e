/*
 * snapshot.c - host/memory.h: the arena's addresses, and that a restore puts everything back but HOST_KEPT.
 *
 * No simulated machine runs here: each case is a process that writes and restores on its own host thread.
 */
#include "check.h"

#include "host/host.h"
#include "host/memory.h"

#include <setjmp.h>

#define ROUNDS 10000
#define PAGE 4096

static uint32_t small = 7;             /* .data */
static uint32_t large[16 * PAGE];      /* .bss */
static volatile uint32_t settled = 11; /* written before the snapshot only */
static sigjmp_buf *out;                /* where a fault that is not the snapshot's goes */

static void on_interrupt(const struct host_registers *registers)
{
    (void)registers;
}

static void on_fault(enum host_fault fault, uintptr_t address, bool write,
                     const struct host_registers *registers)
{
    (void)fault, (void)address, (void)write, (void)registers;
    if (out == NULL) {
        _exit(99);
    }
    siglongjmp(*out, 1);
}

static void begin(void)
{
    host_traps_install(on_interrupt, on_fault);
    CHECK(host_arena_open());
    CHECK(host_snapshot_add(&small));
}

/* Of what a loop needs nothing may be restored: it is in registers or here, on the host thread's own stack.
 */
static void data_comes_back(void *argument)
{
    (void)argument;
    begin();
    settled = 12;
    CHECK(host_snapshot_take());
    for (volatile int round = 0; round < ROUNDS; round++) {
        uint32_t seen = small + large[0] + large[5 * PAGE] + settled;
        small = 1;
        large[0]++;
        large[5 * PAGE] += 3;
        host_snapshot_restore();
        if (seen != 7 + 12 || small != 7 || large[0] != 0 || large[5 * PAGE] != 0) {
            CHECK(!"restored");
            return;
        }
    }
    CHECK(host_snapshot_pages() >= 2);
}

static void blocks_come_back(void *argument)
{
    (void)argument;
    begin();
    volatile uint64_t *before = host_allocate(10 * PAGE);
    for (int i = 0; i < 10 * PAGE / 8; i++) {
        before[i] = (uint64_t)i;
    }
    CHECK(host_snapshot_take());
    volatile uint64_t *first = NULL;
    for (volatile int round = 0; round < ROUNDS; round++) {
        volatile uint64_t *block = host_allocate(3 * PAGE);
        first = first != NULL ? first : block;
        bool fresh = block == first && block[0] == 0 && block[3 * PAGE / 8 - 1] == 0;
        bool old = before[5] == 5 && before[6 * PAGE / 8] == 6 * PAGE / 8;
        block[0] = block[3 * PAGE / 8 - 1] = ~UINT64_C(0);
        before[5] = before[6 * PAGE / 8] = 0;
        host_snapshot_restore();
        if (!fresh || !old) {
            CHECK(!"restored");
            return;
        }
    }
}

/* A bigger life than any before: memory that the arena grows to after the snapshot is new each time. */
static void growth_comes_back(void *argument)
{
    (void)argument;
    begin();
    CHECK(host_snapshot_take());
    for (volatile unsigned round = 1; round <= 200; round++) {
        host_arena_stream(round % 3);
        for (unsigned i = 0; i < round; i++) {
            volatile char *block = host_allocate(PAGE);
            if (block == NULL || block[0] != 0 || block[PAGE - 1] != 0) {
                CHECK(!"fresh");
                return;
            }
            block[0] = block[PAGE - 1] = 1;
        }
        host_snapshot_restore();
    }
}

static void streams_are_apart(void *argument)
{
    (void)argument;
    CHECK(host_arena_open());
    host_arena_stream(1);
    char *one = host_allocate(100), *aligned = host_allocate_aligned(256, 1);
    CHECK_EQ((uintptr_t)aligned % 256, 0);
    host_arena_stream(63);
    char *other = host_allocate(100);
    host_arena_stream(1);
    char *next = host_allocate(1);
    CHECK(host_arena_holds(one) && host_arena_holds(other) && !host_arena_holds(&small));
    CHECK_EQ((uintptr_t)one % 16, 0);
    CHECK(next > aligned && next < aligned + 64);
    /* The fixed addresses that the contract promises to every process. */
    CHECK_EQ((uintptr_t)one, 0x500000000000 + (1ull << 30) + 16);
    CHECK_EQ((uintptr_t)other, 0x500000000000 + (63ull << 30) + 16);
    host_free(one);
    CHECK(host_allocate(100) != one);
    CHECK(host_allocate((size_t)1 << 40) == NULL);
}

static void blocks_grow(void *argument)
{
    (void)argument;
    CHECK(host_arena_open());
    unsigned char *block = host_allocate(5);
    memcpy(block, "abcde", 5);
    unsigned char *larger = host_reallocate(block, 5000);
    CHECK(larger != block && memcmp(larger, "abcde", 5) == 0 && larger[4999] == 0);
    unsigned char *smaller = host_reallocate(larger, 2);
    CHECK(memcmp(smaller, "ab", 2) == 0);
    CHECK(host_reallocate(NULL, 8) != NULL);
}

static void plain_heap_works(void *argument)
{
    (void)argument;
    CHECK(!host_arena_is_open());
    char *block = host_allocate(100), *aligned = host_allocate_aligned(4096, 100);
    CHECK(block[0] == 0 && block[99] == 0 && aligned[99] == 0);
    CHECK_EQ((uintptr_t)aligned % 4096, 0);
    block = host_reallocate(block, 1000);
    CHECK(block[99] == 0 && !host_arena_holds(block));
    host_free(block);
    host_free(aligned);
    host_free(NULL);
}

/* ---- faults that are real ---------------------------------------------------------------------- */

static bool faults(volatile char *address, bool write)
{
    sigjmp_buf here;
    bool faulted = true;
    out = &here;
    if (sigsetjmp(here, 0) == 0) {
        if (write) {
            *address = 1;
        } else {
            (void)*address;
        }
        faulted = false;
    }
    out = NULL;
    return faulted;
}

static void stacks_are_guarded(void *argument)
{
    (void)argument;
    begin();
    struct host_stack before, after;
    CHECK(host_stack_map(&before, 8 * PAGE));
    CHECK(host_snapshot_take());
    for (volatile int round = 0; round < 600; round++) {
        /* In every other round the guard page lies where the other rounds have the middle of a stack. */
        size_t size = round % 2 == 0 ? 4 * PAGE : 2 * PAGE;
        struct host_stack other;
        bool mapped = host_stack_map(&after, size) && host_stack_map(&other, size);
        volatile char *base = after.base, *other_base = other.base;
        bool clean = base[0] == 0 && base[size - 1] == 0 && other_base[0] == 0 && other_base[size - 1] == 0;
        base[0] = base[size - 1] = other_base[0] = other_base[size - 1] = 1;
        bool guarded = faults(base - 1, true) && faults(other_base - 1, false) &&
                       faults((volatile char *)before.base - 1, true);
        host_stack_unmap(&other);
        host_snapshot_restore();
        if (!mapped || !clean || !guarded) {
            CHECK(mapped);
            CHECK(clean);
            CHECK(guarded);
            return;
        }
    }
}

/* Reserved pages: open ones are new, closed ones fault, and a restore puts both back. */
static void reserved_pages_come_back(void *argument)
{
    (void)argument;
    begin();
    volatile char *kept = host_reserve(16 * PAGE), *shut = kept + 4 * PAGE;
    CHECK(host_pages_open((char *)kept, 4 * PAGE) && host_pages_open((char *)shut, 2 * PAGE));
    kept[0] = kept[3 * PAGE] = shut[0] = 7;
    host_pages_close((char *)shut, 2 * PAGE);
    CHECK(faults(shut, false) && faults(kept + 15 * PAGE, true));
    CHECK(host_snapshot_take());
    for (volatile int round = 0; round < 600; round++) {
        bool before = kept[0] == 7 && kept[3 * PAGE] == 7 && faults(shut, false);
        volatile char *other = host_reserve(PAGE);
        bool opened = host_pages_open((char *)shut, 2 * PAGE) && host_pages_open((char *)other, PAGE);
        bool fresh = shut[0] == 0 && shut[2 * PAGE - 1] == 0 && other[0] == 0;
        shut[0] = shut[PAGE] = other[0] = 1;
        kept[0] = round % 3 == 0 ? 8 : 7;
        host_pages_close((char *)kept, 2 * PAGE);
        bool closed = faults(kept, false) && faults(kept + PAGE, true);
        if (round % 2 == 0) { /* closed and opened again: it is new, too */
            closed = closed && host_pages_open((char *)kept, PAGE) && kept[0] == 0;
            kept[0] = 9;
            host_pages_close((char *)shut, PAGE);
        }
        host_snapshot_restore();
        if (!before || !opened || !fresh || !closed) {
            CHECK(before);
            CHECK(opened);
            CHECK(fresh);
            CHECK(closed);
            return;
        }
    }
    CHECK(kept[0] == 7 && kept[PAGE] == 0);
}

static void strays_are_faults(void *argument)
{
    (void)argument;
    begin();
    char *block = host_allocate(PAGE);
    CHECK(host_snapshot_take());
    CHECK(!host_snapshot_fault((uintptr_t)&argument));
    CHECK(faults(block + (1 << 20), true));
    CHECK(faults(block + (1 << 20), false));
    CHECK(faults((char *)(uintptr_t)&faults, true)); /* its own code: readable, and not the snapshot's */
    CHECK(!faults(block, true));
    CHECK(!host_snapshot_take());
    CHECK(!host_snapshot_add((void *)16));
}

/* ---- pages that cool down ---------------------------------------------------------------------- */

static void idle_pages_cool(void *argument)
{
    (void)argument;
    begin();
    volatile char *block = host_allocate(64 * PAGE);
    CHECK(host_snapshot_take());
    for (int i = 0; i < 64; i++) {
        block[i * PAGE] = 1;
    }
    host_snapshot_restore();
    size_t hot = host_snapshot_pages();
    CHECK(hot >= 64);
    for (volatile int round = 0; round < 2000; round++) {
        bool clean = block[0] == 0 && block[PAGE] == 0;
        block[0] = 1;
        host_snapshot_restore();
        if (!clean) {
            CHECK(!"restored");
            return;
        }
    }
    CHECK(host_snapshot_pages() <= hot - 63);
    block[63 * PAGE] = 5;
    CHECK(host_snapshot_pages() >= 2);
    host_snapshot_restore();
    CHECK_EQ(block[63 * PAGE], 0);
}

/* ---- libundis itself --------------------------------------------------------------------------- */

static void body(void *argument)
{
    ++*(volatile int *)argument;
}

/* The library's own variables are the machine's, the arena's bookkeeping is kept. */
static void library_comes_back(void *argument)
{
    (void)argument;
    host_traps_install(on_interrupt, on_fault);
    CHECK(host_arena_open());
    CHECK(host_snapshot_add((const void *)(uintptr_t)&host_snapshot_add));
    char *block = host_allocate(1);
    CHECK(host_snapshot_take());
    char *other = NULL;
    for (int i = 0; i < 1000; i++) {
        host_arena_stream(5);
        void *in_five = host_allocate(1);
        host_snapshot_restore();
        other = host_allocate(1);
        CHECK(in_five != NULL && other > block && other < block + 100);
        host_snapshot_restore();
    }
    CHECK(host_snapshot_pages() >= 2); /* what is known of the pages is kept */
}

/* An ordinary run still works beside. */
static void machine_runs(void *argument)
{
    (void)argument;
    volatile int ran = 0;
    CHECK(host_arena_open());
    CHECK_EQ(undis_run(&(struct undis_options){.processors = 2}, body, (void *)(uintptr_t)&ran), UNDIS_ENDED);
    CHECK_EQ(ran, 1);
}

static const struct test_case cases[] = {
    CASE("data_comes_back", data_comes_back, "", 1, BOTH),
    CASE("blocks_come_back", blocks_come_back, "", 1, CHECKED),
    CASE("growth_comes_back", growth_comes_back, "", 1, CHECKED),
    CASE("streams_are_apart", streams_are_apart, "", 1, CHECKED),
    CASE("blocks_grow", blocks_grow, "", 1, CHECKED),
    CASE("plain_heap_works", plain_heap_works, "", 1, CHECKED),
    CASE("stacks_are_guarded", stacks_are_guarded, "", 1, CHECKED),
    CASE("reserved_pages_come_back", reserved_pages_come_back, "", 1, CHECKED),
    CASE("strays_are_faults", strays_are_faults, "", 1, CHECKED),
    CASE("idle_pages_cool", idle_pages_cool, "", 1, CHECKED),
    CASE("library_comes_back", library_comes_back, "", 1, CHECKED),
    CASE("machine_runs", machine_runs, "", 1, CHECKED),
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
