/*
 * ntstrsafe.h - string functions that know the size of the destination, with the WDK's formats.
 *
 * Cch counts characters, Cb bytes; the closing null counts.  Each returns STATUS_SUCCESS,
 * STATUS_BUFFER_OVERFLOW (what fits is there and closed by a null) or STATUS_INVALID_PARAMETER.  Functions,
 * not inline as on Windows.
 */
#ifndef UNDIS_NTSTRSAFE_H
#define UNDIS_NTSTRSAFE_H

#include "ntdef.h"

EXTERN_C_START

#define NTSTRSAFE_MAX_CCH 2147483647
#define NTSTRSAFE_MAX_LENGTH (NTSTRSAFE_MAX_CCH - 1)
#define NTSTRSAFE_UNICODE_STRING_MAX_CCH (0xffff / sizeof(wchar_t))
#define NTSTRSAFEDDI NTSTATUS
typedef char *NTSTRSAFE_PSTR;
typedef const char *NTSTRSAFE_PCSTR;
typedef wchar_t *NTSTRSAFE_PWSTR;
typedef const wchar_t *NTSTRSAFE_PCWSTR;

/* Flags of the Ex functions; the low byte is what they fill with. */
#define STRSAFE_FILL_BYTE_MASK 0x000000FF
#define STRSAFE_IGNORE_NULLS 0x00000100
#define STRSAFE_FILL_BEHIND_NULL 0x00000200
#define STRSAFE_FILL_ON_FAILURE 0x00000400
#define STRSAFE_NULL_ON_FAILURE 0x00000800
#define STRSAFE_NO_TRUNCATION 0x00001000
#define STRSAFE_FILL_BYTE(x) ((ULONG)(((x)&STRSAFE_FILL_BYTE_MASK) | STRSAFE_FILL_BEHIND_NULL))
#define STRSAFE_FAILURE_BYTE(x) ((ULONG)(((x)&STRSAFE_FILL_BYTE_MASK) | STRSAFE_FILL_ON_FAILURE))

#define UNDIS_STRSAFE_FAMILY(count, suffix, unit)                                                            \
    NTSTATUS RtlString##count##Copy##suffix(unit *pszDest, size_t dest, const unit *pszSrc);                 \
    NTSTATUS RtlString##count##CopyN##suffix(unit *pszDest, size_t dest, const unit *pszSrc, size_t toCopy); \
    NTSTATUS RtlString##count##Cat##suffix(unit *pszDest, size_t dest, const unit *pszSrc);                  \
    NTSTATUS RtlString##count##CatN##suffix(unit *pszDest, size_t dest, const unit *pszSrc,                  \
                                            size_t toAppend);                                                \
    NTSTATUS RtlString##count##VPrintf##suffix(unit *pszDest, size_t dest, const unit *pszFormat,            \
                                               va_list argList);                                             \
    NTSTATUS RtlString##count##Printf##suffix(unit *pszDest, size_t dest, const unit *pszFormat, ...);       \
    NTSTATUS RtlString##count##VPrintfEx##suffix(unit *pszDest, size_t dest, unit **ppszDestEnd,             \
                                                 size_t *remaining, ULONG dwFlags, const unit *pszFormat,    \
                                                 va_list argList);                                           \
    NTSTATUS RtlString##count##PrintfEx##suffix(unit *pszDest, size_t dest, unit **ppszDestEnd,              \
                                                size_t *remaining, ULONG dwFlags, const unit *pszFormat,     \
                                                ...);                                                        \
    NTSTATUS RtlString##count##Length##suffix(const unit *psz, size_t maximum, size_t *length)

UNDIS_STRSAFE_FAMILY(Cch, A, char);
UNDIS_STRSAFE_FAMILY(Cch, W, wchar_t);
UNDIS_STRSAFE_FAMILY(Cb, A, char);
UNDIS_STRSAFE_FAMILY(Cb, W, wchar_t);

NTSTATUS RtlUnicodeStringInit(PUNICODE_STRING DestinationString, const wchar_t *pszSrc);
NTSTATUS RtlUnicodeStringValidate(PCUNICODE_STRING SourceString);
NTSTATUS RtlUnicodeStringCopy(PUNICODE_STRING DestinationString, PCUNICODE_STRING SourceString);
NTSTATUS RtlUnicodeStringCopyString(PUNICODE_STRING DestinationString, const wchar_t *pszSrc);
NTSTATUS RtlUnicodeStringCat(PUNICODE_STRING DestinationString, PCUNICODE_STRING SourceString);
NTSTATUS RtlUnicodeStringCatString(PUNICODE_STRING DestinationString, const wchar_t *pszSrc);
NTSTATUS RtlUnicodeStringVPrintf(PUNICODE_STRING DestinationString, const wchar_t *pszFormat,
                                 va_list argList);
NTSTATUS RtlUnicodeStringPrintf(PUNICODE_STRING DestinationString, const wchar_t *pszFormat, ...);

EXTERN_C_END

#endif
