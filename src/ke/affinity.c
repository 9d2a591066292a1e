/*
 * affinity.c - which processors there are, which one this is, and binding threads to some of them.
 * One processor group of up to 64.
 */
#include "ke/ddi.h"
#include "ke/dispatch.h"
#include "ke/step.h"

#undef KeGetCurrentProcessorNumber
#undef KeGetCurrentProcessorNumberEx

/* KeGetCurrentProcessorNumber: any IRQL; below DISPATCH_LEVEL stale as soon as it is returned. */
ULONG KeGetCurrentProcessorNumber(VOID)
{
    ddi_enter(KeGetCurrentProcessorNumber);
    return ke_processor()->number;
}

/* KeGetCurrentProcessorNumberEx: any IRQL; also as group and number. */
ULONG KeGetCurrentProcessorNumberEx(PPROCESSOR_NUMBER ProcNumber)
{
    ddi_enter(KeGetCurrentProcessorNumberEx);
    ULONG number = ke_processor()->number;
    if (ProcNumber != NULL) {
        *ProcNumber = (PROCESSOR_NUMBER){.Group = 0, .Number = (UCHAR)number};
    }
    return number;
}

/* KeQueryActiveProcessorCount: <= DISPATCH_LEVEL (any here). */
ULONG KeQueryActiveProcessorCount(PKAFFINITY ActiveProcessors)
{
    ddi_enter(KeQueryActiveProcessorCount);
    if (ActiveProcessors != NULL) {
        *ActiveProcessors = ke_processors_all();
    }
    return ke_processor_count;
}

/* KeQueryActiveProcessorCountEx: any IRQL; 0 for a group that is not there. */
ULONG KeQueryActiveProcessorCountEx(USHORT GroupNumber)
{
    ddi_enter(KeQueryActiveProcessorCountEx);
    return GroupNumber == 0 || GroupNumber == ALL_PROCESSOR_GROUPS ? ke_processor_count : 0;
}

/* KeQueryMaximumProcessorCount: any IRQL; processors are never added to a running machine. */
ULONG KeQueryMaximumProcessorCount(VOID)
{
    ddi_enter(KeQueryMaximumProcessorCount);
    return ke_processor_count;
}

/* KeQueryMaximumProcessorCountEx: any IRQL. */
ULONG KeQueryMaximumProcessorCountEx(USHORT GroupNumber)
{
    ddi_enter(KeQueryMaximumProcessorCountEx);
    return KeQueryActiveProcessorCountEx(GroupNumber);
}

/* KeQueryActiveGroupCount: any IRQL. */
USHORT KeQueryActiveGroupCount(VOID)
{
    ddi_enter(KeQueryActiveGroupCount);
    return 1;
}

/* KeQueryMaximumGroupCount: any IRQL. */
USHORT KeQueryMaximumGroupCount(VOID)
{
    ddi_enter(KeQueryMaximumGroupCount);
    return 1;
}

/* KeQueryGroupAffinity: any IRQL. */
KAFFINITY KeQueryGroupAffinity(USHORT GroupNumber)
{
    ddi_enter(KeQueryGroupAffinity);
    return GroupNumber == 0 ? ke_processors_all() : 0;
}

/* KeQueryHighestNodeNumber: any IRQL; one node has all processors. */
USHORT KeQueryHighestNodeNumber(VOID)
{
    ddi_enter(KeQueryHighestNodeNumber);
    return 0;
}

/* KeGetCurrentNodeNumber: any IRQL. */
USHORT KeGetCurrentNodeNumber(VOID)
{
    ddi_enter(KeGetCurrentNodeNumber);
    return 0;
}

/* KeQueryNodeActiveAffinity: any IRQL; either result may be NULL.  Nothing for a node that is not there. */
VOID KeQueryNodeActiveAffinity(USHORT NodeNumber, PGROUP_AFFINITY Affinity, PUSHORT Count)
{
    ddi_enter(KeQueryNodeActiveAffinity);
    if (Affinity != NULL) {
        *Affinity = (GROUP_AFFINITY){.Mask = NodeNumber == 0 ? ke_processors_all() : 0};
    }
    if (Count != NULL) {
        *Count = NodeNumber == 0 ? (USHORT)ke_processor_count : 0;
    }
}

/* KeQueryNodeMaximumProcessorCount: any IRQL. */
USHORT KeQueryNodeMaximumProcessorCount(USHORT NodeNumber)
{
    ddi_enter(KeQueryNodeMaximumProcessorCount);
    return NodeNumber == 0 ? (USHORT)ke_processor_count : 0;
}

