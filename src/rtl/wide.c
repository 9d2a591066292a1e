/*
 * wide.c - the C library's functions on 16-bit WCHARs (include/wdk/wdm/wide.h), and Microsoft's own ones.
 */
#include "rtl/format.h"
#include "rtl/unicode.h"

#include <string.h>

size_t wcsnlen(const wchar_t *text, size_t limit)
{
    size_t length = 0;
    while (length < limit && text[length] != 0) {
        length++;
    }
    return length;
}

size_t wcslen(const wchar_t *text)
{
    return wcsnlen(text, SIZE_MAX);
}

wchar_t *wcscpy(wchar_t *to, const wchar_t *from)
{
    memcpy(to, from, (wcslen(from) + 1) * sizeof(wchar_t));
    return to;
}

wchar_t *wcsncpy(wchar_t *to, const wchar_t *from, size_t count)
{
    size_t length = wcsnlen(from, count);
    memcpy(to, from, length * sizeof(wchar_t));
    memset(to + length, 0, (count - length) * sizeof(wchar_t));
    return to;
}

wchar_t *wcsncat(wchar_t *to, const wchar_t *from, size_t count)
{
    wchar_t *end = to + wcslen(to);
    size_t length = wcsnlen(from, count);
    memcpy(end, from, length * sizeof(wchar_t));
    end[length] = 0;
    return to;
}

wchar_t *wcscat(wchar_t *to, const wchar_t *from)
{
    wcscpy(to + wcslen(to), from);
    return to;
}

static int compare(const wchar_t *one, const wchar_t *other, size_t count, bool fold)
{
    for (size_t i = 0; i < count; i++) {
        wchar_t c1 = fold ? rtl_downcase(one[i]) : one[i], c2 = fold ? rtl_downcase(other[i]) : other[i];
        if (c1 != c2) {
            return (int)c1 - (int)c2;
        }
        if (c1 == 0) {
            break;
        }
    }
    return 0;
}

int wcscmp(const wchar_t *one, const wchar_t *other)
{
    return compare(one, other, SIZE_MAX, false);
}

int wcsncmp(const wchar_t *one, const wchar_t *other, size_t count)
{
    return compare(one, other, count, false);
}

int _wcsicmp(const wchar_t *one, const wchar_t *other)
{
    return compare(one, other, SIZE_MAX, true);
}

int _wcsnicmp(const wchar_t *one, const wchar_t *other, size_t count)
{
    return compare(one, other, count, true);
}

wchar_t *wcschr(const wchar_t *text, wchar_t character)
{
    for (;; text++) {
        if (*text == character) {
            return (wchar_t *)(uintptr_t)text;
        }
        if (*text == 0) {
            return NULL;
        }
    }
}

wchar_t *wcsrchr(const wchar_t *text, wchar_t character)
{
    const wchar_t *found = NULL;
    for (;; text++) {
        if (*text == character) {
            found = text;
        }
        if (*text == 0) {
            return (wchar_t *)(uintptr_t)found;
        }
    }
}

wchar_t *wcsstr(const wchar_t *text, const wchar_t *part)
{
    size_t length = wcslen(part);
    for (;; text++) {
        if (compare(text, part, length, false) == 0) {
            return (wchar_t *)(uintptr_t)text;
        }
        if (*text == 0) {
            return NULL;
        }
    }
}

wchar_t *_wcsupr(wchar_t *text)
{
    for (wchar_t *c = text; *c != 0; c++) {
        *c = rtl_upcase(*c);
    }
    return text;
}

wchar_t *_wcslwr(wchar_t *text)
{
    for (wchar_t *c = text; *c != 0; c++) {
        *c = rtl_downcase(*c);
    }
    return text;
}

int _strnicmp(const char *one, const char *other, size_t count)
{
    for (size_t i = 0; i < count; i++) {
        int c1 = (UCHAR)rtl_upcase_ansi(one[i]), c2 = (UCHAR)rtl_upcase_ansi(other[i]);
        if (c1 != c2) {
            return c1 - c2;
        }
        if (c1 == 0) {
            break;
        }
    }
    return 0;
}

int _stricmp(const char *one, const char *other)
{
    return _strnicmp(one, other, SIZE_MAX);
}

/* ---- formatting ---------------------------------------------------------------------------------- */

/* Unlike rtl_format_narrow these use the last unit of the array for text when they must. */
struct exact_sink {
    struct rtl_sink sink;
    void *to;
    size_t room, length;
    bool wide;
};

static void put_exact(struct rtl_sink *sink, uint16_t unit, bool wide)
{
    struct exact_sink *exact = (struct exact_sink *)sink;
    if (exact->length < exact->room && exact->wide) {
        ((wchar_t *)exact->to)[exact->length] = (wchar_t)unit;
    } else if (exact->length < exact->room) {
        ((char *)exact->to)[exact->length] = wide ? rtl_to_ansi((WCHAR)unit) : (char)unit;
    }
    exact->length++;
}

static int format_exact(void *to, size_t count, const void *format, bool wide, va_list arguments)
{
    struct exact_sink exact = {{put_exact}, to, count, 0, wide};
    rtl_format(&exact.sink, format, wide, arguments);
    size_t length = exact.length;
    if (length < count) {
        put_exact(&exact.sink, 0, false);
    }
    return length > count || length > MAXLONG ? -1 : (int)length;
}

int _vsnprintf(char *to, size_t count, const char *format, va_list arguments)
{
    return format_exact(to, count, format, false, arguments);
}

int _vsnwprintf(wchar_t *to, size_t count, const wchar_t *format, va_list arguments)
{
    return format_exact(to, count, format, true, arguments);
}

int _snprintf(char *to, size_t count, const char *format, ...)
{
    va_list arguments;
    va_start(arguments, format);
    int length = format_exact(to, count, format, false, arguments);
    va_end(arguments);
    return length;
}

int _snwprintf(wchar_t *to, size_t count, const wchar_t *format, ...)
{
    va_list arguments;
    va_start(arguments, format);
    int length = format_exact(to, count, format, true, arguments);
    va_end(arguments);
    return length;
}
