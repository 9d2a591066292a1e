/*
 * safe.c - ntstrsafe, which Windows this is, the wcs functions on 16-bit characters, Microsoft's own string
 * functions.
 *
 * UNDIS_TEST_BOTH
 */
#include <ntddk.h>
#include <ntstrsafe.h>

#include <setjmp.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

static void copies(void **state)
{
    (void)state;
    char text[5];
    assert_int_equal(RtlStringCchCopyA(text, 5, "four"), STATUS_SUCCESS);
    assert_string_equal(text, "four");
    assert_int_equal(RtlStringCchCopyA(text, 5, "fives"), STATUS_BUFFER_OVERFLOW);
    assert_string_equal(text, "five");
    assert_int_equal(RtlStringCchCopyA(text, 0, "x"), STATUS_INVALID_PARAMETER);
    assert_string_equal(text, "five");
    assert_int_equal(RtlStringCbCopyNA(text, sizeof(text), "abcdef", 2), STATUS_SUCCESS);
    assert_string_equal(text, "ab");
    assert_int_equal(RtlStringCbCatA(text, sizeof(text), "cd"), STATUS_SUCCESS);
    assert_string_equal(text, "abcd");
    assert_int_equal(RtlStringCbCatA(text, sizeof(text), "e"), STATUS_BUFFER_OVERFLOW);
    assert_string_equal(text, "abcd");
    memset(text, 'x', sizeof(text)); /* not closed */
    assert_int_equal(RtlStringCbCatA(text, sizeof(text), "e"), STATUS_INVALID_PARAMETER);

    WCHAR wide[4];
    assert_int_equal(RtlStringCbCopyW(wide, sizeof(wide), L"abc"), STATUS_SUCCESS);
    assert_memory_equal(wide, L"abc", 8);
    assert_int_equal(RtlStringCbCopyW(wide, 7, L"abc"), STATUS_BUFFER_OVERFLOW); /* an odd byte is no room */
    assert_memory_equal(wide, L"ab", 6);
    assert_int_equal(RtlStringCchCatNW(wide, 4, L"xyz", 1), STATUS_SUCCESS);
    assert_memory_equal(wide, L"abx", 8);
}

static void lengths(void **state)
{
    (void)state;
    size_t length = 99;
    assert_int_equal(RtlStringCchLengthA("abc", 4, &length), STATUS_SUCCESS);
    assert_int_equal(length, 3);
    assert_int_equal(RtlStringCbLengthW(L"abc", 8, &length), STATUS_SUCCESS);
    assert_int_equal(length, 6);
    assert_int_equal(RtlStringCchLengthA("abc", 3, &length), STATUS_INVALID_PARAMETER);
    assert_int_equal(length, 0);
    assert_int_equal(RtlStringCchLengthA(NULL, 3, NULL), STATUS_INVALID_PARAMETER);
}

static void prints(void **state)
{
    (void)state;
    char text[8];
    WCHAR wide[8];
    assert_int_equal(RtlStringCbPrintfA(text, sizeof(text), "%ws-%lx", L"ab", (ULONG)0xABCD), STATUS_SUCCESS);
    assert_string_equal(text, "ab-abcd");
    assert_int_equal(RtlStringCbPrintfA(text, sizeof(text), "%d", 12345678), STATUS_BUFFER_OVERFLOW);
    assert_string_equal(text, "1234567");
    assert_int_equal(RtlStringCchPrintfW(wide, 8, L"%s%d", L"ab", 5), STATUS_SUCCESS);
    assert_memory_equal(wide, L"ab5", 8);
    assert_int_equal(RtlStringCchPrintfW(wide, 0, L"%s", L"ab"), STATUS_INVALID_PARAMETER);
}

