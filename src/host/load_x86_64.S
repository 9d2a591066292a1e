/*
 * uint64_t host_load_gone(const volatile uint64_t *address) of x86-64 (contract in host.h): when the load faults, the
 * fault handler goes on behind it.
 */
    .text

    .globl host_load_gone, host_load_gone_at, host_load_gone_resume
    .hidden host_load_gone, host_load_gone_at, host_load_gone_resume
    .type host_load_gone, @function
host_load_gone:
    .cfi_startproc
host_load_gone_at:
    movq (%rdi), %rax
host_load_gone_resume:
    ret
    .cfi_endproc
    .size host_load_gone, . - host_load_gone

    .section .note.GNU-stack, "", @progbits
