/*
 * capture.c - reading a capture file.
 */
#include "fuzz.h"

#include "dev/capture.h"

#include <stdio.h>
#include <stdlib.h>
#include <sys/mman.h>
#include <unistd.h>

/* Every frame that is accepted must be one that a wire can carry. */
static void check(const struct capture *capture)
{
    unsigned sum = 0;
    for (size_t i = 0; i < capture->count; i++) {
        const struct capture_frame *frame = &capture->frames[i];
        if (frame->length < ETHERNET_MINIMUM_FRAME || frame->length > ETHERNET_MAXIMUM_FRAME) {
            fprintf(stderr, "frame of %u bytes\n", frame->length);
            abort();
        }
        for (uint32_t byte = 0; byte < frame->length; byte++) {
            sum += frame->data[byte];
        }
    }
    if (capture->count == 0) {
        fprintf(stderr, "accepted with no frame (%u)\n", sum);
        abort();
    }
}

void fuzz_one(const uint8_t *data, size_t size)
{
    int file = memfd_create("capture", 0);
    if (file < 0 || write(file, data, size) != (ssize_t)size) {
        abort();
    }
    char path[64], error[256] = "";
    snprintf(path, sizeof(path), "/proc/self/fd/%d", file);
    struct capture capture;
    if (capture_load(&capture, path, error, sizeof(error))) {
        check(&capture);
        capture_free(&capture);
    } else if (error[0] == '\0') {
        fprintf(stderr, "rejected without a reason\n");
        abort();
    }
    close(file);
}