static void counted(void **state)
{
    (void)state;
    WCHAR buffer[4];
    UNICODE_STRING to = {0, sizeof(buffer), buffer}, from = RTL_CONSTANT_STRING(L"cd");
    assert_int_equal(RtlUnicodeStringCopyString(&to, L"ab"), STATUS_SUCCESS);
    assert_int_equal(RtlUnicodeStringCat(&to, &from), STATUS_SUCCESS);
    assert_int_equal(to.Length, 8);
    assert_memory_equal(buffer, L"abcd", 8);
    assert_int_equal(RtlUnicodeStringCatString(&to, L"e"), STATUS_BUFFER_OVERFLOW);
    assert_int_equal(RtlUnicodeStringPrintf(&to, L"%d", 12345), STATUS_BUFFER_OVERFLOW);
    assert_memory_equal(buffer, L"1234", 8);
    assert_int_equal(RtlUnicodeStringPrintf(&to, L"%wZ", &from), STATUS_SUCCESS);
    assert_int_equal(to.Length, 4);
    to.Length = 3;
    assert_int_equal(RtlUnicodeStringCatString(&to, L"e"), STATUS_INVALID_PARAMETER);
}

static void wide_functions(void **state)
{
    (void)state;
    /* In blocks of their exact size, so that a sanitizer sees a 32-bit read. */
    WCHAR *text = malloc(4 * sizeof(WCHAR)), *copy = malloc(8 * sizeof(WCHAR));
    memcpy(text, L"abc", 8);
    assert_int_equal(wcslen(text), 3);
    assert_int_equal(wcsnlen(text, 2), 2);
    assert_ptr_equal(wcscpy(copy, text), copy);
    assert_int_equal(wcscmp(copy, text), 0);
    wcscat(copy, L"bcd");
    assert_memory_equal(copy, L"abcbcd", 14);
    assert_ptr_equal(wcschr(copy, L'b'), copy + 1);
    assert_ptr_equal(wcsrchr(copy, L'b'), copy + 3);
    assert_null(wcschr(copy, L'x'));
    assert_ptr_equal(wcsstr(copy, L"bcd"), copy + 3);
    assert_null(wcsstr(copy, L"cbb"));
    assert_true(wcsncmp(copy, L"abd", 3) < 0);
    assert_int_equal(wcsncmp(copy, L"abd", 2), 0);
    wcsncpy(copy, L"z", 3);
    assert_memory_equal(copy, L"z\0\0bcd", 14);
    assert_int_equal(_wcsicmp(L"\xC4pfel", L"\xE4PFEL"), 0);
    assert_int_not_equal(_wcsicmp(L"apfel", L"apfe"), 0);
    assert_int_equal(_wcsnicmp(L"ABc", L"abD", 2), 0);
    assert_memory_equal(_wcsupr(text), L"ABC", 8);
    assert_memory_equal(_wcslwr(text), L"abc", 8);
    assert_int_equal(_stricmp("AbC", "aBc"), 0);
    assert_true(_strnicmp("abx", "aby", 3) < 0);
    free(text);
    free(copy);
}

static void microsoft_snprintf(void **state)
{
    (void)state;
    char text[6] = "xxxxx";
    assert_int_equal(_snprintf(text, 5, "%d", 123), 3);
    assert_string_equal(text, "123");
    memset(text, 'x', 5);
    assert_int_equal(_snprintf(text, 3, "%d", 123), 3); /* fits without its null */
    assert_memory_equal(text, "123xx", 5);
    assert_int_equal(_snprintf(text, 3, "%d", 4567), -1);
    assert_memory_equal(text, "456xx", 5);
    WCHAR wide[4];
    assert_int_equal(_snwprintf(wide, 4, L"%hs", "ab"), 2);
    assert_memory_equal(wide, L"ab", 6);
}

static NTSTATUS compare(ULONG major, ULONG minor, ULONG kinds, UCHAR condition)
{
    RTL_OSVERSIONINFOEXW version = {
        .dwOSVersionInfoSize = sizeof(version), .dwMajorVersion = major, .dwMinorVersion = minor};
    return RtlVerifyVersionInfo(&version, kinds, VerSetConditionMask(0, kinds, condition));
}

