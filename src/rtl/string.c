/*
 * string.c - counted strings: making, copying, appending, comparing.
 *
 * Lengths are in bytes; a UNICODE_STRING need not end in a null.  None of these allocate; all are for any
 * IRQL as long as the strings are resident, except where case is folded (PASSIVE_LEVEL on Windows).
 */
#include "ke/ddi.h"
#include "rtl/unicode.h"

#include <string.h>

static size_t wide_length(PCWSTR text)
{
    size_t length = 0;
    while (text[length] != 0) {
        length++;
    }
    return length;
}

/* Points the string at null-terminated text, of which it takes at most 65534 bytes.  nf-wdm-rtlinitstring. */
VOID NTAPI RtlInitString(PSTRING DestinationString, PCSZ SourceString)
{
    ddi_enter(RtlInitString);
    size_t length = SourceString != NULL ? strlen(SourceString) : 0;
    if (length > MAXUSHORT - 1) {
        length = MAXUSHORT - 1;
    }
    DestinationString->Buffer = (PCHAR)(uintptr_t)SourceString;
    DestinationString->Length = (USHORT)length;
    DestinationString->MaximumLength = SourceString != NULL ? (USHORT)(length + 1) : 0;
}

VOID NTAPI RtlInitAnsiString(PANSI_STRING DestinationString, PCSZ SourceString)
{
    ddi_enter(RtlInitAnsiString);
    RtlInitString(DestinationString, SourceString);
}

/* The same for WCHAR text; what does not fit is left out.  <= DISPATCH_LEVEL.  nf-wdm-rtlinitunicodestring.
 */
VOID NTAPI RtlInitUnicodeString(PUNICODE_STRING DestinationString, PCWSTR SourceString)
{
    ddi_enter(RtlInitUnicodeString);
    size_t bytes = SourceString != NULL ? wide_length(SourceString) * sizeof(WCHAR) : 0;
    if (bytes > UNICODE_STRING_MAX_BYTES - sizeof(WCHAR)) {
        bytes = UNICODE_STRING_MAX_BYTES - sizeof(WCHAR);
    }
    DestinationString->Buffer = (PWCH)(uintptr_t)SourceString;
    DestinationString->Length = (USHORT)bytes;
    DestinationString->MaximumLength = SourceString != NULL ? (USHORT)(bytes + sizeof(WCHAR)) : 0;
}

/* The same, with STATUS_NAME_TOO_LONG when it does not fit.  nf-ntddk-rtlinitunicodestringex. */
NTSTATUS NTAPI RtlInitUnicodeStringEx(PUNICODE_STRING DestinationString, PCWSTR SourceString)
{
    ddi_enter(RtlInitUnicodeStringEx);
    if (SourceString != NULL &&
        wide_length(SourceString) * sizeof(WCHAR) > UNICODE_STRING_MAX_BYTES - sizeof(WCHAR)) {
        return STATUS_NAME_TOO_LONG;
    }
    RtlInitUnicodeString(DestinationString, SourceString);
    return STATUS_SUCCESS;
}

/* Copies as much as fits; no source empties the destination.  nf-wdm-rtlcopyunicodestring,
 * nf-wdm-rtlcopystring. */
VOID NTAPI RtlCopyUnicodeString(PUNICODE_STRING DestinationString, PCUNICODE_STRING SourceString)
{
    ddi_enter(RtlCopyUnicodeString);
    if (SourceString == NULL) {
        DestinationString->Length = 0;
        return;
    }
    USHORT bytes = SourceString->Length < DestinationString->MaximumLength ? SourceString->Length
                                                                           : DestinationString->MaximumLength;
    if (bytes != 0) { /* an empty string may have no buffer */
        memmove(DestinationString->Buffer, SourceString->Buffer, bytes);
    }
    DestinationString->Length = bytes;
    if (bytes + sizeof(WCHAR) <= DestinationString->MaximumLength) {
        DestinationString->Buffer[bytes / sizeof(WCHAR)] = UNICODE_NULL;
    }
}

VOID NTAPI RtlCopyString(PSTRING DestinationString, const STRING *SourceString)
{
    ddi_enter(RtlCopyString);
    if (SourceString == NULL) {
        DestinationString->Length = 0;
        return;
    }
    USHORT bytes = SourceString->Length < DestinationString->MaximumLength ? SourceString->Length
                                                                           : DestinationString->MaximumLength;
    memmove(DestinationString->Buffer, SourceString->Buffer, bytes);
    DestinationString->Length = bytes;
}

static NTSTATUS append(PUNICODE_STRING to, const WCHAR *text, size_t bytes)
{
    if (bytes > (size_t)(to->MaximumLength - to->Length)) {
        return STATUS_BUFFER_TOO_SMALL;
    }
    memmove((PCHAR)to->Buffer + to->Length, text, bytes);
    to->Length = (USHORT)(to->Length + bytes);
    if (to->Length + sizeof(WCHAR) <= to->MaximumLength) {
        to->Buffer[to->Length / sizeof(WCHAR)] = UNICODE_NULL;
    }
    return STATUS_SUCCESS;
}

/* Appends, all or nothing: STATUS_BUFFER_TOO_SMALL.  nf-wdm-rtlappendunicodestringtostring,
 * -rtlappendunicodetostring. */
