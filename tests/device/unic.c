/*
 * unic.c - the network interface model against its datasheet (docs/unic.md).
 */
#include <ntddk.h>

#include "rig.h"

/* ---- transmit ------------------------------------------------------------------------------------ */

/* Five times around a ring of eight, in order, with the consumer reported in memory. */
static void transmit_wraps(void *argument)
{
    static struct rig rig;
    (void)argument;
    rig_open(&rig);
    rig_set(&rig, UNIC_CONTROL, CONTROL_TX_ENABLE);
    for (uint32_t number = 0; number < 40; number++) {
        const struct unic_descriptor *descriptor = rig_send(&rig, (uint16_t)(60 + number), (uint8_t)number);
        SLEEP_UNTIL(rig_status(descriptor) == DESCRIPTOR_DONE);
        SLEEP_UNTIL(*rig.report == rig.tx_tail);
        SLEEP_UNTIL(rig_get(&rig, UNIC_TX_RING + RING_HEAD) == rig.tx_tail);
    }
    CHECK_EQ(rig.sent, 40);
    for (uint32_t number = 0; number < 40; number++) {
        CHECK_EQ(rig.sent_first[number], number);
        CHECK_EQ(rig.sent_length[number], 60 + number);
    }
    CHECK_EQ(rig_counter(&rig, COUNT_TX_FRAMES + CAST_UNICAST), 40);
    CHECK_EQ(rig_counter(&rig, COUNT_TX_OCTETS + CAST_UNICAST), 40 * 60 + 39 * 40 / 2);
    rig_close(&rig);
}

/* A frame waits until its last fragment is before the tail; a short one is padded. */
static void transmit_fragments(void *argument)
{
    static struct rig rig;
    (void)argument;
    rig_open(&rig);
    rig_set(&rig, UNIC_CONTROL, CONTROL_TX_ENABLE);
    rig.buffers[0] = 0x02;
    rig.buffers[RIG_BUFFER_SIZE] = 0x77;
    rig_put(&rig, rig_buffer_pa(&rig, 0), ETHERNET_HEADER_SIZE, 0);
    rig_doorbell(&rig);
    sleep_ms(20);
    CHECK_EQ(rig.sent, 0);
    CHECK_EQ(rig_get(&rig, UNIC_TX_RING + RING_HEAD), 0);
    struct unic_descriptor *last = rig_put(&rig, rig_buffer_pa(&rig, 1), 10, COMMAND_LAST);
    rig_doorbell(&rig);
    SLEEP_UNTIL(rig_status(last) == DESCRIPTOR_DONE);
    CHECK_EQ(rig.sent, 1);
    CHECK_EQ(rig.sent_first[0], 0x77);
    CHECK_EQ(rig.sent_length[0], ETHERNET_MINIMUM_FRAME);
    rig_close(&rig);
}

/* What a driver can get wrong in a descriptor: the frame is not sent, the next one is. */
static void bad_transmit_descriptors(void *argument)
{
    static struct rig rig;
    static uint8_t private_memory[2048];
    static const struct {
        uint16_t length;
        enum unic_error error;
    } bad[] = {{0, ERROR_LENGTH}, {13, ERROR_TOO_SHORT}, {1515, ERROR_TOO_LONG}, {0xFFFF, ERROR_TOO_LONG}};
    (void)argument;
    rig_open(&rig);
    rig_set(&rig, UNIC_CONTROL, CONTROL_TX_ENABLE);
    for (unsigned i = 0; i < sizeof(bad) / sizeof(bad[0]); i++) {
        uint32_t index = rig.tx_tail;
        const struct unic_descriptor *descriptor = rig_send(&rig, bad[i].length, 1);
        SLEEP_UNTIL(rig_status(descriptor) == (DESCRIPTOR_DONE | DESCRIPTOR_ERROR));
        CHECK_EQ(descriptor->error, bad[i].error);
        SLEEP_UNTIL(rig_get(&rig, UNIC_ERROR) == ((uint32_t)bad[i].error | index << 16));
    }
    const uint64_t addresses[] = {0,
                                  (uintptr_t)private_memory,
                                  mm_physical_address(private_memory),
                                  (uintptr_t)rig.buffers,
                                  rig.buffers_pa + RIG_BUFFERS * RIG_BUFFER_SIZE - 50,
                                  UINT64_MAX};
    for (unsigned i = 0; i < sizeof(addresses) / sizeof(addresses[0]); i++) {
        const struct unic_descriptor *descriptor = rig_put(&rig, addresses[i], 100, COMMAND_LAST);
        rig_doorbell(&rig);
        SLEEP_UNTIL(rig_status(descriptor) == (DESCRIPTOR_DONE | DESCRIPTOR_ERROR));
        CHECK_EQ(descriptor->error, ERROR_ADDRESS);
    }
    CHECK_EQ(rig.sent, 0);
    CHECK((rig_get(&rig, UNIC_CAUSE) & (CAUSE_ERROR | CAUSE_TX_DONE)) == (CAUSE_ERROR | CAUSE_TX_DONE));
    CHECK_EQ(rig_counter(&rig, COUNT_TX_ERRORS), 10);
    CHECK_EQ(rig_status(rig_send(&rig, 1514, 9)) & DESCRIPTOR_ERROR, 0);
    SLEEP_UNTIL(rig.sent == 1);
    CHECK_EQ(rig.sent_length[0], 1514);
    CHECK((rig_get(&rig, UNIC_STATUS) & STATUS_FATAL) == 0);
    rig_close(&rig);
}

