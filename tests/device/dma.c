/*
 * dma.c - physical addresses, shared memory and mapped buffers.
 */
#include <ntddk.h>

#include "machine.h"
#include "dev/device.h"
#include "mm/dma.h"

/* A device needs true addresses: never the virtual ones, and neighbours in one are no neighbours in the
 * other. */
static void translation(void *argument)
{
    static uint8_t memory[8 * DMA_PAGE_SIZE];
    (void)argument;
    for (unsigned page = 0; page + 1 < 8; page++) {
        const uint8_t *here = memory + page * DMA_PAGE_SIZE;
        uint64_t pa = mm_physical_address(here);
        CHECK(pa != (uint64_t)(uintptr_t)here);
        CHECK(mm_physical_address(here + DMA_PAGE_SIZE) != pa + DMA_PAGE_SIZE);
        CHECK_EQ(pa % DMA_PAGE_SIZE, (uintptr_t)here % DMA_PAGE_SIZE);
    }
}

static void shared_memory(void *argument)
{
    uint64_t pa = 0, other_pa = 0;
    uint8_t *va = dma_shared_allocate(3 * DMA_PAGE_SIZE + 100, &pa);
    uint8_t *other = dma_shared_allocate(64, &other_pa);
    size_t length = 3 * DMA_PAGE_SIZE + 100;
    (void)argument;
    CHECK(va != NULL && other != NULL && va != other);
    for (size_t offset = 0; offset < length; offset++) {
        if (va[offset] != 0 || mm_physical_address(va + offset) != pa + offset) {
            CHECK(!"zero-filled and contiguous");
            break;
        }
    }
    CHECK_PTR(dma_host_address(pa, length), va);
    CHECK_PTR(dma_host_address(pa + length - 1, 1), va + length - 1);
    CHECK_PTR(dma_host_address(pa, length + 1), NULL);
    CHECK_PTR(dma_host_address(pa + 1, length), NULL);
    CHECK_PTR(dma_host_address(pa - 1, 1), NULL);
    CHECK_PTR(dma_host_address(pa, 0), NULL);
    CHECK_PTR(dma_host_address((uint64_t)(uintptr_t)va, 1), NULL); /* a virtual address is none */
    CHECK(!dma_shared_free(va, length - 1, pa));
    CHECK(!dma_shared_free(va + DMA_PAGE_SIZE, DMA_PAGE_SIZE, pa + DMA_PAGE_SIZE));
    CHECK(!dma_shared_free(va, length, other_pa));
    CHECK(dma_shared_free(va, length, pa));
    CHECK(!dma_shared_free(va, length, pa));
    CHECK_PTR(dma_host_address(pa, 1), NULL);
    CHECK_PTR(dma_host_address(other_pa, 64), other);
    CHECK(dma_shared_free(other, 64, other_pa));
}

/* Everything that can be allocated can be given back and allocated again. */
static void shared_memory_runs_out(void *argument)
{
    static struct {
        void *va;
        uint64_t pa;
    } pieces[64];
    const size_t size = 8 << 20;
    unsigned first = 0, again = 0;
    (void)argument;
    CHECK_PTR(dma_shared_allocate(0, &pieces[0].pa), NULL);
    CHECK_PTR(dma_shared_allocate((size_t)1 << 40, &pieces[0].pa), NULL);
    while (first < 64 && (pieces[first].va = dma_shared_allocate(size, &pieces[first].pa)) != NULL) {
        first++;
    }
    CHECK(first > 16 && first < 64);
    for (unsigned piece = 0; piece < first; piece++) {
        CHECK(dma_shared_free(pieces[piece].va, size, pieces[piece].pa));
    }
    while (again < 64 && (pieces[again].va = dma_shared_allocate(size, &pieces[again].pa)) != NULL) {
        again++;
    }
    CHECK_EQ(again, first);
    for (unsigned piece = 0; piece < again; piece++) {
        CHECK(dma_shared_free(pieces[piece].va, size, pieces[piece].pa));
    }
}

