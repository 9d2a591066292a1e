/*
 * What is handed over by a timer, an event or an interlocked list belongs to the one who takes it; what is
 * done under run-down protection is over when the wait for it ends. Contexts: entry.  Engine: explored.
 * Options: --seconds 20.
 */
#include "../threads.h"

ULONG Timed, Guarded, Seen;
static KTIMER Timer;
static KDPC TimerDpc;
static KEVENT Fired;
static EX_RUNDOWN_REF Uses;
DECLSPEC_ALIGN(16) static SLIST_HEADER Queue;
DECLSPEC_ALIGN(16) static struct Packet {
    SLIST_ENTRY Link;
    ULONG Length;
} Packet;

static VOID TimerRoutine(PKDPC Object, PVOID Context, PVOID Argument1, PVOID Argument2)
{
    UNREFERENCED_PARAMETER(Object);
    UNREFERENCED_PARAMETER(Context);
    UNREFERENCED_PARAMETER(Argument1);
    UNREFERENCED_PARAMETER(Argument2);
    Timed++;
    KeSetEvent(&Fired, IO_NO_INCREMENT, FALSE);
}

static VOID Give(VOID)
{
    if (ExAcquireRundownProtection(&Uses)) {
        Guarded++;
        ExReleaseRundownProtection(&Uses);
    }
    Packet.Length = 60;
    InterlockedPushEntrySList(&Queue, &Packet.Link);
}

static VOID Take(VOID)
{
    PSLIST_ENTRY entry = InterlockedPopEntrySList(&Queue);
    if (entry != NULL) {
        Seen = CONTAINING_RECORD(entry, struct Packet, Link)->Length;
    }
    ExWaitForRundownProtectionRelease(&Uses);
    Guarded = 0;
}

static VOID body(VOID)
{
    LARGE_INTEGER due = {.QuadPart = -10};
    KeInitializeTimer(&Timer);
    KeInitializeDpc(&TimerDpc, TimerRoutine, NULL);
    KeInitializeEvent(&Fired, NotificationEvent, FALSE);
    ExInitializeRundownProtection(&Uses);
    InitializeSListHead(&Queue);
    RunBoth(Give, Take);
    Timed = 1;
    KeSetTimer(&Timer, due, &TimerDpc);
    KeWaitForSingleObject(&Fired, Executive, KernelMode, FALSE, NULL);
    Seen += Timed;
}
