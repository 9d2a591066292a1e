/*
 * registers.c - device windows and register access (nf-wdm-mmmapiospace, nf-wdm-read_register_ulong).
 */
#include <ntddk.h>

#include "rig.h"

static void widths(void *argument)
{
    static struct rig rig;
    ULONG block[4];
    (void)argument;
    rig_open(&rig);
    CHECK_EQ(rig_get(&rig, UNIC_ID), UNIC_ID_VALUE);
    CHECK_EQ(READ_REGISTER_ULONG64((volatile ULONG64 *)(rig.window + UNIC_ID)),
             (uint64_t)UNIC_REVISION_VALUE << 32 | UNIC_ID_VALUE);
    CHECK_EQ(READ_REGISTER_UCHAR(rig.window + UNIC_ID), 0xFF); /* the datasheet: 32 or 64 bits only */
    CHECK_EQ(READ_REGISTER_USHORT((volatile USHORT *)(rig.window + UNIC_ID)), 0xFFFF);
    WRITE_REGISTER_UCHAR(rig.window + UNIC_FILTER, 0x1F);
    WRITE_REGISTER_USHORT((volatile USHORT *)(rig.window + UNIC_FILTER), 0x1F);
    CHECK_EQ(rig_get(&rig, UNIC_FILTER), 0);
    WRITE_REGISTER_ULONG64((volatile ULONG64 *)(rig.window + UNIC_FILTER), (uint64_t)3 << 32 | 0x11);
    CHECK_EQ(rig_get(&rig, UNIC_FILTER), 0x11);
    CHECK_EQ(rig_get(&rig, UNIC_MULTICAST_COUNT), 3);
    ULONG table[4] = {1, 2, 3, 4};
    WRITE_REGISTER_BUFFER_ULONG((volatile ULONG *)(rig.window + UNIC_MULTICAST_TABLE), table, 4);
    READ_REGISTER_BUFFER_ULONG((volatile ULONG *)(rig.window + UNIC_MULTICAST_TABLE), block, 4);
    CHECK_EQ(memcmp(block, table, sizeof(block)), 0);
    rig_close(&rig);
}

static void mapping(void *argument)
{
    static struct rig rig;
    PHYSICAL_ADDRESS pa;
    (void)argument;
    rig_open(&rig);
    pa.QuadPart = (LONGLONG)rig.device->window_pa;
    CHECK_PTR(MmMapIoSpace(pa, UNIC_WINDOW_SIZE + 1, MmNonCached), NULL);
    CHECK_PTR(MmMapIoSpace(pa, 0, MmNonCached), NULL);
    pa.QuadPart += 0x4000; /* decoded by nobody */
    CHECK_PTR(MmMapIoSpace(pa, 4, MmNonCached), NULL);
    pa.QuadPart = (LONGLONG)rig.device->window_pa + 8;
    CHECK_PTR(MmMapIoSpaceEx(pa, 0x100, 0), NULL);
    CHECK_PTR(MmMapIoSpaceEx(pa, 0x100, PAGE_READWRITE | PAGE_NOCACHE | PAGE_WRITECOMBINE), NULL);
    uint8_t *other = MmMapIoSpaceEx(pa, 0x100, PAGE_READWRITE | PAGE_NOCACHE);
    CHECK(other != NULL);
    MmUnmapIoSpace(other, 0x100);
    uint8_t *second = MmMapIoSpace(pa, 0x100, MmNonCached);
    CHECK(second != NULL && second != rig.window + 8);
    CHECK_EQ((uintptr_t)second % 0x1000, 8);
    CHECK((uint64_t)(uintptr_t)second != (uint64_t)pa.QuadPart);
    rig_set(&rig, UNIC_FILTER, 0x08);
    CHECK_EQ(READ_REGISTER_ULONG((volatile ULONG *)(second + UNIC_FILTER - 8)), 0x08);
    MmUnmapIoSpace(second, 0x100);
    rig_close(&rig);
}

/* More than the table holds, and all given back: no slot is lost. */
static void mappings_run_out(void *argument)
{
    static struct rig rig;
    static void *maps[1024];
    (void)argument;
    rig_open(&rig);
    PHYSICAL_ADDRESS pa = {.QuadPart = (LONGLONG)rig.device->window_pa};
    unsigned counts[2];
    for (int round = 0; round < 2; round++) {
        unsigned count = 0;
        while (count < 1024 && (maps[count] = MmMapIoSpace(pa, 16, MmNonCached)) != NULL) {
            count++;
        }
        counts[round] = count;
        while (count > 0) {
            MmUnmapIoSpace(maps[--count], 16);
        }
    }
    CHECK(counts[0] > 0 && counts[0] < 1024);
    CHECK_EQ(counts[0], counts[1]);
    rig_close(&rig);
}

