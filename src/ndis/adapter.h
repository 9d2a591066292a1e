/*
 * adapter.h - the NDIS library's own view of a miniport driver, an adapter and a binding to it.
 *
 * Drivers see these structures as opaque handles.  Everything that NDIS does to a miniport goes through the
 * functions declared here; each checks the state table (a miniport adapter is Halted, Initializing, Paused,
 * Restarting, Running, Pausing or Shutdown) and stops undis when NDIS itself would make an illegal call.
 *
 * What is not guaranteed: one binding per adapter; filters and real protocols come with their own issue.
 */
#ifndef UNDIS_NDIS_ADAPTER_H
#define UNDIS_NDIS_ADAPTER_H

#include "dev/device.h"
#include "io/pdo.h"
#include "ke/engine.h"
#include "ke/event.h"
#include "ke/line.h"
#include "ke/memory.h"
#include "ke/processor.h"
#include "ke/run.h"
#include "ke/thread.h"
#include "ndis/gate.h"
#include "ndis/parameters.h"

#include <ndis.h>

enum adapter_state {
    ADAPTER_HALTED,
    ADAPTER_INITIALIZING,
    ADAPTER_PAUSED,
    ADAPTER_RESTARTING,
    ADAPTER_RUNNING,
    ADAPTER_PAUSING,
    ADAPTER_SHUTDOWN
};

/* Objects that a driver knows by handle begin with one of these, so that a wrong handle is told from a right
 * one. */
enum ndis_signature {
    NDIS_SIGNATURE_DRIVER = 0x4E445256,
    NDIS_SIGNATURE_ADAPTER = 0x4E414450,
    NDIS_SIGNATURE_BINDING = 0x4E424E44,
    NDIS_SIGNATURE_INTERRUPT = 0x4E494E54,
    NDIS_SIGNATURE_NBL_POOL = 0x4E4E4C50,
    NDIS_SIGNATURE_NB_POOL = 0x4E4E4250,
    NDIS_SIGNATURE_TIMER = 0x4E544D52,
    NDIS_SIGNATURE_WORK_ITEM = 0x4E574B49,
    NDIS_SIGNATURE_CONFIGURATION = 0x4E434647,
    NDIS_SIGNATURE_DMA = 0x4E444D41,
    NDIS_SIGNATURE_DEVICE = 0x4E444556,
    NDIS_SIGNATURE_POLL = 0x4E504F4C,
    NDIS_SIGNATURE_DEAD = 0x4E444541
};

struct ndis_miniport_driver {
    uint32_t signature;
    LIST_ENTRY link;
    DRIVER_OBJECT *object;
    NDIS_HANDLE context; /* MiniportDriverContext */
    NDIS_MINIPORT_DRIVER_CHARACTERISTICS handlers;
    NDIS_MINIPORT_PNP_CHARACTERISTICS pnp; /* NULL handlers: the driver has none */
    volatile LONG adapters;
    BOOLEAN registered;
    BOOLEAN setting_options; /* MiniportSetOptions is being called */
};

struct ndis_parameter; /* one registry value: configuration.c */

/* What the driver above hears from the adapter (a protocol's handlers). */
struct ndis_binding_handlers {
    void (*send_complete)(void *context, NET_BUFFER_LIST *lists, ULONG flags);
    void (*receive)(void *context, NET_BUFFER_LIST *lists, NDIS_PORT_NUMBER port, ULONG count, ULONG flags);
    void (*oid_complete)(void *context, NDIS_OID_REQUEST *request, NDIS_STATUS status);
    void (*status)(void *context, const NDIS_STATUS_INDICATION *indication);
};

struct ndis_binding {
    uint32_t signature;
    struct ndis_adapter *adapter;
    const struct ndis_binding_handlers *handlers;
    void *context;
};

/* What a driver may change in the configuration space of its device. */
struct ndis_bus_registers {
    USHORT command;
    UCHAR cache_line, latency, interrupt_line;
};

struct ndis_adapter {
    uint32_t signature;
    LIST_ENTRY link;
    struct ndis_miniport_driver *driver;
    NDIS_HANDLE context; /* MiniportAdapterContext */
    char name[32];
    WCHAR wide_name[64];
    ULONG index; /* NetLuid and ifIndex come from it */
    struct device *device;
    struct ke_line *line;
    struct io_pdo physical;
    DEVICE_OBJECT functional, next_device; /* that only need to be there */
    struct ndis_bus_registers bus;
    NDIS_HANDLE add_device_context; /* MiniportAddDeviceContext */
    BOOLEAN adding;                 /* MiniportAddDevice is being called */
    BOOLEAN device_added;           /* MiniportRemoveDevice is due */

