/*
 * captures.c - reading capture files, good and bad; the shipped one.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "dev/capture.h"

#include <pcap/pcap.h>

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

static char path[] = P_tmpdir "/undis-capture-XXXXXX";

static void write_file(const void *bytes, size_t length)
{
    FILE *file = fopen(path, "wb");
    assert_non_null(file);
    assert_int_equal(fwrite(bytes, 1, length, file), length);
    fclose(file);
}

/* A file of `count` frames of that captured and true length. */
static void write_frames(int link, unsigned count, unsigned captured, unsigned length)
{
    static const u_char zeros[4096];
    pcap_t *format = pcap_open_dead(link, 65535);
    pcap_dumper_t *file = pcap_dump_open(format, path);
    assert_non_null(file);
    for (unsigned number = 0; number < count; number++) {
        struct pcap_pkthdr header = {.caplen = captured, .len = length};
        pcap_dump((u_char *)file, &header, zeros);
    }
    pcap_dump_close(file);
    pcap_close(format);
}

/* Loading fails with one line that names the file and says this. */
static void expect_error(const char *file, const char *words)
{
    struct capture capture;
    char error[300] = "";
    assert_false(capture_load(&capture, file, error, sizeof(error)));
    assert_null(strchr(error, '\n'));
    assert_ptr_equal(strstr(error, file), error);
    if (strstr(error, words) == NULL) {
        fail_msg("\"%s\" does not say \"%s\"", error, words);
    }
}

static void missing(void **state)
{
    (void)state;
    expect_error("/nonexistent/lan.pcap", "No such file");
    expect_error(P_tmpdir, "directory");
}

static void not_a_capture(void **state)
{
    (void)state;
    write_file("", 0);
    expect_error(path, "not a capture file");
    write_file("This is text, and no capture at all, however long it may be.\n", 61);
    expect_error(path, "not a capture file");
}

static void truncated(void **state)
{
    (void)state;
    write_frames(DLT_EN10MB, 3, 100, 100);
    assert_int_equal(truncate(path, 24 + 2 * 116 + 50), 0);
    expect_error(path, "damaged after 2 frames");
    assert_int_equal(truncate(path, 10), 0);
    expect_error(path, "not a capture file");
}

static void no_frames(void **state)
{
    (void)state;
    write_frames(DLT_EN10MB, 0, 0, 0);
    expect_error(path, "has no frames");
    write_frames(DLT_EN10MB, 4, 64, 900);
    expect_error(path, "none of its 4 frames");
}

static void not_ethernet(void **state)
{
    (void)state;
    write_frames(DLT_RAW, 2, 100, 100);
    expect_error(path, "not Ethernet");
}

static void padded_and_skipped(void **state)
{
    (void)state;
    struct capture capture;
    char error[300];
    write_frames(DLT_EN10MB, 5, 42, 42);
    assert_true(capture_load(&capture, path, error, sizeof(error)));
    assert_int_equal(capture.count, 5);
    assert_int_equal(capture.frames[4].length, ETHERNET_MINIMUM_FRAME);
    capture_free(&capture);

    pcap_t *format = pcap_open_dead(DLT_EN10MB, 65535);
    pcap_dumper_t *file = pcap_dump_open(format, path);
    static const u_char zeros[4096];
    static const unsigned lengths[] = {13, 14, 1514, 1515, 2962, 60};
    for (unsigned i = 0; i < 6; i++) {
        struct pcap_pkthdr header = {.caplen = lengths[i], .len = lengths[i]};
        pcap_dump((u_char *)file, &header, zeros);
    }
    pcap_dump_close(file);
    pcap_close(format);
    assert_true(capture_load(&capture, path, error, sizeof(error)));
    assert_int_equal(capture.count, 3);
    assert_int_equal(capture.skipped, 3);
    assert_int_equal(capture.frames[1].length, 1514);
    capture_free(&capture);
}

static void builtin(void **state)
{
    (void)state;
    struct capture capture;
    bool shortest = false, longest = false;
    assert_true(capture_builtin(&capture));
    for (size_t number = 0; number < capture.count; number++) {
        assert_in_range(capture.frames[number].length, ETHERNET_MINIMUM_FRAME, ETHERNET_MAXIMUM_FRAME);
        shortest |= capture.frames[number].length == ETHERNET_MINIMUM_FRAME;
        longest |= capture.frames[number].length == ETHERNET_MAXIMUM_FRAME;
    }
    assert_true(shortest && longest);
    capture_free(&capture);
}

/* The shipped capture has what its description promises. */
static void shipped(void **state)
{
    (void)state;
    struct capture capture;
    char error[300];
    unsigned arp = 0, tcp = 0, dns = 0, icmp = 0, full = 0, group = 0;
    char file[1024];
    snprintf(file, sizeof(file), "%.*s../../share/captures/lan.pcap",
             (int)(strrchr(__FILE__, '/') + 1 - __FILE__), __FILE__);
    if (!capture_load(&capture, file, error, sizeof(error))) {
        fail_msg("%s", error);
    }
    assert_int_equal(capture.skipped, 0);
    assert_in_range(capture.count, 300, 2000);
    for (size_t number = 0; number < capture.count; number++) {
        const uint8_t *frame = capture.frames[number].data;
        bool ip = frame[12] == 0x08 && frame[13] == 0x00;
        arp += frame[12] == 0x08 && frame[13] == 0x06;
        tcp += ip && frame[23] == 6;
        icmp += ip && frame[23] == 1;
        dns += ip && frame[23] == 17 &&
               ((frame[34] == 0 && frame[35] == 53) || (frame[36] == 0 && frame[37] == 53));
        full += capture.frames[number].length == ETHERNET_MAXIMUM_FRAME;
        group += frame[0] & 1;
        if (ip) { /* documentation addresses, or groups */
            assert_int_equal(memcmp(frame + 26, (uint8_t[]){192, 0, 2}, 3), 0);
            assert_true(memcmp(frame + 30, (uint8_t[]){192, 0, 2}, 3) == 0 || frame[30] >= 224);
        }
        assert_true((frame[0] & 3) != 0); /* locally administered or a group: no vendor's address */
        assert_true((frame[6] & 3) == 2);
    }
    assert_true(arp >= 3 && tcp >= 300 && dns >= 10 && icmp >= 10 && full >= 100 && group >= 3);
    capture_free(&capture);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(missing),   cmocka_unit_test(not_a_capture), cmocka_unit_test(truncated),
        cmocka_unit_test(no_frames), cmocka_unit_test(not_ethernet),  cmocka_unit_test(padded_and_skipped),
        cmocka_unit_test(builtin),   cmocka_unit_test(shipped),
    };
    int file = mkstemp(path);
    if (file < 0) {
        return 1;
    }
    close(file);
    int failed = cmocka_run_group_tests(tests, NULL, NULL);
    unlink(path);
    return failed;
}
