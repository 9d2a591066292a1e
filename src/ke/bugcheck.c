/*
 * bugcheck.c - stopping the machine: bug checks, faults in driver code, the watchdog's look.
 */
#include "ke/bugcheck.h"

#include "ke/ddi.h"
#include "ke/dispatch.h"
#include "ke/engine.h"
#include "ke/run.h"
#include "host/memory.h"

#include <stdio.h>
#include <string.h>
#include <unistd.h>

/* A frame larger than the guard page can step over it by its own size. */
#define STACK_GUARD_REACH 65536u

static HOST_HOT volatile bool frozen = false;
static HOST_HOT volatile uint32_t stop_word = 0;
struct ke_bugcheck_data ke_bugcheck_data;

bool ke_is_frozen(void)
{
    return frozen;
}

void ke_freeze_here(void)
{
    static const volatile uint32_t never = 0;
    if (ke_engine->freeze != NULL && ke_processor() != &ke_outside) {
        ke_engine->freeze();
    }
    ke_mask();
    for (;;) {
        host_wait(&never, 0, 0);
    }
}

void ke_freeze_all(void)
{
    frozen = true;
    for (unsigned i = 0; i < ke_processor_count; i++) {
        if (&ke_processors[i] != ke_processor()) {
            ke_post(&ke_processors[i], KE_NMI_LEVEL);
        }
    }
}

const volatile uint32_t *ke_stop_word(void)
{
    return &stop_word;
}

void ke_stop_word_set(uint32_t value)
{
    __atomic_store_n(&stop_word, value, __ATOMIC_RELEASE);
    if (ke_engine->step == NULL) {
        host_wake(&stop_word, 1);
    }
}

/* The first caller's bug check counts; whoever comes later freezes. */
static bool bugcheck_claim(void)
{
    static volatile bool claimed;
    return !__atomic_exchange_n(&claimed, true, __ATOMIC_ACQ_REL);
}

/* A driver that wrote over its callers' frames took the callback's frame with them: nobody may use it any
 * more. */
static bool drop_smashed_callback(struct ke_processor *processor)
{
    bool smashed = processor->callback != NULL && !callback_intact(processor->callback);
    if (smashed) {
        processor->callback = NULL;
    }
    return smashed;
}

static void stop_machine(void)
{
    ke_freeze_all();
    ke_stop_word_set(KE_STOP_BUGCHECK);
}

/*
 * Calls what drivers registered, the other processors being stopped.  Not when the library was interrupted in
 * a critical section of its own, nor under the explored engine, of whose machine a bug check is the end.
 */
static void tell_drivers(struct ke_processor *processor)
{
    if (processor != &ke_outside && ke_irql() != KE_MASKED && ke_engine->step == NULL &&
        ke_bugcheck_anybody()) {
        ke_freeze_all();
        processor->faulted = false; /* a routine that faults is a finding, too */
        ke_irql_store(HIGH_LEVEL);
        ke_bugcheck_tell();
    }
}

static void bugcheck(bool by_driver, ULONG code, ULONG_PTR p1, ULONG_PTR p2, ULONG_PTR p3, ULONG_PTR p4)
{
    static struct ke_processor *volatile reporting;
    struct ke_processor *processor = ke_processor();
    drop_smashed_callback(processor);
    if (bugcheck_claim()) {
        reporting = processor;
        ke_bugcheck_data = (struct ke_bugcheck_data){
            .code = code,
            .parameters = {p1, p2, p3, p4},
            .processor = processor == &ke_outside ? -1 : (int)processor->number,
            .irql = ke_irql() == KE_MASKED ? PASSIVE_LEVEL : ke_irql(),
            .by_driver = by_driver,
        };
#if UNDIS_CHECKED
        struct event event = {.kind = EVENT_BUGCHECK, .value = {code, p1, p2, p3}, .extra = p4};
        if (event_is_wanted(EVENT_BUGCHECK)) {
            event_report(&event);
        }
#endif
        tell_drivers(processor);
        stop_machine();
    } else if (processor == reporting) {
        stop_machine(); /* the report itself failed */
    }
    ke_freeze_here();
}

void ke_bugcheck(ULONG code, ULONG_PTR p1, ULONG_PTR p2, ULONG_PTR p3, ULONG_PTR p4)
{
    bugcheck(false, code, p1, p2, p3, p4);
    __builtin_unreachable();
}

/* KeBugCheckEx: any IRQL; stops the machine.  nf-wdm-kebugcheckex. */
VOID KeBugCheckEx(ULONG BugCheckCode, ULONG_PTR BugCheckParameter1, ULONG_PTR BugCheckParameter2,
                  ULONG_PTR BugCheckParameter3, ULONG_PTR BugCheckParameter4)
{
    ddi_enter(KeBugCheckEx);
    bugcheck(true, BugCheckCode, BugCheckParameter1, BugCheckParameter2, BugCheckParameter3,
             BugCheckParameter4);
    __builtin_unreachable();
}