    volatile enum adapter_state state;
    struct ke_guard guard;       /* of what follows up to the blank line */
    BOOLEAN registered, general; /* attributes that have been set */
    BOOLEAN removed;             /* surprise removal has been notified */
    BOOLEAN uses_hardware;       /* it mapped registers or registered an interrupt */
    ULONG attribute_flags;
    ULONG hang_seconds;
    UCHAR address[NDIS_MAX_PHYS_ADDRESS_LENGTH];
    USHORT address_length;
    ULONG mtu;
    struct ndis_interrupt *interrupts;
    struct ndis_timer *timers;
    struct _NDIS_POLL_OBJECT *polls;
    struct ndis_binding *volatile binding;
    NDIS_OID_REQUEST *oid_current;
    NDIS_OID_REQUEST *oid_head, *oid_tail;
    BOOLEAN oid_busy;     /* somebody is between taking a request and the handler's return */
    ULONG oid_telling;    /* completions whose handler has not returned */
    BOOLEAN oid_draining; /* somebody waits for oid_idle */
    BOOLEAN resetting;
    BOOLEAN checking;    /* a hang check is under way */
    ULONG packet_filter; /* what was set last: set again after a reset that lost it */
    BOOLEAN packet_filter_set;
    struct ndis_parameter *parameters;

    BOOLEAN steady;             /* nobody pauses or halts it at present: comings and goings disturb nobody */
    volatile BOOLEAN send_open; /* sends reach the miniport */
    volatile LONG senders;      /* threads and DPCs now inside NdisSendNetBufferLists */
    volatile LONG sends;        /* NET_BUFFER_LISTs that the miniport owns */
    volatile LONG receives;     /* NET_BUFFER_LISTs that the driver above owns */
    volatile LONG direct_oids;
    volatile BOOLEAN quiescing; /* the halt waits for these three to become zero */
    KEVENT returned;            /* one of them did */
    KEVENT send_gone;           /* send_open is clear and the last of `senders` has left */
    volatile LONG calls; /* calls into the miniport on the data path: 1 while not halted, see adapter_enter */
    volatile BOOLEAN calls_closed; /* the halt has dropped its own */
    KEVENT calls_done;
    struct ndis_gate operation_done; /* restart or pause completed */
    NDIS_STATUS operation_status;
    struct ndis_gate reset_done;
    NDIS_STATUS reset_status;
    BOOLEAN reset_addressing;
    KSEMAPHORE oid_work;
    KEVENT oid_idle; /* no request is queued, pending or being handed over */
    struct _KTHREAD *worker;
    volatile BOOLEAN worker_stop;
    struct _KTHREAD *hang_watch;
    KEVENT hang_stop;
    volatile LONG hang_checks, resets; /* how often each was done */
    volatile LONG statuses;
    CM_PARTIAL_RESOURCE_LIST *resources;
    const void
        *unlogged; /* where MiniportInitializeEx asked for shared memory, in vain and without telling */
    const char *volatile fault; /* the first promise that the miniport broke, in words, or NULL */
};

/* ---- small helpers ------------------------------------------------------------------------------------ */

/* Stops undis when `condition` is false: NDIS was about to break its own promises. */
void ndis_require(bool condition, const char *promise);

/* Notes that the miniport broke a promise that has no bug check on Windows. */
void adapter_fault(struct ndis_adapter *adapter, const char *fault);

/* The adapter that an opaque handle means, or NULL. */
struct ndis_adapter *adapter_of(NDIS_HANDLE handle);

/* Is the caller's innermost callback of that name? */
bool ndis_called_from(const char *name);

/* Brackets a call of a MiniportXxx handler. */
#define MINIPORT_ENTER(frame, handler_name, routine)                                                         \
    struct callback_frame frame;                                                                             \
    callback_enter(&frame, CALLBACK_MINIPORT, handler_name, (const void *)(uintptr_t)(routine))

/*
 * A call into the miniport on the data path takes adapter_enter first: false once the adapter is being
 * halted. adapter_halt waits until every adapter_leave has been made.
 */
bool adapter_enter(struct ndis_adapter *adapter);
void adapter_leave(struct ndis_adapter *adapter);

static inline ULONG nbl_count(const NET_BUFFER_LIST *list)
{
    ULONG count = 0;
    for (; list != NULL; list = NET_BUFFER_LIST_NEXT_NBL(list)) {
        count++;
    }
    return count;
}

/* ---- drivers and adapters: PASSIVE_LEVEL ----------------------------------------------------------------
 */

/* The miniport that this driver registered, or NULL. */
struct ndis_miniport_driver *miniport_of(const DRIVER_OBJECT *object);

/* A new adapter of that driver, Halted.  `device` may be NULL: a virtual adapter. */
struct ndis_adapter *adapter_create(struct ndis_miniport_driver *driver, struct device *device,
                                    const char *name);
/* bus.c: the configuration space as the bus driver leaves it. */
void adapter_bus_begin(struct ndis_adapter *adapter);
/* The adapter's resources as they are now, in place of those before.  False when memory is short. */
bool adapter_resources_describe(struct ndis_adapter *adapter);
/* pnp.c: before MiniportInitializeEx, which is not called unless it answers NDIS_STATUS_SUCCESS; and after
 * the last MiniportHaltEx.  PASSIVE_LEVEL. */
