/*
 * wire.c - pacing, overrun, pairs, and what is recorded of a wire.
 */
#include <ntddk.h>

#include "rig.h"

#include <pcap/pcap.h>

/* Frames beyond the descriptors are lost when the wire overruns, and each is counted. */
static void overrun(void *argument)
{
    static struct rig rig;
    struct wire_counters counters;
    (void)argument;
    rig_open_with(&rig, true, NULL);
    rig_set(&rig, UNIC_FILTER, FILTER_UNICAST);
    for (unsigned buffer = 0; buffer < 3; buffer++) {
        rig_give(&rig, rig_buffer_pa(&rig, buffer), RIG_BUFFER_SIZE);
    }
    rig_set(&rig, UNIC_CONTROL, CONTROL_RX_ENABLE);
    rig_offer(&rig, 50);
    SLEEP_UNTIL(rig_counter(&rig, COUNT_RX_MISSED) == 47);
    CHECK_EQ(rig_counter(&rig, COUNT_RX_FRAMES + CAST_UNICAST), 3);
    CHECK((rig_get(&rig, UNIC_CAUSE) & CAUSE_RX_EMPTY) != 0);
    wire_count(rig.wire, &counters);
    CHECK_EQ(counters.offered, 50);
    CHECK_EQ(counters.dropped, 47);
    rig_close(&rig);
}

/* A closed wire offers nothing until it is opened. */
static void flow(void *argument)
{
    static struct rig rig;
    (void)argument;
    rig_open(&rig);
    wire_flow(rig.wire, false);
    rig_set(&rig, UNIC_FILTER, FILTER_UNICAST);
    rig_set(&rig, UNIC_CONTROL, CONTROL_RX_ENABLE);
    rig_give(&rig, rig_buffer_pa(&rig, 0), RIG_BUFFER_SIZE);
    rig_offer(&rig, 1);
    sleep_ms(20);
    CHECK_EQ(rig.offered, 0);
    wire_flow(rig.wire, true);
    SLEEP_UNTIL(rig.offered == 1);
    rig_close(&rig);
}

/* A capture is looped to its limit, frame by frame. */
static void capture_source(void *argument)
{
    struct capture capture;
    char error[200];
    uint8_t frame[ETHERNET_MAXIMUM_FRAME];
    (void)argument;
    KIRQL old = ke_mask();
    bool made = capture_builtin(&capture);
    struct wire_options options = {.capture = &capture, .limit = capture.count * 2 + 3};
    struct wire *wire = wire_create(&options, error, sizeof(error));
    ke_unmask(old);
    CHECK(made && wire != NULL);
    for (uint64_t number = 0; number < options.limit; number++) {
        const struct capture_frame *expected = &capture.frames[number % capture.count];
        CHECK_EQ(wire_next(wire, frame), expected->length);
        CHECK_EQ(memcmp(frame, expected->data, expected->length), 0);
    }
    CHECK_EQ(wire_next(wire, frame), 0);
    old = ke_mask();
    wire_destroy(wire, error, sizeof(error));
    capture_free(&capture);
    ke_unmask(old);
}

static void send_and_receive(struct rig *from, struct rig *to, uint8_t mark)
{
    const struct unic_descriptor *received = rig_give(to, rig_buffer_pa(to, 3), RIG_BUFFER_SIZE);
    rig_send(from, 200, mark);
    SLEEP_UNTIL(rig_status(received) != 0);
    CHECK_EQ(received->length, 200);
    CHECK_EQ(to->buffers[3 * RIG_BUFFER_SIZE + ETHERNET_HEADER_SIZE], mark);
}

/* Two interfaces on one cable; a sender waits for the receiver's descriptors and loses nothing. */
static void pair(void *argument)
{
    static struct rig a, b;
    (void)argument;
    rig_open(&a);
    rig_open(&b);
    CHECK(a.device->window_pa != b.device->window_pa);
    KIRQL old = ke_mask();
    ((struct unic *)a.device)->wire = NULL;
    struct wire_options none = {0};
    char error[200];
    struct wire *near = wire_create(&none, error, sizeof(error)),
                *far = wire_create(&none, error, sizeof(error));
    bool paired = near != NULL && far != NULL && wire_pair(near, far);
    ke_unmask(old);
    CHECK(paired);
    ((struct unic *)a.device)->wire = near;
    ((struct unic *)b.device)->wire = far;
    wire_attach(near, a.device);
    wire_attach(far, b.device);
    struct rig *rigs[] = {&a, &b};
    for (int i = 0; i < 2; i++) {
        rig_set(rigs[i], UNIC_FILTER, FILTER_PROMISCUOUS);
        rig_set(rigs[i], UNIC_CONTROL, CONTROL_TX_ENABLE | CONTROL_RX_ENABLE);
    }
    for (uint8_t mark = 0; mark < 20; mark++) {
        send_and_receive(&a, &b, mark);
        send_and_receive(&b, &a, (uint8_t)(mark + 100));
    }
    uint32_t total = 0;
    for (uint32_t number = 0; number < 400; number++) { /* more than cable and ring hold */
        uint32_t before = rig_get(&a, UNIC_TX_RING + RING_HEAD);
        rig_send(&a, 200, (uint8_t)number);
        for (int wait = 0; wait < 20 && rig_get(&a, UNIC_TX_RING + RING_HEAD) == before; wait++) {
            sleep_ms(1);
        }
        if (rig_get(&a, UNIC_TX_RING + RING_HEAD) == before) {
            break;
        }
        total++;
    }
    CHECK_EQ(total, 256); /* the cable is full, and the sender waits */
    for (uint32_t number = 0; number <= total; number++) {
        const struct unic_descriptor *received = rig_give(&b, rig_buffer_pa(&b, 3), RIG_BUFFER_SIZE);
        SLEEP_UNTIL(rig_status(received) == DESCRIPTOR_DONE);
        if (b.buffers[3 * RIG_BUFFER_SIZE + ETHERNET_HEADER_SIZE] != (uint8_t)number) {
            CHECK(!"in order");
            break;
        }
    }
    wire_attach(near, NULL);
    wire_attach(far, NULL);
    device_remove(a.device);
    device_remove(b.device);
    ((struct unic *)a.device)->wire = a.wire;
    ((struct unic *)b.device)->wire = b.wire;
    rig_close(&a);
    rig_close(&b);
    old = ke_mask();
    wire_destroy(near, error, sizeof(error));
    wire_destroy(far, error, sizeof(error));
    ke_unmask(old);
}

