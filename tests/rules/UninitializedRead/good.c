/*
 * What looks like reading what was not written: bit fields set one by one, structures copied with holes and
 * with members that are not set, zeroed blocks, and blocks that the DDI or the C library fills.
 * Contexts: entry thread dpc.  Accesses: instrumented.
 */
#include "../contexts.h"

struct Flags {
    ULONG Up : 1;
    ULONG Speed : 10;
    ULONG Rest : 21;
};

struct Holes {
    UCHAR Kind;
    ULONGLONG Length;
    USHORT Port;
    ULONG Unset[6];
};

struct Filled {
    LARGE_INTEGER Time;
    LARGE_INTEGER Counter;
    UNICODE_STRING Name;
    KSPIN_LOCK Lock;
    KEVENT Event;
    LIST_ENTRY List;
    CHAR Text[32];
};

volatile ULONGLONG Seen;

static VOID UseFlags(struct Flags *Flags)
{
    Flags->Up = 1;
    Flags->Speed = 100;
    Flags->Rest = 0;
    Seen += Flags->Speed;
}

static VOID UseHoles(struct Holes *From, struct Holes *To)
{
    From->Kind = 1;
    From->Length = 2;
    From->Port = 3;
    *To = *From;
    Seen += To->Length;
    RtlCopyMemory(To, From, sizeof(*To));
    Seen += To->Kind + To->Port;
}

static VOID UseFilled(struct Filled *Filled)
{
    KeQuerySystemTime(&Filled->Time);
    Filled->Counter = KeQueryPerformanceCounter(NULL);
    RtlInitUnicodeString(&Filled->Name, L"name");
    KeInitializeSpinLock(&Filled->Lock);
    KeInitializeEvent(&Filled->Event, NotificationEvent, TRUE);
    InitializeListHead(&Filled->List);
    strcpy(Filled->Text, "text");
    Seen += (ULONGLONG)Filled->Time.QuadPart + (ULONGLONG)Filled->Counter.QuadPart + Filled->Name.Length;
    Seen += (ULONG)KeReadStateEvent(&Filled->Event) + IsListEmpty(&Filled->List) + (ULONG)Filled->Text[1];
}

static PVOID Allocate(SIZE_T Size)
{
    return ExAllocatePoolWithTag(NonPagedPoolNx, Size, 'inu ');
}

static VOID Free(PVOID Block)
{
    if (Block != NULL) {
        ExFreePoolWithTag(Block, 'inu ');
    }
}

static VOID body(VOID)
{
    struct Flags *flags = Allocate(sizeof(*flags));
    struct Holes *from = Allocate(sizeof(*from)), *to = Allocate(sizeof(*to));
    struct Filled *filled = Allocate(sizeof(*filled));
    PULONG zeroed = ExAllocatePoolZero(NonPagedPoolNx, 100, 'inu ');
    if (flags != NULL && from != NULL && to != NULL && filled != NULL && zeroed != NULL) {
        UseFlags(flags);
        UseHoles(from, to);
        UseFilled(filled);
        Seen += zeroed[24];
    }
    Free(flags);
    Free(from);
    Free(to);
    Free(filled);
    Free(zeroed);
}
