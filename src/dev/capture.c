/*
 * capture.c - Ethernet frames from a capture file, or built in; the contract is in capture.h.
 */
#include "dev/capture.h"
#include "host/memory.h"

#include <pcap/pcap.h>

#include <errno.h>
#include <stdio.h>
#include <string.h>

#define FRAMES_MAXIMUM 1000000u
#define STORAGE_MAXIMUM (UINT64_C(1) << 30)

/* What is collected while a file is read: offsets, since the storage moves when it grows. */
struct collection {
    uint8_t *storage;
    size_t used, size;
    uint32_t *lengths;
    size_t count, room;
    size_t skipped;
};

static bool collection_reserve(struct collection *collection)
{
    if (collection->size - collection->used < ETHERNET_MAXIMUM_FRAME) {
        size_t size = collection->size == 0 ? 1 << 20 : collection->size * 2;
        uint8_t *storage = size > STORAGE_MAXIMUM ? NULL : host_reallocate(collection->storage, size);
        if (storage == NULL) {
            return false;
        }
        collection->storage = storage;
        collection->size = size;
    }
    if (collection->count == collection->room) {
        size_t room = collection->room == 0 ? 1024 : collection->room * 2;
        uint32_t *lengths =
            room > FRAMES_MAXIMUM ? NULL : host_reallocate(collection->lengths, room * sizeof(*lengths));
        if (lengths == NULL) {
            return false;
        }
        collection->lengths = lengths;
        collection->room = room;
    }
    return true;
}

static bool collection_add(struct collection *collection, const uint8_t *frame, size_t length)
{
    if (!collection_reserve(collection)) {
        return false;
    }
    size_t padded = length < ETHERNET_MINIMUM_FRAME ? ETHERNET_MINIMUM_FRAME : length;
    memcpy(collection->storage + collection->used, frame, length);
    memset(collection->storage + collection->used + length, 0, padded - length);
    collection->used += padded;
    collection->lengths[collection->count++] = (uint32_t)padded;
    return true;
}

static void collection_free(struct collection *collection)
{
    host_free(collection->storage);
    host_free(collection->lengths);
}

/* Moves what was collected into the capture.  False when memory is short. */
static bool collection_finish(struct collection *collection, struct capture *capture)
{
    struct capture_frame *frames = host_allocate(collection->count * sizeof(*frames));
    if (frames == NULL) {
        return false;
    }
    size_t offset = 0;
    for (size_t index = 0; index < collection->count; index++) {
        frames[index] = (struct capture_frame){collection->storage + offset, collection->lengths[index]};
        offset += collection->lengths[index];
    }
    *capture = (struct capture){collection->count, frames, collection->skipped, collection->storage};
    host_free(collection->lengths);
    return true;
}

void capture_free(struct capture *capture)
{
    host_free(capture->frames);
    host_free(capture->storage);
    *capture = (struct capture){0};
}

/* ---- reading a file ---------------------------------------------------------------------------- */

static bool frame_is_usable(const struct pcap_pkthdr *header)
{
    return header->caplen == header->len && header->len >= ETHERNET_HEADER_SIZE &&
           header->len <= ETHERNET_MAXIMUM_FRAME;
}

/* Collects every usable frame.  False with one line in error. */
static bool read_frames(pcap_t *file, struct collection *collection, const char *path, char *error,
                        size_t error_size)
{
    struct pcap_pkthdr *header;
    const u_char *data;
    int result;
    while ((result = pcap_next_ex(file, &header, &data)) == 1) {
        if (!frame_is_usable(header)) {
            collection->skipped++;
        } else if (!collection_add(collection, data, header->len)) {
            snprintf(error, error_size, "%s: too many frames for this machine's memory", path);
            return false;
        }
    }
    if (result != PCAP_ERROR_BREAK) {
        snprintf(error, error_size, "%s: damaged after %zu frames: %s", path,
                 collection->count + collection->skipped, pcap_geterr(file));
        return false;
    }
    if (collection->count == 0 && collection->skipped == 0) {
        snprintf(error, error_size, "%s: has no frames", path);
        return false;
    }
    if (collection->count == 0) {
        snprintf(error, error_size, "%s: none of its %zu frames is a whole Ethernet frame of %u to %u bytes",
                 path, collection->skipped, ETHERNET_HEADER_SIZE, ETHERNET_MAXIMUM_FRAME);
        return false;
    }
    return true;
}