static void versions(void **state)
{
    (void)state;
    const ULONG both = VER_MAJORVERSION | VER_MINORVERSION;
    assert_int_equal(compare(10, 0, both, VER_EQUAL), STATUS_SUCCESS);
    assert_int_equal(compare(10, 0, both, VER_GREATER), STATUS_REVISION_MISMATCH);
    assert_int_equal(compare(6, 2, both, VER_GREATER_EQUAL), STATUS_SUCCESS); /* 10.0 is above 6.2 */
    assert_int_equal(compare(6, 2, both, VER_LESS), STATUS_REVISION_MISMATCH);
    assert_int_equal(compare(10, 1, both, VER_LESS), STATUS_SUCCESS);
    assert_int_equal(compare(10, 1, VER_MAJORVERSION, VER_LESS_EQUAL), STATUS_SUCCESS);
    assert_int_equal(compare(10, 0, 0, VER_EQUAL), STATUS_INVALID_PARAMETER);
    RTL_OSVERSIONINFOEXW version = {.wProductType = 3};
    assert_int_equal(
        RtlVerifyVersionInfo(&version, VER_PRODUCT_TYPE, VerSetConditionMask(0, VER_PRODUCT_TYPE, VER_EQUAL)),
        STATUS_REVISION_MISMATCH);
}

/* The Ex functions: where the text ends, what is left, and what the flags make of the rest. */
static void prints_with_extras(void **state)
{
    (void)state;
    char text[8], *end = NULL;
    WCHAR wide[6], *wide_end = NULL;
    size_t left = 0;
    memset(text, 'x', sizeof(text));
    assert_int_equal(RtlStringCchPrintfExA(text, 8, &end, &left, 0, "%d", 123), STATUS_SUCCESS);
    assert_string_equal(text, "123");
    assert_ptr_equal(end, text + 3);
    assert_int_equal(left, 5);
    assert_int_equal(text[4], 'x');
    assert_int_equal(RtlStringCchPrintfExA(text, 8, NULL, NULL, STRSAFE_FILL_BYTE('-'), "ab"),
                     STATUS_SUCCESS);
    assert_memory_equal(text, "ab\0-----", 8);
    assert_int_equal(RtlStringCchPrintfExA(text, 4, &end, &left, 0, "%s", "abcdef"), STATUS_BUFFER_OVERFLOW);
    assert_string_equal(text, "abc");
    assert_ptr_equal(end, text + 3);
    assert_int_equal(left, 1);
    assert_int_equal(RtlStringCchPrintfExA(text, 4, NULL, NULL, STRSAFE_FAILURE_BYTE('.'), "abcdef"),
                     STATUS_BUFFER_OVERFLOW);
    assert_string_equal(text, "...");
    assert_int_equal(RtlStringCchPrintfExA(text, 4, &end, &left, STRSAFE_NO_TRUNCATION, "%s", "abcdef"),
                     STATUS_BUFFER_OVERFLOW);
    assert_string_equal(text, "...");
    assert_int_equal(RtlStringCchPrintfExA(text, 4, &end, &left, STRSAFE_NULL_ON_FAILURE, "abcdef"),
                     STATUS_BUFFER_OVERFLOW);
    assert_string_equal(text, "");
    assert_int_equal(left, 4);
    assert_int_equal(RtlStringCchPrintfExA(NULL, 0, &end, &left, STRSAFE_IGNORE_NULLS, NULL), STATUS_SUCCESS);
    assert_ptr_equal(end, NULL);
    assert_int_equal(RtlStringCchPrintfExA(NULL, 0, NULL, NULL, STRSAFE_IGNORE_NULLS, "a"),
                     STATUS_INVALID_PARAMETER);
    assert_int_equal(RtlStringCchPrintfExA(NULL, 0, NULL, NULL, 0, "a"), STATUS_INVALID_PARAMETER);
    assert_int_equal(RtlStringCchPrintfExA(text, 8, NULL, NULL, 0x10000, "a"), STATUS_INVALID_PARAMETER);
    assert_int_equal(RtlStringCbPrintfExW(wide, sizeof(wide), &wide_end, &left, 0, L"%ws", L"abc"),
                     STATUS_SUCCESS);
    assert_memory_equal(wide, L"abc", 8);
    assert_ptr_equal(wide_end, wide + 3);
    assert_int_equal(left, 3 * sizeof(WCHAR)); /* bytes here */
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(prints_with_extras),
        cmocka_unit_test(versions),
        cmocka_unit_test(copies),
        cmocka_unit_test(lengths),
        cmocka_unit_test(prints),
        cmocka_unit_test(counted),
        cmocka_unit_test(wide_functions),
        cmocka_unit_test(microsoft_snprintf),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
