/*
 * stack.h - the scripted protocol that stands in for the TCP/IP stack above a miniport, and the far end of
 * its wire.
 *
 * It sends the frames of a capture from several threads and DPCs, as single NET_BUFFER_LISTs and chains, with
 * several NET_BUFFERs each, in fragmented MDL chains; takes receives, keeps some and returns them later; and
 * counts, by content, what was handed down, completed, seen on the wire, offered to the interface and
 * received.
 *
 * What is not guaranteed: order.  Frames with equal contents are not told apart.
 */
#ifndef UNDIS_SCENARIO_STACK_H
#define UNDIS_SCENARIO_STACK_H

#include "dev/capture.h"
#include "dev/wire.h"
#include "ndis/adapter.h"
#include "scenario/pools.h"

#define STACK_SENDERS 4

/* How often the contents of one frame of the capture were met. */
struct frame_counts {
    volatile LONG submitted; /* handed to NDIS */
    volatile LONG succeeded; /* completed with success */
    volatile LONG on_wire;   /* seen at the far end */
    volatile LONG offered;   /* given to the interface by the far end */
    volatile LONG received;  /* indicated */
};

/* The capture, with a way from a frame's contents back to it. */
struct frame_set {
    const struct capture *capture;
    ULONG *index; /* hash table of frame numbers plus one */
    size_t slots;
    ULONG *same; /* of each frame: the first frame with the same contents */
};

struct traffic_totals {
    uint64_t submitted, succeeded, on_wire, offered, received;
};

struct kept; /* a received NET_BUFFER_LIST that is returned later */

struct stack {
    struct frame_set frames;
    struct frame_counts *counts; /* per frame */
    struct ndis_adapter *adapter;
    struct ndis_binding binding;
    bool bound;
    struct wire *wire; /* NULL: a miniport without hardware */
    struct send_pools pools;

    volatile bool sending;
    volatile bool cancelling;               /* some sends carry a cancel id, and are cancelled now and then */
    volatile LONG64 send_target, send_next; /* frames */
    volatile LONG64 offer_target, offer_next;
    volatile LONG64 completed, received; /* frames */
    volatile LONG outstanding;           /* frames below us */
    KEVENT room;
    struct _KTHREAD *senders[STACK_SENDERS];
    unsigned sender_count;
    volatile LONG senders_started;
    KDPC send_dpcs[STACK_SENDERS];

    struct ke_guard kept_guard;
    NET_BUFFER_LIST *kept;
    volatile LONG kept_count;
    volatile bool returning;
    struct _KTHREAD *returner;
    KDPC return_dpc;
    KEVENT kept_some;

    volatile LONG oids_pending;
    KEVENT oids_done;
    volatile bool connected;      /* media state, as last indicated */
    const char *volatile warning; /* the first thing that is wrong, but breaks nothing here */
    const char *volatile fault;   /* the first thing that must not happen, in words */
};

/* PASSIVE_LEVEL for all that follows.  `wire` is set by the caller afterwards.  False when memory is short.
 */
bool stack_create(struct stack *stack, const struct capture *capture);
void stack_destroy(struct stack *stack);

/* Binds to a paused adapter; unbinds from one. */
bool stack_bind(struct stack *stack, struct ndis_adapter *adapter);
void stack_unbind(struct stack *stack);

/* Starts to pass that many frames each way; counters begin at zero. */
bool stack_start(struct stack *stack, uint64_t frames);
/* True when all of them have been sent, completed, offered and received. */
bool stack_finished(const struct stack *stack);
/* No new frames in either direction; returns when no thread of the stack is inside NDIS. */
void stack_stop(struct stack *stack);
/* Returns what is kept; true when every send is completed and every receive returned. */
bool stack_is_quiet(struct stack *stack);

void stack_totals(const struct stack *stack, struct traffic_totals *totals);
/* How strictly the counts are compared. */
enum traffic_kind {
    TRAFFIC_LOSSLESS,  /* nothing may be missing */
    TRAFFIC_CANCELLED, /* sends may have come back unsent; nothing else may be missing */
    TRAFFIC_DISTURBED, /* a reset or pause came between: frames may be missing, none may be invented or
                          doubled */
    TRAFFIC_REMOVED    /* the hardware vanished: what was completed with success may be missing too */
};
/* Compares what was counted.  NULL when all is well, else what is wrong. */
const char *stack_verify(const struct stack *stack, enum traffic_kind kind);

/* Asks several OIDs at once and waits for their answers; then sets the packet filter to take everything. */
NDIS_STATUS stack_ask(struct stack *stack);
/* PASSIVE_LEVEL stays or becomes DISPATCH_LEVEL, as NDIS may call at either; returns the level to go back to.
 */
KIRQL stack_some_level(void);
NDIS_STATUS stack_filter_set(struct stack *stack);

/* ---- between the files of the stack ------------------------------------------------------------------ */

void stack_fault(struct stack *stack, const char *fault);
void stack_warn(struct stack *stack, const char *warning);
bool frame_set_create(struct frame_set *set, const struct capture *capture);
void frame_set_destroy(struct frame_set *set);
/* The number of the first frame with these contents, or -1.  Any IRQL, any host thread. */
long frame_set_find(const struct frame_set *set, const uint8_t *data, size_t length);

/* The wire's callbacks; context: the stack. */
size_t stack_wire_next(void *context, uint8_t *frame);
void stack_wire_sent(void *context, const uint8_t *frame, size_t length);

void stack_send_loop(void *context);
void stack_send_dpc(KDPC *dpc, void *context, void *lists, void *unused);
void stack_send_complete(void *context, NET_BUFFER_LIST *lists, ULONG flags);
void stack_receive(void *context, NET_BUFFER_LIST *lists, NDIS_PORT_NUMBER port, ULONG count, ULONG flags);
void stack_return_loop(void *context);
void stack_return_kept(struct stack *stack);
void stack_return_dpc(KDPC *dpc, void *context, void *lists, void *unused);
void stack_oid_complete(void *context, NDIS_OID_REQUEST *request, NDIS_STATUS status);
void stack_status(void *context, const NDIS_STATUS_INDICATION *indication);

#endif
