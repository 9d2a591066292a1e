/*
 * format.c - the WDK's printf formats, as DbgPrint and ntstrsafe write them.
 *
 * UNDIS_TEST_BOTH
 */
#include <ntddk.h>

#include "rtl/format.h"

#include <setjmp.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <cmocka.h>

/* What the formatter makes of it, with how many units it says it would take. */
static size_t narrow(char *to, size_t room, const char *format, ...)
{
    va_list arguments;
    va_start(arguments, format);
    size_t length = rtl_format_narrow(to, room, format, arguments);
    va_end(arguments);
    return length;
}

static size_t wide(WCHAR *to, size_t room, const WCHAR *format, ...)
{
    va_list arguments;
    va_start(arguments, format);
    size_t length = rtl_format_wide(to, room, format, arguments);
    va_end(arguments);
    return length;
}

#define EXPECT(expected, ...)                                                                                \
    do {                                                                                                     \
        char text[256];                                                                                      \
        size_t length = narrow(text, sizeof(text), __VA_ARGS__);                                             \
        assert_string_equal(text, expected);                                                                 \
        assert_int_equal(length, strlen(expected));                                                          \
    } while (0)

static void integers(void **state)
{
    (void)state;
    EXPECT("0 -1 2147483647", "%d %i %d", 0, -1, 2147483647);
    EXPECT("4294967295", "%u", 0xFFFFFFFFu);
    EXPECT("ffffffff FFFFFFFF 37777777777", "%x %X %o", 0xFFFFFFFFu, 0xFFFFFFFFu, 0xFFFFFFFFu);
    /* LONG and ULONG are 32 bits: a long conversion must not look at more. */
    EXPECT("-1 ffffffff 7", "%ld %lx %lu", (LONG)-1, (ULONG)-1, (ULONG)7);
    EXPECT("-1 1311768467463790320 123456789abcdef0", "%I64d %lld %I64x", -1ll, 0x123456789abcdef0ll,
           0x123456789abcdef0ull);
    EXPECT("123456789ABCDEF0 18446744073709551615", "%llX %I64u", 0x123456789abcdef0ull, ~0ull);
    EXPECT("-2 fffe 255 -1", "%I32d %hx %hhu %hd", -2, 0x1fffe, 0x1ff, 0xffff);
    EXPECT("7 8 9", "%Id %zu %td", 7ll, (size_t)8, (ptrdiff_t)9);
}

static void flags_and_widths(void **state)
{
    (void)state;
    EXPECT("[   42][42   ][00042]", "[%5d][%-5d][%05d]", 42, 42, 42);
    EXPECT("[+42][ 42][-42]", "[%+d][% d][%+d]", 42, 42, -42);
    EXPECT("[0x2a][0X2A][052][0]", "[%#x][%#X][%#o][%#x]", 42, 42, 42, 0);
    EXPECT("[0x00002a][  0x2a]", "[%#08x][%#6x]", 42, 42);
    EXPECT("[   42][42   ][ 0042]", "[%*d][%*d][%5.4d]", 5, 42, -5, 42, 42);
    EXPECT("[][  ][00]", "[%.0d][%2.0d][%.2d]", 0, 0, 0);
    EXPECT("[-0042]", "[%.4d]", -42);
}

static void pointers(void **state)
{
    (void)state;
    EXPECT("FFFFF80012345678", "%p", (void *)0xFFFFF80012345678ull);
    EXPECT("0000000000000000", "%p", NULL);
}

static void strings(void **state)
{
    (void)state;
    ANSI_STRING ansi = {3, 8, "abcdef"};
    UNICODE_STRING unicode = {6, 14, L"uvwxyz"};
    EXPECT("narrow wide wide narrow", "%s %S %ws %hs", "narrow", L"wide", L"wide", "narrow");
    EXPECT("wide wide", "%ls %wS", L"wide", L"wide");
    EXPECT("[ab][   ab][ab   ][ ab]", "[%.2s][%5s][%-5s][%3.2S]", "abc", "ab", "ab", L"abc");
    EXPECT("abc uvw uvw [  uvw]", "%Z %wZ %lZ [%5wZ]", &ansi, &unicode, &unicode, &unicode);
    EXPECT("(null) (null) (null) (null)", "%s %ws %Z %wZ", NULL, NULL, NULL, NULL);
    UNICODE_STRING empty = {0, 0, NULL};
    EXPECT("[(null)][(null)]", "[%wZ][%.3s]", &empty, NULL);
    EXPECT("c w%", "%c %C%%", 'c', L'w');
    EXPECT("[  c][c  ]", "[%3c][%-3wc]", 'c', L'c');
    /* What Latin-1 does not have cannot stand in narrow text. */
    EXPECT("?", "%ws", L"\x20AC");
}

static void precision_bounds_the_read(void **state)
{
    (void)state;
    char *block = malloc(3); /* not terminated: a sanitizer sees a read behind it */
    memcpy(block, "xyz", 3);
    EXPECT("xyz", "%.3s", block);
    free(block);
}

