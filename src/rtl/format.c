/*
 * format.c - the formatter of format.h.
 */
#include "rtl/conversion.h"
#include "ke/processor.h"

#include <stdio.h>
#include <string.h>

static void put(struct formatter *f, uint16_t unit, bool wide)
{
    f->sink->put(f->sink, unit, wide);
}

static void pad(struct formatter *f, char with, int count)
{
    for (int i = 0; i < count; i++) {
        put(f, (unsigned char)with, false);
    }
}

/* ---- writing ------------------------------------------------------------------------------------- */

/* A string of `length` units at `text`, between its padding. */
static void put_text(struct formatter *f, const struct conversion *c, const void *text, size_t length,
                     bool wide)
{
    if (c->precision != PRECISION_NONE && length > (size_t)c->precision) {
        length = (size_t)c->precision;
    }
    int padding = length < (size_t)c->width ? c->width - (int)length : 0;
    if (!c->left) {
        pad(f, ' ', padding);
    }
    for (size_t i = 0; i < length; i++) {
        put(f, wide ? (uint16_t)((const wchar_t *)text)[i] : ((const unsigned char *)text)[i], wide);
    }
    if (c->left) {
        pad(f, ' ', padding);
    }
}

static void put_null(struct formatter *f, struct conversion c)
{
    c.precision = PRECISION_NONE;
    put_text(f, &c, "(null)", 6, false);
}

/* The length of a null-terminated string, never looking further than the precision allows. */
static size_t text_length(const void *text, bool wide, int precision)
{
    size_t limit = precision == PRECISION_NONE ? SIZE_MAX : (size_t)precision, length = 0;
    while (length < limit &&
           (wide ? ((const wchar_t *)text)[length] != 0 : ((const char *)text)[length] != '\0')) {
        length++;
    }
    return length;
}

/* Is this %s, %S, %c or %C of WCHARs? */
static bool is_wide(const struct formatter *f, const struct conversion *c)
{
    if (c->size == SIZE_SHORT || c->size == SIZE_CHAR) {
        return false;
    }
    if (c->size == SIZE_LONG || c->size == SIZE_WIDE) {
        return true;
    }
    bool lower = c->type == 's' || c->type == 'c';
    return lower == f->wide_format;
}

static void convert_string(struct formatter *f, const struct conversion *c)
{
    bool wide = is_wide(f, c);
    const void *text = va_arg(f->arguments, const void *);
    if (text == NULL) {
        put_null(f, *c);
    } else {
        put_text(f, c, text, text_length(text, wide, c->precision), wide);
    }
}

/* %Z: a counted ANSI_STRING; %wZ, %lZ: a UNICODE_STRING. */
static void convert_counted(struct formatter *f, const struct conversion *c)
{
    const STRING *string = va_arg(f->arguments, const STRING *); /* UNICODE_STRING has the same layout */
    bool wide = c->size == SIZE_WIDE || c->size == SIZE_LONG;
    if (string == NULL || string->Buffer == NULL) {
        put_null(f, *c);
        return;
    }
    put_text(f, c, string->Buffer, wide ? string->Length / sizeof(WCHAR) : string->Length, wide);
}

static void convert_character(struct formatter *f, struct conversion c)
{
    bool wide = is_wide(f, &c);
    int value = va_arg(f->arguments, int);
    wchar_t wide_text = (wchar_t)value;
    char narrow_text = (char)value;
    c.precision = PRECISION_NONE;
    put_text(f, &c, wide ? (const void *)&wide_text : &narrow_text, 1, wide);
}

static uint64_t fetch_integer(struct formatter *f, enum argument_size size, bool is_signed)
{
    if (size == SIZE_64) {
        return va_arg(f->arguments, uint64_t);
    }
    uint32_t value = va_arg(f->arguments, uint32_t);
    switch (size) {
    case SIZE_SHORT:
        return is_signed ? (uint64_t)(int64_t)(int16_t)value : (uint16_t)value;
    case SIZE_CHAR:
        return is_signed ? (uint64_t)(int64_t)(int8_t)value : (uint8_t)value;
    default:
        return is_signed ? (uint64_t)(int64_t)(int32_t)value : value;
    }
}

/* Writes digits at the end of `to` and returns how many. */
static int digits_of(char *to_end, uint64_t value, unsigned base, bool upper)
{
    int count = 0;
    for (; value != 0; value /= base) {
        to_end[-++count] = (upper ? "0123456789ABCDEF" : "0123456789abcdef")[value % base];
    }
    return count;
}

/* Prefix, zeroes and digits between their padding. */
static void put_integer(struct formatter *f, const struct conversion *c, uint64_t value, unsigned base,
                        bool upper, const char *prefix)
{
    char digits[24];
    int count = digits_of(digits + sizeof(digits), value, base, upper);
    int wanted = c->precision == PRECISION_NONE ? 1 : c->precision;
    int length = (int)strlen(prefix);
    if (c->zero && !c->left && c->precision == PRECISION_NONE && c->width - length > wanted) {
        wanted = c->width - length;
    }
    int zeroes = count < wanted ? wanted - count : 0;
    int padding = c->width - length - zeroes - count;
    if (!c->left) {
        pad(f, ' ', padding);
    }
    for (const char *p = prefix; *p != '\0'; p++) {
        put(f, (unsigned char)*p, false);
    }
    pad(f, '0', zeroes);
    for (int i = count; i > 0; i--) {
        put(f, (unsigned char)digits[sizeof(digits) - (size_t)i], false);
    }
    if (c->left) {
        pad(f, ' ', padding);
    }
}