/* ---- fatal errors and reset -------------------------------------------------------------------- */

static void expect_fatal(struct rig *rig, enum unic_error error)
{
    SLEEP_UNTIL((rig_get(rig, UNIC_STATUS) & STATUS_FATAL) != 0);
    CHECK_EQ(rig_get(rig, UNIC_ERROR) & 0xFF, error);
    CHECK((rig_get(rig, UNIC_CAUSE) & CAUSE_FATAL) != 0);
}

static void reset_rig(struct rig *rig)
{
    rig_set(rig, UNIC_CONTROL, CONTROL_RESET);
    SLEEP_UNTIL((rig_get(rig, UNIC_CONTROL) & CONTROL_RESET) == 0);
    rig_program(rig);
}

static void fatal_and_reset(void *argument)
{
    static struct rig rig;
    (void)argument;
    rig_open(&rig);
    rig_set(&rig, UNIC_TX_RING + RING_BASE_HIGH, 0x1234);
    rig_set(&rig, UNIC_CONTROL, CONTROL_TX_ENABLE);
    rig_send(&rig, 100, 1);
    expect_fatal(&rig, ERROR_RING);
    reset_rig(&rig);
    CHECK_EQ(rig_get(&rig, UNIC_STATUS), STATUS_LINK);
    CHECK_EQ(rig_get(&rig, UNIC_CAUSE), 0);
    rig_set(&rig, UNIC_CONTROL, CONTROL_TX_ENABLE);
    rig_set(&rig, UNIC_TX_RING + RING_TAIL, RIG_RING); /* the first one outside */
    expect_fatal(&rig, ERROR_TAIL);
    reset_rig(&rig);
    rig_set(&rig, UNIC_CONTROL, CONTROL_TX_ENABLE);
    rig_send(&rig, 100, 5);
    SLEEP_UNTIL(rig.sent == 1);
    rig_close(&rig);
}

/* An active ring keeps its shape; a ring without a size cannot be switched on. */
static void active_ring_is_fixed(void *argument)
{
    static struct rig rig;
    (void)argument;
    rig_open(&rig);
    rig_set(&rig, UNIC_CONTROL, CONTROL_TX_ENABLE);
    rig_set(&rig, UNIC_TX_RING + RING_SIZE, 4);
    rig_set(&rig, UNIC_TX_RING + RING_BASE_LOW, 0);
    CHECK_EQ(rig_get(&rig, UNIC_TX_RING + RING_SIZE), RIG_RING);
    CHECK_EQ(rig_get(&rig, UNIC_TX_RING + RING_BASE_LOW), (uint32_t)rig.tx_pa);
    rig_set(&rig, UNIC_CONTROL, 0);
    SLEEP_UNTIL((rig_get(&rig, UNIC_STATUS) & (STATUS_TX_ACTIVE | STATUS_RX_ACTIVE)) == 0);
    rig_set(&rig, UNIC_TX_RING + RING_SIZE, 1); /* too small: none */
    rig_set(&rig, UNIC_CONTROL, CONTROL_TX_ENABLE | CONTROL_RX_ENABLE);
    CHECK_EQ(rig_get(&rig, UNIC_CONTROL), CONTROL_RX_ENABLE);
    rig_close(&rig);
}

/* ---- receive ------------------------------------------------------------------------------------- */

