/*
 * format.h - the WDK's printf formats, for DbgPrint, ntstrsafe and the swprintf family.
 *
 * libc's own cannot serve: LONG is 32 bits here (%lx, %ld), WCHAR 16 (%ws, %S), and %wZ, %Z, %I64x are
 * unknown to it.
 */
#ifndef UNDIS_RTL_FORMAT_H
#define UNDIS_RTL_FORMAT_H

#include <stdarg.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/*
 * Takes the output one unit at a time.  `wide` says that the unit came from a WCHAR; otherwise it is a byte
 * as the driver had it.
 */
struct rtl_sink {
    void (*put)(struct rtl_sink *sink, uint16_t unit, bool wide);
};

/*
 * Formats into the sink.  The format consists of char, or with wide_format of WCHAR, and then %s and %S mean
 * the other kind of string.  A conversion that is not known is written as it stands and takes no argument.
 * Any IRQL: no lock, no memory.  A string argument that points nowhere faults here, as it would on Windows.
 */
void rtl_format(struct rtl_sink *sink, const void *format, bool wide_format, va_list arguments);

/*
 * Formats into an array of `room` units (char, or WCHAR for the W form), always closed by a null if room > 0.
 * Returns the units that all of it would take, without the null.
 */
size_t rtl_format_narrow(char *to, size_t room, const char *format, va_list arguments);
size_t rtl_format_wide(wchar_t *to, size_t room, const wchar_t *format, va_list arguments);

#endif
