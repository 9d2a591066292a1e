/*
 * conversion.h - between the formatter's two files: what a conversion such as %-08I64x says.
 */
#ifndef UNDIS_RTL_CONVERSION_H
#define UNDIS_RTL_CONVERSION_H

#include "rtl/format.h"

#define WIDTH_LARGEST 512
#define PRECISION_NONE (-1)

enum argument_size { SIZE_DEFAULT, SIZE_CHAR, SIZE_SHORT, SIZE_LONG, SIZE_64, SIZE_WIDE };

struct conversion {
    bool left, plus, blank, alternate, zero;
    int width;
    int precision;
    enum argument_size size;
    uint16_t type;
};

struct formatter {
    struct rtl_sink *sink;
    const void *format;
    bool wide_format;
    size_t at; /* next unit of the format */
    va_list arguments;
};

static inline uint16_t unit_at(const struct formatter *f, size_t index)
{
    return f->wide_format ? (uint16_t)((const wchar_t *)f->format)[index]
                          : ((const unsigned char *)f->format)[index];
}

/* Reads what follows a '%' and leaves f->at behind it. */
struct conversion rtl_read_conversion(struct formatter *f);

#endif
