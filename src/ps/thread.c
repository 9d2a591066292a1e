/*
 * thread.c - PsCreateSystemThread and what a driver may ask about threads and processes.
 *
 * There is one process, the system process, number 4.  A driver's thread that returns from its routine ends
 * with status 0, where older Windows would bug check.
 */
#include "ke/ddi.h"
#include "ke/event.h"
#include "ke/fault.h"
#include "ke/memory.h"
#include "ke/run.h"
#include "ke/thread.h"
#include "ob/ob.h"

#include <ntifs.h>

#define SYSTEM_PROCESS_ID ((HANDLE)(ULONG_PTR)4)
#define CURRENT_PROCESS ((HANDLE)(LONG_PTR)-1)

/* One per driver thread, its KTHREAD's context. */
struct ps_thread {
    PKSTART_ROUTINE start;
    PVOID context;
    struct callback_frame *frame; /* on the thread's stack */
    KEVENT go;                    /* set once the creator's out parameters are written */
};

/* The one process; drivers only see its address. */
static struct ps_process {
    DISPATCHER_HEADER header;
} system_process __attribute__((aligned(16)));

static void end_thread(struct ps_thread *self, NTSTATUS status) __attribute__((noreturn));
static void end_thread(struct ps_thread *self, NTSTATUS status)
{
    if (self->frame != NULL) {
        callback_leave(self->frame);
    }
    event_send(EVENT_OBJECT_DESTROY, KeGetCurrentThread(), OBJECT_THREAD, 0, 0, 0);
    ke_free(self);
    ke_thread_exit(status);
}

static void run_thread(void *context)
{
    struct ps_thread *self = context;
    struct callback_frame frame;
    KeWaitForSingleObject(&self->go, Executive, KernelMode, FALSE, NULL);
    if (self->start == NULL) {
        end_thread(self, STATUS_INSUFFICIENT_RESOURCES);
    }
    self->frame = &frame;
    callback_enter(&frame, CALLBACK_THREAD, "thread", (const void *)(uintptr_t)self->start);
    self->start(self->context);
    end_thread(self, STATUS_SUCCESS);
}

/*
 * Starts a thread at PASSIVE_LEVEL and opens a handle for it.  PASSIVE_LEVEL.  STATUS_INVALID_PARAMETER for a
 * process that does not exist or without a routine, STATUS_INSUFFICIENT_RESOURCES.
 * nf-wdm-pscreatesystemthread.
 */
NTSTATUS NTAPI PsCreateSystemThread(PHANDLE ThreadHandle, ULONG DesiredAccess,
                                    POBJECT_ATTRIBUTES ObjectAttributes, HANDLE ProcessHandle,
                                    PCLIENT_ID ClientId, PKSTART_ROUTINE StartRoutine, PVOID StartContext)
{
    ddi_enter(PsCreateSystemThread);
    if (ddi_fails(PsCreateSystemThread)) {
        return STATUS_INSUFFICIENT_RESOURCES;
    }
    (void)DesiredAccess, (void)ObjectAttributes;
    if (StartRoutine == NULL || (ProcessHandle != NULL && ProcessHandle != CURRENT_PROCESS)) {
        return STATUS_INVALID_PARAMETER;
    }
    struct ps_thread *self = ke_allocate(sizeof(*self));
    if (self == NULL) {
        return STATUS_INSUFFICIENT_RESOURCES;
    }
    self->start = StartRoutine;
    self->context = StartContext;
    KeInitializeEvent(&self->go, NotificationEvent, FALSE);
    struct _KTHREAD *thread = ke_thread_create(run_thread, self, "thread", false);
    if (thread == NULL) {
        ke_free(self);
        return STATUS_INSUFFICIENT_RESOURCES;
    }
    if (ClientId != NULL) {
        ClientId->UniqueProcess = SYSTEM_PROCESS_ID;
        ClientId->UniqueThread = (HANDLE)(ULONG_PTR)thread->id;
    }
    /* A thread that runs on when its driver is gone is a leak like any other. */
    event_send(EVENT_OBJECT_CREATE, thread, OBJECT_THREAD, 0, 0, 0);
    NTSTATUS status = ob_handle_open(thread, &ob_thread_type, ThreadHandle);
    if (!NT_SUCCESS(status)) {
        self->start = NULL;
    }
    KeSetEvent(&self->go, 0, FALSE);
    ke_thread_dereference(thread);
    return status;
}

/*
 * Ends the calling thread with that status.  PASSIVE_LEVEL.  Returns only for a thread that
 * PsCreateSystemThread did not make: STATUS_INVALID_PARAMETER.  nf-wdm-psterminatesystemthread.
 */
NTSTATUS NTAPI PsTerminateSystemThread(NTSTATUS ExitStatus)
{
    ddi_enter(PsTerminateSystemThread);
    struct _KTHREAD *thread = (struct _KTHREAD *)KeGetCurrentThread();
    if (thread == NULL || thread->start != run_thread) {
        return STATUS_INVALID_PARAMETER;
    }
    end_thread(thread->context, ExitStatus);
}

/* The number of a thread, of the calling thread and of its process.  nf-ntddk-psgetcurrentthreadid and peers.
 */
HANDLE NTAPI PsGetThreadId(PETHREAD Thread)
{
    ddi_enter(PsGetThreadId);
    return (HANDLE)(ULONG_PTR)((struct _KTHREAD *)Thread)->id;
}

HANDLE NTAPI PsGetCurrentThreadId(VOID)
{
    ddi_enter(PsGetCurrentThreadId);
    return PsGetThreadId(PsGetCurrentThread());
}

HANDLE NTAPI PsGetCurrentProcessId(VOID)
{
    ddi_enter(PsGetCurrentProcessId);
    return SYSTEM_PROCESS_ID;
}

HANDLE NTAPI PsGetProcessId(PEPROCESS Process)
{
    ddi_enter(PsGetProcessId);
    (void)Process;
    return SYSTEM_PROCESS_ID;
}

/* The system process; no reference is taken.  nf-ntddk-psgetcurrentprocess. */
PEPROCESS NTAPI PsGetCurrentProcess(VOID)
{
    ddi_enter(PsGetCurrentProcess);
    return (PEPROCESS)&system_process;
}

/* Goes into a process: there is one only.  < DISPATCH_LEVEL.  nf-ntifs-kestackattachprocess. */
VOID NTAPI KeStackAttachProcess(PRKPROCESS Process, PRKAPC_STATE ApcState)
{
    ddi_enter(KeStackAttachProcess);
    *ApcState = (KAPC_STATE){.Process = Process};
}

/* Goes back from where KeStackAttachProcess has led.  < DISPATCH_LEVEL.  nf-ntifs-keunstackdetachprocess. */
VOID NTAPI KeUnstackDetachProcess(PRKAPC_STATE ApcState)
{
    ddi_enter(KeUnstackDetachProcess);
    ApcState->Process = NULL;
}

/* TRUE: every thread here is a system thread.  nf-ntddk-psissystemthread. */
BOOLEAN NTAPI PsIsSystemThread(PETHREAD Thread)
{
    ddi_enter(PsIsSystemThread);
    (void)Thread;
    return TRUE;
}

/* How the thread ended, or STATUS_PENDING while it lives.  <= DISPATCH_LEVEL. */
NTSTATUS NTAPI PsGetThreadExitStatus(PETHREAD Thread)
{
    ddi_enter(PsGetThreadExitStatus);
    const struct _KTHREAD *thread = (const struct _KTHREAD *)Thread;
    return thread->state == KE_THREAD_ENDED ? thread->exit_status : STATUS_PENDING;
}
