/*
 * atomics.c - an instrumented driver's atomic operations must really happen: threads count together.
 */
#include <ntddk.h>

#define THREADS 4
#define ROUNDS 20000

static volatile LONG Sum;
static volatile LONG64 Wide;
static volatile SHORT Small;
static volatile LONG Swapped;
static DECLSPEC_ALIGN(16) volatile LONG64 Pair[2];

static VOID Count(PVOID Context)
{
    ULONG i;
    UNREFERENCED_PARAMETER(Context);
    for (i = 0; i < ROUNDS; i++) {
        LONG seen;
        LONG64 pair[2];
        InterlockedIncrement(&Sum);
        InterlockedExchangeAdd64(&Wide, 3);
        InterlockedIncrement16(&Small);
        do {
            seen = Swapped;
        } while (InterlockedCompareExchange(&Swapped, seen + 1, seen) != seen);
        pair[0] = Pair[0];
        pair[1] = Pair[1];
        while (!InterlockedCompareExchange128(Pair, pair[1] - 1, pair[0] + 1, pair)) {
            YieldProcessor();
        }
    }
    PsTerminateSystemThread(STATUS_SUCCESS);
}

NTSTATUS DriverEntry(PDRIVER_OBJECT DriverObject, PUNICODE_STRING RegistryPath)
{
    HANDLE handles[THREADS];
    PVOID threads[THREADS];
    NTSTATUS status = STATUS_SUCCESS;
    ULONG started, i;
    UNREFERENCED_PARAMETER(DriverObject);
    UNREFERENCED_PARAMETER(RegistryPath);
    for (started = 0; started < THREADS; started++) {
        if (!NT_SUCCESS(
                PsCreateSystemThread(&handles[started], THREAD_ALL_ACCESS, NULL, NULL, NULL, Count, NULL))) {
            break;
        }
        ObReferenceObjectByHandle(handles[started], THREAD_ALL_ACCESS, *PsThreadType, KernelMode,
                                  &threads[started], NULL);
        ZwClose(handles[started]);
    }
    for (i = 0; i < started; i++) {
        KeWaitForSingleObject(threads[i], Executive, KernelMode, FALSE, NULL);
        ObDereferenceObject(threads[i]);
    }
    if (started != THREADS || Sum != THREADS * ROUNDS || Wide != 3 * THREADS * ROUNDS ||
        Small != (SHORT)(THREADS * ROUNDS) || Swapped != Sum || Pair[0] != Sum || Pair[1] != -Sum) {
        status = STATUS_UNSUCCESSFUL;
    }
    return status;
}
