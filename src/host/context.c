/*
 * context.c - stackful contexts.  A context may be suspended on one host thread and resumed on another;
 * nothing thread-local may be cached across host_context_switch.
 */
#include "host/host.h"
#include "host/memory.h"
#include "host/pages.h"

#include <pthread.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

#ifdef HOST_ASAN
#include <sanitizer/asan_interface.h>
#include <sanitizer/common_interface_defs.h>
#endif

void host_switch(void **save_sp, void *load_sp);
void host_switch_start(void);

bool host_stack_map(struct host_stack *stack, size_t size)
{
    size_t page = (size_t)sysconf(_SC_PAGESIZE);
    size = (size + page - 1) & ~(page - 1);
    if (host_arena_is_open()) {
        *stack = (struct host_stack){arena_stack(size + STACK_EXTRA), size + STACK_EXTRA - STACK_SPARE};
        return stack->base != NULL;
    }
    char *base =
        mmap(NULL, size + page, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE, -1, 0);
    if (base == MAP_FAILED) {
        return false;
    }
    if (mprotect(base, page, PROT_NONE) != 0) {
        munmap(base, size + page);
        return false;
    }
    stack->base = base + page;
    stack->size = size;
    return true;
}

void host_stack_unmap(struct host_stack *stack)
{
#ifdef HOST_ASAN
    __asan_unpoison_memory_region(stack->base, stack->size);
#endif
    if (!host_arena_holds(stack->base)) {
        size_t page = (size_t)sysconf(_SC_PAGESIZE);
        munmap((char *)stack->base - page, stack->size + page);
    }
    stack->base = NULL;
    stack->size = 0;
}

/* Lays out what host_switch will pop: control words, r15 r14 r13 r12 rbx rbp, return address. */
void host_context_make(struct host_context *context, struct host_stack stack, void (*body)(void *),
                       void *argument)
{
    uintptr_t top = ((uintptr_t)stack.base + stack.size) & ~(uintptr_t)15;
    uintptr_t *sp = (uintptr_t *)top;
    *--sp = 0; /* return address of host_switch_start: none; keeps the ABI's alignment */
    *--sp = 0;
    *--sp = (uintptr_t)host_switch_start;
    *--sp = 0;                     /* rbp */
    *--sp = (uintptr_t)body;       /* rbx */
    *--sp = (uintptr_t)argument;   /* r12 */
    *--sp = 0;                     /* r13 */
    *--sp = 0;                     /* r14 */
    *--sp = 0;                     /* r15 */
    *--sp = 0x0000037f00001f80ull; /* mxcsr and x87 control word, the ABI's initial values */
    context->sp = sp;
    context->stack = stack;
    context->sanitizer_data = NULL;
}

void host_context_switch(struct host_context *from, struct host_context *to, bool last)
{
#ifdef HOST_ASAN
    __sanitizer_start_switch_fiber(last ? NULL : &from->sanitizer_data, to->stack.base, to->stack.size);
#else
    (void)last;
#endif
    host_switch(&from->sp, to->sp);
#ifdef HOST_ASAN
    __sanitizer_finish_switch_fiber(from->sanitizer_data, NULL, NULL);
#endif
}

void host_context_entered(struct host_context *context)
{
#ifdef HOST_ASAN
    __sanitizer_finish_switch_fiber(context->sanitizer_data, NULL, NULL);
#else
    (void)context;
#endif
}

void host_context_of_thread(struct host_context *context)
{
    pthread_attr_t attributes;
    memset(context, 0, sizeof *context);
    if (pthread_getattr_np(pthread_self(), &attributes) == 0) {
        pthread_attr_getstack(&attributes, &context->stack.base, &context->stack.size);
        pthread_attr_destroy(&attributes);
    }
}
