/*
 * wide.h - the C run-time library's functions on 16-bit WCHARs, and Microsoft's own string functions.
 *
 * libc's functions of these names work on 32-bit characters, so each name leads to undis's own function.  In
 * C++ the three that <cwchar> overloads (wcschr, wcsrchr, wcsstr) are left alone: do not use them there.
 */
#ifndef UNDIS_WDM_WIDE_H
#define UNDIS_WDM_WIDE_H

#include "../ntdef.h"

EXTERN_C_START

#ifdef __cplusplus
#define UNDIS_WIDE(name) noexcept __asm__(name)
#else
#define UNDIS_WIDE(name) __asm__(name)
#endif

size_t wcslen(const wchar_t *text) UNDIS_WIDE("undis_wcslen");
size_t wcsnlen(const wchar_t *text, size_t limit) UNDIS_WIDE("undis_wcsnlen");
wchar_t *wcscpy(wchar_t *to, const wchar_t *from) UNDIS_WIDE("undis_wcscpy");
wchar_t *wcsncpy(wchar_t *to, const wchar_t *from, size_t count) UNDIS_WIDE("undis_wcsncpy");
wchar_t *wcscat(wchar_t *to, const wchar_t *from) UNDIS_WIDE("undis_wcscat");
wchar_t *wcsncat(wchar_t *to, const wchar_t *from, size_t count) UNDIS_WIDE("undis_wcsncat");
int wcscmp(const wchar_t *one, const wchar_t *other) UNDIS_WIDE("undis_wcscmp");
int wcsncmp(const wchar_t *one, const wchar_t *other, size_t count) UNDIS_WIDE("undis_wcsncmp");
#ifndef __cplusplus
wchar_t *wcschr(const wchar_t *text, wchar_t character) UNDIS_WIDE("undis_wcschr");
wchar_t *wcsrchr(const wchar_t *text, wchar_t character) UNDIS_WIDE("undis_wcsrchr");
wchar_t *wcsstr(const wchar_t *text, const wchar_t *part) UNDIS_WIDE("undis_wcsstr");
#endif
int _wcsicmp(const wchar_t *one, const wchar_t *other);
int _wcsnicmp(const wchar_t *one, const wchar_t *other, size_t count);
wchar_t *_wcsupr(wchar_t *text);
wchar_t *_wcslwr(wchar_t *text);
int _stricmp(const char *one, const char *other);
int _strnicmp(const char *one, const char *other, size_t count);

/* With the WDK's formats.  They return -1, and leave out the closing null, when the text does not fit. */
int _snprintf(char *to, size_t count, const char *format, ...);
int _vsnprintf(char *to, size_t count, const char *format, va_list arguments);
int _snwprintf(wchar_t *to, size_t count, const wchar_t *format, ...);
int _vsnwprintf(wchar_t *to, size_t count, const wchar_t *format, va_list arguments);

EXTERN_C_END

#endif
