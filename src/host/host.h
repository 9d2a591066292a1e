/*
 * host.h - what undis wants of the machine it runs on.
 *
 * src/host/ holds the only files that know Linux: host threads, signals, context switch, stacks,
 * clocks and blocking.  Nothing here knows what an IRQL is.  Every function may be called on any host
 * thread unless it says otherwise; none of them allocates unless it says so.
 */
#ifndef UNDIS_HOST_HOST_H
#define UNDIS_HOST_HOST_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* ---- time -------------------------------------------------------------------------------------- */

/* Nanoseconds of a clock that never goes back.  Signal-safe. */
uint64_t host_now_ns(void);

/* Wall-clock time in 100 ns units since 1601-01-01 UTC (Windows' system time). */
uint64_t host_system_time(void);

/* ---- blocking ---------------------------------------------------------------------------------- */

/*
 * Sleeps while *word == expected, for at most timeout_ns (0: no limit).  May return early for no
 * reason, a signal among them: the caller looks at its condition again.
 */
void host_wait(const volatile uint32_t *word, uint32_t expected, uint64_t timeout_ns);

/* Wakes at most count host threads that sleep in host_wait on word. */
void host_wake(const volatile uint32_t *word, int count);

/* Tells the core that this is a spin loop. */
static inline void host_relax(void)
{
#if defined(__x86_64__)
    __builtin_ia32_pause();
#else
    __asm__ volatile("" ::: "memory");
#endif
}

/* ---- host threads ------------------------------------------------------------------------------ */

struct host_thread {
    unsigned long handle;
    volatile int tid;
    int pid; /* 0: not known, as where somebody stands for a thread that he did not start */
    void (*body)(void *argument);
    void *argument;
    const char *name;
    void *region; /* the control region (GS base) that the thread starts with; NULL: the default one */
};

/*
 * Starts a host thread that runs body(argument).  `thread` must outlive it; set `region` and `name`
 * before.  Returns 0 or an errno value.  Allocates.
 */
int host_thread_start(struct host_thread *thread, void (*body)(void *), void *argument);
void host_thread_join(struct host_thread *thread);
/* The handle of the calling thread, for a host_thread that stands for it. */
unsigned long host_thread_self(void);

/* Sends the interrupt signal to a started thread.  Signal-safe. */
void host_thread_interrupt(const struct host_thread *thread);

/* Processor time that the thread has used so far, in nanoseconds. */
uint64_t host_thread_cpu_ns(const struct host_thread *thread);

/* Is the thread asleep by its own doing, and not just without a processor at the moment? */
bool host_thread_sleeps(const struct host_thread *thread);

/* ---- barriers ---------------------------------------------------------------------------------- */

/* Can host_barrier be called?  Set when the library is loaded; UNDIS_NO_MEMBARRIER in the environment says
 * no. */
extern bool host_barrier_there;

/*
 * A full memory barrier on every host thread of this process: when it returns, each has had one since the
 * call.  So a thread that must order a store before a later load needs no fence of its own, only a compiler
 * barrier, if whoever wants to know calls this between his store and his load.  Costs an interrupt on
 * every core that runs a thread of ours.  Signal-safe.
 */
void host_barrier(void);

/* ---- the control region ------------------------------------------------------------------------ */

/* Gives the calling host thread its control region: what %gs:0 addresses from now on. */
void host_region_set(void *region);

/* host_region_set for a thread that changes its region often: one instruction where the host allows it. */
void host_region_switch(void *region);

/* Names the region of threads that were given none, and gives it to the calling thread. */
void host_region_set_default(void *region);

/* Where libundis itself is mapped, code and data; known when constructors have run. */
struct host_image {
    uintptr_t low, high;
};
extern struct host_image host_own_image;

/* Is that an address of libundis's own?  Signal-safe. */
static inline bool host_is_own(uintptr_t address)
{
    return address >= host_own_image.low && address < host_own_image.high;
}

/* Whether the byte at `address` can be read, at this moment.  Signal-safe. */
bool host_readable(const void *address);

#if defined(__x86_64__)
/*
 * Loads from memory that may have been unmapped meanwhile: then it returns anything at all, and there is no
 * fault.  The handlers of host_traps_install must be in place.  Signal-safe.
 */
uint64_t host_load_gone(const volatile uint64_t *address);
#endif

/* ---- interrupts and faults --------------------------------------------------------------------- */

/* What the interrupted or faulting code was doing, taken from the signal frame. */
struct host_registers {
    uintptr_t pc, sp, fp;
};

/*
 * HOST_FAULT_STACK (it overflowed) and HOST_FAULT_SMASHED (it was overwritten) are not told apart here: ke
 * knows which stack is in use.
 */
enum host_fault {
    HOST_FAULT_ACCESS,
    HOST_FAULT_INSTRUCTION,
    HOST_FAULT_ARITHMETIC,
    HOST_FAULT_STACK,
    HOST_FAULT_SMASHED
};

/* The address of an access fault that the host does not tell: no memory can be there (not canonical). */
#define HOST_ADDRESS_UNKNOWN UINTPTR_MAX

/*
 * Installs the two handlers, once a process.  `interrupt` runs on the interrupted thread's own stack,
 * may switch contexts and may be entered again (the signal is not masked in it).  `fault` runs on an
 * alternate stack and must not return to the faulting instruction unless it repaired the cause.
 */
void host_traps_install(void (*interrupt)(const struct host_registers *),
                        void (*fault)(enum host_fault, uintptr_t address, bool write,
                                      const struct host_registers *));

/* ---- contexts ---------------------------------------------------------------------------------- */

struct host_stack {
    void *base; /* lowest usable byte; a guard page lies below */
    size_t size;
};

struct host_context {
    void *sp;
    struct host_stack stack; /* for the sanitizers; all zero for a host thread's own stack */
    void *sanitizer_data;
};

/* Maps a stack with a guard page.  Returns false when memory is short. */
bool host_stack_map(struct host_stack *stack, size_t size);
void host_stack_unmap(struct host_stack *stack);

/* Prepares a context that will call body(argument) on that stack; body must never return. */
void host_context_make(struct host_context *context, struct host_stack stack, void (*body)(void *),
                       void *argument);

/*
 * Saves the running context in `from` and goes on in `to`.  Returns when somebody switches back, maybe
 * on another host thread.  `last` says that `from` will never be resumed.
 */
void host_context_switch(struct host_context *from, struct host_context *to, bool last);

/* Must be the first call in a context's body (the sanitizers are told that the switch is over). */
void host_context_entered(struct host_context *context);

/* Names the host thread's own stack as a context that host_context_switch may save into. */
void host_context_of_thread(struct host_context *context);

#endif
