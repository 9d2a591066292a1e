/*
 * threads.h - runs two functions at a time: in threads of their own, on processors 0 and 1.
 */
#ifndef UNDIS_TESTS_RULES_THREADS_H
#define UNDIS_TESTS_RULES_THREADS_H

#include "contexts.h"

struct Worker {
    ULONG Processor;
    VOID (*Body)(VOID);
    PVOID Thread;
};

static VOID WorkerRoutine(PVOID Context)
{
    struct Worker *worker = Context;
    KeSetSystemAffinityThread((KAFFINITY)1 << worker->Processor);
    worker->Body();
    PsTerminateSystemThread(STATUS_SUCCESS);
}

static VOID StartWorker(struct Worker *Worker)
{
    HANDLE handle;
    Worker->Thread = NULL;
    while (!NT_SUCCESS(
        PsCreateSystemThread(&handle, THREAD_ALL_ACCESS, NULL, NULL, NULL, WorkerRoutine, Worker))) {
        LARGE_INTEGER soon = {.QuadPart = -10000};
        KeDelayExecutionThread(KernelMode, FALSE, &soon); /* there was no memory for it */
    }
    ObReferenceObjectByHandle(handle, THREAD_ALL_ACCESS, NULL, KernelMode, &Worker->Thread, NULL);
    ZwClose(handle);
}

/* Returns when both have ended.  PASSIVE_LEVEL. */
static VOID RunBoth(VOID (*First)(VOID), VOID (*Second)(VOID))
{
    static struct Worker workers[2];
    workers[0].Processor = 0;
    workers[0].Body = First;
    workers[1].Processor = 1;
    workers[1].Body = Second;
    StartWorker(&workers[0]);
    StartWorker(&workers[1]);
    for (ULONG i = 0; i < 2; i++) {
        if (workers[i].Thread != NULL) {
            KeWaitForSingleObject(workers[i].Thread, Executive, KernelMode, FALSE, NULL);
            ObDereferenceObject(workers[i].Thread);
        }
    }
}

#endif
