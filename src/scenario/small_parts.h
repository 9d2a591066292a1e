/*
 * small_parts.h - what the small lives (small.h) are made of: the adapter on its bus and wire, the protocol
 * above it, and threads on processors.
 */
#ifndef UNDIS_SCENARIO_SMALL_PARTS_H
#define UNDIS_SCENARIO_SMALL_PARTS_H

#include "dev/wire.h"
#include "ndis/adapter.h"
#include "scenario/pools.h"

#define SMALL_SENDS 3 /* the last is the peer's */
#define SMALL_PEERS 2
#define SMALL_OFFERS 2
#define SMALL_FRAME 60u

/* One NET_BUFFER_LIST with one frame, and what became of it. */
struct small_send {
    NET_BUFFER_LIST *list;
    unsigned char frame[SMALL_FRAME];
    bool submitted;
    volatile LONG completed;
    volatile NDIS_STATUS status;
    volatile LONG on_wire;
    KEVENT done;
};

/* One adapter and the protocol on it. */
struct small_end {
    struct small *small;
    struct ndis_adapter *adapter;
    struct ndis_binding binding;
    bool bound;
    struct send_pools pools;
};

struct small {
    const char *name;
    const char *driver_name;
    struct ndis_miniport_driver *driver;
    struct wire *wire;
    enum device_signalling interrupts;
    struct device *device;
    struct small_end end, peer; /* peer: of a miniport without hardware */
    bool has_wire;
    struct small_send sends[SMALL_SENDS];
    unsigned send_count; /* that were made, whoever sends them */
    unsigned char offers[SMALL_OFFERS][SMALL_FRAME];
    unsigned offer_target, offer_next; /* frames on the wire towards the interface */
    volatile LONG received;
    KDPC return_dpc; /* returns a received chain later */
    struct ndis_gate oid_done;
    struct ndis_gate looked; /* the hang check and the send are over: a halt may begin */
    char error[256];
    struct _KTHREAD *threads[2];
};

/* Halted adapter to a Running one with everything ready; false: small->error. */
bool small_set_up(struct small *small);
/* From wherever the adapter is: paused, unbound, halted, unplugged.  Looks at the outcome first. */
void small_take_down(struct small *small);

/* When `holds` is false: the finding AssertionFailed, and the end of the execution.  Any IRQL. */
void small_expect(struct small *small, bool holds, const char *expected);

/* Sends a frame that was made by small_set_up; with a cancel id, small_cancel cancels it. */
void small_send(struct small *small, unsigned number, bool with_cancel_id);
/* Waits until it is completed.  Under the explored engine only after small_both: then everything is over. */
void small_await_send(struct small *small, unsigned number);
void small_cancel(struct small *small);
/* One more frame for the adapter to receive. */
void small_offer(struct small *small);
/* An OID request of the protocol's, to its end. */
void small_ask(struct small *small, NDIS_OID oid);
void small_pause(struct small *small);
void small_halt(struct small *small);

/*
 * Two threads, one on each of the first two processors (or both on the only one), to their ends, and to the
 * end of all that they set off; this is what is explored, nothing after it is.
 */
void small_both(struct small *small, void (*first)(void *), void (*second)(void *));

#endif