/* A register address that is none is memory: ordinary memory works, as on a machine. */
static void plain_memory(void *argument)
{
    ULONG word = 0x12345678;
    (void)argument;
    CHECK_EQ(READ_REGISTER_ULONG(&word), 0x12345678);
    WRITE_REGISTER_ULONG(&word, 7);
    CHECK_EQ(word, 7);
}

static void surprise_removal(void *argument)
{
    static struct rig rig;
    (void)argument;
    rig_open(&rig);
    rig_set(&rig, UNIC_CONTROL, CONTROL_TX_ENABLE);
    rig_send(&rig, 100, 1);
    SLEEP_UNTIL(rig.sent == 1);
    rig_set(&rig, UNIC_MASK_SET, CAUSE_LINK);
    device_remove(rig.device);
    CHECK_EQ(rig_get(&rig, UNIC_ID), 0xFFFFFFFF);
    CHECK_EQ(rig_get(&rig, UNIC_CAUSE), 0xFFFFFFFF);
    CHECK_EQ(READ_REGISTER_ULONG64((volatile ULONG64 *)(rig.window + UNIC_ID)), UINT64_MAX);
    LONG interrupts = rig.interrupts;
    rig_set(&rig, UNIC_MASK_SET, CAUSE_ALL); /* lost */
    rig_send(&rig, 100, 2);
    wire_link(rig.wire, false);
    sleep_ms(50);
    CHECK_EQ(rig.sent, 1);
    CHECK_EQ(rig.interrupts, interrupts);
    rig_close(&rig);
}

/* An asserted line falls with its device: otherwise it would interrupt for ever. */
static void removal_deasserts(void *argument)
{
    static struct rig rig;
    (void)argument;
    rig_open(&rig);
    ke_interrupt_disconnect(&rig.interrupt);
    rig_set(&rig, UNIC_MASK_SET, CAUSE_SOFTWARE);
    rig_set(&rig, UNIC_CAUSE_SET, CAUSE_SOFTWARE); /* nobody serves it */
    device_remove(rig.device);
    ke_interrupt_connect(&rig.interrupt, rig.device->line);
    sleep_ms(20);
    CHECK_EQ(rig.interrupts, 0);
    rig_close(&rig);
}

/* A register that is dereferenced instead of read through the functions. */
static void plain_dereference(void *argument)
{
    static struct rig rig;
    (void)argument;
    check_expected_end = UNDIS_STOPPED;
    rig_open(&rig);
    ULONG value = *(volatile ULONG *)rig.window;
    CHECK(!"reached" && value == 0);
}

/* An address whose mapping is gone. */
static void unmapped_register(void *argument)
{
    static struct rig rig;
    (void)argument;
    check_expected_end = UNDIS_STOPPED;
    rig_open(&rig);
    MmUnmapIoSpace(rig.window, UNIC_WINDOW_SIZE);
    uint32_t value = rig_get(&rig, UNIC_ID);
    CHECK(!"reached" && value == 0);
}

/* Beyond the end of the mapping, though within its page. */
static void beyond_mapping(void *argument)
{
    static struct rig rig;
    (void)argument;
    check_expected_end = UNDIS_STOPPED;
    rig_open(&rig);
    PHYSICAL_ADDRESS pa = {.QuadPart = (LONGLONG)rig.device->window_pa};
    uint8_t *window = MmMapIoSpace(pa, 16, MmNonCached);
    WRITE_REGISTER_ULONG((volatile ULONG *)(window + 16), 1);
    CHECK(!"reached");
}

static const struct test_case cases[] = {
    CASE("register-widths", widths, "", 2, BOTH),
    CASE("register-mapping", mapping, "", 2, BOTH),
    CASE("register-mappings-run-out", mappings_run_out, "", 1, CHECKED),
    CASE("register-plain-memory", plain_memory, "", 1, BOTH),
    CASE("register-surprise-removal", surprise_removal, "", 2, BOTH),
    CASE("register-removal-deasserts", removal_deasserts, "", 2, BOTH),
    CASE("register-plain-dereference", plain_dereference, "MemoryFault", 1, CHECKED),
    CASE("register-unmapped", unmapped_register, "MemoryFault", 1, CHECKED),
    CASE("register-beyond-mapping", beyond_mapping, "MemoryFault", 1, CHECKED),
};
TEST_MAIN(cases)
