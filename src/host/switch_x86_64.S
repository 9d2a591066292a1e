/*
 * The context switch of x86-64 (System V): callee-saved registers and the floating point control words
 * go onto the old stack, the stack pointer changes, and the same come off the new stack.  Control words that
 * are the same, as nearly always, are not loaded: that takes longer than all the rest.
 */
    .text

/* void host_switch(void **save_sp, void *load_sp) */
    .globl host_switch
    .hidden host_switch
    .type host_switch, @function
host_switch:
    .cfi_startproc
    pushq %rbp
    pushq %rbx
    pushq %r12
    pushq %r13
    pushq %r14
    pushq %r15
    subq $8, %rsp
    stmxcsr (%rsp)
    fnstcw 4(%rsp)
    movl (%rsp), %eax
    movzwl 4(%rsp), %ecx
    movq %rsp, (%rdi)
    movq %rsi, %rsp
    cmpl %eax, (%rsp)
    jne 2f
    cmpw %cx, 4(%rsp)
    jne 2f
1:
    addq $8, %rsp
    popq %r15
    popq %r14
    popq %r13
    popq %r12
    popq %rbx
    popq %rbp
    ret
2:
    ldmxcsr (%rsp)
    fldcw 4(%rsp)
    jmp 1b
    .cfi_endproc
    .size host_switch, .-host_switch

/* Where a new context starts: rbx = body, r12 = its argument, rbp = 0 ends frame walks. */
    .globl host_switch_start
    .hidden host_switch_start
    .type host_switch_start, @function
host_switch_start:
    .cfi_startproc
    .cfi_undefined rip
    movq %r12, %rdi
    callq *%rbx
    ud2
    .cfi_endproc
    .size host_switch_start, .-host_switch_start

    .section .note.GNU-stack, "", @progbits
