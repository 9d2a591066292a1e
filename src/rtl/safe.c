/*
 * safe.c - ntstrsafe.h's functions.  Any IRQL when the strings are resident; the WDK says PASSIVE_LEVEL.
 *
 * The two widths of character share one implementation: a text is its address and whether its units are
 * WCHARs.
 */
#include "rtl/format.h"
#include "ke/ddi.h"
#include "ke/processor.h"

#include <ntstrsafe.h>
#include <string.h>

static uint16_t get(const void *text, size_t index, bool wide)
{
    return wide ? (uint16_t)((const wchar_t *)text)[index] : ((const unsigned char *)text)[index];
}

static void set(void *text, size_t index, uint16_t unit, bool wide)
{
    if (wide) {
        ((wchar_t *)text)[index] = (wchar_t)unit;
    } else {
        ((char *)text)[index] = (char)unit;
    }
}

static bool is_room(size_t room)
{
    return room > 0 && room <= NTSTRSAFE_MAX_CCH;
}

/* Units before the null, or `room` when there is none in them. */
static size_t length_within(const void *text, size_t room, bool wide)
{
    size_t length = 0;
    while (length < room && get(text, length, wide) != 0) {
        length++;
    }
    return length;
}

/* Puts at most `count` units of source at to[at], always closed. */
static NTSTATUS place(void *to, size_t at, size_t room, const void *source, size_t count, bool wide)
{
    size_t i = 0;
    for (; i < count && get(source, i, wide) != 0; i++, at++) {
        if (at + 1 >= room) {
            set(to, room - 1, 0, wide);
            return STATUS_BUFFER_OVERFLOW;
        }
        set(to, at, get(source, i, wide), wide);
    }
    set(to, at, 0, wide);
    return STATUS_SUCCESS;
}

static NTSTATUS copy(void *to, size_t room, const void *source, size_t count, bool wide)
{
    if (!is_room(room)) {
        return STATUS_INVALID_PARAMETER;
    }
    if (count > NTSTRSAFE_MAX_CCH) {
        set(to, 0, 0, wide);
        return STATUS_INVALID_PARAMETER;
    }
    return place(to, 0, room, source, count, wide);
}

static NTSTATUS append(void *to, size_t room, const void *source, size_t count, bool wide)
{
    size_t length = is_room(room) ? length_within(to, room, wide) : room;
    if (!is_room(room) || length == room || count > NTSTRSAFE_MAX_CCH) {
        return STATUS_INVALID_PARAMETER;
    }
    return place(to, length, room, source, count, wide);
}

static NTSTATUS print(void *to, size_t room, const void *format, bool wide, va_list arguments)
{
    if (!is_room(room)) {
        return STATUS_INVALID_PARAMETER;
    }
    size_t length =
        wide ? rtl_format_wide(to, room, format, arguments) : rtl_format_narrow(to, room, format, arguments);
    return length < room ? STATUS_SUCCESS : STATUS_BUFFER_OVERFLOW;
}

/* What the Ex functions have more. */
struct extras {
    void *end;         /* where to say where the text ends; may be NULL, as the next */
    size_t *remaining; /* units after the text, the null being one */
    size_t per;        /* what one of these counts */
    ULONG flags;
};

#define EXTRAS_KNOWN                                                                                         \
    (STRSAFE_FILL_BYTE_MASK | STRSAFE_IGNORE_NULLS | STRSAFE_FILL_BEHIND_NULL | STRSAFE_FILL_ON_FAILURE |    \
     STRSAFE_NULL_ON_FAILURE | STRSAFE_NO_TRUNCATION)

static size_t unit_size(bool wide)
{
    return wide ? sizeof(wchar_t) : 1;
}

/* Fills the units from that one on. */
static void fill(void *to, size_t from, size_t room, ULONG flags, bool wide)
{
    memset((char *)to + from * unit_size(wide), (int)(flags & STRSAFE_FILL_BYTE_MASK),
           (room - from) * unit_size(wide));
}

/* What the flags make of a destination in which the text, `length` units of it, was put or not. */
static size_t finish(void *to, size_t room, size_t length, NTSTATUS status, const struct extras *extras,
                     bool wide)
{
    ULONG flags = extras->flags;
    if (NT_SUCCESS(status)) {
        if (flags & STRSAFE_FILL_BEHIND_NULL) {
            fill(to, length + 1, room, flags, wide);
        }
    } else if (flags & STRSAFE_FILL_ON_FAILURE) {
        fill(to, 0, room, flags, wide);
        set(to, room - 1, 0, wide);
        length = (flags & STRSAFE_FILL_BYTE_MASK) == 0 ? 0 : room - 1;
    }
    if (!NT_SUCCESS(status) && flags & STRSAFE_NULL_ON_FAILURE) {
        set(to, 0, 0, wide);
        length = 0;
    }
    return length;
}

