/*
 * cc_translate.c - the rest of MSVC's dialect, done on preprocessed text.
 *
 * Windows is LLP64: long has 32 bits there and 64 here.  Line markers of the preprocessor tell which text
 * comes from system headers (undis's own among them); that text is left alone.  Columns are kept where
 * that is easy, so that the compiler's carets point at the right place.
 *
 * Not guaranteed: it knows tokens, not grammar.  __FUNCTION__ in a method is the method's bare name.
 */
#include "cli/cc.h"

#include <ctype.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

struct translator {
    const char *at, *end;
    FILE *out;
    bool cplusplus;
    bool system;        /* inside a system header */
    bool line_start;    /* nothing but blanks since the newline */
    bool storage;       /* static or extern since the declaration began */
    bool after_literal; /* the last token was a string */
    struct cc_list system_files;
    int braces, parentheses;
    const char *text; /* all of it */
    bool fresh;       /* a declaration may begin here, at the top level */
    struct cc_segments segments;
    char previous[128];  /* last identifier */
    char candidate[128]; /* what may turn out to be the function's name */
    char function[128];
};

static bool word_is(const char *word, size_t length, const char *text)
{
    return strlen(text) == length && memcmp(word, text, length) == 0;
}

static bool word_in(const char *word, size_t length, const char *const *list)
{
    for (; *list != NULL; list++) {
        if (word_is(word, length, *list)) {
            return true;
        }
    }
    return false;
}

static size_t word_length(const char *at, const char *end)
{
    size_t length = 0;
    while (at + length < end && cc_is_word(at[length])) {
        length++;
    }
    return length;
}

static void note(char *target, size_t size, const char *word, size_t length)
{
    length = length < size - 1 ? length : size - 1;
    memcpy(target, word, length);
    target[length] = '\0';
}

/*
 * A line marker, from the file name's opening quote on.  Flag 1 enters a file, flag 3 says system header.
 * gcc marks macros of system headers that are expanded in a driver's file with flag 3 too; those belong
 * to the driver, so what counts is how the file was entered.
 */
static void marker(struct translator *t, const char *quote, const char *stop)
{
    const char *close = memrchr(quote, '"', (size_t)(stop - quote));
    char *name = strndup(quote, (size_t)(close - quote));
    if (name == NULL) {
        return;
    }
    size_t flags = (size_t)(stop - close);
    if (memchr(close, '1', flags) != NULL && memchr(close, '3', flags) != NULL) {
        cc_list_add(&t->system_files, name);
    }
    t->system = false;
    for (size_t i = 0; i < t->system_files.count && !t->system; i++) {
        t->system = strcmp(t->system_files.items[i], name) == 0;
    }
    free(name);
}

/* A line that begins with #: a marker, or a pragma, which is kept only when gcc and clang know it. */
static void directive(struct translator *t)
{
    static const char *const known[] = {"pack", "GCC",        "clang",     "STDC",
                                        "weak", "push_macro", "pop_macro", NULL};
    const char *line = t->at;
    const char *newline = memchr(line, '\n', (size_t)(t->end - line));
    const char *stop = newline != NULL ? newline : t->end;
    const char *p = line + 1;
    while (p < stop && (*p == ' ' || *p == '\t')) {
        p++;
    }
    bool keep = true;
    if (p < stop && isdigit((unsigned char)*p)) {
        const char *quote = memchr(p, '"', (size_t)(stop - p));
        if (quote != NULL && quote + 1 < stop) {
            marker(t, quote, stop);
        }
    } else if (word_is(p, word_length(p, stop), "pragma")) {
        p += strlen("pragma");
        while (p < stop && (*p == ' ' || *p == '\t')) {
            p++;
        }
        if (!t->system && t->braces == 0) {
            (void)cc_segment_pragma(&t->segments, t->out, t->text, p, stop);
        }
        keep = word_in(p, word_length(p, stop), known);
    }
    if (keep) {
        fwrite(line, 1, (size_t)(stop - line), t->out);
    }
    t->at = stop;
}

static void literal(struct translator *t)
{
    const char quote = *t->at;
    const char *p = t->at + 1;
    while (p < t->end && *p != quote && *p != '\n') {
        p += *p == '\\' && p + 1 < t->end ? 2 : 1;
    }
    p = p < t->end ? p + 1 : t->end;
    t->after_literal = true;
    fwrite(t->at, 1, (size_t)(p - t->at), t->out);
    t->at = p;
}

