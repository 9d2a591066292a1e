/*
 * tsan.h - between the files that instrumented drivers call (tsan.c, tsan_copy.c, tsan_library.c) and ke.
 */
#ifndef UNDIS_RTL_TSAN_H
#define UNDIS_RTL_TSAN_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#if UNDIS_CHECKED

/*
 * The driver is about to copy `size` bytes by instructions of its own.  Announces a read and then a write of
 * their own, and sees to it that what is copied is what stood there when the read was made.
 */
void tsan_copy(volatile void *to, const volatile void *from, size_t size, uintptr_t pc);

#endif

#endif
