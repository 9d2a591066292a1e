/*
 * fault.c - MemoryFault and DriverBugCheck: what stops the machine.
 */
#include "verifier/frame.h"
#include "verifier/verifier.h"

#include "ke/bugcheck.h"
#include "report/bugcheck.h"

#define FIRST_PAGE 4096u
#define STACK_COOKIE_SMASHED 2 /* parameter 1 of bug check 0x139 */
#define LIST_ENTRY_CORRUPT 3

static const char *fault_text(const struct event *event)
{
    if (event->value[0] == HOST_FAULT_ARITHMETIC) {
        return "an arithmetic fault (division by zero?)";
    }
    if (event->value[0] == HOST_FAULT_INSTRUCTION) {
        return "an invalid instruction (or a failed assertion)";
    }
    if (event->value[0] == HOST_FAULT_STACK) {
        return "the kernel stack overflows";
    }
    if (event->value[0] == HOST_FAULT_SMASHED) {
        return "the stack was overwritten: where to return to is lost";
    }
    if (event->value[2] == (uintptr_t)event->object) {
        return "a call of an address where there is no code";
    }
    return event->value[1] != 0 ? "a write to" : "a read of";
}

/* ---- one defect, one finding --------------------------------------------------------------------- */

void fault_explained(const struct event *event)
{
    struct verifier_processor *me = verifier_processor(event);
    if (me != NULL) {
        me->fatal = true;
        me->fatal_in = event->processor->callback;
    }
}

static bool is_explained(const struct event *event)
{
    const struct callback_frame *frame = event->processor->callback;
    bool explained = verifier_processor(event)->fatal;
    for (unsigned i = 0; i < ke_processor_count && !explained && frame != NULL; i++) {
        explained = verifier_processor_at(i)->fatal_in == frame;
    }
    return explained;
}

/* ---- findings ------------------------------------------------------------------------------------ */

/*
 * What Windows shows: at DISPATCH_LEVEL and above 0xD1 for driver code and 0xA for system code that the
 * driver called; below it the exception ends the system thread (0x7E); 0x7F for traps without recovery.
 */
static void add_fault_bugcheck(struct finding *finding, const struct event *event)
{
    uintptr_t address = (uintptr_t)event->object, pc = event->value[2];
    if (event->value[0] == HOST_FAULT_ARITHMETIC) {
        finding_bugcheck(finding, 0x7F, 0, 0, 0, 0);
    } else if (event->value[0] == HOST_FAULT_INSTRUCTION) {
        finding_bugcheck(finding, 0x7F, 6, 0, 0, 0);
    } else if (event->value[0] == HOST_FAULT_STACK) {
        finding_bugcheck(finding, 0x7F, 8, 0, 0, 0);
    } else if (event->value[0] == HOST_FAULT_SMASHED) {
        finding_bugcheck(finding, 0x139, STACK_COOKIE_SMASHED, 0, 0, 0);
    } else if (event->irql < DISPATCH_LEVEL) {
        finding_bugcheck(finding, 0x7E, 0xC0000005, pc, 0, 0);
    } else {
        uint64_t access = pc == address ? 8 : event->value[1] != 0 ? 1 : 0;
        finding_bugcheck(finding, image_of(pc) != NULL ? 0xD1 : 0xA, address, event->irql, access, pc);
    }
}

static void hear_fault(struct event *event)
{
    struct verifier_processor *me = verifier_processor(event);
    if (frame_touched_freed(event)) {
        fault_explained(event); /* what was read there was followed: PoolUseAfterFree has said it */
        return;
    }
    const char *text = fault_text(event);
    uintptr_t address = (uintptr_t)event->object;
    bool access = event->value[0] == HOST_FAULT_ACCESS && event->value[2] != address;
    struct finding *finding =
        access ? finding_begin("MemoryFault", event, "%s address 0x%llx%s at %s", text,
                               (unsigned long long)address, address < FIRST_PAGE ? " (a null pointer)" : "",
                               irql_name(event->irql))
               : finding_begin("MemoryFault", event, "%s at %s", text, irql_name(event->irql));
    fault_explained(event);
    if (finding != NULL) {
        add_fault_bugcheck(finding, event);
        held_evidence(finding, me);
        finding_commit(finding);
    }
}

static void hear_bugcheck(struct event *event)
{
    struct verifier_processor *me = verifier_processor(event);
    if (me != NULL && (is_explained(event) || ddi_irql_reported(event))) {
        return;
    }
    uint32_t code = (uint32_t)event->value[0];
    struct finding *finding;
    if (code == 0x139 && event->value[1] == STACK_COOKIE_SMASHED && !ke_bugcheck_data.by_driver) {
        finding = finding_begin("MemoryFault", event,
                                "a function of the driver wrote beyond a buffer on its stack");
    } else if (code == 0x139 && event->value[1] == LIST_ENTRY_CORRUPT) {
        finding = finding_begin("ListCorrupt", event,
                                "the links of a list disagree: an entry was removed or inserted twice, or "
                                "overwritten, or is no entry");
    } else {
        const char *name = bugcheck_name(code);
        finding = finding_begin("DriverBugCheck", event, "%s bug check 0x%X%s%s",
                                ke_bugcheck_data.by_driver ? "the driver stops the system with"
                                                           : "what the driver does stops the system with",
                                code, name[0] != '\0' ? " " : "", name);
    }
    if (finding != NULL) {
        finding_bugcheck(finding, code, event->value[1], event->value[2], event->value[3], event->extra);
        held_evidence(finding, me);
        finding_commit(finding);
    }
}

static void hear(struct event *event)
{
    if (event->kind == EVENT_FAULT) {
        hear_fault(event);
    } else {
        hear_bugcheck(event);
    }
}

static struct event_listener listener = {
    .name = "faults",
    .kinds = 1ull << EVENT_FAULT | 1ull << EVENT_BUGCHECK,
    .hear = hear,
};

static __attribute__((constructor)) void listen(void)
{
    event_listen(&listener);
}
