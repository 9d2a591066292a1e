/*
 * conversion.c - reads one conversion of a format: flags, width, precision, size, type.
 *
 * Widths and precisions are limited, so that no format can keep a processor busy for long.
 */
#include "rtl/conversion.h"

#include <stddef.h>

static int read_number(struct formatter *f)
{
    int number = 0;
    for (uint16_t unit; (unit = unit_at(f, f->at)) >= '0' && unit <= '9'; f->at++) {
        number = number * 10 + (unit - '0');
        number = number > WIDTH_LARGEST ? WIDTH_LARGEST : number;
    }
    return number;
}

/* A number, or '*' for one among the arguments. */
static int read_number_or_star(struct formatter *f)
{
    if (unit_at(f, f->at) != '*') {
        return read_number(f);
    }
    f->at++;
    int number = va_arg(f->arguments, int);
    if (number > WIDTH_LARGEST) {
        return WIDTH_LARGEST;
    }
    return number < -WIDTH_LARGEST ? -WIDTH_LARGEST : number;
}

static void read_flags(struct formatter *f, struct conversion *c)
{
    for (;; f->at++) {
        switch (unit_at(f, f->at)) {
        case '-':
            c->left = true;
            break;
        case '+':
            c->plus = true;
            break;
        case ' ':
            c->blank = true;
            break;
        case '#':
            c->alternate = true;
            break;
        case '0':
            c->zero = true;
            break;
        default:
            return;
        }
    }
}

/* I64, I32, or I alone, which is the size of a pointer. */
static enum argument_size read_size_i(struct formatter *f)
{
    uint16_t first = unit_at(f, f->at);
    uint16_t second = first != 0 ? unit_at(f, f->at + 1) : 0;
    if (first == '6' && second == '4') {
        f->at += 2;
        return SIZE_64;
    }
    if (first == '3' && second == '2') {
        f->at += 2;
        return SIZE_DEFAULT;
    }
    return SIZE_64;
}

static enum argument_size read_size(struct formatter *f)
{
    uint16_t unit = unit_at(f, f->at);
    uint16_t after = unit != 0 ? unit_at(f, f->at + 1) : 0;
    switch (unit) {
    case 'h':
        f->at += after == 'h' ? 2 : 1;
        return after == 'h' ? SIZE_CHAR : SIZE_SHORT;
    case 'l':
        f->at += after == 'l' ? 2 : 1;
        return after == 'l' ? SIZE_64 : SIZE_LONG;
    case 'w':
        f->at++;
        return SIZE_WIDE;
    case 'I':
        f->at++;
        return read_size_i(f);
    case 'z':
    case 't':
    case 'j':
        f->at++;
        return SIZE_64;
    case 'L':
        f->at++;
        return SIZE_DEFAULT;
    default:
        return SIZE_DEFAULT;
    }
}

struct conversion rtl_read_conversion(struct formatter *f)
{
    struct conversion c = {.precision = PRECISION_NONE};
    read_flags(f, &c);
    c.width = read_number_or_star(f);
    if (c.width < 0) {
        c.left = true;
        c.width = -c.width;
    }
    if (unit_at(f, f->at) == '.') {
        f->at++;
        c.precision = read_number_or_star(f);
        c.precision = c.precision < 0 ? PRECISION_NONE : c.precision;
    }
    c.size = read_size(f);
    c.type = unit_at(f, f->at);
    if (c.type != 0) {
        f->at++;
    }
    return c;
}
