/*
 * npcap 1.86 and 1.87: the repair of npcap-bpf-replace/before.c marks the handle as used before the new
 * filter is validated, and forgets to unmark it when the filter is rejected.  Closing the handle then waits
 * for ever.
 *
 * https://github.com/nmap/npcap/issues/842
 * Verdict: Deadlock; no preemption.
 */
#include "story.h"

static NTSTATUS SetFilter(ULONG Instruction)
{
    if (!StartUsing()) {
        return STATUS_CANCELLED;
    }
    if (!Validate(Instruction)) {
        return STATUS_INVALID_DEVICE_REQUEST;
    }
    StopUsing();
    return STATUS_SUCCESS;
}
