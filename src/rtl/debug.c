/*
 * debug.c - DbgPrint and its family, assertions and break points.
 *
 * The output goes to standard error in whole lines: what a call leaves unfinished waits for the rest on its
 * processor. Every component and level is shown; Windows would hide most of DbgPrintEx without a debugger's
 * mask.
 */
#include "rtl/debug.h"

#include "ke/ddi.h"
#include "ke/event.h"
#include "ke/run.h"
#include "rtl/format.h"

#include <errno.h>
#include <string.h>
#include <unistd.h>

#define PRINT_LONGEST 1024 /* bytes of one call; Windows has 512 */
#define LINE_LONGEST 2048

/* What KMODE_EXCEPTION_NOT_HANDLED says of a break point that no debugger takes. */
#define KMODE_EXCEPTION_NOT_HANDLED 0x1E

static struct ke_guard line_guard;
static struct unfinished_line {
    size_t length;
    volatile unsigned prints; /* so far */
    char text[LINE_LONGEST];
} unfinished[KE_MAXIMUM_PROCESSORS + 1]; /* the last is for threads that are no processor */

static bool muted;

void rtl_debug_mute(bool mute)
{
    muted = mute;
}

static void write_out(const char *text, size_t length)
{
    int saved = errno;
    while (length > 0) {
        ssize_t written = write(STDERR_FILENO, text, length);
        if (written <= 0 && errno != EINTR) {
            break; /* nobody listens */
        }
        if (written > 0) {
            text += written;
            length -= (size_t)written;
        }
    }
    errno = saved;
}

/* Adds text to a line and writes what is complete.  Under the guard. */
static void add_to_line(struct unfinished_line *line, const char *text, size_t length)
{
    if (line->length + length > sizeof(line->text)) {
        write_out(line->text, line->length);
        line->length = 0;
    }
    memcpy(line->text + line->length, text, length);
    line->length += length;
    const char *last = memrchr(line->text, '\n', line->length);
    if (last != NULL) {
        size_t complete = (size_t)(last - line->text) + 1;
        write_out(line->text, complete);
        memmove(line->text, line->text + complete, line->length - complete);
        line->length -= complete;
    }
}

static void print(const char *text, size_t length)
{
    if (muted) {
        return;
    }
    KIRQL old = ke_guard_enter_quietly(&line_guard);
    struct ke_processor *processor = ke_processor();
    bool outside = processor == &ke_outside;
    struct unfinished_line *line = &unfinished[outside ? KE_MAXIMUM_PROCESSORS : processor->number];
    line->prints++;
    add_to_line(line, text, length);
    ke_guard_leave(&line_guard, old);
}

unsigned rtl_debug_prints(unsigned processor)
{
    return unfinished[processor].prints;
}

/* At exit: what never got its end of line. */
__attribute__((destructor)) static void finish_lines(void)
{
    for (size_t i = 0; i < RTL_NUMBER_OF(unfinished); i++) {
        if (unfinished[i].length != 0) {
            write_out(unfinished[i].text, unfinished[i].length);
            write_out("\n", 1);
            unfinished[i].length = 0;
        }
    }
}

struct print_sink {
    struct rtl_sink sink;
    size_t length;
    bool wide; /* there was a wide character among it */
    char text[PRINT_LONGEST];
};

/* Wide characters become UTF-8 (a surrogate by itself: '?'); bytes stay as they are. */
static void put_print(struct rtl_sink *sink, uint16_t unit, bool wide)
{
    struct print_sink *to = (struct print_sink *)sink;
    to->wide |= wide;
    if (to->length + 3 > sizeof(to->text)) {
        return;
    }
    if (!wide || unit < 0x80) {
        to->text[to->length++] = (char)unit;
    } else if (unit < 0x800) {
        to->text[to->length++] = (char)(0xC0 | unit >> 6);
        to->text[to->length++] = (char)(0x80 | (unit & 0x3F));
    } else if (unit >= 0xD800 && unit < 0xE000) {
        to->text[to->length++] = '?';
    } else {
        to->text[to->length++] = (char)(0xE0 | unit >> 12);
        to->text[to->length++] = (char)(0x80 | (unit >> 6 & 0x3F));
        to->text[to->length++] = (char)(0x80 | (unit & 0x3F));
    }
}