NTSTATUS NTAPI RtlAppendUnicodeStringToString(PUNICODE_STRING Destination, PCUNICODE_STRING Source)
{
    ddi_enter(RtlAppendUnicodeStringToString);
    return append(Destination, Source->Buffer, Source->Length);
}

NTSTATUS NTAPI RtlAppendUnicodeToString(PUNICODE_STRING Destination, PCWSTR Source)
{
    ddi_enter(RtlAppendUnicodeToString);
    return Source != NULL ? append(Destination, Source, wide_length(Source) * sizeof(WCHAR)) : STATUS_SUCCESS;
}

/* Less than, equal to or greater than zero, by character numbers.  PASSIVE_LEVEL.
 * nf-wdm-rtlcompareunicodestring. */
LONG NTAPI RtlCompareUnicodeString(PCUNICODE_STRING String1, PCUNICODE_STRING String2,
                                   BOOLEAN CaseInSensitive)
{
    ddi_enter(RtlCompareUnicodeString);
    size_t length1 = String1->Length / sizeof(WCHAR), length2 = String2->Length / sizeof(WCHAR);
    for (size_t i = 0; i < length1 && i < length2; i++) {
        WCHAR c1 = String1->Buffer[i], c2 = String2->Buffer[i];
        if (CaseInSensitive) {
            c1 = rtl_upcase(c1);
            c2 = rtl_upcase(c2);
        }
        if (c1 != c2) {
            return (LONG)c1 - (LONG)c2;
        }
    }
    return (LONG)String1->Length - (LONG)String2->Length;
}

BOOLEAN NTAPI RtlEqualUnicodeString(PCUNICODE_STRING String1, PCUNICODE_STRING String2,
                                    BOOLEAN CaseInSensitive)
{
    ddi_enter(RtlEqualUnicodeString);
    return String1->Length == String2->Length &&
           RtlCompareUnicodeString(String1, String2, CaseInSensitive) == 0;
}

/* Whether String2 begins with String1.  PASSIVE_LEVEL.  nf-ntddk-rtlprefixunicodestring. */
BOOLEAN NTAPI RtlPrefixUnicodeString(PCUNICODE_STRING String1, PCUNICODE_STRING String2,
                                     BOOLEAN CaseInSensitive)
{
    ddi_enter(RtlPrefixUnicodeString);
    UNICODE_STRING start = *String2;
    if (start.Length < String1->Length) {
        return FALSE;
    }
    start.Length = String1->Length;
    return RtlEqualUnicodeString(String1, &start, CaseInSensitive);
}

LONG NTAPI RtlCompareString(const STRING *String1, const STRING *String2, BOOLEAN CaseInSensitive)
{
    ddi_enter(RtlCompareString);
    for (size_t i = 0; i < String1->Length && i < String2->Length; i++) {
        CHAR c1 = String1->Buffer[i], c2 = String2->Buffer[i];
        if (CaseInSensitive) {
            c1 = rtl_upcase_ansi(c1);
            c2 = rtl_upcase_ansi(c2);
        }
        if (c1 != c2) {
            return (LONG)(UCHAR)c1 - (LONG)(UCHAR)c2;
        }
    }
    return (LONG)String1->Length - (LONG)String2->Length;
}

BOOLEAN NTAPI RtlEqualString(const STRING *String1, const STRING *String2, BOOLEAN CaseInSensitive)
{
    ddi_enter(RtlEqualString);
    return String1->Length == String2->Length && RtlCompareString(String1, String2, CaseInSensitive) == 0;
}

/* One character's upper and lower case.  nf-wdm-rtlupcaseunicodechar and peers. */
WCHAR NTAPI RtlUpcaseUnicodeChar(WCHAR SourceCharacter)
{
    ddi_enter(RtlUpcaseUnicodeChar);
    return rtl_upcase(SourceCharacter);
}

WCHAR NTAPI RtlDowncaseUnicodeChar(WCHAR SourceCharacter)
{
    ddi_enter(RtlDowncaseUnicodeChar);
    return rtl_downcase(SourceCharacter);
}

CHAR NTAPI RtlUpperChar(CHAR Character)
{
    ddi_enter(RtlUpperChar);
    return rtl_upcase_ansi(Character);
}

/*
 * A hash of the string: h = h * 65599 + character.  STATUS_INVALID_PARAMETER for another algorithm.
 * nf-wdm-rtlhashunicodestring.
 */
NTSTATUS NTAPI RtlHashUnicodeString(PCUNICODE_STRING String, BOOLEAN CaseInSensitive, ULONG HashAlgorithm,
                                    PULONG HashValue)
{
    ddi_enter(RtlHashUnicodeString);
    if (HashAlgorithm > HASH_STRING_ALGORITHM_X65599) {
        return STATUS_INVALID_PARAMETER;
    }
    ULONG hash = 0;
    for (size_t i = 0; i < String->Length / sizeof(WCHAR); i++) {
        hash = hash * 65599u + (CaseInSensitive ? rtl_upcase(String->Buffer[i]) : String->Buffer[i]);
    }
    *HashValue = hash;
    return STATUS_SUCCESS;
}