static void wide_formats(void **state)
{
    (void)state;
    WCHAR text[32];
    size_t length = wide(text, RTL_NUMBER_OF(text), L"%s %S %hs %d", L"wide", "narrow", "narrow", 5);
    assert_int_equal(length, 20);
    assert_memory_equal(text, L"wide narrow narrow 5", 21 * sizeof(WCHAR));
}

static void truncation(void **state)
{
    (void)state;
    char text[4];
    assert_int_equal(narrow(text, sizeof(text), "%s", "abcdef"), 6);
    assert_string_equal(text, "abc");
    assert_int_equal(narrow(text, 1, "%d", 123), 3);
    assert_string_equal(text, "");
    text[0] = 'x';
    assert_int_equal(narrow(text, 0, "%d", 123), 3);
    assert_int_equal(text[0], 'x');
}

static void what_is_no_format(void **state)
{
    (void)state;
    EXPECT("%", "%");
    EXPECT("%5", "%5");
    EXPECT("%I", "%I");
    EXPECT("%y 7", "%y %d", 7);
    EXPECT("%-+ #08.3llk", "%-+ #08.3llk");
    EXPECT("%n", "%n"); /* writes nothing through its argument */
    EXPECT("1.500000 2", "%f %d", 1.5, 2);
}

/* Whatever the format, with integers for arguments that no string conversion takes, it ends and stays in its
 * array. */
static void odd_formats_do_no_harm(void **state)
{
    (void)state;
    static const char alphabet[] = "%%%diuoxXpcC0123456789.*-+ #hlwILzjt6432yq";
    unsigned seed = 12345;
    for (int round = 0; round < 20000; round++) {
        char format[24], text[64];
        size_t length = 0;
        for (; length < sizeof(format) - 1; length++) {
            seed = seed * 1103515245u + 12345u;
            format[length] = alphabet[(seed >> 16) % (sizeof(alphabet) - 1)];
        }
        format[length] = '\0';
        memset(text, 0x7E, sizeof(text));
        size_t wanted =
            narrow(text, 32, format, 1ll, 2ll, 3ll, 4ll, 5ll, 6ll, 7ll, 8ll, 9ll, 10ll, 11ll, 12ll, 13ll,
                   14ll, 15ll, 16ll, 17ll, 18ll, 19ll, 20ll, 21ll, 22ll, 23ll, 24ll, 25ll);
        assert_true(strlen(text) < 32);
        assert_true(wanted >= strlen(text));
        for (size_t i = 32; i < sizeof(text); i++) {
            assert_int_equal(text[i], 0x7E);
        }
    }
}

/* What is printed to standard error while body runs. */
static void capture(char *to, size_t room, void (*body)(void))
{
    FILE *file = tmpfile();
    int saved = dup(STDERR_FILENO);
    assert_non_null(file);
    assert_true(dup2(fileno(file), STDERR_FILENO) >= 0);
    body();
    assert_true(dup2(saved, STDERR_FILENO) >= 0);
    close(saved);
    rewind(file);
    to[fread(to, 1, room - 1, file)] = '\0';
    fclose(file);
}

static void print_lines(void)
{
    assert_int_equal(DbgPrint("one "), STATUS_SUCCESS);
    DbgPrintEx(DPFLTR_IHVDRIVER_ID, DPFLTR_TRACE_LEVEL, "two %lx\nthree", (ULONG)0xABC);
    DbgPrint(" %ws\n", L"\xE9\x20AC\xD800"); /* e acute, euro, half of a pair */
}

static void printed_in_whole_lines(void **state)
{
    (void)state;
    char text[256];
    capture(text, sizeof(text), print_lines);
    assert_string_equal(text, "one two abc\nthree \xC3\xA9\xE2\x82\xAC?\n");
}

static void print_much(void)
{
    char *text = malloc(5001);
    memset(text, 'm', 5000);
    text[5000] = '\0';
    for (int i = 0; i < 4; i++) {
        DbgPrint("%s", text); /* cut, and no line end: must not overrun the line buffer */
    }
    DbgPrint("\n");
    free(text);
}

static void long_output_is_cut(void **state)
{
    (void)state;
    char text[8192];
    capture(text, sizeof(text), print_much);
    size_t length = strlen(text);
    assert_true(length > 1000 && length <= 4 * 1024 + 1);
    assert_int_equal(text[length - 1], '\n');
    assert_int_equal(strspn(text, "m"), length - 1);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(integers),
        cmocka_unit_test(flags_and_widths),
        cmocka_unit_test(pointers),
        cmocka_unit_test(strings),
        cmocka_unit_test(precision_bounds_the_read),
        cmocka_unit_test(wide_formats),
        cmocka_unit_test(truncation),
        cmocka_unit_test(what_is_no_format),
        cmocka_unit_test(odd_formats_do_no_harm),
        cmocka_unit_test(printed_in_whole_lines),
        cmocka_unit_test(long_output_is_cut),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