/* Would the text, with its null, fit? */
static bool would_fit(size_t room, const void *format, bool wide, va_list arguments)
{
    wchar_t unit;
    va_list again;
    va_copy(again, arguments);
    size_t length =
        wide ? rtl_format_wide(&unit, 1, format, again) : rtl_format_narrow((char *)&unit, 1, format, again);
    va_end(again);
    return length < room;
}

/* Into a destination that there is. */
static NTSTATUS print_whole(void *to, size_t room, size_t *length, const struct extras *extras,
                            const void *format, bool wide, va_list arguments)
{
    if (extras->flags & STRSAFE_NO_TRUNCATION && !would_fit(room, format, wide, arguments)) {
        *length = length_within(to, room, wide);
        *length -= *length == room;
        return STATUS_BUFFER_OVERFLOW;
    }
    NTSTATUS status = print(to, room, format, wide, arguments);
    *length = finish(to, room, length_within(to, room, wide), status, extras, wide);
    return status;
}

static NTSTATUS print_extras(void *to, size_t room, const struct extras *extras, const void *format,
                             bool wide, va_list arguments)
{
    static const wchar_t nothing[1];
    bool nulls = (extras->flags & STRSAFE_IGNORE_NULLS) != 0;
    NTSTATUS status = STATUS_SUCCESS;
    size_t length = 0;
    if ((extras->flags & ~(ULONG)EXTRAS_KNOWN) != 0 || room > NTSTRSAFE_MAX_CCH ||
        (to == NULL && (!nulls || room != 0)) || (format == NULL && !nulls)) {
        return STATUS_INVALID_PARAMETER;
    }
    format = format == NULL ? nothing : format;
    if (room == 0) {
        status = get(format, 0, wide) == 0 ? STATUS_SUCCESS
                 : to == NULL              ? STATUS_INVALID_PARAMETER
                                           : STATUS_BUFFER_OVERFLOW;
    } else {
        status = print_whole(to, room, &length, extras, format, wide, arguments);
    }
    if (extras->end != NULL) {
        *(void **)extras->end = to == NULL ? NULL : (char *)to + length * unit_size(wide);
    }
    if (extras->remaining != NULL) {
        *extras->remaining = (room - length) * extras->per;
    }
    return status;
}

static NTSTATUS measure(const void *text, size_t room, size_t *length, bool wide)
{
    bool valid = text != NULL && room <= NTSTRSAFE_MAX_CCH;
    size_t found = valid ? length_within(text, room, wide) : 0;
    valid = valid && found < room;
    if (length != NULL) {
        *length = valid ? found : 0;
    }
    return valid ? STATUS_SUCCESS : STATUS_INVALID_PARAMETER;
}

/* RtlStringCchXxx and RtlStringCbXxx of one width.  `size` is the bytes that one count stands for: 1, or a
 * unit. */
