/*
 * npcap, 2026-04: every way out unmarks the handle.
 *
 * https://github.com/nmap/npcap/commit/0ddffd2fa9bbf339ea500579b052ec841e1ba086
 * Verdict: complete.
 */
#include "story.h"

static NTSTATUS SetFilter(ULONG Instruction)
{
    NTSTATUS status = STATUS_SUCCESS;
    if (!StartUsing()) {
        return STATUS_CANCELLED;
    }
    if (!Validate(Instruction)) {
        status = STATUS_INVALID_DEVICE_REQUEST;
    }
    StopUsing();
    return status;
}
