/*
 * bare.c - the naive switch loop (contract in bare.h).
 */
#include "bare.h"

#include <stdint.h>
#include <stdlib.h>
#include <time.h>

#define ROUNDS 31
#define SWITCHES 1000000u
#define COROUTINES 3
#define STACK_SIZE 16384

/*
 * Saves what a function must preserve (with the two floating-point control words) on the stack that is
 * left, and takes it from the one that is entered.
 */
void bare_switch(void **left, void *entered);
__asm__(".text\n"
        ".type bare_switch, @function\n"
        "bare_switch:\n"
        "    push %rbp\n"
        "    push %rbx\n"
        "    push %r12\n"
        "    push %r13\n"
        "    push %r14\n"
        "    push %r15\n"
        "    sub $8, %rsp\n"
        "    stmxcsr (%rsp)\n"
        "    fnstcw 4(%rsp)\n"
        "    mov %rsp, (%rdi)\n"
        "    mov %rsi, %rsp\n"
        "    ldmxcsr (%rsp)\n"
        "    fldcw 4(%rsp)\n"
        "    add $8, %rsp\n"
        "    pop %r15\n"
        "    pop %r14\n"
        "    pop %r13\n"
        "    pop %r12\n"
        "    pop %rbx\n"
        "    pop %rbp\n"
        "    ret\n"
        ".size bare_switch, . - bare_switch\n");

static struct {
    void *stack_pointer;
    _Alignas(16) unsigned char stack[STACK_SIZE];
} coroutines[COROUTINES];
static void *outside;
static unsigned left, current;

static void body(void)
{
    for (;;) {
        unsigned self = current;
        if (--left == 0) {
            bare_switch(&coroutines[self].stack_pointer, outside);
        } else {
            current = self + 1 < COROUTINES ? self + 1 : 0;
            bare_switch(&coroutines[self].stack_pointer, coroutines[current].stack_pointer);
        }
    }
}

/* What bare_switch will take from the stack: control words, six registers, where to go on. */
static void *prepare(unsigned char *stack)
{
    uint64_t *top = (uint64_t *)(void *)(stack + STACK_SIZE);
    *--top = 0;
    *--top = 0;
    *--top = (uint64_t)(uintptr_t)body;
    top -= 6;
    *--top = 0x0000037f00001f80u;
    return top;
}

static int by_value(const void *a, const void *b)
{
    double x = *(const double *)a, y = *(const double *)b;
    return (x > y) - (x < y);
}

double bare_switch_ns(void)
{
    double rounds[ROUNDS];
    for (unsigned i = 0; i < COROUTINES; i++) {
        coroutines[i].stack_pointer = prepare(coroutines[i].stack);
    }
    for (unsigned i = 0; i < ROUNDS; i++) {
        struct timespec begin, end;
        left = SWITCHES;
        clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &begin);
        bare_switch(&outside, coroutines[current].stack_pointer);
        clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &end);
        rounds[i] =
            ((double)(end.tv_sec - begin.tv_sec) * 1e9 + (double)(end.tv_nsec - begin.tv_nsec)) / SWITCHES;
    }
    qsort(rounds, ROUNDS, sizeof(rounds[0]), by_value);
    return rounds[ROUNDS / 2];
}
