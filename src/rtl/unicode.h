/*
 * unicode.h - upper case and code page, for the string functions.
 *
 * Upper case covers what Windows' table has for Latin, Greek and Cyrillic; everything else is its own upper
 * case. The "ANSI" code page is Latin-1, in which byte and character number agree.
 */
#ifndef UNDIS_RTL_UNICODE_H
#define UNDIS_RTL_UNICODE_H

#include "ke/processor.h"

WCHAR rtl_upcase(WCHAR character);
WCHAR rtl_downcase(WCHAR character);
CHAR rtl_upcase_ansi(CHAR character);

/* What stands in for a character that Latin-1 does not have. */
#define RTL_NO_ANSI '?'

static inline CHAR rtl_to_ansi(WCHAR character)
{
    return character <= 0xFF ? (CHAR)character : RTL_NO_ANSI;
}

static inline WCHAR rtl_from_ansi(CHAR character)
{
    return (WCHAR)(UCHAR)character;
}

/* Strings that an Rtl function allocated: paged pool with this tag. */
#define RTL_STRING_TAG 0x67727453u /* 'Strg' */

#endif
