	.text
f1:
.LFB0:
	movl	$52, %esi
	movq	g@GOTPCREL(%rip), %rax
	movq	%rax, %rdi
	call	__tsan_write_range@PLT
.LVL1:
	movl	$52, %esi
	movq	h@GOTPCREL(%rip), %rax
	movq	%rax, %rdi
	call	__tsan_read_range@PLT
	movq	(%rdx), %rcx
	movq	%rcx, (%rax,%rbx,8)	# copied
	call	__tsan_write4@PLT
	movl	$5, (%rbx)
	call	__tsan_read4@PLT
.L3:
	call	__tsan_write8@PLT
	callq	__tsan_read8
	call	memcpy@PLT
	call	__tsan_write_range@PLT
	xorl	%esi, %esi
	call	memset@PLT
	jmp	.L3
	call	*%rax
	ret
