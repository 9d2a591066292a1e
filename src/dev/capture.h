/*
 * capture.h - Ethernet frames from a capture file, or built in.
 *
 * Files are read with libpcap (pcap and pcapng).  A frame is kept as a wire carries it: without FCS,
 * padded with zeros to 60 bytes.  Frames that were cut by the capture's snap length, are shorter than an
 * Ethernet header or longer than 1514 bytes (taken with offloads on) are left out and counted.
 */
#ifndef UNDIS_DEV_CAPTURE_H
#define UNDIS_DEV_CAPTURE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define ETHERNET_HEADER_SIZE 14u
#define ETHERNET_MINIMUM_FRAME 60u
#define ETHERNET_MAXIMUM_FRAME 1514u

struct capture_frame {
    const uint8_t *data;
    uint32_t length;
};

struct capture {
    size_t count;
    struct capture_frame *frames;
    size_t skipped; /* frames of the file that were left out */
    uint8_t *storage;
};

/*
 * Reads a whole file.  On failure (missing, not a capture, not Ethernet, truncated, no usable frame)
 * returns false with one line in error.  Allocates: a host thread that is no processor.
 */
bool capture_load(struct capture *capture, const char *path, char *error, size_t error_size);

/* A few dozen made-up UDP frames of every size class.  False when memory is short. */
bool capture_builtin(struct capture *capture);

void capture_free(struct capture *capture);

/* ---- writing ----------------------------------------------------------------------------------- */

struct capture_writer;

/* Creates the file.  NULL with one line in error. */
struct capture_writer *capture_create(const char *path, char *error, size_t error_size);

/* Appends a frame with the present time.  One caller at a time; not on a processor unless masked. */
void capture_write(struct capture_writer *writer, const uint8_t *frame, size_t length);

/* Closes the file.  False with one line in error when it could not be written completely. */
bool capture_close(struct capture_writer *writer, char *error, size_t error_size);

#endif
