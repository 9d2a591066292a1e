/*
 * capture_writer.c - writing frames to a pcap file; the contract is in capture.h.
 */
#include "dev/capture.h"

#include <pcap/pcap.h>

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#define SNAP_LENGTH 65535

struct capture_writer {
    pcap_t *format;
    pcap_dumper_t *file;
    char *path;
};

static void writer_free(struct capture_writer *writer)
{
    if (writer->format != NULL) {
        pcap_close(writer->format);
    }
    free(writer->path);
    free(writer);
}

struct capture_writer *capture_create(const char *path, char *error, size_t error_size)
{
    struct capture_writer *writer = calloc(1, sizeof(*writer));
    if (writer != NULL) {
        writer->path = strdup(path);
        writer->format =
            pcap_open_dead_with_tstamp_precision(DLT_EN10MB, SNAP_LENGTH, PCAP_TSTAMP_PRECISION_NANO);
    }
    if (writer == NULL || writer->path == NULL || writer->format == NULL) {
        snprintf(error, error_size, "%s: out of memory", path);
    } else {
        FILE *stream = fopen(path, "wb");
        if (stream == NULL) {
            snprintf(error, error_size, "%s: %s", path, strerror(errno));
        } else if ((writer->file = pcap_dump_fopen(writer->format, stream)) != NULL) {
            return writer;
        } else {
            snprintf(error, error_size, "%s: %s", path, pcap_geterr(writer->format));
        }
    }
    if (writer != NULL) {
        writer_free(writer);
    }
    return NULL;
}

void capture_write(struct capture_writer *writer, const uint8_t *frame, size_t length)
{
    struct timespec now;
    clock_gettime(CLOCK_REALTIME, &now);
    /* The file's precision is nanoseconds: tv_usec holds them. */
    struct pcap_pkthdr header = {.ts = {.tv_sec = now.tv_sec, .tv_usec = now.tv_nsec},
                                 .caplen = (bpf_u_int32)length,
                                 .len = (bpf_u_int32)length};
    pcap_dump((u_char *)writer->file, &header, frame);
}

bool capture_close(struct capture_writer *writer, char *error, size_t error_size)
{
    bool written = pcap_dump_flush(writer->file) == 0 && !ferror(pcap_dump_file(writer->file));
    if (!written) {
        snprintf(error, error_size, "%s: not written completely: %s", writer->path, strerror(errno));
    }
    pcap_dump_close(writer->file);
    writer_free(writer);
    return written;
}