/* ---- recording ------------------------------------------------------------------------------------ */

#define RECORDED 30u

static void count_frames(const char *path, unsigned *sent, unsigned *received)
{
    char message[PCAP_ERRBUF_SIZE];
    struct pcap_pkthdr *header;
    const u_char *data;
    pcap_t *file = pcap_open_offline(path, message);
    CHECK(file != NULL);
    CHECK_EQ(pcap_datalink(file), DLT_EN10MB);
    int result;
    while ((result = pcap_next_ex(file, &header, &data)) == 1) {
        CHECK_EQ(header->caplen, header->len);
        if (header->len == 100) {
            CHECK_EQ(data[ETHERNET_HEADER_SIZE], *received);
            ++*received;
        } else {
            CHECK_EQ(header->len, 150);
            CHECK_EQ(data[ETHERNET_HEADER_SIZE], *sent);
            ++*sent;
        }
    }
    CHECK_EQ(result, PCAP_ERROR_BREAK);
    pcap_close(file);
}

/* What crossed the wire both ways is in the file, as libpcap and our own reader see it. */
static void recording(void *argument)
{
    static struct rig rig;
    char path[] = P_tmpdir "/undis-wire-XXXXXX";
    (void)argument;
    KIRQL old = ke_mask();
    int file = mkstemp(path);
    close(file);
    ke_unmask(old);
    rig_open_with(&rig, false, path);
    rig_set(&rig, UNIC_FILTER, FILTER_UNICAST);
    rig_set(&rig, UNIC_CONTROL, CONTROL_TX_ENABLE | CONTROL_RX_ENABLE);
    rig_offer(&rig, RECORDED);
    for (uint8_t number = 0; number < RECORDED; number++) {
        const struct unic_descriptor *received = rig_give(&rig, rig_buffer_pa(&rig, 1), RIG_BUFFER_SIZE);
        const struct unic_descriptor *sent = rig_send(&rig, 150, number);
        SLEEP_UNTIL(rig_status(received) != 0 && rig_status(sent) != 0);
    }
    rig_close(&rig);
    unsigned sent = 0, received = 0;
    struct capture capture;
    char error[200];
    old = ke_mask();
    count_frames(path, &sent, &received);
    bool loaded = capture_load(&capture, path, error, sizeof(error));
    size_t count = loaded ? capture.count : 0;
    if (loaded) {
        capture_free(&capture);
    }
    unlink(path);
    ke_unmask(old);
    CHECK_EQ(sent, RECORDED);
    CHECK_EQ(received, RECORDED);
    CHECK_EQ(count, 2 * RECORDED);
}

static void recording_fails(void *argument)
{
    char error[200] = "";
    struct wire_options options = {.pcap_out = "/nonexistent/directory/out.pcap"};
    (void)argument;
    KIRQL old = ke_mask();
    struct wire *wire = wire_create(&options, error, sizeof(error));
    ke_unmask(old);
    CHECK_PTR(wire, NULL);
    CHECK_EQ(strcmp(error, "/nonexistent/directory/out.pcap: No such file or directory"), 0);
    options.pcap_out = "/dev/full";
    old = ke_mask();
    wire = wire_create(&options, error, sizeof(error));
    bool written = wire != NULL && wire_destroy(wire, error, sizeof(error));
    ke_unmask(old);
    CHECK(!written);
    CHECK(strstr(error, "/dev/full: ") == error && strchr(error, '\n') == NULL);
}

static const struct test_case cases[] = {
    CASE("wire-overrun", overrun, "", 2, BOTH),
    CASE("wire-flow", flow, "", 2, CHECKED),
    CASE("wire-capture-source", capture_source, "", 1, CHECKED),
    CASE("wire-pair", pair, "", 2, CHECKED),
    CASE("wire-recording", recording, "", 2, CHECKED),
    CASE("wire-recording-fails", recording_fails, "", 1, CHECKED),
};
TEST_MAIN(cases)
