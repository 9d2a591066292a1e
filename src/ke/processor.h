/*
 * processor.h - the simulated processor and its IRQL (design contract 1; spec IR-1 to IR-9).
 *
 * A processor's state lies in one control region, which code running on it reaches through the GS base
 * (Windows: the KPCR).  A thread may move to another processor whenever IRQL is below DISPATCH_LEVEL,
 * even between two instructions, so nothing here may be cached across such a point: ke_processor()
 * must be called again after anything that can lower IRQL.
 *
 * Host threads that are no processor (the main thread, devices, the clock) see `ke_outside`, whose
 * IRQL byte is KE_MASKED for ever.  They may use guards, pool and lines; they may not call drivers.
 */
#ifndef UNDIS_KE_PROCESSOR_H
#define UNDIS_KE_PROCESSOR_H

#include "host/host.h"

#include <undis/free/region.h>
#include <wdm.h>

/* IRQLs of Windows x64 that the public headers do not name for drivers (spec IR-4). */
#define KE_DEVICE_LEVEL_LOW 3
#define KE_DEVICE_LEVEL_HIGH 11

/*
 * One level above HIGH_LEVEL.  A processor whose IRQL byte holds it is inside the library with every
 * interrupt masked; nothing a driver runs ever sees it.  A post to this level is answered at any IRQL
 * that drivers can reach: that is how a run is frozen and how the watchdog looks at a stuck processor.
 */
#define KE_MASKED 16
#define KE_NMI_LEVEL 16

struct _KTHREAD;
struct callback_frame;

/*
 * A guard is the library's internal lock: masked interrupts and mutual exclusion.  Zero is free.  Never
 * held while a driver is called.  A contended guard parks the host thread.
 */
struct ke_guard {
    volatile uint32_t word;
};

struct ke_processor {
    struct ke_processor *self; /* offset 0: what %gs:0 reads */
    volatile KIRQL irql;       /* offset 8; the next three bytes are stored with it, and 0 */
    UCHAR reserved[3];
    volatile uint32_t reading; /* offset 12: the reader-writer lock that is read under here (ndis/rwcore.h) */
    uint32_t number;           /* offset 16 */
    volatile uint32_t pending; /* offset 20: bit L is set when something waits for IRQL to be below L */
    struct _KTHREAD *current;  /* offset 24 */

    /* What each DPC changes lies in the first cache line, with IRQL, and in no store of less than four bytes
       (region.h). */
    volatile uint64_t progress; /* counts passages below DISPATCH_LEVEL and DPCs begun: the watchdog's food */
    struct callback_frame *callback; /* innermost driver callback now running here */
    int32_t lock_entries;            /* offset 48: into shared locks, until one is looked at (spinlock.c) */
    uint8_t lock_owner;              /* offset 52: its name in locks biased to it (lockword.h) */
    volatile BOOLEAN idle;
    volatile bool reschedule;     /* the running thread's quantum is over */
    volatile bool timers_due;     /* the clock says that a timer has expired */
    volatile uint32_t isr_depth;  /* ISRs now on this processor */
    volatile uint32_t dpc_active; /* 1: a DPC runs on this processor */

    uint32_t wake;           /* futex word that the idle loop sleeps on */
    volatile bool stopped;   /* its idle loop has ended */
    volatile bool watched;   /* the watchdog wants to see what runs here */
    volatile bool faulted;   /* a fault is being handled: another one would be our own */
    volatile uint64_t lines; /* bit n: line n waits for delivery here */
    uint64_t random;         /* state of this processor's random choices */
    bool lock_in_turn;       /* waits for a queued spin lock, which nobody keeps for a lease */
    uint32_t lock_looks;     /* looks at shared spin locks (spinlock.c) */

    /* DPC queue (dpcqueue.h): the checked build's is guarded by dpc_guard, the free one's as told there. */
    LIST_ENTRY dpc_queue;
    struct ke_guard dpc_guard;
    volatile uint32_t dpc_depth;
    volatile uint32_t dpc_busy, dpc_foreign;
    LIST_ENTRY *volatile dpc_inbox;
    volatile uint64_t dpc_since;       /* when the running DPC began, engine's clock */
    uint64_t dpc_asked;                /* `progress` when dpc_since was set (dpc.c) */
    volatile uint64_t dpc_count;       /* DPCs run so far; not those that never were queued (dpc.c) */
    volatile uint64_t interrupt_count; /* device interrupts taken so far */

    struct host_context idle_context;
    struct host_thread host;
} __attribute__((aligned(64)));

#define KE_MAXIMUM_PROCESSORS 64
extern struct ke_processor ke_processors[KE_MAXIMUM_PROCESSORS];
extern unsigned ke_processor_count;
extern struct ke_processor ke_outside;

/* All that there are, a bit each. */
static inline KAFFINITY ke_processors_all(void)
{
    return ~(KAFFINITY)0 >> (KE_MAXIMUM_PROCESSORS - ke_processor_count);
}