/* Twenty frames through a ring of eight; each only when there is a descriptor. */
static void receive_wraps(void *argument)
{
    static struct rig rig;
    (void)argument;
    rig_open(&rig);
    rig_set(&rig, UNIC_FILTER, FILTER_UNICAST);
    rig_set(&rig, UNIC_CONTROL, CONTROL_RX_ENABLE);
    rig_offer(&rig, 20);
    sleep_ms(20);
    CHECK_EQ(rig.offered, 0); /* no descriptor: the wire was not asked */
    for (uint32_t number = 0; number < 20; number++) {
        const struct unic_descriptor *descriptor =
            rig_give(&rig, rig_buffer_pa(&rig, number % 8), RIG_BUFFER_SIZE);
        SLEEP_UNTIL(rig_status(descriptor) == DESCRIPTOR_DONE);
        CHECK_EQ(descriptor->length, 100);
        CHECK_EQ(rig.buffers[number % 8 * RIG_BUFFER_SIZE + ETHERNET_HEADER_SIZE], number);
    }
    CHECK_EQ(rig.offered, 20);
    CHECK_EQ(rig_counter(&rig, COUNT_RX_FRAMES + CAST_UNICAST), 20);
    CHECK_EQ(rig_counter(&rig, COUNT_RX_OCTETS + CAST_UNICAST), 2000);
    CHECK_EQ(rig_counter(&rig, COUNT_RX_MISSED), 0);
    rig_close(&rig);
}

/* A bad descriptor is used up with an error; its frame goes into the next one. */
static void bad_receive_descriptors(void *argument)
{
    static struct rig rig;
    static uint8_t private_memory[2048];
    (void)argument;
    rig_open(&rig);
    rig_set(&rig, UNIC_FILTER, FILTER_PROMISCUOUS);
    rig_set(&rig, UNIC_CONTROL, CONTROL_RX_ENABLE);
    const struct unic_descriptor *stray =
        rig_give(&rig, mm_physical_address(private_memory), RIG_BUFFER_SIZE);
    const struct unic_descriptor *small = rig_give(&rig, rig_buffer_pa(&rig, 1), 99);
    const struct unic_descriptor *good = rig_give(&rig, rig_buffer_pa(&rig, 2), 100);
    rig_offer(&rig, 1);
    SLEEP_UNTIL(rig_status(good) == DESCRIPTOR_DONE);
    CHECK_EQ(rig_status(stray), DESCRIPTOR_DONE | DESCRIPTOR_ERROR);
    CHECK_EQ(stray->error, ERROR_ADDRESS);
    CHECK_EQ(rig_status(small), DESCRIPTOR_DONE | DESCRIPTOR_ERROR);
    CHECK_EQ(small->error, ERROR_LENGTH);
    CHECK_EQ(small->length, 0);
    CHECK_EQ(rig.buffers[RIG_BUFFER_SIZE], 0); /* nothing was written */
    SLEEP_UNTIL(rig_counter(&rig, COUNT_RX_ERRORS) == 2);
    CHECK((rig_get(&rig, UNIC_CAUSE) & CAUSE_ERROR) != 0);
    rig_close(&rig);
}

/* Offers one frame to that address and says whether it passed the filter. */
static bool passes(struct rig *rig, const uint8_t destination[6])
{
    uint64_t filtered = rig_counter(rig, COUNT_RX_FILTERED);
    uint32_t head = rig_get(rig, UNIC_RX_RING + RING_HEAD);
    if (head == rig->rx_tail) {
        rig_give(rig, rig_buffer_pa(rig, 0), RIG_BUFFER_SIZE);
    }
    memcpy(rig->offer_destination, destination, 6);
    rig_offer(rig, 1);
    SLEEP_UNTIL(rig_counter(rig, COUNT_RX_FILTERED) != filtered ||
                rig_get(rig, UNIC_RX_RING + RING_HEAD) != head);
    return rig_get(rig, UNIC_RX_RING + RING_HEAD) != head;
}