/* A buffer is reachable only while it is mapped, page by page. */
static void mapped_buffer(void *argument)
{
    static uint8_t memory[4 * DMA_PAGE_SIZE] __attribute__((aligned(4096)));
    uint8_t *va = memory + 1000, got[16];
    size_t length = 2 * DMA_PAGE_SIZE;
    struct dma_fragment fragments[3];
    (void)argument;
    CHECK_EQ(dma_fragment_count(va, length), 3);
    CHECK_EQ(dma_fragment_count(va, 0), 0);
    CHECK_EQ(dma_fragment_count(memory, DMA_PAGE_SIZE), 1);
    CHECK(!dma_read(mm_physical_address(va), got, sizeof(got)));
    CHECK_EQ(dma_map(va, length, fragments, 2), 0);
    CHECK_EQ(dma_mapped_count(), 0);
    CHECK_EQ(dma_map(va, length, fragments, 3), 3);
    CHECK_EQ(dma_mapped_count(), 1);
    CHECK_EQ(fragments[0].length + fragments[1].length + fragments[2].length, length);
    CHECK_EQ(fragments[0].length, DMA_PAGE_SIZE - 1000);
    CHECK_EQ(fragments[0].pa, mm_physical_address(va));
    va[5] = 0x5A;
    CHECK(dma_read(fragments[0].pa, got, sizeof(got)));
    CHECK_EQ(got[5], 0x5A);
    CHECK(dma_write(fragments[2].pa, "device", 6));
    CHECK_EQ(memcmp(memory + 2 * DMA_PAGE_SIZE, "device", 6), 0);
    CHECK(!dma_read(fragments[0].pa - 1, got, 1));                      /* before the buffer */
    CHECK(!dma_read(fragments[2].pa + fragments[2].length, got, 1));    /* after it */
    CHECK(!dma_read(fragments[0].pa, got, fragments[0].length + 1ull)); /* across a page */
    CHECK_EQ(dma_map(va, length, fragments, 3), 3);                     /* mapped twice */
    CHECK(dma_unmap(va, length));
    CHECK(dma_read(fragments[0].pa, got, sizeof(got)));
    CHECK(dma_unmap(va, length));
    CHECK(!dma_read(fragments[0].pa, got, sizeof(got)));
    CHECK(!dma_unmap(va, length));
    CHECK_EQ(dma_mapped_count(), 0);
}

static void publish(void *argument)
{
    uint64_t pa = 0;
    volatile uint32_t *word = dma_shared_allocate(8, &pa);
    (void)argument;
    CHECK(dma_publish(pa + 4, 77));
    CHECK_EQ(word[1], 77);
    CHECK(!dma_publish(pa + 2, 1)); /* not aligned */
    CHECK(!dma_publish(pa + 8, 1));
    CHECK(dma_shared_free((void *)word, 8, pa));
}

/* Many processors map, unmap and allocate at once. */
static volatile LONG workers_left;

static void hammer(void *argument)
{
    uint8_t *memory = argument;
    struct dma_fragment fragments[2];
    for (unsigned round = 0; round < 20000; round++) {
        size_t length = 100 + round % 1400;
        CHECK(dma_map(memory + round % 3000, length, fragments, 2) != 0);
        if (round % 64 == 0) {
            uint64_t pa;
            void *shared = dma_shared_allocate(length, &pa);
            CHECK(shared != NULL && dma_shared_free(shared, length, pa));
        }
        CHECK(dma_unmap(memory + round % 3000, length));
    }
    InterlockedDecrement(&workers_left);
}

static void concurrent(void *argument)
{
    static uint8_t memory[2 * DMA_PAGE_SIZE] __attribute__((aligned(4096)));
    static struct thread threads[4];
    (void)argument;
    workers_left = 4;
    for (int i = 0; i < 4; i++) {
        thread_start(&threads[i], hammer, memory, i);
    }
    for (int i = 0; i < 4; i++) {
        thread_join(&threads[i]);
    }
    CHECK_EQ(workers_left, 0);
    CHECK_EQ(dma_mapped_count(), 0);
}

static const struct test_case cases[] = {
    CASE("dma-translation", translation, "", 1, BOTH),
    CASE("dma-shared-memory", shared_memory, "", 1, BOTH),
    CASE("dma-shared-memory-runs-out", shared_memory_runs_out, "", 1, CHECKED),
    CASE("dma-mapped-buffer", mapped_buffer, "", 1, BOTH),
    CASE("dma-publish", publish, "", 1, CHECKED),
    CASE("dma-concurrent", concurrent, "", 4, BOTH),
};
TEST_MAIN(cases)
