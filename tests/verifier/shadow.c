/*
 * Pool memory under access: several processors and an ISR at a time, and single bytes at a time.
 */
#include "machine.h"

#include "ke/step.h"

#define ROUNDS 20000

static void read_bytes(const void *address, size_t size)
{
    ke_access(address, size, 0, (uintptr_t)read_bytes);
}

static void write_bytes(void *address, size_t size, int value)
{
    ke_access(address, size, ACCESS_WRITE, (uintptr_t)write_bytes);
    memset(address, value, size);
}

static PUCHAR allocate(SIZE_T size)
{
    return ExAllocatePoolWithTag(NonPagedPoolNx, size, 'dahs');
}

static void release(PUCHAR block)
{
    ExFreePoolWithTag(block, 'dahs');
}

/* ---- everybody at once --------------------------------------------------------------------------- */

static void churn(void *argument)
{
    size_t seed = (size_t)argument;
    PUCHAR kept[8] = {NULL};
    for (unsigned i = 0; i < ROUNDS; i++) {
        PUCHAR *slot = &kept[i % 8];
        SIZE_T size = 1 + (i * 31 + seed * 17) % 300;
        if (*slot != NULL) {
            read_bytes(*slot, 1);
            release(*slot);
        }
        *slot = allocate(size);
        CHECK(*slot != NULL);
        write_bytes(*slot, size, (int)i);
        read_bytes(*slot + size - 1, 1);
    }
    for (unsigned i = 0; i < 8; i++) {
        release(kept[i]);
    }
}

static void interrupt(void *argument)
{
    static UCHAR shared[64];
    (void)argument;
    read_bytes(shared, 8);
    write_bytes(shared, sizeof(shared), 1);
}

static void test_processors(void *argument)
{
    static struct thread threads[4];
    static struct isr isr;
    static struct outside outside;
    (void)argument;
    isr_connect(&isr, 5, 0xF, interrupt, NULL);
    outside.lines[0] = isr.line;
    outside.line_count = 1;
    outside_start(&outside, 100000);
    for (unsigned i = 0; i < 4; i++) {
        thread_start(&threads[i], churn, (void *)(size_t)i, (int)i);
    }
    for (unsigned i = 0; i < 4; i++) {
        thread_join(&threads[i]);
    }
    outside_stop(&outside);
    isr_disconnect(&isr);
}

/* ---- to the byte --------------------------------------------------------------------------------- */

static void test_all_bytes(void *argument)
{
    (void)argument;
    for (SIZE_T size = 1; size < 70; size++) {
        PUCHAR block = allocate(size);
        for (SIZE_T i = 0; i < size; i++) {
            write_bytes(block + i, 1, 0);
        }
        for (SIZE_T i = 0; i < size; i++) {
            read_bytes(block + i, size - i);
        }
        release(block);
    }
}

static void test_one_beyond(void *argument)
{
    (void)argument;
    PUCHAR block = allocate(21);
    write_bytes(block, 21, 0);
    read_bytes(block + 14, 8);
    CHECK_EQ(undis_finding_count(), 1);
    release(block);
}

static void test_one_before(void *argument)
{
    (void)argument;
    PUCHAR block = allocate(24);
    ke_access(block - 1, 1, 0, (uintptr_t)test_one_before);
    CHECK_EQ(undis_finding_count(), 1);
    release(block);
}

static void test_freed(void *argument)
{
    (void)argument;
    PUCHAR block = allocate(5000);
    write_bytes(block, 5000, 0);
    release(block);
    read_bytes(block + 4999, 1);
    CHECK_EQ(undis_finding_count(), 1);
}

/* Longer than a freed block is kept back: its memory may be another block's. */
static void test_given_out_again(void *argument)
{
    (void)argument;
    for (unsigned i = 0; i < ROUNDS; i++) {
        PUCHAR block = allocate(100);
        write_bytes(block, 100, 1);
        release(block);
    }
}

/* ---- bytes that were never written --------------------------------------------------------------- */

static void test_unwritten(void *argument)
{
    (void)argument;
    PUCHAR block = allocate(16);
    write_bytes(block, 8, 0);
    read_bytes(block + 8, 8);
    CHECK_EQ(undis_finding_count(), 0); /* may be the start of a store into a bit field */
    read_bytes(block, 8);
    CHECK_EQ(undis_finding_count(), 1);
    release(block);
}

static void test_bit_field(void *argument)
{
    (void)argument;
    PUCHAR block = allocate(16);
    read_bytes(block + 8, 4);
    write_bytes(block + 8, 4, 1);
    read_bytes(block + 8, 4);
    read_bytes(block + 8, 4);
    release(block);
}

/* Between the read and the write of a bit field another thread may come in. */
static void test_freed_meanwhile(void *argument)
{
    (void)argument;
    PUCHAR other = allocate(16), block = allocate(16);
    read_bytes(block + 8, 4);
    release(other);
    write_bytes(block + 8, 4, 1);
    release(block);
}

static void test_partly_written(void *argument)
{
    (void)argument;
    PUCHAR block = allocate(16);
    write_bytes(block + 1, 1, 0);
    read_bytes(block, 4);
    write_bytes(block, 1, 0);
    release(block);
}

static void test_written_unseen(void *argument)
{
    (void)argument;
    PUCHAR block = allocate(16);
    memset(block, 0, 16); /* as a device does */
    read_bytes(block, 8);
    read_bytes(block + 8, 8);
    release(block);
}

static void test_zeroed(void *argument)
{
    (void)argument;
    PUCHAR block = ExAllocatePoolZero(NonPagedPoolNx, 16, 'dahs');
    read_bytes(block, 8);
    read_bytes(block + 8, 8);
    release(block);
}

static void test_seen_at_the_free(void *argument)
{
    (void)argument;
    PUCHAR block = allocate(16);
    read_bytes(block, 2);
    release(block);
    CHECK_EQ(undis_finding_count(), 1);
}

static const struct test_case cases[] = {
    CASE("shadow-processors", test_processors, "", 4, CHECKED),
    CASE("shadow-all-bytes", test_all_bytes, "", 1, CHECKED),
    CASE("shadow-one-beyond", test_one_beyond, "PoolOverrun", 1, CHECKED),
    CASE("shadow-one-before", test_one_before, "PoolOverrun", 1, CHECKED),
    CASE("shadow-freed", test_freed, "PoolUseAfterFree", 1, CHECKED),
    CASE("shadow-given-out-again", test_given_out_again, "", 1, CHECKED),
    CASE("shadow-unwritten", test_unwritten, "UninitializedRead", 1, CHECKED),
    CASE("shadow-bit-field", test_bit_field, "", 1, CHECKED),
    CASE("shadow-freed-meanwhile", test_freed_meanwhile, "", 1, CHECKED),
    CASE("shadow-partly-written", test_partly_written, "", 1, CHECKED),
    CASE("shadow-written-unseen", test_written_unseen, "", 1, CHECKED),
    CASE("shadow-zeroed", test_zeroed, "", 1, CHECKED),
    CASE("shadow-seen-at-the-free", test_seen_at_the_free, "UninitializedRead", 1, CHECKED),
};

TEST_MAIN(cases)
