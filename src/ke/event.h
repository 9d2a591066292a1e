/*
 * event.h - what ke and the layers above report (design contract 3).
 *
 * In the free build (UNDIS_CHECKED 0) every function here compiles to nothing.  In the checked build an
 * event goes to each listener that asked for its kind: the verifier, statistics, later the recorder and
 * the explorer.  Listeners run with every interrupt masked on the reporting processor, on any host
 * thread; they may not call drivers, wait, or take a guard that is held while events are reported.
 *
 * A listener may object: where `event.skip` is documented, the reporter then does not carry out what it
 * announced, so that the run can go on soundly after the finding.
 */
#ifndef UNDIS_KE_EVENT_H
#define UNDIS_KE_EVENT_H

#include "ke/processor.h"

#ifndef UNDIS_CHECKED
#error "UNDIS_CHECKED must be 0 (free build) or 1 (checked build)"
#endif

enum event_kind {
    /* IRQL.  value[0] = old level, value[1] = new level, value[2] = enum irql_cause, value[3] = 1 for
       KeLowerIrql.  Sent with interrupts masked.  skip: for IRQL_CAUSE_DRIVER. */
    EVENT_IRQL,

    /* Spin locks.  object = the KSPIN_LOCK or EX_SPIN_LOCK.  value[0] = enum lock_flavor. */
    EVENT_LOCK_INIT,        /* NdisAllocateSpinLock, KeInitializeSpinLock */
    EVENT_LOCK_FREE,        /* NdisFreeSpinLock */
    EVENT_LOCK_ACQUIRE,     /* about to acquire, before IRQL changes. skip: do not acquire */
    EVENT_LOCK_WAIT,        /* found it held; sent at the start of the wait and every 100 ms of it */
    EVENT_LOCK_ACQUIRED,    /* owns it now; event.irql = DISPATCH_LEVEL; value[1] = the IRQL saved;
                               value[2] = 1: without EVENT_LOCK_ACQUIRE before (a try) */
    EVENT_LOCK_REFUSED,     /* a try found it held */
    EVENT_LOCK_RELEASE,     /* about to release. value[1] = the IRQL it will restore; a listener may set
                               new_irql (preset to value[1]) and value[0], to the flavour that it was acquired
                               with; skip: leave the lock word alone */
    EVENT_LOCK_CONVERT,     /* ExTryConvertSharedSpinLockExclusive, before. skip: it fails */
    EVENT_LOCK_CONVERTED,   /* and when it has succeeded */
    EVENT_LOCK_INTERLOCKED, /* passed to an NdisInterlockedXxx / ExInterlockedXxx; value[1] = list head or
                               addend */

    /* NDIS reader/writer locks.  object = the NDIS_RW_LOCK_EX or NDIS_RW_LOCK, value[0] = enum lock_flavor,
       value[3] = the LOCK_STATE(_EX). */
    EVENT_RW_INIT,
    EVENT_RW_FREE,      /* skip: leave it and its memory alone */
    EVENT_RW_ACQUIRE,   /* before; value[2] = 1: it only tries. skip: do not acquire */
    EVENT_RW_ACQUIRED,  /* value[1] = the IRQL saved */
    EVENT_RW_CONVERTED, /* the reader has become the writer; value[0] = its flavour from now on */
    EVENT_RW_RELEASE,   /* before; value[1], new_irql, value[0] and skip as for EVENT_LOCK_RELEASE */

    /* Interrupt spin locks.  object = the lock. */
    EVENT_INTERRUPT_LOCKED,   /* value[0] = 1: by the system, to call a service routine */
    EVENT_INTERRUPT_UNLOCKED, /* about to be released */
    EVENT_INTERRUPT_GONE,     /* its interrupt was disconnected */

    /* Locks that threads own (mutex.h).  object = the FAST_MUTEX, KMUTEX, ERESOURCE ..., value[0] = enum
       mutex_kind, value[1] = 1: shared. */
    EVENT_MUTEX_ACQUIRE, /* before; value[2] = 1: it would not wait. skip: go on as if it was acquired */
    EVENT_MUTEX_ACQUIRED,
    EVENT_MUTEX_CONVERTED, /* the thread's hold is shared from now on */
    EVENT_MUTEX_RELEASE,   /* before; value[2] = the thread whose hold it is. skip: leave it alone */