static void filter(void *argument)
{
    static struct rig rig;
    static const uint8_t own[6] = {0x02, 0, 0, 0, 0, 0x07}, other[6] = {0x02, 0, 0, 0, 0, 0x08};
    static const uint8_t everyone[6] = {0xFF, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF};
    static const uint8_t group[6] = {0x01, 0x00, 0x5E, 0x01, 0x02, 0x03};
    static const uint8_t stranger[6] = {0x01, 0x00, 0x5E, 0x01, 0x02, 0x04};
    (void)argument;
    rig_open(&rig);
    rig_set(&rig, UNIC_CONTROL, CONTROL_RX_ENABLE);
    CHECK(!passes(&rig, own) && !passes(&rig, everyone) && !passes(&rig, group));
    rig_set(&rig, UNIC_FILTER, FILTER_UNICAST);
    CHECK(passes(&rig, own) && !passes(&rig, other) && !passes(&rig, everyone) && !passes(&rig, group));
    rig_set(&rig, UNIC_FILTER, FILTER_BROADCAST);
    CHECK(!passes(&rig, own) && passes(&rig, everyone) && !passes(&rig, group));
    rig_set(&rig, UNIC_MULTICAST_TABLE, 0x015E0001);
    rig_set(&rig, UNIC_MULTICAST_TABLE + 4, 0x0302);
    rig_set(&rig, UNIC_FILTER, FILTER_MULTICAST);
    CHECK(!passes(&rig, group)); /* the table is empty */
    rig_set(&rig, UNIC_MULTICAST_COUNT, 1);
    CHECK(passes(&rig, group) && !passes(&rig, stranger) && !passes(&rig, everyone));
    rig_set(&rig, UNIC_FILTER, FILTER_ALL_MULTICAST);
    CHECK(passes(&rig, group) && passes(&rig, stranger) && !passes(&rig, own));
    rig_set(&rig, UNIC_FILTER, FILTER_PROMISCUOUS);
    CHECK(passes(&rig, own) && passes(&rig, other) && passes(&rig, everyone) && passes(&rig, stranger));
    rig_set(&rig, UNIC_FILTER, FILTER_UNICAST); /* a station address set by software */
    rig_set(&rig, UNIC_ADDRESS_LOW, 0x00000002);
    rig_set(&rig, UNIC_ADDRESS_HIGH, 0x0800);
    CHECK(passes(&rig, other) && !passes(&rig, own));
    CHECK_EQ(rig_get(&rig, UNIC_PERMANENT_HIGH), 0x0700);
    CHECK_EQ(rig_counter(&rig, COUNT_RX_FRAMES + CAST_MULTICAST), 4);
    CHECK_EQ(rig_counter(&rig, COUNT_RX_FRAMES + CAST_BROADCAST), 2);
    rig_close(&rig);
}

/* ---- interrupts ---------------------------------------------------------------------------------- */

static void cause_and_mask(void *argument)
{
    static struct rig rig;
    (void)argument;
    rig_open(&rig);
    rig_set(&rig, UNIC_CAUSE_SET, CAUSE_SOFTWARE);
    sleep_ms(20);
    CHECK_EQ(rig.interrupts, 0); /* masked */
    CHECK_EQ(rig_get(&rig, UNIC_CAUSE), CAUSE_SOFTWARE);
    rig_set(&rig, UNIC_MASK_SET, CAUSE_SOFTWARE | CAUSE_LINK);
    SLEEP_UNTIL(rig.interrupts == 1); /* level-triggered: opening the mask is enough */
    CHECK_EQ(rig.last_cause, CAUSE_SOFTWARE);
    CHECK_EQ(rig_get(&rig, UNIC_CAUSE), 0); /* write 1 to clear */
    CHECK_EQ(rig_get(&rig, UNIC_MASK), CAUSE_SOFTWARE | CAUSE_LINK);
    rig_set(&rig, UNIC_MASK_CLEAR, CAUSE_SOFTWARE);
    CHECK_EQ(rig_get(&rig, UNIC_MASK), CAUSE_LINK);
    rig_set(&rig, UNIC_CAUSE_SET, CAUSE_SOFTWARE | CAUSE_RX_EMPTY);
    rig_set(&rig, UNIC_CAUSE, CAUSE_RX_EMPTY);
    CHECK_EQ(rig_get(&rig, UNIC_CAUSE), CAUSE_SOFTWARE);
    sleep_ms(20);
    CHECK_EQ(rig.interrupts, 1);
    rig_set(&rig, UNIC_MASK_SET, 0xFFFFFFFF);
    CHECK_EQ(rig_get(&rig, UNIC_MASK), CAUSE_ALL);
    SLEEP_UNTIL(rig.interrupts == 2);
    rig_close(&rig);
}

