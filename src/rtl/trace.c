/*
 * trace.c - prints what a driver's WPP trace functions say.
 *
 * WPP adds %!TYPE! to printf's formats.  Types whose name says that they are strings or addresses keep that
 * form; every other one is a 32-bit number here and is shown in hexadecimal.
 *
 * Not guaranteed: %!FUNC!, %!FLAGS! and %!LEVEL!, which take no argument, are left out, and names behind
 * a number (of a status, an enumerator) are not looked up.
 */
#include <wpp.h>
#include <wdm.h>

#define TRACE_FORMAT_LONGEST 1024

struct trace_type {
    const char *name;
    const char *format;
};

static const struct trace_type trace_types[] = {
    {"FUNC", ""},          {"FLAGS", ""},
    {"LEVEL", ""},         {"FILE", ""},
    {"LINE", ""},          {"COMPNAME", ""},
    {"STDPREFIX", ""},     {"p", "%p"},
    {"PTR", "%p"},         {"HANDLE", "%p"},
    {"GUID", "%p"},        {"CLSID", "%p"},
    {"ipaddr", "%08x"},    {"s", "%s"},
    {"ASTR", "%s"},        {"ARSTR", "%s"},
    {"ws", "%ws"},         {"WSTR", "%ws"},
    {"RWSTR", "%ws"},      {"UNICODE_STRING", "%wZ"},
    {"ustr", "%wZ"},       {"wZ", "%wZ"},
    {"ANSI_STRING", "%Z"}, {"I64X", "%I64x"},
    {"I64D", "%I64d"},     {"TIMESTAMP", "%I64x"},
    {"bool", "%u"},        {"BOOLEAN", "%u"},
    {"d", "%d"},           {"u", "%u"},
};

static const char *format_of(const char *name, size_t length)
{
    for (size_t i = 0; i < sizeof(trace_types) / sizeof(trace_types[0]); i++) {
        if (strlen(trace_types[i].name) == length && memcmp(trace_types[i].name, name, length) == 0) {
            return trace_types[i].format;
        }
    }
    return "%08x";
}

/* Rewrites %!TYPE! into printf's formats and prints a line.  Any IRQL. */
VOID UndisTrace(PCSTR Format, ...)
{
    char format[TRACE_FORMAT_LONGEST];
    size_t length = 0;
    const char *p = Format;
    while (*p != '\0' && length < sizeof(format) - 16) {
        const char *end = p[0] == '%' && p[1] == '!' ? strchr(p + 2, '!') : NULL;
        if (p[0] == '%' && p[1] == '%') {
            format[length++] = *p++;
        } else if (end != NULL) {
            const char *text = format_of(p + 2, (size_t)(end - p - 2));
            size_t size = strlen(text);
            memcpy(format + length, text, size);
            length += size;
            p = end + 1;
            continue;
        }
        format[length++] = *p++;
    }
    if (length == 0 || format[length - 1] != '\n') {
        format[length++] = '\n';
    }
    format[length] = '\0';
    va_list arguments;
    va_start(arguments, Format);
    vDbgPrintEx(DPFLTR_IHVDRIVER_ID, DPFLTR_INFO_LEVEL, format, arguments);
    va_end(arguments);
}