    /* A driver makes a call that NDIS may turn into one of another driver.  object = the address that it
       returns to, value[0] = the function (const char *). */
    EVENT_CALL_OUT,

    /* A busy wait that a driver asks for.  value[0] = microseconds. */
    EVENT_STALL,

    /* The library sees that a driver breaks a rule which takes no more than that.  object = what it is about,
       value[0] = the rule, value[1] = what is wrong (both const char *), value[2], value[3] = bug check code
       and parameter 1, or 0.  skip: the rule is looked for, and there is a finding. */
    EVENT_MISUSE,

    /* DPCs.  object = the KDPC.  value[0] = target processor. */
    EVENT_DPC_QUEUE,

    /* A function of the DDI was called out of the levels that are allowed (ddi.h).  object = the address it
       returns to, value[0] = enum ddi, value[1], value[2] = lowest and highest level allowed, value[3] = the
       condition under which (const char *), or 0. */
    EVENT_DDI_IRQL,

    /* Code that may be paged out runs at DISPATCH_LEVEL or above.  object = the function (or section),
       value[0] = where in it. */
    EVENT_PAGEABLE,

    /* Driver code entered and left.  object = the routine, value[0] = enum callback_kind, value[1] = struct
       callback_frame *. */
    EVENT_CALLBACK_ENTER,
    EVENT_CALLBACK_LEAVE,

    /* Waits and threads.  object = dispatcher object / thread. value[0] = 1 when the wait may block, value[1]
       = timeout ms or -1. value[2], value[3]: bug check code and parameter 1 that Windows has for just this
       wait, or 0. skip: poll at the present IRQL instead of blocking. */
    EVENT_WAIT,
    EVENT_THREAD_START,
    EVENT_THREAD_END,

    /* Things with a lifetime.  object = its address, value[0] = enum object_kind, value[1] = size,
       value[2] = tag, value[3] = owner (an adapter, a driver object, or 0: then the calling driver). */
    EVENT_OBJECT_CREATE,
    EVENT_OBJECT_DESTROY,
    EVENT_POOL_REUSE, /* object = a pool block that was freed: its memory may be used for anything from now on
                       */
    EVENT_OWNER_END,  /* object = the owner that ended (adapter halted, driver unloaded): what is left leaked
                       */

    /* Drivers.  object = image base, value[0] = image end, value[1] = name (const char *), value[2] =
       DRIVER_OBJECT. */
    EVENT_DRIVER_LOAD,
    EVENT_DRIVER_UNLOAD,

    /* ASSERT failed, or a scenario saw the driver break what it checks.  object = const char *, what was
       expected. skip: the listener has noted it, go on. */
    EVENT_ASSERTION,

    /* The end of the line.  value[0] = bug check code, value[1..3] and extra = parameters. */
    EVENT_BUGCHECK,
    /* A fault in code on a processor. object = address, value[0] = enum host_fault, value[1] = write,
       value[2] = pc. */
    EVENT_FAULT,
    /* The engine's watchdog.  value[0] = enum watchdog_kind, value[1] = nanoseconds, value[2] = processor
       number. */
    EVENT_WATCHDOG,
    EVENT_KINDS
};

enum irql_cause {
    IRQL_CAUSE_DRIVER,
    IRQL_CAUSE_LOCK,
    IRQL_CAUSE_INTERRUPT,
    IRQL_CAUSE_DPC,
    IRQL_CAUSE_SYSTEM
};

