/* A user opens the device, which one at a time may do; the code that decides can be paged out. */
#include "../zoo.h"

static NDIS_SPIN_LOCK AdapterLock;
static PVOID FileObject;

static NTSTATUS Open(PVOID File);

#pragma alloc_text(PAGE, Open)

static VOID User(VOID)
{
    static ULONG one, two;
    NTSTATUS first = Open(&one);
    NTSTATUS second = Open(&two);
    NT_ASSERT(NT_SUCCESS(first) && !NT_SUCCESS(second));
}

static BOOLEAN ZooStart(VOID)
{
    NdisAllocateSpinLock(&AdapterLock);
    ZooThread(0, User);
    return TRUE;
}

static VOID ZooStop(VOID)
{
    NdisFreeSpinLock(&AdapterLock);
}
