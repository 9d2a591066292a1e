/*
 * cc_wpp.c - WPP tracing: the header that stands for every generated .tmh file.
 *
 * A trace function that a driver declares in a "begin_wpp config" comment prints through UndisTrace
 * (src/rtl/trace.c); DoTraceMessage and its kin, which need a trace session to be seen, do nothing.
 */
#include "cli/cc.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static const char *skip(const char *p, const char *characters)
{
    return p + strspn(p, characters);
}

/* The parameters that say whether a message is traced; what else stands before the dots is the message. */
static bool is_condition(const char *name, size_t length)
{
    static const char *const conditions[] = {"LEVEL", "FLAG", "FLAGS"};
    for (size_t i = 0; i < sizeof conditions / sizeof *conditions; i++) {
        if (strlen(conditions[i]) == length && memcmp(conditions[i], name, length) == 0) {
            return true;
        }
    }
    return false;
}

/*
 * Turns one declaration, `Name{FLAG=X}(LEVEL, MSG, ...)` or `Name(LEVEL, (MSG, ...))`, into the text of a
 * macro.  NULL when it is neither.
 */
static char *function_macro(const char *text)
{
    const char *name = skip(text, " \t");
    size_t name_length = strcspn(name, "({ \t\r\n;");
    const char *p = skip(name + name_length, " \t");
    if (*p == '{') {
        p += strcspn(p, "}\n");
        p = *p == '}' ? skip(p + 1, " \t") : p;
    }
    if (name_length == 0 || *p != '(') {
        return NULL;
    }
    const char *parameters = p + 1;
    const char *end = parameters + strcspn(parameters, ")\n");
    const char *inner = memchr(parameters, '(', (size_t)(end - parameters));
    char *macro = NULL;
    int length = -1;
    if (inner != NULL) {
        length = asprintf(&macro, "#define %.*s(%.*sUndisArguments) UndisTrace UndisArguments\n",
                          (int)name_length, name, (int)(inner - parameters), parameters);
    } else if (*end == ')' && end - parameters >= 3 && memcmp(end - 3, "...", 3) == 0) {
        const char *stop = end - 3;
        while (stop > parameters && strchr(" \t,", stop[-1]) != NULL) {
            stop--;
        }
        const char *message = stop;
        while (message > parameters && strchr(" \t,", message[-1]) == NULL) {
            message--;
        }
        if (is_condition(message,
                         (size_t)(stop - message))) { /* the message is USEPREFIX and USESUFFIX alone */
            length = asprintf(&macro, "#define %.*s(...) ((void)0)\n", (int)name_length, name);
            return length < 0 ? NULL : macro;
        }
        length =
            asprintf(&macro, "#define %.*s(%.*s, ...) UndisTrace(%.*s, ##__VA_ARGS__)\n", (int)name_length,
                     name, (int)(stop - parameters), parameters, (int)(stop - message), message);
    } else if (*end == ')') {
        length = asprintf(&macro, "#define %.*s(...) ((void)0)\n", (int)name_length, name);
    }
    return length < 0 ? NULL : macro;
}

void cc_wpp_scan(const char *text, struct cc_list *functions)
{
    const char *begin = text;
    while ((begin = strstr(begin, "begin_wpp config")) != NULL) {
        const char *end = strstr(begin, "end_wpp");
        const char *line = begin;
        while (end != NULL && (line = strstr(line, "FUNC ")) != NULL && line < end) {
            line += strlen("FUNC ");
            char *macro = function_macro(line);
            if (macro != NULL) {
                cc_list_add(functions, macro);
                free(macro);
            }
        }
        begin += strlen("begin_wpp config");
    }
}

bool cc_wpp_write(const char *path, const struct cc_list *functions)
{
    FILE *file = fopen(path, "w");
    if (file == NULL) {
        return false;
    }
    fputs("#ifndef UNDIS_TMH\n#define UNDIS_TMH\n#include <wpp.h>\n", file);
    for (size_t i = 0; i < functions->count; i++) {
        const char *name = functions->items[i] + strlen("#define ");
        fprintf(file, "#undef %.*s\n%s", (int)strcspn(name, "("), name, functions->items[i]);
    }
    fputs("#endif\n", file);
    return fclose(file) == 0;
}
