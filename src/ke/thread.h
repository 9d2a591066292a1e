/*
 * thread.h - kernel threads: stackful coroutines that any processor of their affinity may run.
 *
 * Thread states, wait lists and the ready list are guarded by one dispatcher guard.
 */
#ifndef UNDIS_KE_THREAD_H
#define UNDIS_KE_THREAD_H

#include "ke/processor.h"

enum ke_thread_state { KE_THREAD_READY, KE_THREAD_RUNNING, KE_THREAD_WAITING, KE_THREAD_ENDED };

struct _KTHREAD {
    DISPATCHER_HEADER header; /* signalled when the thread has ended; SignalState first written at the end */
    LIST_ENTRY all_link;
    LIST_ENTRY ready_link;
    volatile enum ke_thread_state state;
    volatile LONG references;
    ULONG id;
    KPRIORITY priority;
    KAFFINITY affinity;
    KAFFINITY user_affinity; /* what KeRevertToUserAffinityThread goes back to */
    uint32_t last_processor;
    BOOLEAN only_joined; /* nobody can wait for it but by ke_engine->join: its end is no step */
    uint32_t actor;      /* the explored engine's */
    BOOLEAN system;      /* undis's own (a worker, the scenario): not waited for by ke_settle */
    const char *name;
    void (*start)(void *context);
    void *context;
    NTSTATUS exit_status;
    NTSTATUS wait_status;
    struct callback_frame *callback;
    uintptr_t loose[2]; /* the verifier's, in place of a callback frame's cookie outside any callback */
    struct host_context host;
    PKWAIT_BLOCK wait_list;
    ULONG wait_count;
    WAIT_TYPE wait_type;
    BOOLEAN wait_has_timeout;
    KTIMER wait_timer;
    struct host_registers wait_registers; /* where it waits, for a deadlock's report */
    LONG critical_region;
    LONG guarded_region;
    LONG increment;                  /* KeSetBasePriorityThread */
    PDEVICE_OBJECT device_to_verify; /* IoSetDeviceToVerify */
    struct _KTHREAD *next_dead;
};

/*
 * Makes a thread that runs start(context) at PASSIVE_LEVEL on any processor, with one reference for the
 * caller and one that it drops at its end.  NULL when memory is short.  <= APC_LEVEL.
 */
struct _KTHREAD *ke_thread_create(void (*start)(void *), void *context, const char *name, bool system);
/* The same, on the processors of `affinity` only, from its first instruction on. */
struct _KTHREAD *ke_thread_create_on(void (*start)(void *), void *context, const char *name, bool system,
                                     KAFFINITY affinity);
void ke_thread_reference(struct _KTHREAD *thread);
void ke_thread_dereference(struct _KTHREAD *thread);
/* Waits until the thread has ended and gives the caller's reference back.  PASSIVE_LEVEL. */
void ke_thread_join(struct _KTHREAD *thread);
/* Waits until all of those have ended: one step under the explored engine, however many they are. */
void ke_threads_join(struct _KTHREAD *const *threads, unsigned count);

/* Ends the calling thread; PASSIVE_LEVEL. */
void ke_thread_exit(NTSTATUS status) __attribute__((noreturn));

/* Calls visit for every live thread, under the dispatcher guard. */
void ke_thread_each(void (*visit)(struct _KTHREAD *thread, void *argument), void *argument);

#endif
