/*
 * accesses.c - functions whose accesses are known; record.c calls them and compares (accesses.expected).
 */
#include <ndis.h>

#define EXPORTED __attribute__((visibility("default")))

struct wide {
    LONG number[4];
    CHAR text[36];
};
#include <pshpack1.h>
struct packed {
    CHAR before;
    LONG number;
};
#include <poppack.h>

EXPORTED LONG counter;
EXPORTED volatile LONG shared;
EXPORTED volatile LONG64 shared64;
EXPORTED DECLSPEC_ALIGN(16) volatile LONG64 pair[2];
EXPORTED struct wide target, source;
EXPORTED struct large {
    LONG number[500];
} large_target, large_source;
EXPORTED LARGE_INTEGER target64, source64;
EXPORTED struct packed packed;
EXPORTED LONG array[64];
EXPORTED CHAR name[40] = "unic", other[40];
EXPORTED SIZE_T length = 24;
EXPORTED LONG stat; /* the C library has a function of this name */
EXPORTED ULONG word;
EXPORTED KSPIN_LOCK lock;
EXPORTED NDIS_SPIN_LOCK ndis_lock;
EXPORTED LIST_ENTRY list = {&list, &list};
EXPORTED LIST_ENTRY entry;
EXPORTED SINGLE_LIST_ENTRY stack, first;
EXPORTED SLIST_HEADER slist;
EXPORTED SLIST_ENTRY slist_entry;

DRIVER_INITIALIZE DriverEntry;
NTSTATUS DriverEntry(PDRIVER_OBJECT DriverObject, PUNICODE_STRING RegistryPath)
{
    UNREFERENCED_PARAMETER(DriverObject);
    UNREFERENCED_PARAMETER(RegistryPath);
    return STATUS_SUCCESS;
}

/* A compiler that is only to report writes would drop the read. */
VOID increment(VOID)
{
    counter++;
}

VOID clear_constant(VOID)
{
    memset(&target, 0, sizeof target);
}

VOID clear_builtin(VOID)
{
    __builtin_memset(&target, 0, 8);
}

VOID zero_memory(VOID)
{
    RtlZeroMemory(array, sizeof array);
}

VOID fill_memory(VOID)
{
    RtlFillMemory(array, 16, 0x5A);
}

VOID copy_constant(VOID)
{
    RtlCopyMemory(&target, &source, sizeof target);
}

VOID copy_builtin(VOID)
{
    __builtin_memcpy(&target, &source, 16);
}

/* The size is read, too. */
VOID move_variable(VOID)
{
    RtlMoveMemory(&target, &source, length);
}

VOID compare_memory(VOID)
{
    (VOID) RtlCompareMemory(&target, &source, sizeof target);
}

VOID copy_structure(VOID)
{
    target = source;
}

VOID copy_small_structure(VOID)
{
    target64 = source64;
}

VOID copy_large_structure(VOID)
{
    large_target = large_source;
}

VOID move_large(VOID)
{
    RtlMoveMemory(&large_target, &large_source, sizeof large_target);
}

VOID clear_structure(VOID)
{
    target = (struct wide){0};
}

VOID clear_in_loop(VOID)
{
    for (int i = 0; i < 64; i++) {
        array[i] = 0;
    }
}

VOID volatile_increment(VOID)
{
    shared++;
}

VOID unaligned(VOID)
{
    packed.number++;
}

VOID exchange(VOID)
{
    InterlockedExchange(&shared, 3);
}

VOID add_wide(VOID)
{
    InterlockedExchangeAdd64(&shared64, 3);
}

VOID compare_exchange(VOID)
{
    InterlockedCompareExchange(&shared, 1, 2);
}

VOID compare_exchange_wide(VOID)
{
    LONG64 expected[2] = {0, 0};
    InterlockedCompareExchange128(pair, 1, 1, expected);
}

VOID acquire_release(VOID)
{
    WriteRelease(&shared, ReadAcquire(&shared) + 1);
}

/* A barrier is no access; gcc warns of it unless it is told not to. */
VOID barrier(VOID)
{
    counter = 1;
    KeMemoryBarrier();
    word = 1;
}

VOID string_length(VOID)
{
    length = strlen(name) + 20;
}

VOID string_copy(VOID)
{
    strcpy(other, name);
}

VOID string_append(VOID)
{
    other[0] = 'x';
    other[1] = 0;
    strcat(other, name);
}

VOID string_compare(VOID)
{
    counter = strncmp(name, "unic2", 4);
}

VOID name_of_a_function(VOID)
{
    stat = 5;
}

VOID random_number(VOID)
{
    RtlRandomEx(&word);
}

/* ---- what the DDI does for the driver -------------------------------------------------------------- */

VOID interlocked_add(VOID)
{
    ExInterlockedAddUlong(&word, 1, &lock);
}

VOID interlocked_statistic(VOID)
{
    ExInterlockedAddLargeStatistic(&target64, 1);
}

VOID interlocked_insert(VOID)
{
    ExInterlockedInsertTailList(&list, &entry, &lock);
}

VOID interlocked_remove(VOID)
{
    ExInterlockedRemoveHeadList(&list, &lock);
}

VOID interlocked_push(VOID)
{
    ExInterlockedPushEntryList(&stack, &first, &lock);
}

VOID interlocked_pop(VOID)
{
    ExInterlockedPopEntryList(&stack, &lock);
}

VOID ndis_increment(VOID)
{
    NdisInterlockedIncrement(&counter);
}

VOID slist_push(VOID)
{
    InterlockedPushEntrySList(&slist, &slist_entry);
}

VOID slist_pop(VOID)
{
    InterlockedPopEntrySList(&slist);
}

VOID spin_lock(VOID)
{
    NdisAcquireSpinLock(&ndis_lock);
    NdisReleaseSpinLock(&ndis_lock);
}
