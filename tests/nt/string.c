/*
 * string.c - counted strings, conversions, GUIDs, bitmaps, dates.
 *
 * UNDIS_TEST_BOTH
 */
#include <ntddk.h>

#include <setjmp.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#define STRING(text)                                                                                         \
    {                                                                                                        \
        sizeof(text) - sizeof(WCHAR), sizeof(text), (PWCH)(text)                                             \
    }

static void initialize(void **state)
{
    (void)state;
    UNICODE_STRING unicode;
    ANSI_STRING ansi;
    RtlInitUnicodeString(&unicode, L"abc");
    assert_int_equal(unicode.Length, 6);
    assert_int_equal(unicode.MaximumLength, 8);
    RtlInitUnicodeString(&unicode, NULL);
    assert_int_equal(unicode.Length, 0);
    assert_int_equal(unicode.MaximumLength, 0);
    assert_null(unicode.Buffer);
    RtlInitAnsiString(&ansi, "abc");
    assert_int_equal(ansi.Length, 3);
    assert_int_equal(ansi.MaximumLength, 4);

    WCHAR *longest = malloc(40000 * sizeof(WCHAR));
    for (int i = 0; i < 39999; i++) {
        longest[i] = L'x';
    }
    longest[39999] = 0;
    assert_int_equal(RtlInitUnicodeStringEx(&unicode, longest), STATUS_NAME_TOO_LONG);
    RtlInitUnicodeString(&unicode, longest);
    assert_int_equal(unicode.Length, 65532);
    assert_int_equal(unicode.MaximumLength, 65534);
    free(longest);
}

static void copy_and_append(void **state)
{
    (void)state;
    WCHAR buffer[6] = {0};
    UNICODE_STRING to = {0, sizeof(buffer), buffer}, from = STRING(L"abc"), more = STRING(L"defg");
    RtlCopyUnicodeString(&to, &from);
    assert_int_equal(to.Length, 6);
    assert_int_equal(buffer[3], 0);
    assert_int_equal(RtlAppendUnicodeStringToString(&to, &more), STATUS_BUFFER_TOO_SMALL);
    assert_int_equal(to.Length, 6);
    assert_int_equal(RtlAppendUnicodeToString(&to, L"def"), STATUS_SUCCESS);
    assert_int_equal(to.Length, 12);
    assert_memory_equal(buffer, L"abcdef", 12);
    assert_int_equal(RtlAppendUnicodeToString(&to, NULL), STATUS_SUCCESS);
    to.MaximumLength = 4;
    RtlCopyUnicodeString(&to, &more);
    assert_int_equal(to.Length, 4);
    RtlCopyUnicodeString(&to, NULL);
    assert_int_equal(to.Length, 0);
}

static void compare(void **state)
{
    (void)state;
    UNICODE_STRING a = STRING(L"\\Device\\Unic"), b = STRING(L"\\DEVICE\\unic"), c = STRING(L"\\Device"),
                   greek = STRING(L"\x3B1\x451\xE9"), greek_upper = STRING(L"\x391\x401\xC9");
    assert_false(RtlEqualUnicodeString(&a, &b, FALSE));
    assert_true(RtlEqualUnicodeString(&a, &b, TRUE));
    assert_true(RtlCompareUnicodeString(&a, &b, FALSE) > 0); /* small letters come after capitals */
    assert_int_equal(RtlCompareUnicodeString(&a, &b, TRUE), 0);
    assert_true(RtlCompareUnicodeString(&c, &a, FALSE) < 0);
    assert_true(RtlPrefixUnicodeString(&c, &a, FALSE));
    assert_false(RtlPrefixUnicodeString(&a, &c, FALSE));
    assert_true(RtlPrefixUnicodeString(&c, &b, TRUE));
    assert_true(RtlEqualUnicodeString(&greek, &greek_upper, TRUE));
    ULONG hash1, hash2;
    assert_int_equal(RtlHashUnicodeString(&a, TRUE, HASH_STRING_ALGORITHM_DEFAULT, &hash1), STATUS_SUCCESS);
    assert_int_equal(RtlHashUnicodeString(&b, TRUE, HASH_STRING_ALGORITHM_DEFAULT, &hash2), STATUS_SUCCESS);
    assert_int_equal(hash1, hash2);
    assert_int_equal(RtlHashUnicodeString(&a, TRUE, 9, &hash1), STATUS_INVALID_PARAMETER);
}