enum lock_flavor {
    LOCK_NDIS,       /* NdisAcquireSpinLock / NdisReleaseSpinLock */
    LOCK_NDIS_DPR,   /* NdisDprAcquireSpinLock / NdisDprReleaseSpinLock */
    LOCK_KE,         /* KeAcquireSpinLock(RaiseToDpc) / KeReleaseSpinLock */
    LOCK_KE_DPC,     /* Ke...AtDpcLevel / ...FromDpcLevel, KeTryToAcquireSpinLockAtDpcLevel */
    LOCK_KE_FOR_DPC, /* KeAcquireSpinLockForDpc / KeReleaseSpinLockForDpc */
    LOCK_QUEUED,     /* KeAcquireInStackQueuedSpinLock / KeReleaseInStackQueuedSpinLock */
    LOCK_QUEUED_DPC,
    LOCK_QUEUED_FOR_DPC,
    LOCK_EX_SHARED, /* ExAcquireSpinLockShared / ExReleaseSpinLockShared: the object is an EX_SPIN_LOCK */
    LOCK_EX_SHARED_DPC,
    LOCK_EX_EXCLUSIVE,
    LOCK_EX_EXCLUSIVE_DPC,
    LOCK_RW_READ,     /* NdisAcquireRWLockRead / NdisReleaseRWLock */
    LOCK_RW_READ_DPC, /* with NDIS_RWL_AT_DISPATCH_LEVEL */
    LOCK_RW_WRITE,
    LOCK_RW_WRITE_DPC,
    LOCK_OLD_RW_READ, /* NdisAcquireReadWriteLock / NdisReleaseReadWriteLock */
    LOCK_OLD_RW_READ_DPC,
    LOCK_OLD_RW_WRITE,
    LOCK_OLD_RW_WRITE_DPC,
    LOCK_FLAVORS
};

enum mutex_kind {
    MUTEX_FAST,
    MUTEX_GUARDED,
    MUTEX_KERNEL, /* KMUTEX */
    MUTEX_RESOURCE,
    MUTEX_PUSH_LOCK,
    MUTEX_KINDS
};

enum callback_kind {
    CALLBACK_DRIVER_ENTRY,
    CALLBACK_DRIVER_UNLOAD,
    CALLBACK_THREAD,
    CALLBACK_DPC,
    CALLBACK_TIMER,
    CALLBACK_WORK_ITEM,
    CALLBACK_ISR,
    CALLBACK_SYNCHRONIZE, /* MiniportSynchronizeInterrupt, KeSynchronizeExecution's routine */
    CALLBACK_MINIPORT,    /* any MiniportXxx handler */
    CALLBACK_PROTOCOL,
    CALLBACK_DISPATCH, /* IRP dispatch routine */
    CALLBACK_KINDS
};

enum object_kind {
    OBJECT_POOL,
    OBJECT_SHARED_MEMORY,
    OBJECT_NBL_POOL,
    OBJECT_NB_POOL,
    OBJECT_NBL,
    OBJECT_NB,
    OBJECT_MDL,
    OBJECT_TIMER,
    OBJECT_WORK_ITEM,
    OBJECT_INTERRUPT,
    OBJECT_HANDLE,
    OBJECT_THREAD,
    OBJECT_MAPPING,
    OBJECT_CONFIGURATION,
    OBJECT_LOOKASIDE,
    OBJECT_DEVICE,
    OBJECT_KINDS
};

enum watchdog_kind {
    WATCHDOG_DISPATCH, /* a processor has been at DISPATCH_LEVEL or above for too long */
    WATCHDOG_LOCK, /* a processor has waited for a spin lock for too long; the verifier looks for a cycle */
    WATCHDOG_BLOCKED,   /* nothing can run any more, and threads wait; value[3] = so many in loops, the sender
                           one of them */
    WATCHDOG_OPERATION, /* a scenario's operation takes too long; value[3] = its name (const char *) */
    WATCHDOG_STEPS /* explored: value[1] steps were taken and nobody came to an end, though nobody was kept
                      from going on */
};

struct event {
    enum event_kind kind;
    KIRQL irql; /* as the driver sees it */
    bool skip;
    KIRQL new_irql;
    struct ke_processor *processor; /* &ke_outside when no processor reports */
    const void *object;
    uintptr_t value[4];
    uintptr_t extra;
    const struct host_registers *registers; /* where to walk the stack from, when not from here */
    uint64_t now;                           /* event_now's; 0: nobody has asked yet */
};