#define FAMILY(count, suffix, unit, wide, per)                                                               \
    NTSTATUS RtlString##count##Copy##suffix(unit *pszDest, size_t dest, const unit *pszSrc)                  \
    {                                                                                                        \
        ddi_enter(RtlString##count##Copy##suffix);                                                           \
        return copy(pszDest, dest / (per), pszSrc, NTSTRSAFE_MAX_CCH, wide);                                 \
    }                                                                                                        \
    NTSTATUS RtlString##count##CopyN##suffix(unit *pszDest, size_t dest, const unit *pszSrc, size_t toCopy)  \
    {                                                                                                        \
        ddi_enter(RtlString##count##CopyN##suffix);                                                          \
        return copy(pszDest, dest / (per), pszSrc, toCopy / (per), wide);                                    \
    }                                                                                                        \
    NTSTATUS RtlString##count##Cat##suffix(unit *pszDest, size_t dest, const unit *pszSrc)                   \
    {                                                                                                        \
        ddi_enter(RtlString##count##Cat##suffix);                                                            \
        return append(pszDest, dest / (per), pszSrc, NTSTRSAFE_MAX_CCH, wide);                               \
    }                                                                                                        \
    NTSTATUS RtlString##count##CatN##suffix(unit *pszDest, size_t dest, const unit *pszSrc, size_t toAppend) \
    {                                                                                                        \
        ddi_enter(RtlString##count##CatN##suffix);                                                           \
        return append(pszDest, dest / (per), pszSrc, toAppend / (per), wide);                                \
    }                                                                                                        \
    NTSTATUS RtlString##count##VPrintf##suffix(unit *pszDest, size_t dest, const unit *pszFormat,            \
                                               va_list argList)                                              \
    {                                                                                                        \
        ddi_enter(RtlString##count##VPrintf##suffix);                                                        \
        return print(pszDest, dest / (per), pszFormat, wide, argList);                                       \
    }                                                                                                        \
    NTSTATUS RtlString##count##Printf##suffix(unit *pszDest, size_t dest, const unit *pszFormat, ...)        \
    {                                                                                                        \
        ddi_enter(RtlString##count##Printf##suffix);                                                         \
        va_list arguments;                                                                                   \
        va_start(arguments, pszFormat);                                                                      \
        NTSTATUS status = print(pszDest, dest / (per), pszFormat, wide, arguments);                          \
        va_end(arguments);                                                                                   \
        return status;                                                                                       \
    }                                                                                                        \
    NTSTATUS RtlString##count##VPrintfEx##suffix(unit *pszDest, size_t dest, unit **ppszDestEnd,             \
                                                 size_t *remaining, ULONG dwFlags, const unit *pszFormat,    \
                                                 va_list argList)                                            \
    {                                                                                                        \
        ddi_enter(RtlString##count##VPrintfEx##suffix);                                                      \
        struct extras extras = {ppszDestEnd, remaining, per, dwFlags};                                       \
        return print_extras(pszDest, dest / (per), &extras, pszFormat, wide, argList);                       \
    }                                                                                                        \
    NTSTATUS RtlString##count##PrintfEx##suffix(unit *pszDest, size_t dest, unit **ppszDestEnd,              \
                                                size_t *remaining, ULONG dwFlags, const unit *pszFormat,     \
                                                ...)                                                         \
    {                                                                                                        \
        ddi_enter(RtlString##count##PrintfEx##suffix);                                                       \
        struct extras extras = {ppszDestEnd, remaining, per, dwFlags};                                       \
        va_list arguments;                                                                                   \
        va_start(arguments, pszFormat);                                                                      \
        NTSTATUS status = print_extras(pszDest, dest / (per), &extras, pszFormat, wide, arguments);          \
        va_end(arguments);                                                                                   \
        return status;                                                                                       \
    }                                                                                                        \
    NTSTATUS RtlString##count##Length##suffix(const unit *psz, size_t maximum, size_t *length)               \
    {                                                                                                        \
        ddi_enter(RtlString##count##Length##suffix);                                                         \
        NTSTATUS status = measure(psz, maximum / (per), length, wide);                                       \
        if (length != NULL) {                                                                                \
            *length *= (per);                                                                                \
        }                                                                                                    \
        return status;                                                                                       \
    }

/* nf-ntstrsafe-rtlstringcchcopya and the others of the four families. */
FAMILY(Cch, A, char, false, 1)
FAMILY(Cch, W, wchar_t, true, 1)
FAMILY(Cb, A, char, false, 1)
FAMILY(Cb, W, wchar_t, true, sizeof(wchar_t))

/* ---- UNICODE_STRINGs ------------------------------------------------------------------------------ */

/* Whether the lengths make sense.  nf-ntstrsafe-rtlunicodestringvalidate. */
NTSTATUS RtlUnicodeStringValidate(PCUNICODE_STRING SourceString)
{
    ddi_enter(RtlUnicodeStringValidate);
    const UNICODE_STRING *s = SourceString;
    bool bad = s != NULL && (s->Length % sizeof(WCHAR) != 0 || s->MaximumLength % sizeof(WCHAR) != 0 ||
                             s->Length > s->MaximumLength || (s->Buffer == NULL && s->MaximumLength != 0));
    return bad ? STATUS_INVALID_PARAMETER : STATUS_SUCCESS;
}

/* RtlInitUnicodeString that refuses a text which is too long.  nf-ntstrsafe-rtlunicodestringinit. */
NTSTATUS RtlUnicodeStringInit(PUNICODE_STRING DestinationString, const wchar_t *pszSrc)
{
    ddi_enter(RtlUnicodeStringInit);
    size_t length = pszSrc != NULL ? length_within(pszSrc, NTSTRSAFE_UNICODE_STRING_MAX_CCH, true) : 0;
    if (length == NTSTRSAFE_UNICODE_STRING_MAX_CCH) {
        *DestinationString = (UNICODE_STRING){0, 0, NULL};
        return STATUS_INVALID_PARAMETER;
    }
    RtlInitUnicodeString(DestinationString, pszSrc);
    return STATUS_SUCCESS;
}

/* Writes units behind the first `at` of the string, as many as fit. */
static NTSTATUS extend(PUNICODE_STRING to, size_t at, const wchar_t *source, size_t count)
{
    if (!NT_SUCCESS(RtlUnicodeStringValidate(to))) {
        return STATUS_INVALID_PARAMETER;
    }
    size_t room = to->MaximumLength / sizeof(WCHAR) - at;
    size_t fits = count < room ? count : room;
    memmove(to->Buffer + at, source, fits * sizeof(WCHAR));
    to->Length = (USHORT)((at + fits) * sizeof(WCHAR));
    return fits == count ? STATUS_SUCCESS : STATUS_BUFFER_OVERFLOW;
}

/* Copy and append; no null is added.  nf-ntstrsafe-rtlunicodestringcopy and peers. */
NTSTATUS RtlUnicodeStringCopy(PUNICODE_STRING DestinationString, PCUNICODE_STRING SourceString)
{
    ddi_enter(RtlUnicodeStringCopy);
    return extend(DestinationString, 0, SourceString->Buffer, SourceString->Length / sizeof(WCHAR));
}

NTSTATUS RtlUnicodeStringCopyString(PUNICODE_STRING DestinationString, const wchar_t *pszSrc)
{
    ddi_enter(RtlUnicodeStringCopyString);
    return extend(DestinationString, 0, pszSrc, length_within(pszSrc, NTSTRSAFE_MAX_CCH, true));
}

NTSTATUS RtlUnicodeStringCat(PUNICODE_STRING DestinationString, PCUNICODE_STRING SourceString)
{
    ddi_enter(RtlUnicodeStringCat);
    return extend(DestinationString, DestinationString->Length / sizeof(WCHAR), SourceString->Buffer,
                  SourceString->Length / sizeof(WCHAR));
}

NTSTATUS RtlUnicodeStringCatString(PUNICODE_STRING DestinationString, const wchar_t *pszSrc)
{
    ddi_enter(RtlUnicodeStringCatString);
    return extend(DestinationString, DestinationString->Length / sizeof(WCHAR), pszSrc,
                  length_within(pszSrc, NTSTRSAFE_MAX_CCH, true));
}

struct string_sink {
    struct rtl_sink sink;
    UNICODE_STRING *to;
    bool overflow;
};

static void put_string(struct rtl_sink *sink, uint16_t unit, bool wide)
{
    (void)wide;
    struct string_sink *string = (struct string_sink *)sink;
    if (string->to->Length + sizeof(WCHAR) > string->to->MaximumLength) {
        string->overflow = true;
        return;
    }
    string->to->Buffer[string->to->Length / sizeof(WCHAR)] = (WCHAR)unit;
    string->to->Length += sizeof(WCHAR);
}

/* Formats into the string, without a null.  nf-ntstrsafe-rtlunicodestringprintf. */
NTSTATUS RtlUnicodeStringVPrintf(PUNICODE_STRING DestinationString, const wchar_t *pszFormat, va_list argList)
{
    ddi_enter(RtlUnicodeStringVPrintf);
    struct string_sink string = {{put_string}, DestinationString, false};
    if (!NT_SUCCESS(RtlUnicodeStringValidate(DestinationString))) {
        return STATUS_INVALID_PARAMETER;
    }
    DestinationString->Length = 0;
    rtl_format(&string.sink, pszFormat, true, argList);
    return string.overflow ? STATUS_BUFFER_OVERFLOW : STATUS_SUCCESS;
}

NTSTATUS RtlUnicodeStringPrintf(PUNICODE_STRING DestinationString, const wchar_t *pszFormat, ...)
{
    ddi_enter(RtlUnicodeStringPrintf);
    va_list arguments;
    va_start(arguments, pszFormat);
    NTSTATUS status = RtlUnicodeStringVPrintf(DestinationString, pszFormat, arguments);
    va_end(arguments);
    return status;
}
