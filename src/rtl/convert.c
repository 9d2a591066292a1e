/*
 * convert.c - strings between code pages and from and to numbers and GUIDs.
 *
 * PASSIVE_LEVEL.  What is allocated here is pool, freed by RtlFreeUnicodeString and RtlFreeAnsiString.
 */
#include "ex/pool.h"
#include "ke/ddi.h"
#include "ke/fault.h"
#include "rtl/unicode.h"

#include <string.h>

#define GUID_CHARACTERS 38 /* {xxxxxxxx-xxxx-xxxx-xxxx-xxxxxxxxxxxx} */

static void *allocate(size_t bytes)
{
    return ex_pool_allocate(bytes, RTL_STRING_TAG, 0, OBJECT_POOL, NULL);
}

/* Bytes that the other form takes, with its null.  nf-wdm-rtlxansistringtounicodesize and peer. */
ULONG NTAPI RtlxAnsiStringToUnicodeSize(PCANSI_STRING AnsiString)
{
    ddi_enter(RtlxAnsiStringToUnicodeSize);
    return (ULONG)((AnsiString->Length + 1u) * sizeof(WCHAR));
}

ULONG NTAPI RtlxUnicodeStringToAnsiSize(PCUNICODE_STRING UnicodeString)
{
    ddi_enter(RtlxUnicodeStringToAnsiSize);
    return (ULONG)(UnicodeString->Length / sizeof(WCHAR) + 1);
}

/*
 * Gives the destination room for `bytes` and a null; the room is allocated or must be there already.  The
 * structure is that of UNICODE_STRING and of ANSI_STRING alike.
 */
static NTSTATUS make_room(UNICODE_STRING *to, size_t bytes, size_t null_bytes, bool allocate_it)
{
    if (bytes + null_bytes > MAXUSHORT) {
        return STATUS_INVALID_PARAMETER_2;
    }
    if (allocate_it) {
        to->Buffer = allocate(bytes + null_bytes);
        to->MaximumLength = to->Buffer != NULL ? (USHORT)(bytes + null_bytes) : 0;
        if (to->Buffer == NULL) {
            return STATUS_NO_MEMORY;
        }
    } else if (bytes > to->MaximumLength) {
        return STATUS_BUFFER_OVERFLOW;
    }
    to->Length = (USHORT)bytes;
    return STATUS_SUCCESS;
}

/*
 * Converts, into the destination's buffer or into a new one.  STATUS_BUFFER_OVERFLOW, STATUS_NO_MEMORY,
 * STATUS_INVALID_PARAMETER_2 when too long.  nf-wdm-rtlansistringtounicodestring.
 */
NTSTATUS NTAPI RtlAnsiStringToUnicodeString(PUNICODE_STRING DestinationString, PCANSI_STRING SourceString,
                                            BOOLEAN AllocateDestinationString)
{
    ddi_enter(RtlAnsiStringToUnicodeString);
    if (AllocateDestinationString && ddi_fails(RtlAnsiStringToUnicodeString)) {
        return STATUS_NO_MEMORY;
    }
    size_t bytes = SourceString->Length * sizeof(WCHAR);
    NTSTATUS status = make_room(DestinationString, bytes, sizeof(WCHAR), AllocateDestinationString);
    if (!NT_SUCCESS(status)) {
        return status;
    }
    for (size_t i = 0; i < SourceString->Length; i++) {
        DestinationString->Buffer[i] = rtl_from_ansi(SourceString->Buffer[i]);
    }
    if (bytes + sizeof(WCHAR) <= DestinationString->MaximumLength) {
        DestinationString->Buffer[SourceString->Length] = UNICODE_NULL;
    }
    return STATUS_SUCCESS;
}

/* The other way; characters outside Latin-1 become '?'.  nf-wdm-rtlunicodestringtoansistring. */
NTSTATUS NTAPI RtlUnicodeStringToAnsiString(PANSI_STRING DestinationString, PCUNICODE_STRING SourceString,
                                            BOOLEAN AllocateDestinationString)
{
    ddi_enter(RtlUnicodeStringToAnsiString);
    if (AllocateDestinationString && ddi_fails(RtlUnicodeStringToAnsiString)) {
        return STATUS_NO_MEMORY;
    }
    size_t characters = SourceString->Length / sizeof(WCHAR);
    NTSTATUS status =
        make_room((UNICODE_STRING *)DestinationString, characters, 1, AllocateDestinationString);
    if (!NT_SUCCESS(status)) {
        return status;
    }
    for (size_t i = 0; i < characters; i++) {
        DestinationString->Buffer[i] = rtl_to_ansi(SourceString->Buffer[i]);
    }
    if (characters + 1 <= DestinationString->MaximumLength) {
        DestinationString->Buffer[characters] = ANSI_NULL;
    }
    return STATUS_SUCCESS;
}