/* True: wide characters were formatted. */
static bool print_formatted(const char *prefix, const char *format, va_list arguments)
{
    struct print_sink to;
    to.sink.put = put_print;
    to.length = 0;
    to.wide = false;
    for (; *prefix != '\0'; prefix++) {
        put_print(&to.sink, (unsigned char)*prefix, false);
    }
    rtl_format(&to.sink, format, false, arguments);
    print(to.text, to.length);
    return to.wide;
}

/*
 * Prints a message of at most 1024 bytes.  Any IRQL, but PASSIVE_LEVEL with the formats for wide characters:
 * to convert them Windows reads tables that may be paged out.  Returns STATUS_SUCCESS.  nf-wdm-dbgprint.
 */
ULONG DbgPrint(PCSTR Format, ...)
{
    ddi_enter(DbgPrint);
    va_list arguments;
    va_start(arguments, Format);
    bool wide = print_formatted("", Format, arguments);
    va_end(arguments);
    ddi_enter_when(DbgPrint, wide_characters, wide);
    return (ULONG)STATUS_SUCCESS;
}

/* The same for a component and level, which do not matter here.  nf-wdm-dbgprintex. */
ULONG DbgPrintEx(ULONG ComponentId, ULONG Level, PCSTR Format, ...)
{
    ddi_enter(DbgPrintEx);
    (void)ComponentId, (void)Level;
    va_list arguments;
    va_start(arguments, Format);
    bool wide = print_formatted("", Format, arguments);
    va_end(arguments);
    ddi_enter_when(DbgPrintEx, wide_characters, wide);
    return (ULONG)STATUS_SUCCESS;
}

/* The same with an argument list.  nf-wdm-vdbgprintex. */
ULONG vDbgPrintEx(ULONG ComponentId, ULONG Level, PCSTR Format, va_list ArgList)
{
    (void)ComponentId, (void)Level;
    (void)print_formatted("", Format, ArgList);
    return (ULONG)STATUS_SUCCESS;
}

/* The same behind a prefix.  nf-wdm-vdbgprintexwithprefix. */
ULONG vDbgPrintExWithPrefix(PCSTR Prefix, ULONG ComponentId, ULONG Level, PCSTR Format, va_list ArgList)
{
    (void)ComponentId, (void)Level;
    (void)print_formatted(Prefix, Format, ArgList);
    return (ULONG)STATUS_SUCCESS;
}

/* Breaks into the debugger; there is none, so it is bug check 0x1E with STATUS_BREAKPOINT.  Any IRQL.
 * nf-wdm-dbgbreakpoint. */
VOID DbgBreakPoint(VOID)
{
    ddi_enter(DbgBreakPoint);
    ke_bugcheck(KMODE_EXCEPTION_NOT_HANDLED, 0x80000003u, (ULONG_PTR)__builtin_return_address(0), 0, 0);
}

VOID DbgBreakPointWithStatus(ULONG Status)
{
    ddi_enter(DbgBreakPointWithStatus);
    ke_bugcheck(KMODE_EXCEPTION_NOT_HANDLED, 0x80000003u, (ULONG_PTR)__builtin_return_address(0), Status, 0);
}

/*
 * What ASSERT and its family do in a driver built with DBG=1: says where, then breaks into the debugger; the
 * checked build notes the finding instead and goes on.  Any IRQL.  nf-ntddk-rtlassert.
 */
VOID RtlAssert(PVOID VoidFailedAssertion, PVOID VoidFileName, ULONG LineNumber, PCHAR MutableMessage)
{
    ddi_enter(RtlAssert);
    DbgPrint("\n*** Assertion failed: %s%s\n***   Source File: %s, line %u\n\n",
             MutableMessage != NULL ? MutableMessage : "", (PCHAR)VoidFailedAssertion, (PCHAR)VoidFileName,
             LineNumber);
    if (event_send(EVENT_ASSERTION, VoidFailedAssertion, 0, 0, 0, 0)) {
        return;
    }
    ke_bugcheck(KMODE_EXCEPTION_NOT_HANDLED, 0x80000003u, (ULONG_PTR)__builtin_return_address(0), 0, 0);
}
