/*
 * trap.c - signals as interrupts and faults.
 *
 * The interrupt signal is never masked: masking is IRQL's business (one byte), not the host's.  Its
 * handler may switch contexts, so when it returns it may be on another host thread than it began on.
 */
#include "host/host.h"
#include "host/memory.h"
#include "host/trap.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <ucontext.h>

#define TRAP_STACK_SIZE (128u * 1024u)

static void (*interrupt_handler)(const struct host_registers *);
static void (*fault_handler)(enum host_fault, uintptr_t, bool, const struct host_registers *);
static __thread stack_t trap_stack;

/* These three must reach the thread-locals of the host thread that runs them: never inlined, never cached. */
static __attribute__((noinline)) int errno_get(void)
{
    __asm__ volatile("" ::: "memory");
    return errno;
}

static __attribute__((noinline)) void errno_set(int value)
{
    __asm__ volatile("" ::: "memory");
    errno = value;
}

static __attribute__((noinline)) void trap_stack_get(stack_t *stack)
{
    __asm__ volatile("" ::: "memory");
    *stack = trap_stack;
}

void host_trap_stack_install(void)
{
    void *base = mmap(NULL, TRAP_STACK_SIZE, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
    if (base != MAP_FAILED) {
        trap_stack = (stack_t){.ss_sp = base, .ss_size = TRAP_STACK_SIZE};
        sigaltstack(&trap_stack, NULL);
    }
}

void host_trap_stack_remove(void)
{
    stack_t none = {.ss_flags = SS_DISABLE};
    if (trap_stack.ss_sp != NULL) {
        sigaltstack(&none, NULL);
        munmap(trap_stack.ss_sp, trap_stack.ss_size);
        trap_stack.ss_sp = NULL;
    }
}

static struct host_registers registers_of(const ucontext_t *context)
{
    return (struct host_registers){
        .pc = (uintptr_t)context->uc_mcontext.gregs[REG_RIP],
        .sp = (uintptr_t)context->uc_mcontext.gregs[REG_RSP],
        .fp = (uintptr_t)context->uc_mcontext.gregs[REG_RBP],
    };
}

static void on_interrupt(int signal, siginfo_t *info, void *frame)
{
    (void)signal, (void)info;
    ucontext_t *context = frame;
    int saved = errno_get();
    struct host_registers registers = registers_of(context);
    interrupt_handler(&registers);
    /* sigreturn installs the alternate stack named in the frame: name that of the thread we are on now. */
    if (context->uc_stack.ss_sp != NULL) {
        trap_stack_get(&context->uc_stack);
    }
    errno_set(saved);
}

#if defined(__x86_64__)
extern const char host_load_gone_at[] __attribute__((visibility("hidden")));
extern const char host_load_gone_resume[] __attribute__((visibility("hidden")));

static bool is_expected(int signal, ucontext_t *context)
{
    greg_t *pc = &context->uc_mcontext.gregs[REG_RIP];
    if ((signal != SIGSEGV && signal != SIGBUS) || *pc != (greg_t)(uintptr_t)host_load_gone_at) {
        return false;
    }
    *pc = (greg_t)(uintptr_t)host_load_gone_resume;
    return true;
}
#else
static bool is_expected(int signal, ucontext_t *context)
{
    (void)signal, (void)context;
    return false;
}
#endif

static void on_fault(int signal, siginfo_t *info, void *frame)
{
    if (signal == SIGSEGV && info->si_code == SEGV_ACCERR && host_snapshot_fault((uintptr_t)info->si_addr)) {
        return; /* the first write to a page since the snapshot: again, please */
    }
    ucontext_t *context = frame;
    if (is_expected(signal, context)) {
        return;
    }
    struct host_registers registers = registers_of(context);
    enum host_fault fault = signal == SIGFPE                        ? HOST_FAULT_ARITHMETIC
                            : signal == SIGILL || signal == SIGTRAP ? HOST_FAULT_INSTRUCTION
                                                                    : HOST_FAULT_ACCESS;
    uintptr_t address = fault == HOST_FAULT_ACCESS ? (uintptr_t)info->si_addr : registers.pc;
    if (signal == SIGSEGV && info->si_code == SI_KERNEL) {
        address = HOST_ADDRESS_UNKNOWN;
    }
    bool write = fault == HOST_FAULT_ACCESS && (context->uc_mcontext.gregs[REG_ERR] & 2) != 0;
    fault_handler(fault, address, write, &registers);
}

void host_traps_install(void (*interrupt)(const struct host_registers *),
                        void (*fault)(enum host_fault, uintptr_t, bool, const struct host_registers *))
{
    static const int fault_signals[] = {SIGSEGV, SIGBUS, SIGILL, SIGFPE, SIGTRAP};
    struct sigaction action;

    interrupt_handler = interrupt;
    fault_handler = fault;
    memset(&action, 0, sizeof action);
    action.sa_sigaction = on_interrupt;
    action.sa_flags = SA_SIGINFO | SA_NODEFER | SA_RESTART;
    sigemptyset(&action.sa_mask);
    sigaction(HOST_INTERRUPT_SIGNAL, &action, NULL);

    action.sa_sigaction = on_fault;
    action.sa_flags = SA_SIGINFO | SA_NODEFER | SA_ONSTACK;
    for (size_t i = 0; i < sizeof fault_signals / sizeof *fault_signals; i++) {
        sigaction(fault_signals[i], &action, NULL);
    }
    host_trap_stack_install();
}