/* KeBugCheck: any IRQL; stops the machine.  nf-ntddk-kebugcheck. */
VOID KeBugCheck(ULONG BugCheckCode)
{
    ddi_enter(KeBugCheck);
    KeBugCheckEx(BugCheckCode, 0, 0, 0, 0);
}

void ke_abandon(void)
{
    if (ke_engine->abandon != NULL) {
        ke_engine->abandon();
    }
    ke_stop_word_set(KE_STOP_ENDED);
    ke_freeze_here();
}

/* ---- the watchdog ------------------------------------------------------------------------------ */

volatile uint64_t ke_operation_took;

void ke_watchdog_bite(struct ke_processor *processor, const struct host_registers *registers)
{
#if UNDIS_CHECKED
    struct event event = {
        .kind = EVENT_WATCHDOG, .value = {WATCHDOG_DISPATCH, 0, processor->number}, .registers = registers};
    if (ke_operation_took != 0) {
        event.value[0] = WATCHDOG_OPERATION;
        event.value[1] = (uintptr_t)ke_operation_took;
    }
    if (event_is_wanted(EVENT_WATCHDOG)) {
        event_report(&event);
    }
#else
    (void)processor, (void)registers;
#endif
    ke_bugcheck(0x133, 0, 0, 0, 0); /* DPC_WATCHDOG_VIOLATION */
}

/* ---- faults ------------------------------------------------------------------------------------ */

static void die_of_own_fault(uintptr_t address, const struct host_registers *registers)
{
    char line[128];
    int length = snprintf(line, sizeof line, "undis: internal fault at address %#lx, instruction %#lx\n",
                          (unsigned long)address, (unsigned long)registers->pc);
    ssize_t ignored = write(STDERR_FILENO, line, (size_t)length);
    (void)ignored;
    _exit(3);
}

/* Windows: divide error and stack trouble are 0x7F, addresses 0xD1, bad instructions 0x1E. */
static void bugcheck_for_fault(enum host_fault fault, uintptr_t address, bool write, KIRQL irql, uintptr_t pc)
{
    switch (fault) {
    case HOST_FAULT_ARITHMETIC:
        ke_bugcheck(0x7F, 0, pc, 0, 0);
    case HOST_FAULT_STACK:
        ke_bugcheck(0x7F, 8, address, irql, pc); /* Windows: a double fault */
    case HOST_FAULT_SMASHED:
        ke_bugcheck(0x139, 2, 0, 0, 0); /* a stack buffer was overrun */
    case HOST_FAULT_INSTRUCTION:
        ke_bugcheck(0x1E, 0xC000001D, pc, 0, 0);
    default:
        ke_bugcheck(0xD1, address, irql, write, pc);
    }
}

/* Did code touch the guard page below the stack that it runs on? */
static bool is_stack_overflow(const struct ke_processor *processor, uintptr_t address)
{
    const struct host_context *context =
        processor->current != NULL ? &processor->current->host : &processor->idle_context;
    uintptr_t base = (uintptr_t)context->stack.base;
    return address < base && base - address <= STACK_GUARD_REACH;
}

/*
 * Did the code write over its callers' frames?  Then the callback's frame is damaged (and no longer to be
 * used), or it returned to an address that none can be.
 */
static bool is_smashed_stack(struct ke_processor *processor, uintptr_t address, uintptr_t pc)
{
    if (drop_smashed_callback(processor)) {
        return true;
    }
#if defined(__x86_64__)
    return address == HOST_ADDRESS_UNKNOWN && (*(const uint8_t *)pc == 0xC3 || *(const uint8_t *)pc == 0xC2);
#else
    (void)address, (void)pc;
    return false;
#endif
}

void ke_fault_arrived(enum host_fault fault, uintptr_t address, bool write,
                      const struct host_registers *registers)
{
    struct ke_processor *processor = ke_processor();
    if (processor == &ke_outside || processor->faulted) {
        die_of_own_fault(address, registers);
    }
    processor->faulted = true;
    if (fault == HOST_FAULT_ACCESS && is_stack_overflow(processor, address)) {
        fault = HOST_FAULT_STACK;
    } else if (is_smashed_stack(processor, address, registers->pc)) {
        fault = HOST_FAULT_SMASHED;
    }
    KIRQL irql = ke_irql();
    if (irql == KE_MASKED) {
        irql = processor->callback != NULL ? processor->callback->irql : PASSIVE_LEVEL;
    }
#if UNDIS_CHECKED
    struct event event = {.kind = EVENT_FAULT,
                          .object = (const void *)address,
                          .value = {(uintptr_t)fault, write, registers->pc, irql},
                          .registers = registers};
    if (event_is_wanted(EVENT_FAULT)) {
        event_report(&event);
    }
#endif
    bugcheck_for_fault(fault, address, write, irql, registers->pc);
}