/* Converts as much as fits.  nf-ntifs-rtlunicodetomultibyten. */
NTSTATUS NTAPI RtlUnicodeToMultiByteN(PCHAR MultiByteString, ULONG MaxBytesInMultiByteString,
                                      PULONG BytesInMultiByteString, PCWCH UnicodeString,
                                      ULONG BytesInUnicodeString)
{
    ddi_enter(RtlUnicodeToMultiByteN);
    ULONG characters = BytesInUnicodeString / (ULONG)sizeof(WCHAR);
    if (characters > MaxBytesInMultiByteString) {
        characters = MaxBytesInMultiByteString;
    }
    for (ULONG i = 0; i < characters; i++) {
        MultiByteString[i] = rtl_to_ansi(UnicodeString[i]);
    }
    if (BytesInMultiByteString != NULL) {
        *BytesInMultiByteString = characters;
    }
    return STATUS_SUCCESS;
}

/* Frees what a conversion allocated and empties the string.  nf-wdm-rtlfreeunicodestring,
 * nf-wdm-rtlfreeansistring. */
VOID NTAPI RtlFreeUnicodeString(PUNICODE_STRING UnicodeString)
{
    ddi_enter(RtlFreeUnicodeString);
    if (UnicodeString->Buffer != NULL) {
        ex_pool_free(UnicodeString->Buffer, 0, OBJECT_POOL);
        memset(UnicodeString, 0, sizeof(*UnicodeString));
    }
}

VOID NTAPI RtlFreeAnsiString(PANSI_STRING AnsiString)
{
    ddi_enter(RtlFreeAnsiString);
    RtlFreeUnicodeString((PUNICODE_STRING)AnsiString);
}

/* Upper case of a string, in the destination's buffer or a new one.  nf-wdm-rtlupcaseunicodestring. */
NTSTATUS NTAPI RtlUpcaseUnicodeString(PUNICODE_STRING DestinationString, PCUNICODE_STRING SourceString,
                                      BOOLEAN AllocateDestinationString)
{
    ddi_enter(RtlUpcaseUnicodeString);
    if (AllocateDestinationString && ddi_fails(RtlUpcaseUnicodeString)) {
        return STATUS_NO_MEMORY;
    }
    NTSTATUS status = make_room(DestinationString, SourceString->Length, 0, AllocateDestinationString);
    if (!NT_SUCCESS(status)) {
        return status;
    }
    for (size_t i = 0; i < SourceString->Length / sizeof(WCHAR); i++) {
        DestinationString->Buffer[i] = rtl_upcase(SourceString->Buffer[i]);
    }
    return STATUS_SUCCESS;
}

/* ---- numbers ------------------------------------------------------------------------------------- */

static int digit_of(WCHAR character)
{
    if (character >= '0' && character <= '9') {
        return character - '0';
    }
    character |= 0x20;
    return character >= 'a' && character <= 'f' ? character - 'a' + 10 : -1;
}

/* The base that a prefix names, 0: none; moves *at past it. */
static ULONG base_of_prefix(const WCHAR *text, size_t length, size_t *at)
{
    if (length < *at + 2 || text[*at] != '0') {
        return 0;
    }
    ULONG base = text[*at + 1] == 'x' ? 16 : text[*at + 1] == 'o' ? 8 : text[*at + 1] == 'b' ? 2 : 0;
    *at += base != 0 ? 2 : 0;
    return base;
}

/* Base 0: decimal, or what a prefix 0x, 0o or 0b says. */
static NTSTATUS parse_integer(const WCHAR *text, size_t length, ULONG base, ULONG *value)
{
    size_t at = 0;
    if (base != 0 && base != 2 && base != 8 && base != 10 && base != 16) {
        return STATUS_INVALID_PARAMETER;
    }
    while (at < length && text[at] <= ' ') {
        at++;
    }
    bool negative = at < length && text[at] == '-';
    if (at < length && (text[at] == '-' || text[at] == '+')) {
        at++;
    }
    if (base == 0) {
        ULONG named = base_of_prefix(text, length, &at);
        base = named != 0 ? named : 10;
    }
    ULONG number = 0;
    for (; at < length; at++) {
        int digit = digit_of(text[at]);
        if (digit < 0 || (ULONG)digit >= base) {
            break;
        }
        number = number * base + (ULONG)digit;
    }
    *value = negative ? 0 - number : number;
    return STATUS_SUCCESS;
}

/*
 * The number that a string begins with; 0 when it begins with none.  STATUS_INVALID_PARAMETER for another
 * base than 0, 2, 8, 10, 16.  nf-wdm-rtlunicodestringtointeger.
 */
NTSTATUS NTAPI RtlUnicodeStringToInteger(PCUNICODE_STRING String, ULONG Base, PULONG Value)
{
    ddi_enter(RtlUnicodeStringToInteger);
    return parse_integer(String->Buffer, String->Length / sizeof(WCHAR), Base, Value);
}

/* The same for null-terminated text.  nf-ntifs-rtlchartointeger. */
NTSTATUS NTAPI RtlCharToInteger(PCSZ String, ULONG Base, PULONG Value)
{
    ddi_enter(RtlCharToInteger);
    WCHAR wide[64];
    size_t length = 0;
    for (; length < RTL_NUMBER_OF(wide) && String[length] != '\0'; length++) {
        wide[length] = rtl_from_ansi(String[length]);
    }
    return parse_integer(wide, length, Base, Value);
}