static void every_letter_has_its_case(void **state)
{
    (void)state;
    for (unsigned c = 0; c < 0x10000; c++) {
        WCHAR lower = RtlDowncaseUnicodeChar((WCHAR)c);
        if (lower != c) {
            assert_int_equal(RtlUpcaseUnicodeChar(lower), c);
        }
    }
    assert_int_equal(RtlUpcaseUnicodeChar(L'z'), L'Z');
    assert_int_equal(RtlUpcaseUnicodeChar(0xF7), 0xF7); /* the division sign is no letter */
    assert_int_equal(RtlUpcaseUnicodeChar(0xFF), 0x178);
    assert_int_equal(RtlUpperChar('q'), 'Q');
}

static void code_pages(void **state)
{
    (void)state;
    char small[3];
    UNICODE_STRING unicode, source = STRING(L"na\xEFve \x20AC");
    ANSI_STRING ansi;
    assert_int_equal(RtlUnicodeStringToAnsiSize(&source), 8);
    assert_int_equal(RtlUnicodeStringToAnsiString(&ansi, &source, TRUE), STATUS_SUCCESS);
    assert_string_equal(ansi.Buffer, "na\xEFve ?");
    assert_int_equal(RtlAnsiStringToUnicodeSize(&ansi), 16);
    assert_int_equal(RtlAnsiStringToUnicodeString(&unicode, &ansi, TRUE), STATUS_SUCCESS);
    assert_int_equal(unicode.Length, 14);
    assert_memory_equal(unicode.Buffer, L"na\xEFve ?", 16);
    RtlFreeUnicodeString(&unicode);
    assert_null(unicode.Buffer);
    RtlFreeUnicodeString(&unicode); /* empty: nothing to do */
    RtlFreeAnsiString(&ansi);
    ansi = (ANSI_STRING){0, sizeof(small), small};
    assert_int_equal(RtlUnicodeStringToAnsiString(&ansi, &source, FALSE), STATUS_BUFFER_OVERFLOW);
}

static void numbers(void **state)
{
    (void)state;
    static const struct {
        const WCHAR *text;
        ULONG base, value;
        NTSTATUS status;
    } cases[] = {
        {L"42", 10, 42, STATUS_SUCCESS},        {L"  -1", 0, 0xFFFFFFFF, STATUS_SUCCESS},
        {L"0x1F", 0, 31, STATUS_SUCCESS},       {L"0o17", 0, 15, STATUS_SUCCESS},
        {L"0b101x", 0, 5, STATUS_SUCCESS},      {L"1F", 16, 31, STATUS_SUCCESS},
        {L"019", 8, 1, STATUS_SUCCESS},         {L"", 10, 0, STATUS_SUCCESS},
        {L"7", 3, 0, STATUS_INVALID_PARAMETER}, {L"+9z", 10, 9, STATUS_SUCCESS},
    };
    for (size_t i = 0; i < RTL_NUMBER_OF(cases); i++) {
        UNICODE_STRING text;
        ULONG value = 0;
        RtlInitUnicodeString(&text, cases[i].text);
        assert_int_equal(RtlUnicodeStringToInteger(&text, cases[i].base, &value), cases[i].status);
        assert_int_equal(value, cases[i].value);
    }
    WCHAR buffer[12];
    UNICODE_STRING to = {0, sizeof(buffer), buffer};
    assert_int_equal(RtlIntegerToUnicodeString(4294967295u, 10, &to), STATUS_SUCCESS);
    assert_memory_equal(buffer, L"4294967295", 22);
    assert_int_equal(RtlIntegerToUnicodeString(0xBEEF, 16, &to), STATUS_SUCCESS);
    assert_memory_equal(buffer, L"BEEF", 10);
    assert_int_equal(RtlIntegerToUnicodeString(0xFFFFFFFF, 2, &to), STATUS_BUFFER_OVERFLOW);
    assert_int_equal(RtlIntegerToUnicodeString(1, 7, &to), STATUS_INVALID_PARAMETER);
    assert_int_equal(RtlInt64ToUnicodeString(0, 0, &to), STATUS_SUCCESS);
    assert_int_equal(to.Length, 2);
}

static void guids(void **state)
{
    (void)state;
    static const GUID guid = {0x12345678, 0x9ABC, 0xDEF0, {1, 2, 3, 4, 5, 6, 7, 0xFF}};
    UNICODE_STRING text;
    GUID read;
    assert_int_equal(RtlStringFromGUID(&guid, &text), STATUS_SUCCESS);
    assert_memory_equal(text.Buffer, L"{12345678-9abc-def0-0102-0304050607ff}", 39 * sizeof(WCHAR));
    assert_int_equal(RtlGUIDFromString(&text, &read), STATUS_SUCCESS);
    assert_memory_equal(&read, &guid, sizeof(guid));
    text.Buffer[9] = L'_';
    assert_int_equal(RtlGUIDFromString(&text, &read), STATUS_INVALID_PARAMETER);
    text.Buffer[9] = L'-';
    text.Buffer[1] = L'g';
    assert_int_equal(RtlGUIDFromString(&text, &read), STATUS_INVALID_PARAMETER);
    RtlFreeUnicodeString(&text);
}

