/*
 * unicode.c - upper and lower case of unicode.h.
 */
#include "rtl/unicode.h"

/* A run of lower-case letters whose upper case lies at a fixed distance below. */
static const struct case_run {
    WCHAR first, last;
    WCHAR distance;
} case_runs[] = {
    {0x0061, 0x007A, 32}, {0x00E0, 0x00F6, 32}, {0x00F8, 0x00FE, 32}, {0x03AC, 0x03AC, 38},
    {0x03AD, 0x03AF, 37}, {0x03B1, 0x03C1, 32}, {0x03C3, 0x03CB, 32}, {0x03CC, 0x03CC, 64},
    {0x03CD, 0x03CE, 63}, {0x0430, 0x044F, 32}, {0x0450, 0x045F, 80}, {0xFF41, 0xFF5A, 32},
};

/* Stretches in which capital and small letters alternate; the capital is even, or odd where `odd` says so. */
static const struct case_pairs {
    WCHAR first, last;
    bool odd;
} case_pairs[] = {
    {0x0100, 0x012F, false}, {0x0132, 0x0137, false}, {0x0139, 0x0148, true},
    {0x014A, 0x0177, false}, {0x0179, 0x017E, true},  {0x0460, 0x0481, false},
    {0x048A, 0x04BF, false}, {0x04D0, 0x04FF, false}, {0x1E00, 0x1E95, false},
};

#define SMALL_Y_DIAERESIS 0x00FF
#define CAPITAL_Y_DIAERESIS 0x0178

static const struct case_pairs *pairs_of(WCHAR character)
{
    for (size_t i = 0; i < RTL_NUMBER_OF(case_pairs); i++) {
        if (character >= case_pairs[i].first && character <= case_pairs[i].last) {
            return &case_pairs[i];
        }
    }
    return NULL;
}

WCHAR rtl_upcase(WCHAR character)
{
    for (size_t i = 0; i < RTL_NUMBER_OF(case_runs); i++) {
        if (character >= case_runs[i].first && character <= case_runs[i].last) {
            return (WCHAR)(character - case_runs[i].distance);
        }
    }
    if (character == SMALL_Y_DIAERESIS) {
        return CAPITAL_Y_DIAERESIS;
    }
    const struct case_pairs *pairs = pairs_of(character);
    bool small = pairs != NULL && ((character & 1) != 0) != pairs->odd;
    return small ? (WCHAR)(character - 1) : character;
}

WCHAR rtl_downcase(WCHAR character)
{
    for (size_t i = 0; i < RTL_NUMBER_OF(case_runs); i++) {
        WCHAR distance = case_runs[i].distance;
        if (character >= case_runs[i].first - distance && character <= case_runs[i].last - distance) {
            return (WCHAR)(character + distance);
        }
    }
    if (character == CAPITAL_Y_DIAERESIS) {
        return SMALL_Y_DIAERESIS;
    }
    const struct case_pairs *pairs = pairs_of(character);
    bool capital = pairs != NULL && ((character & 1) != 0) == pairs->odd;
    return capital ? (WCHAR)(character + 1) : character;
}

CHAR rtl_upcase_ansi(CHAR character)
{
    WCHAR upper = rtl_upcase(rtl_from_ansi(character));
    return upper <= 0xFF ? (CHAR)upper : character;
}