/* MSVC's suffixes i8 to i64, with or without u before: what they are here, or NULL. */
static const char *sized_suffix(const char *suffix, size_t length)
{
    static const struct {
        const char *name, *here;
    } suffixes[] = {{"i8", ""},   {"i16", ""},   {"i32", ""},   {"i64", "LL"},
                    {"ui8", "U"}, {"ui16", "U"}, {"ui32", "U"}, {"ui64", "ULL"}};
    for (size_t i = 0; i < sizeof(suffixes) / sizeof(suffixes[0]); i++) {
        if (strlen(suffixes[i].name) == length && strncasecmp(suffixes[i].name, suffix, length) == 0) {
            return suffixes[i].here;
        }
    }
    return NULL;
}

/* The suffix of an integer: a single L goes, 64-bit ones stay. */
static void integer_suffix(struct translator *t, const char *suffix, size_t length)
{
    const char *sized = sized_suffix(suffix, length);
    if (sized != NULL) {
        fputs(sized, t->out);
        return;
    }
    unsigned longs = 0;
    for (size_t i = 0; i < length; i++) {
        longs += suffix[i] == 'l' || suffix[i] == 'L';
    }
    bool drop = longs == 1;
    for (size_t i = 0; i < length; i++) {
        if (!drop || (suffix[i] != 'l' && suffix[i] != 'L')) {
            fputc(suffix[i], t->out);
        }
    }
    if (drop) {
        fputc(' ', t->out);
    }
}

/* A preprocessing number. */
static void number(struct translator *t)
{
    const char *p = t->at;
    bool hex = p + 1 < t->end && p[0] == '0' && (p[1] == 'x' || p[1] == 'X');
    bool real = false;
    while (p < t->end &&
           (cc_is_word(*p) || *p == '.' ||
            ((*p == '+' || *p == '-') && p > t->at && strchr(hex ? "pP" : "eE", p[-1]) != NULL))) {
        real = real || *p == '.' || (hex ? *p == 'p' || *p == 'P' : *p == 'e' || *p == 'E');
        p++;
    }
    const char *suffix = hex ? t->at + 2 : t->at;
    while (!real && suffix < p &&
           (hex ? isxdigit((unsigned char)*suffix) : isdigit((unsigned char)*suffix))) {
        suffix++;
    }
    if (real) {
        suffix = p;
    }
    fwrite(t->at, 1, (size_t)(suffix - t->at), t->out);
    integer_suffix(t, suffix, (size_t)(p - suffix));
    t->at = p;
}

/* The type specifiers that belong together from here on: `unsigned long int` ... */
static void specifiers(struct translator *t)
{
    static const char *const parts[] = {"long",  "int",      "unsigned", "signed",
                                        "const", "volatile", "double",   NULL};
    const char *p = t->at;
    const char *stop = t->at;
    unsigned longs = 0;
    bool with_int = false, with_double = false;
    for (;;) {
        size_t length = word_length(p, t->end);
        if (length == 0 || !word_in(p, length, parts)) {
            break;
        }
        longs += word_is(p, length, "long");
        with_int = with_int || word_is(p, length, "int");
        with_double = with_double || word_is(p, length, "double");
        p += length;
        stop = p;
        while (p < t->end && (*p == ' ' || *p == '\t' || *p == '\n')) {
            p++;
        }
    }
    bool narrow = longs == 1 && !with_double;
    while (t->at < stop) {
        size_t length = word_length(t->at, stop);
        if (length == 0) {
            fputc(*t->at++, t->out);
            continue;
        }
        if (narrow && word_is(t->at, length, "long")) {
            fputs(with_int ? "    " : "int ", t->out);
        } else {
            fwrite(t->at, 1, length, t->out);
        }
        t->at += length;
    }
    note(t->previous, sizeof(t->previous), "int", 3);
}

/* Says the rest of the declaration static or extern itself? */
static bool storage_follows(const struct translator *t, const char *p)
{
    while (p < t->end && *p != '{' && *p != ';') {
        size_t length = word_length(p, t->end);
        if (length == 0) {
            p++;
            continue;
        }
        if (word_is(p, length, "static") || word_is(p, length, "extern")) {
            return true;
        }
        p += length;
    }
    return false;
}

