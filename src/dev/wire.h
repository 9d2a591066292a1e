/*
 * wire.h - what a network interface's cable is plugged into.
 *
 * A wire has a source of frames (the scenario's callback, a capture, or the interface at the other end of a
 * pair) and a sink (the scenario's callback).  Both can be written to a capture file.
 *
 * Pacing is lossless: the interface asks for the next frame only when it has a descriptor to receive it
 * into, as if the sender knew; with `overrun` the wire also offers frames when the interface has none, and
 * the interface drops and counts them.  Not modelled: bit rate, propagation time, collisions, FCS errors.
 *
 * wire_next and wire_transmit are called by one device's host thread; the callbacks run there, so they must
 * not touch a driver or wait.  Everything else may be called on any host thread.  Create, plug and destroy
 * allocate and so do not belong on a processor unless masked.
 */
#ifndef UNDIS_DEV_WIRE_H
#define UNDIS_DEV_WIRE_H

#include "dev/capture.h"
#include "dev/device.h"

struct wire;

struct wire_options {
    /*
     * The next frame for the interface: writes at most ETHERNET_MAXIMUM_FRAME bytes and returns the
     * length; 0 when there is none at present (wire_kick tells of new ones).  NULL: frames come from
     * `capture`, or from the peer.
     */
    size_t (*next)(void *context, uint8_t *frame);
    /* Would next give a frame now?  Wanted under the explored engine only. */
    bool (*offers)(void *context);
    /* The interface has put this frame on the wire.  May be NULL. */
    void (*sent)(void *context, const uint8_t *frame, size_t length);
    void *context;

    const struct capture *capture; /* looped until `limit` frames; NULL: none */
    uint64_t limit;                /* frames from `capture`; 0: each once */

    bool overrun;
    const char *pcap_out; /* NULL: not recorded */
};

/* NULL with one line in error when pcap_out cannot be written or memory is short. */
struct wire *wire_create(const struct wire_options *options, char *error, size_t error_size);

/* After the device is detached.  False with one line in error when pcap_out was not written completely. */
bool wire_destroy(struct wire *wire, char *error, size_t error_size);

/* Makes two wires the ends of one cable: what one interface sends, the other receives.  Before use. */
bool wire_pair(struct wire *a, struct wire *b);

/* The source has frames again, or wire_flow allowed them. */
void wire_kick(struct wire *wire);

/* Opens or closes the source; open at first.  A closed wire offers nothing but still takes what is sent. */
void wire_flow(struct wire *wire, bool open);

/* Plugs the cable in or pulls it; plugged at first.  The interface reports a link change. */
void wire_link(struct wire *wire, bool up);

struct wire_counters {
    uint64_t offered; /* frames given to the interface */
    uint64_t offered_bytes;
    uint64_t dropped; /* of these, refused by the interface: it had no descriptor, or was switched off */
    uint64_t sent;    /* frames taken from the interface */
    uint64_t sent_bytes;
};
void wire_count(const struct wire *wire, struct wire_counters *counters);

/* ---- the interface's side ------------------------------------------------------------------------ */

/* Tells the wire whose cable it is; NULL: nobody's any more. */
void wire_attach(struct wire *wire, struct device *device);
bool wire_is_up(const struct wire *wire);
bool wire_overruns(const struct wire *wire);

/* False while the other end of a pair has no room: the interface keeps its frame until it is kicked. */
bool wire_takes(const struct wire *wire);

/* Would wire_next give a frame now? */
bool wire_offers(const struct wire *wire);
/* The next frame, or 0.  The buffer holds ETHERNET_MAXIMUM_FRAME bytes. */
size_t wire_next(struct wire *wire, uint8_t *frame);
/* The frame that wire_next gave last found no descriptor. */
void wire_dropped(struct wire *wire);
void wire_transmit(struct wire *wire, const uint8_t *frame, size_t length);

#endif