static NTSTATUS write_integer(ULONGLONG value, ULONG base, UNICODE_STRING *to)
{
    WCHAR digits[64];
    size_t count = 0;
    base = base == 0 ? 10 : base;
    if (base != 2 && base != 8 && base != 10 && base != 16) {
        return STATUS_INVALID_PARAMETER;
    }
    do {
        digits[RTL_NUMBER_OF(digits) - ++count] = (WCHAR) "0123456789ABCDEF"[value % base];
        value /= base;
    } while (value != 0);
    size_t bytes = count * sizeof(WCHAR);
    if (bytes > to->MaximumLength) {
        return STATUS_BUFFER_OVERFLOW;
    }
    memcpy(to->Buffer, &digits[RTL_NUMBER_OF(digits) - count], bytes);
    to->Length = (USHORT)bytes;
    if (bytes + sizeof(WCHAR) <= to->MaximumLength) {
        to->Buffer[count] = UNICODE_NULL;
    }
    return STATUS_SUCCESS;
}

/*
 * Writes a number; base 0 is 10.  STATUS_BUFFER_OVERFLOW, STATUS_INVALID_PARAMETER for another base.
 * nf-wdm-rtlintegertounicodestring, nf-wdm-rtlint64tounicodestring.
 */
NTSTATUS NTAPI RtlIntegerToUnicodeString(ULONG Value, ULONG Base, PUNICODE_STRING String)
{
    ddi_enter(RtlIntegerToUnicodeString);
    return write_integer(Value, Base, String);
}

NTSTATUS NTAPI RtlInt64ToUnicodeString(ULONGLONG Value, ULONG Base, PUNICODE_STRING String)
{
    ddi_enter(RtlInt64ToUnicodeString);
    return write_integer(Value, Base, String);
}

/* ---- GUIDs --------------------------------------------------------------------------------------- */

/* The order in which the bytes of a GUID are written, two digits each. */
static const UCHAR guid_byte[16] = {3, 2, 1, 0, 5, 4, 7, 6, 8, 9, 10, 11, 12, 13, 14, 15};

static bool is_dash(size_t at)
{
    return at == 9 || at == 14 || at == 19 || at == 24;
}

/* Reads {xxxxxxxx-xxxx-xxxx-xxxx-xxxxxxxxxxxx}.  STATUS_INVALID_PARAMETER.  nf-wdm-rtlguidfromstring. */
NTSTATUS NTAPI RtlGUIDFromString(PCUNICODE_STRING GuidString, GUID *Guid)
{
    ddi_enter(RtlGUIDFromString);
    UCHAR bytes[16];
    size_t next = 0;
    const WCHAR *text = GuidString->Buffer;
    if (GuidString->Length != GUID_CHARACTERS * sizeof(WCHAR) || text[0] != '{' ||
        text[GUID_CHARACTERS - 1] != '}') {
        return STATUS_INVALID_PARAMETER;
    }
    for (size_t at = 1; at < GUID_CHARACTERS - 1;) {
        if (is_dash(at)) {
            if (text[at++] != '-') {
                return STATUS_INVALID_PARAMETER;
            }
            continue;
        }
        int high = digit_of(text[at]), low = digit_of(text[at + 1]);
        if (high < 0 || low < 0) {
            return STATUS_INVALID_PARAMETER;
        }
        bytes[guid_byte[next++]] = (UCHAR)(high << 4 | low);
        at += 2;
    }
    memcpy(Guid, bytes, sizeof(bytes));
    return STATUS_SUCCESS;
}

/* Writes that form into a new buffer, freed with RtlFreeUnicodeString.  STATUS_NO_MEMORY.
 * nf-wdm-rtlstringfromguid. */
NTSTATUS NTAPI RtlStringFromGUID(const GUID *Guid, PUNICODE_STRING GuidString)
{
    ddi_enter(RtlStringFromGUID);
    UCHAR bytes[16];
    size_t next = 0;
    NTSTATUS status = make_room(GuidString, GUID_CHARACTERS * sizeof(WCHAR), sizeof(WCHAR), true);
    if (!NT_SUCCESS(status)) {
        return status;
    }
    WCHAR *text = GuidString->Buffer;
    memcpy(bytes, Guid, sizeof(bytes));
    text[0] = '{';
    for (size_t at = 1; at < GUID_CHARACTERS - 1;) {
        if (is_dash(at)) {
            text[at++] = '-';
            continue;
        }
        UCHAR byte = bytes[guid_byte[next++]];
        text[at++] = (WCHAR) "0123456789abcdef"[byte >> 4];
        text[at++] = (WCHAR) "0123456789abcdef"[byte & 15];
    }
    text[GUID_CHARACTERS - 1] = '}';
    text[GUID_CHARACTERS] = UNICODE_NULL;
    return STATUS_SUCCESS;
}