NDIS_STATUS adapter_device_start(struct ndis_adapter *adapter);
void adapter_device_remove(struct ndis_adapter *adapter);
/* Halted or Shutdown only. */
void adapter_destroy(struct ndis_adapter *adapter);

/* Halted -> Initializing -> Paused, or back to Halted with the driver's error. */
NDIS_STATUS adapter_initialize(struct ndis_adapter *adapter);
/* Paused -> Restarting -> Running, or back to Paused with the driver's error. */
NDIS_STATUS adapter_restart(struct ndis_adapter *adapter);
/* Running -> Pausing -> Paused.  Cannot fail. */
void adapter_pause(struct ndis_adapter *adapter);
/* Paused -> Halted. */
void adapter_halt(struct ndis_adapter *adapter, NDIS_HALT_ACTION action);
/* Paused, Pausing or Running -> Shutdown. */
void adapter_shutdown(struct ndis_adapter *adapter, NDIS_SHUTDOWN_ACTION action);
/* Tells the miniport that its hardware is gone; pause and halt follow. */
void adapter_surprise_remove(struct ndis_adapter *adapter);
/* MiniportCheckForHangEx, and MiniportResetEx when it says so; returns what it said. */
bool adapter_check_for_hang(struct ndis_adapter *adapter);
/* MiniportResetEx and its completion.  Paused, Restarting, Running, Pausing. */
NDIS_STATUS adapter_reset(struct ndis_adapter *adapter);

/* About to count oneself in or out at `counter`: that disturbs only who pauses or halts the adapter. */
#define adapter_about_to_count(adapter, counter)                                                             \
    ((adapter)->steady ? (void)0 : ke_about_to_look((const void *)(counter)))

/* One of sends, receives and direct_oids was counted down: tells a halt that waits for it. */
void adapter_returned(struct ndis_adapter *adapter, LONG left);

/* A choice that is made seldom: once in `one_in` times; the explored engine tries both. */
static inline bool ndis_seldom(enum choice_kind kind, unsigned one_in)
{
    return ke_engine->step != NULL ? ke_choose(kind, 2) == 1 : ke_choose(kind, one_in) == 0;
}

/* No new send reaches the miniport, and no call of its send handler is under way, when it returns. */
void adapter_sends_close(struct ndis_adapter *adapter);

/* Starts and stops the thread that asks MiniportCheckForHangEx every so often. */
void adapter_hang_watch_start(struct ndis_adapter *adapter);
void adapter_hang_watch_stop(struct ndis_adapter *adapter);

/* The diagnostics of IN-15: MiniportDisableInterruptEx, MiniportEnableInterruptEx on each interrupt; false:
 * none. */
bool adapter_disable_interrupts(struct ndis_adapter *adapter);
bool adapter_enable_interrupts(struct ndis_adapter *adapter);

/* After halt: what the miniport left behind can no longer call it. */
void adapter_timers_stop(struct ndis_adapter *adapter);
void adapter_interrupts_stop(struct ndis_adapter *adapter);
void adapter_polls_stop(struct ndis_adapter *adapter);
/* What the driver's poll callbacks have given back by now has reached the binding.  PASSIVE_LEVEL. */
void adapter_polls_settle(struct ndis_adapter *adapter);

/* ---- OID requests ------------------------------------------------------------------------------------- */

void adapter_oid_worker_start(struct ndis_adapter *adapter);
void adapter_oid_worker_stop(struct ndis_adapter *adapter);
/* Waits until no OID request is queued or pending. */
void adapter_oid_drain(struct ndis_adapter *adapter);
/* Lets requests that waited for the end of a reset go on. */
void adapter_oid_resume(struct ndis_adapter *adapter);
/* One request of NDIS's own, to its end.  PASSIVE_LEVEL. */
NDIS_STATUS adapter_oid(struct ndis_adapter *adapter, NDIS_REQUEST_TYPE type, NDIS_OID oid, void *buffer,
                        ULONG length, ULONG *transferred);

/* ---- bindings ----------------------------------------------------------------------------------------- */

/* The adapter must be Paused and unbound.  The binding's address is the NdisBindingHandle. */
void binding_open(struct ndis_binding *binding, struct ndis_adapter *adapter,
                  const struct ndis_binding_handlers *handlers, void *context);
void binding_close(struct ndis_binding *binding);

/* ---- the adapter's registry: configuration.c ----------------------------------------------------------- */

/* What Windows writes there when it installs an adapter: NetCfgInstanceId, the GUID by which all call it. */
bool adapter_parameters_begin(struct ndis_adapter *adapter);
/* What parameters.h has given, once more.  False when memory is short. */
bool adapter_parameters_set_preset(struct ndis_adapter *adapter);
bool adapter_parameter_set_integer(struct ndis_adapter *adapter, const char *name, ULONG value);
bool adapter_parameter_set_string(struct ndis_adapter *adapter, const char *name, const char *value);
void adapter_parameters_free(struct ndis_adapter *adapter);

#endif