/* KeQueryActiveProcessors: any IRQL. */
KAFFINITY KeQueryActiveProcessors(VOID)
{
    ddi_enter(KeQueryActiveProcessors);
    return ke_processors_all();
}

/* KeGetProcessorNumberFromIndex: any IRQL. */
NTSTATUS KeGetProcessorNumberFromIndex(ULONG ProcIndex, PPROCESSOR_NUMBER ProcNumber)
{
    ddi_enter(KeGetProcessorNumberFromIndex);
    if (ProcIndex >= ke_processor_count) {
        return STATUS_INVALID_PARAMETER;
    }
    *ProcNumber = (PROCESSOR_NUMBER){.Group = 0, .Number = (UCHAR)ProcIndex};
    return STATUS_SUCCESS;
}

/* KeGetProcessorIndexFromNumber: any IRQL; INVALID_PROCESSOR_INDEX when there is none such. */
ULONG KeGetProcessorIndexFromNumber(PPROCESSOR_NUMBER ProcNumber)
{
    ddi_enter(KeGetProcessorIndexFromNumber);
    return ProcNumber->Group == 0 && ProcNumber->Number < ke_processor_count ? ProcNumber->Number
                                                                             : INVALID_PROCESSOR_INDEX;
}

/*
 * Sets the calling thread's affinity and moves it there before it returns.  At DISPATCH_LEVEL the move
 * waits until the thread is next rescheduled, as on Windows.
 */
static KAFFINITY set_affinity(KAFFINITY affinity)
{
    struct _KTHREAD *thread = (struct _KTHREAD *)KeGetCurrentThread();
    KAFFINITY old = thread->affinity;
    if ((affinity & ke_processors_all()) != 0) {
        thread->affinity = affinity & ke_processors_all();
        if (ke_irql() < DISPATCH_LEVEL) {
            struct ke_processor *before = ke_processor();
            ke_thread_follow_affinity();
            if (ke_processor() != before) {
                /* It goes on when nobody keeps it from the processor that it has come to. */
                ke_about_to_change_always(thread, NULL);
            }
        }
    }
    return old;
}

/* KeSetSystemAffinityThread: <= APC_LEVEL; the calling thread runs on those processors from now on. */
VOID KeSetSystemAffinityThread(KAFFINITY Affinity)
{
    ddi_enter(KeSetSystemAffinityThread);
    set_affinity(Affinity);
}

/* KeSetSystemAffinityThreadEx: <= APC_LEVEL; returns the affinity to hand to KeRevertToUserAffinityThreadEx,
 * 0 for the first call. */
KAFFINITY KeSetSystemAffinityThreadEx(KAFFINITY Affinity)
{
    ddi_enter(KeSetSystemAffinityThreadEx);
    struct _KTHREAD *thread = (struct _KTHREAD *)KeGetCurrentThread();
    KAFFINITY old = set_affinity(Affinity);
    return old == thread->user_affinity ? 0 : old;
}

/* KeRevertToUserAffinityThread: <= APC_LEVEL. */
VOID KeRevertToUserAffinityThread(VOID)
{
    ddi_enter(KeRevertToUserAffinityThread);
    set_affinity(((struct _KTHREAD *)KeGetCurrentThread())->user_affinity);
}

/* KeRevertToUserAffinityThreadEx: <= APC_LEVEL; 0 goes back to the thread's own affinity. */
VOID KeRevertToUserAffinityThreadEx(KAFFINITY Affinity)
{
    ddi_enter(KeRevertToUserAffinityThreadEx);
    set_affinity(Affinity != 0 ? Affinity : ((struct _KTHREAD *)KeGetCurrentThread())->user_affinity);
}

/* KeSetSystemGroupAffinityThread: <= APC_LEVEL; PreviousAffinity is all zero for the first call. */
VOID KeSetSystemGroupAffinityThread(PGROUP_AFFINITY Affinity, PGROUP_AFFINITY PreviousAffinity)
{
    ddi_enter(KeSetSystemGroupAffinityThread);
    KAFFINITY old = KeSetSystemAffinityThreadEx(Affinity->Group == 0 ? Affinity->Mask : 0);
    if (PreviousAffinity != NULL) {
        *PreviousAffinity = (GROUP_AFFINITY){.Mask = old};
    }
}

/* KeRevertToUserGroupAffinityThread: <= APC_LEVEL. */
VOID KeRevertToUserGroupAffinityThread(PGROUP_AFFINITY PreviousAffinity)
{
    ddi_enter(KeRevertToUserGroupAffinityThread);
    KeRevertToUserAffinityThreadEx(PreviousAffinity->Mask);
}