struct event_listener {
    const char *name;
    uint64_t kinds; /* bit per event_kind */
    void (*hear)(struct event *event);
};

/* One bracket around each call of driver code; lives on the caller's stack. */
struct callback_frame {
    uintptr_t seal; /* first, where a buffer overrun below arrives first: tells an overwritten frame */
    enum callback_kind kind;
    KIRQL irql;      /* at entry */
    bool level_told; /* a flag that it was passed says DISPATCH_LEVEL; in the checked build */
    UCHAR reserved[2];
    const char *name; /* "MiniportHaltEx", "DPC" ... */
    const void *routine;
    const void *stack_root;       /* stack walks end at this frame */
    struct callback_frame *outer; /* the one that it interrupted or was called from */
    uintptr_t cookie[2];          /* the verifier's */
};

/* False when the driver has written over the frame. */
static inline bool callback_intact(const struct callback_frame *frame)
{
    return frame->seal == ~(uintptr_t)frame;
}

#if UNDIS_CHECKED

/* Adds a listener.  Only before the processors start. */
void event_listen(struct event_listener *listener);
void event_report(struct event *event);
extern uint64_t event_wanted; /* union of the listeners' kinds; of the ends, once they matter */

/*
 * The ends of callbacks and threads: listeners look then for what is left over.  They are reported from the
 * first event on that tells of something which can be left over, for most closed programs never.
 */
#define EVENTS_OF_ENDS (1ull << EVENT_CALLBACK_LEAVE | 1ull << EVENT_THREAD_END)
void event_ends_begin(void);
/* Something can be left over that no event tells of, if that is so. */
static inline void event_ends_matter(bool so)
{
    if (so) {
        event_ends_begin();
    }
}

/* The engine's clock, looked at once an event. */
uint64_t event_now(struct event *event);

static inline bool event_is_wanted(enum event_kind kind)
{
    return (event_wanted >> kind & 1) != 0;
}

/* Reports an event of that kind; returns true when a listener objected (event.skip). */
static inline bool event_send(enum event_kind kind, const void *object, uintptr_t a, uintptr_t b, uintptr_t c,
                              uintptr_t d)
{
    if (!event_is_wanted(kind)) {
        return false;
    }
    struct event event = {.kind = kind, .object = object, .value = {a, b, c, d}, .new_irql = (KIRQL)b};
    event_report(&event);
    return event.skip;
}

#else

#define event_ends_matter(so) ((void)0)

static inline bool event_never(enum event_kind kind, const void *object, uintptr_t a, uintptr_t b,
                               uintptr_t c, uintptr_t d)
{
    (void)kind, (void)object, (void)a, (void)b, (void)c, (void)d;
    return false;
}

/* What would be reported is not even looked at: reading IRQL, say, is an instruction. */
#define event_send(kind, object, a, b, c, d)                                                                 \
    __extension__({                                                                                          \
        (void)(0 && event_never((kind), (object), (uintptr_t)(a), (uintptr_t)(b), (uintptr_t)(c),            \
                                (uintptr_t)(d)));                                                            \
        false;                                                                                               \
    })

#endif

/* In an exported function: its caller's locks are held over a call that NDIS may make of another driver. */
#define event_calls_out(name)                                                                                \
    ((void)event_send(EVENT_CALL_OUT, __builtin_return_address(0), (uintptr_t)(name), 0, 0, 0))

/* Returns true when there is a finding of it. */
static inline bool event_misuse(const char *rule, const char *what, const void *about, uint32_t code,
                                uintptr_t parameter)
{
    return event_send(EVENT_MISUSE, about, (uintptr_t)rule, (uintptr_t)what, code, parameter);
}

/*
 * Brackets a call of driver code, in both builds: stack walks made inside end here.  After
 * callback_leave the IRQL is what it was at callback_enter, whatever the driver did.
 */
void callback_enter(struct callback_frame *frame, enum callback_kind kind, const char *name,
                    const void *routine);
void callback_leave(struct callback_frame *frame);

#endif