static void link_change(void *argument)
{
    static struct rig rig;
    (void)argument;
    rig_open(&rig);
    CHECK((rig_get(&rig, UNIC_STATUS) & STATUS_LINK) != 0);
    rig_set(&rig, UNIC_MASK_SET, CAUSE_LINK);
    wire_link(rig.wire, false);
    SLEEP_UNTIL(rig.interrupts == 1);
    CHECK_EQ(rig.last_cause, CAUSE_LINK);
    CHECK((rig_get(&rig, UNIC_STATUS) & STATUS_LINK) == 0);
    rig_set(&rig, UNIC_CONTROL, CONTROL_TX_ENABLE);
    const struct unic_descriptor *descriptor = rig_send(&rig, 100, 1);
    SLEEP_UNTIL(rig_status(descriptor) == DESCRIPTOR_DONE); /* into the void */
    CHECK_EQ(rig.sent, 0);
    wire_link(rig.wire, true);
    SLEEP_UNTIL(rig.interrupts == 2);
    rig_send(&rig, 100, 2);
    SLEEP_UNTIL(rig.sent == 1);
    CHECK_EQ(rig.sent_first[0], 2);
    rig_close(&rig);
}

#define MODERATION_US 20000u

/* Between two moderated interrupts lies the programmed time; an urgent cause does not wait. */
static void moderation(void *argument)
{
    static struct rig rig;
    (void)argument;
    rig_open(&rig);
    rig_set(&rig, UNIC_MODERATION, MODERATION_US);
    rig_set(&rig, UNIC_MASK_SET, CAUSE_TX_DONE | CAUSE_SOFTWARE);
    rig_set(&rig, UNIC_CONTROL, CONTROL_TX_ENABLE);
    for (uint8_t number = 0; number < 60; number++) {
        const struct unic_descriptor *descriptor = rig_send(&rig, 100, number);
        SLEEP_UNTIL(rig_status(descriptor) == DESCRIPTOR_DONE);
        sleep_ms(2);
    }
    SLEEP_UNTIL(rig_get(&rig, UNIC_CAUSE) == 0); /* the last one is not forgotten */
    LONG count = rig.interrupts;
    CHECK(count >= 2 && count < 60);
    uint64_t span = rig.times[count - 1] - rig.times[0];
    CHECK(span >= (uint64_t)(count - 1) * MODERATION_US * 1000 * 9 / 10);
    rig_send(&rig, 100, 1);
    SLEEP_UNTIL(rig.interrupts == count + 1);
    uint64_t before = host_now_ns();
    rig_set(&rig, UNIC_MODERATION, 0xFFFF);
    rig_set(&rig, UNIC_CAUSE_SET, CAUSE_SOFTWARE);
    SLEEP_UNTIL(rig.interrupts == count + 2);
    CHECK(host_now_ns() - before < 0xFFFFull * 1000);
    rig_close(&rig);
}

/* The two halves of a counter belong together. */
static void counter_latch(void *argument)
{
    static struct rig rig;
    (void)argument;
    rig_open(&rig);
    struct unic *nic = (struct unic *)rig.device;
    nic->counters[COUNT_TX_OCTETS] = UINT64_C(0x1FFFFFFFF);
    uint32_t low = rig_get(&rig, UNIC_COUNTERS + COUNT_TX_OCTETS * 8);
    nic->counters[COUNT_TX_OCTETS]++;
    uint32_t high = rig_get(&rig, UNIC_COUNTERS + COUNT_TX_OCTETS * 8 + 4);
    CHECK_EQ((uint64_t)high << 32 | low, 0x1FFFFFFFF);
    CHECK_EQ(READ_REGISTER_ULONG64((volatile ULONG64 *)(rig.window + UNIC_COUNTERS + COUNT_TX_OCTETS * 8)),
             0x200000000);
    rig_close(&rig);
}

static const struct test_case cases[] = {
    CASE("unic-transmit-wraps", transmit_wraps, "", 2, BOTH),
    CASE("unic-transmit-fragments", transmit_fragments, "", 2, BOTH),
    CASE("unic-bad-transmit-descriptors", bad_transmit_descriptors, "", 2, BOTH),
    CASE("unic-fatal-and-reset", fatal_and_reset, "", 2, BOTH),
    CASE("unic-active-ring-is-fixed", active_ring_is_fixed, "", 2, CHECKED),
    CASE("unic-receive-wraps", receive_wraps, "", 2, BOTH),
    CASE("unic-bad-receive-descriptors", bad_receive_descriptors, "", 2, BOTH),
    CASE("unic-filter", filter, "", 2, CHECKED),
    CASE("unic-cause-and-mask", cause_and_mask, "", 2, BOTH),
    CASE("unic-link-change", link_change, "", 2, BOTH),
    CASE("unic-moderation", moderation, "", 2, BOTH),
    CASE("unic-counter-latch", counter_latch, "", 1, CHECKED),
};
TEST_MAIN(cases)