static const char *link_name(pcap_t *file)
{
    const char *name = pcap_datalink_val_to_name(pcap_datalink(file));
    return name == NULL ? "an unknown kind" : name;
}

/* libpcap's messages may name the file themselves. */
static void open_error(const char *path, const char *message, char *error, size_t error_size)
{
    size_t length = strlen(path);
    if (strncmp(message, path, length) == 0 && message[length] == ':') {
        snprintf(error, error_size, "%s", message);
    } else {
        snprintf(error, error_size, "%s: not a capture file: %s", path, message);
    }
}

bool capture_load(struct capture *capture, const char *path, char *error, size_t error_size)
{
    char message[PCAP_ERRBUF_SIZE] = "";
    FILE *stream = fopen(path, "rb");
    if (stream == NULL) {
        snprintf(error, error_size, "%s: %s", path, strerror(errno));
        return false;
    }
    pcap_t *file = pcap_fopen_offline(stream, message);
    if (file == NULL) {
        fclose(stream);
        open_error(path, message, error, error_size);
        return false;
    }
    struct collection collection = {0};
    bool loaded = pcap_datalink(file) == DLT_EN10MB;
    if (!loaded) {
        snprintf(error, error_size, "%s: frames are not Ethernet but %s", path, link_name(file));
    } else {
        loaded = read_frames(file, &collection, path, error, error_size);
    }
    pcap_close(file);
    if (loaded && !collection_finish(&collection, capture)) {
        snprintf(error, error_size, "%s: too many frames for this machine's memory", path);
        loaded = false;
    }
    if (!loaded) {
        collection_free(&collection);
    }
    return loaded;
}

/* ---- built-in frames --------------------------------------------------------------------------- */

#define BUILTIN_FRAMES 48u

/* The Internet checksum of an even number of bytes. */
static uint16_t internet_checksum(const uint8_t *bytes, size_t length)
{
    uint32_t sum = 0;
    for (size_t index = 0; index + 1 < length; index += 2) {
        sum += (uint32_t)bytes[index] << 8 | bytes[index + 1];
    }
    while (sum >> 16 != 0) {
        sum = (sum & 0xFFFF) + (sum >> 16);
    }
    return (uint16_t)~sum;
}

static void put16(uint8_t *at, uint32_t value)
{
    at[0] = (uint8_t)(value >> 8);
    at[1] = (uint8_t)value;
}

/* An IPv4 UDP datagram to the discard port, of `length` bytes with the Ethernet header. */
static void make_frame(uint8_t *frame, uint32_t length, uint32_t number)
{
    static const uint8_t ethernet[] = {0x02, 0, 0, 0, 0, 0x01, 0x02, 0, 0, 0, 0, 0x02, 0x08, 0x00};
    static const uint8_t ip[] = {0x45, 0, 0, 0, 0, 0, 0, 0, 64, 17, 0, 0, 192, 0, 2, 2, 192, 0, 2, 1};
    memcpy(frame, ethernet, sizeof(ethernet));
    uint8_t *header = frame + sizeof(ethernet), *udp = header + sizeof(ip);
    memcpy(header, ip, sizeof(ip));
    put16(header + 2, length - ETHERNET_HEADER_SIZE);
    put16(header + 4, number);
    put16(header + 10, internet_checksum(header, sizeof(ip)));
    put16(udp, 49152 + number);
    put16(udp + 2, 9);
    put16(udp + 4, length - ETHERNET_HEADER_SIZE - sizeof(ip));
    put16(udp + 6, 0);
    for (uint32_t index = 0; udp + 8 + index < frame + length; index++) {
        udp[8 + index] = (uint8_t)(number + index * 7);
    }
}

bool capture_builtin(struct capture *capture)
{
    static const uint32_t lengths[] = {60, 64, 128, 256, 590, 1024, 1500, 1514};
    struct collection collection = {0};
    uint8_t frame[ETHERNET_MAXIMUM_FRAME];
    bool made = true;
    for (uint32_t number = 0; made && number < BUILTIN_FRAMES; number++) {
        uint32_t length = lengths[number % (sizeof(lengths) / sizeof(lengths[0]))];
        make_frame(frame, length, number);
        made = collection_add(&collection, frame, length);
    }
    if (!made || !collection_finish(&collection, capture)) {
        collection_free(&collection);
        return false;
    }
    return true;
}