#if defined(__x86_64__) && !defined(UNDIS_REGION_TLS)
static inline struct ke_processor *ke_processor(void)
{
    struct ke_processor *self;
    __asm__ volatile("movq %%gs:0, %0" : "=r"(self));
    return self;
}
#else /* other architectures, and Valgrind, which does not know the GS base */
struct ke_processor *ke_processor_tls(void);
static inline struct ke_processor *ke_processor(void)
{
    return ke_processor_tls();
}
static inline uint8_t undis_region_irql(void)
{
    return ke_processor()->irql;
}
static inline void undis_region_irql_store(uint8_t irql)
{
    __asm__ volatile("" ::: "memory");
    ke_processor()->irql = irql;
    __asm__ volatile("" ::: "memory");
}
static inline uint32_t undis_region_reading(void)
{
    return ke_processor()->reading;
}
static inline void undis_region_reading_store(uint32_t lock)
{
    __atomic_store_n(&ke_processor()->reading, lock, __ATOMIC_RELEASE);
    __asm__ volatile("" ::: "memory");
}
static inline void undis_region_irql_reading_store(uint64_t both)
{
    if ((uint8_t)both != 0) {
        undis_region_irql_store((uint8_t)both);
        undis_region_reading_store((uint32_t)(both >> 32));
    } else {
        undis_region_reading_store((uint32_t)(both >> 32));
        undis_region_irql_store(0);
    }
}
static inline uint8_t undis_region_lock_owner(void)
{
    return ke_processor()->lock_owner;
}
static inline int undis_region_lock_entered(void)
{
    return --ke_processor()->lock_entries < 0;
}
static inline uintptr_t undis_region_number(void)
{
    return ke_processor()->number;
}
static inline uint32_t undis_region_pending(void)
{
    return ke_processor()->pending;
}
#endif

static inline KIRQL ke_irql(void)
{
    return undis_region_irql();
}
static inline void ke_irql_store(KIRQL irql)
{
    undis_region_irql_store(irql);
}
static inline uint32_t ke_processor_number(void)
{
    return (uint32_t)undis_region_number();
}
static inline uint32_t ke_pending(void)
{
    return undis_region_pending();
}

/*
 * In the free build a DPC that a processor queues to itself makes no atomic operation on its pending mask: it
 * sets the mask's last byte, which only the processor itself writes, masked.  It means DISPATCH_LEVEL's bit.
 * Others change the mask by atomic operations on all of it, which lose no store to a part of it.
 */
#define KE_PENDING_HERE 0x01000000u

static inline void ke_pending_here_set(struct ke_processor *processor, uint8_t value)
{
    ((volatile uint8_t *)&processor->pending)[__BYTE_ORDER__ == __ORDER_LITTLE_ENDIAN__ ? 3 : 0] = value;
}

/* The bits of the pending mask, as far as they stand for levels above DISPATCH_LEVEL. */
static inline uint32_t ke_pending_above_dispatch(const struct ke_processor *processor)
{
#if __BYTE_ORDER__ == __ORDER_LITTLE_ENDIAN__
    const volatile uint8_t *bytes = (const volatile uint8_t *)&processor->pending;
    return *(const volatile uint16_t *)(const volatile void *)bytes | (uint32_t)bytes[2] << 16;
#else
    return processor->pending & ~KE_PENDING_HERE;
#endif
}

/* What waits to be let in when IRQL is `irql`, shifted so that bit 0 is the level above. */
static inline uint32_t ke_pending_above(uint32_t pending, KIRQL irql)
{
#if !UNDIS_CHECKED
    pending = pending & KE_PENDING_HERE ? (pending & ~KE_PENDING_HERE) | 1u << DISPATCH_LEVEL : pending;
#endif
    return pending >> (irql + 1);
}

/* Delivers what waits above the present IRQL: interrupts, then DPCs, then a reschedule. */
void ke_deliver(void);

/* ---- masking: for the library's own critical sections ------------------------------------------ */

/*
 * Masks every interrupt on this processor and returns the IRQL to hand to ke_unmask.  Not an IRQL
 * change in the driver's sense: no event is reported.  malloc, stdio and every guard need it.
 */
static inline KIRQL ke_mask(void)
{
    KIRQL old = ke_irql();
    ke_irql_store(KE_MASKED);
    return old;
}

/* Goes back to `old` and delivers what came in meanwhile. */
static inline void ke_unmask(KIRQL old)
{
    ke_irql_store(old);
    if (__builtin_expect(ke_pending() >> (old + 1) != 0, 0)) {
        ke_deliver();
    }
}

/*
 * Enters the guard and returns the IRQL to hand to ke_guard_leave.  To the explored engine what lies between
 * is one step that changes the object `guard`.  The quiet one is no step: for state whose uses commute, and
 * where the caller has said what it is about to change (step.h).
 */
KIRQL ke_guard_enter(struct ke_guard *guard);
KIRQL ke_guard_enter_quietly(struct ke_guard *guard);
void ke_guard_leave(struct ke_guard *guard, KIRQL old);

/* ---- IRQL changes that drivers see ------------------------------------------------------------- */

/* Raises to `irql` (not below the present level) and returns the old level.  Reports EVENT_IRQL. */
KIRQL ke_raise(KIRQL irql);

/* Lowers to `irql` and delivers what that admits.  Reports EVENT_IRQL. */
void ke_lower(KIRQL irql);

/* Posts a pending bit to any processor and makes it look (an interrupt, unless it is the caller). */
void ke_post(struct ke_processor *processor, KIRQL level);

#endif