static void word(struct translator *t)
{
    static const char *const inlines[] = {"inline",  "__inline",      "__inline__",
                                          "_inline", "__forceinline", NULL};
    static const char *const specifier[] = {"long", "int", "unsigned", "signed", NULL};
    static const char *const attribute[] = {"__attribute__", "__attribute", "__declspec", "__asm__", "asm",
                                            "_Alignas",      "alignas",     "__typeof__", "sizeof",  NULL};
    size_t length = word_length(t->at, t->end);
    t->after_literal = false;
    if (t->fresh && t->segments.now[0] != '\0' && cc_function_follows(t->at, t->end)) {
        cc_segment_attribute(t->out, t->segments.now);
    }
    t->fresh = false;
    if (word_in(t->at, length, specifier)) {
        specifiers(t);
        return;
    }
    if (word_is(t->at, length, "static") || word_is(t->at, length, "extern")) {
        t->storage = true;
    } else if (!t->cplusplus && t->braces == 0 && !t->storage && word_in(t->at, length, inlines) &&
               !storage_follows(t, t->at + length)) {
        fputs("static ", t->out);
        t->storage = true;
    }
    if (word_is(t->at, length, "__FUNCTION__") && t->function[0] != '\0') {
        fprintf(t->out, "\"%s\"", t->function);
    } else {
        fwrite(t->at, 1, length, t->out);
    }
    if (!word_in(t->at, length, attribute)) {
        note(t->previous, sizeof(t->previous), t->at, length);
    } else {
        t->previous[0] = '\0';
    }
    t->at += length;
}

/* Keeps count of where we are: which function, which declaration. */
static void punctuation(struct translator *t)
{
    char c = *t->at++;
    bool after_literal = t->after_literal;
    t->after_literal = false;
    fputc(c, t->out);
    if (c == '(') {
        if (t->parentheses++ == 0 && t->braces == 0 && t->previous[0] != '\0') {
            memcpy(t->candidate, t->previous, sizeof(t->candidate));
        }
    } else if (c == ')') {
        t->parentheses -= t->parentheses > 0;
    } else if (c == '{') {
        /* extern "C" { is no block. */
        if (!(t->braces == 0 && after_literal) && t->braces++ == 0) {
            memcpy(t->function, t->candidate, sizeof(t->function));
        }
        t->storage = false;
    } else if (c == '}') {
        t->braces -= t->braces > 0;
        t->storage = false;
        t->fresh = t->braces == 0;
    } else if (c == ';' && t->parentheses == 0) {
        t->storage = false;
        if (t->braces == 0) {
            t->candidate[0] = '\0';
            t->fresh = true;
        }
    }
}

static void system_text(struct translator *t)
{
    const char *newline = memchr(t->at, '\n', (size_t)(t->end - t->at));
    const char *stop = newline != NULL ? newline : t->end;
    fwrite(t->at, 1, (size_t)(stop - t->at), t->out);
    t->at = stop;
}

char *cc_translate(const char *text, size_t size, bool cplusplus, size_t *result_size)
{
    char *result = NULL;
    struct translator t = {.at = text,
                           .end = text + size,
                           .cplusplus = cplusplus,
                           .line_start = true,
                           .text = text,
                           .fresh = true};
    t.out = open_memstream(&result, result_size);
    if (t.out == NULL) {
        return NULL;
    }
    while (t.at < t.end) {
        char c = *t.at;
        if (c == '\n' || c == ' ' || c == '\t' || c == '\r' || c == '\f' || c == '\v') {
            t.line_start = c == '\n' || t.line_start;
            fputc(c, t.out);
            t.at++;
            continue;
        }
        bool first = t.line_start;
        t.line_start = false;
        if (first && c == '#') {
            directive(&t);
        } else if (t.system) {
            system_text(&t);
        } else if (c == '"' || c == '\'') {
            literal(&t);
        } else if (isdigit((unsigned char)c) ||
                   (c == '.' && t.at + 1 < t.end && isdigit((unsigned char)t.at[1]))) {
            number(&t);
        } else if (cc_is_word(c)) {
            word(&t);
        } else {
            punctuation(&t);
        }
    }
    cc_list_free(&t.system_files);
    if (fclose(t.out) != 0) {
        free(result);
        return NULL;
    }
    return result;
}