static void bitmaps(void **state)
{
    (void)state;
    ULONG words[3] = {0, 0, 0};
    RTL_BITMAP map;
    RtlInitializeBitMap(&map, words, 70);
    RtlSetBits(&map, 30, 4);
    assert_int_equal(RtlNumberOfSetBits(&map), 4);
    assert_int_equal(words[0], 0xC0000000);
    assert_int_equal(words[1], 3);
    assert_true(RtlTestBit(&map, 33));
    assert_false(RtlTestBit(&map, 34));
    assert_int_equal(RtlFindClearBitsAndSet(&map, 31, 0), 34);
    assert_int_equal(RtlFindClearBitsAndSet(&map, 30, 66),
                     0); /* from the start, behind the hint there is no room */
    assert_int_equal(RtlFindClearBitsAndSet(&map, 6, 0), 0xFFFFFFFF);
    assert_int_equal(RtlFindClearBitsAndSet(&map, 5, 0), 65);
    assert_int_equal(RtlNumberOfSetBits(&map), 70);
    RtlClearBits(&map, 60, 100);
    assert_int_equal(RtlNumberOfSetBits(&map), 60);
    RtlClearBit(&map, 59);
    RtlClearBit(&map, 70); /* outside: nothing */
    assert_int_equal(RtlNumberOfSetBits(&map), 59);
    assert_int_equal(RtlCheckBit(&map, 58), 1);
    assert_int_equal(RtlCheckBit(&map, 59), 0);
    RtlSetBit(&map, 59);
    assert_int_equal(RtlCheckBit(&map, 59), 1);
    RtlClearAllBits(&map);
    assert_int_equal(RtlNumberOfSetBits(&map), 0);
    assert_int_equal(RtlFindLeastSignificantBit(0x8000000000000100u), 8);
    assert_int_equal(RtlFindMostSignificantBit(0x8000000000000100u), 63);
    assert_int_equal(RtlFindLeastSignificantBit(0), -1);
    assert_int_equal(RtlFindMostSignificantBit(0), -1);
}

static void dates(void **state)
{
    (void)state;
    static const struct {
        LONGLONG time;
        TIME_FIELDS fields;
    } cases[] = {
        {0, {1601, 1, 1, 0, 0, 0, 0, 1}},
        {116444736000000000ll, {1970, 1, 1, 0, 0, 0, 0, 4}},
        {125963423991230000ll, {2000, 2, 29, 23, 59, 59, 123, 2}},
    };
    for (size_t i = 0; i < RTL_NUMBER_OF(cases); i++) {
        LARGE_INTEGER time = {.QuadPart = cases[i].time}, back;
        TIME_FIELDS fields;
        RtlTimeToTimeFields(&time, &fields);
        assert_memory_equal(&fields, &cases[i].fields, sizeof(fields));
        assert_true(RtlTimeFieldsToTime(&fields, &back));
        assert_int_equal(back.QuadPart, time.QuadPart);
    }
    TIME_FIELDS none = {1900, 2, 29, 0, 0, 0, 0, 0};
    LARGE_INTEGER time;
    assert_false(RtlTimeFieldsToTime(&none, &time));
}

static void random_numbers_follow_the_seed(void **state)
{
    (void)state;
    ULONG seed1 = 1, seed2 = 1, seed3 = 2;
    ULONG first = RtlRandomEx(&seed1);
    assert_int_equal(first, RtlRandomEx(&seed2));
    assert_int_not_equal(first, RtlRandomEx(&seed3));
    assert_int_not_equal(first, RtlRandomEx(&seed1));
    for (int i = 0; i < 1000; i++) {
        assert_true(RtlRandomEx(&seed1) < MAXLONG);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(initialize), cmocka_unit_test(copy_and_append),
        cmocka_unit_test(compare),    cmocka_unit_test(every_letter_has_its_case),
        cmocka_unit_test(code_pages), cmocka_unit_test(numbers),
        cmocka_unit_test(guids),      cmocka_unit_test(bitmaps),
        cmocka_unit_test(dates),      cmocka_unit_test(random_numbers_follow_the_seed),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