static void convert_signed(struct formatter *f, const struct conversion *c)
{
    int64_t value = (int64_t)fetch_integer(f, c->size, true);
    const char *sign = value < 0 ? "-" : c->plus ? "+" : c->blank ? " " : "";
    put_integer(f, c, value < 0 ? -(uint64_t)value : (uint64_t)value, 10, false, sign);
}

static void convert_unsigned(struct formatter *f, const struct conversion *c)
{
    uint64_t value = fetch_integer(f, c->size, false);
    bool upper = c->type == 'X';
    unsigned base = c->type == 'u' ? 10 : c->type == 'o' ? 8 : 16;
    const char *prefix = "";
    if (c->alternate && value != 0) {
        prefix = base == 8 ? "0" : base == 16 ? (upper ? "0X" : "0x") : "";
    }
    put_integer(f, c, value, base, upper, prefix);
}

/* 16 digits, as the kernel's debugger prints them. */
static void convert_pointer(struct formatter *f, struct conversion c)
{
    c.zero = false;
    c.precision = 16;
    put_integer(f, &c, (uintptr_t)va_arg(f->arguments, void *), 16, true, "");
}

/* Floating point is not for kernel code, but the argument must be passed over, so it may as well be printed.
 */
static void convert_double(struct formatter *f, struct conversion c)
{
    char text[400]; /* the largest double with six digits after the point has 316 */
    char format[] = {'%', '.', '*', (char)c.type, '\0'};
    double value = va_arg(f->arguments, double);
    int precision = c.precision == PRECISION_NONE ? 6 : c.precision > 64 ? 64 : c.precision;
    KIRQL old = ke_mask();
#pragma GCC diagnostic push
#pragma GCC diagnostic ignored "-Wformat-nonliteral"
    int length = snprintf(text, sizeof(text), format, precision, value);
#pragma GCC diagnostic pop
    ke_unmask(old);
    c.precision = PRECISION_NONE;
    put_text(f, &c, text, length < 0 ? 0 : (size_t)length, false);
}

/* What cannot be converted appears as it was written, from the '%' on. */
static void put_verbatim(struct formatter *f, size_t start)
{
    for (size_t i = start; i < f->at; i++) {
        put(f, unit_at(f, i), f->wide_format);
    }
}

static void convert(struct formatter *f, size_t start)
{
    struct conversion c = rtl_read_conversion(f);
    switch (c.type) {
    case 'd':
    case 'i':
        convert_signed(f, &c);
        break;
    case 'u':
    case 'o':
    case 'x':
    case 'X':
        convert_unsigned(f, &c);
        break;
    case 'p':
        convert_pointer(f, c);
        break;
    case 's':
    case 'S':
        convert_string(f, &c);
        break;
    case 'c':
    case 'C':
        convert_character(f, c);
        break;
    case 'Z':
        convert_counted(f, &c);
        break;
    case 'e':
    case 'E':
    case 'f':
    case 'g':
    case 'G':
        convert_double(f, c);
        break;
    case '%':
        put(f, '%', false);
        break;
    default:
        put_verbatim(f, start);
        break;
    }
}

void rtl_format(struct rtl_sink *sink, const void *format, bool wide_format, va_list arguments)
{
    struct formatter f = {.sink = sink, .format = format, .wide_format = wide_format};
    va_copy(f.arguments, arguments);
    for (uint16_t unit; (unit = unit_at(&f, f.at)) != 0;) {
        size_t start = f.at++;
        if (unit == '%') {
            convert(&f, start);
        } else {
            put(&f, unit, wide_format);
        }
    }
    va_end(f.arguments);
}

/* ---- into arrays --------------------------------------------------------------------------------- */

struct array_sink {
    struct rtl_sink sink;
    void *to;
    size_t room, length;
};

static void put_narrow(struct rtl_sink *sink, uint16_t unit, bool wide)
{
    struct array_sink *array = (struct array_sink *)sink;
    if (array->length + 1 < array->room) {
        ((char *)array->to)[array->length] = wide && unit > 0xFF ? '?' : (char)unit;
    }
    array->length++;
}

static void put_wide(struct rtl_sink *sink, uint16_t unit, bool wide)
{
    (void)wide;
    struct array_sink *array = (struct array_sink *)sink;
    if (array->length + 1 < array->room) {
        ((wchar_t *)array->to)[array->length] = (wchar_t)unit;
    }
    array->length++;
}

size_t rtl_format_narrow(char *to, size_t room, const char *format, va_list arguments)
{
    struct array_sink array = {{put_narrow}, to, room, 0};
    rtl_format(&array.sink, format, false, arguments);
    if (room > 0) {
        to[array.length < room ? array.length : room - 1] = '\0';
    }
    return array.length;
}

size_t rtl_format_wide(wchar_t *to, size_t room, const wchar_t *format, va_list arguments)
{
    struct array_sink array = {{put_wide}, to, room, 0};
    rtl_format(&array.sink, format, true, arguments);
    if (room > 0) {
        to[array.length < room ? array.length : room - 1] = 0;
    }
    return array.length;
}
