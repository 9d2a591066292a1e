/*
 * cc_pageable.c - the sections that a driver's functions go into: #pragma alloc_text, #pragma code_seg.
 *
 * Only sections whose names begin with PAGE matter (ke/pageable.h); functions for others stay where they are.
 * A function in one is not inlined: its code would not be pageable then.  In C++ MSVC wants alloc_text for
 * functions of C linkage only, and of code_seg what an attribute can stand before is seen: no templates,
 * nothing in a class or namespace, no constructor with initialisers, no const member.
 */
#include "cli/cc.h"

#include <ctype.h>
#include <stdio.h>
#include <string.h>

struct token {
    const char *start;
    size_t length;
};

static bool is(struct token token, const char *text)
{
    return token.length == strlen(text) && memcmp(token.start, text, token.length) == 0;
}

static bool is_one_of(struct token token, const char *const *list)
{
    while (*list != NULL && !is(token, *list)) {
        list++;
    }
    return *list != NULL;
}

/* The next word, string (without its quotes) or single character; length 0 at the end. */
static struct token next(const char **at, const char *stop)
{
    const char *p = *at;
    while (p < stop && isspace((unsigned char)*p)) {
        p++;
    }
    const char *start = p;
    if (p < stop && (*p == '"' || *p == '\'')) {
        const char quote = *p++;
        while (p < stop && *p != quote) {
            p += *p == '\\' && p + 1 < stop ? 2 : 1;
        }
        *at = p < stop ? p + 1 : stop;
        return (struct token){start + 1, (size_t)(p - start - 1)};
    }
    while (p < stop && cc_is_word(*p)) {
        p++;
    }
    p += p == start && p < stop;
    *at = p;
    return (struct token){start, (size_t)(p - start)};
}

static bool is_pageable(struct token segment)
{
    return segment.length >= 4 && segment.length < CC_SEGMENT_NAME && memcmp(segment.start, "PAGE", 4) == 0;
}

/* ---- alloc_text ---------------------------------------------------------------------------------- */

void cc_segment_attribute(FILE *out, const char *segment)
{
    fprintf(out, "__attribute__((__section__(\"%s\"), __noinline__)) ", segment);
}

bool cc_has_pageable(const char *translated, size_t size)
{
    static const char attribute[] = "__section__(\"PAGE";
    return memmem(translated, size, attribute, sizeof(attribute) - 1) != NULL;
}

/* The compilers want a declaration before the pragma, MSVC lets some go. */
static bool is_mentioned(const char *text, const char *stop, struct token name)
{
    for (const char *p = text; (p = memmem(p, (size_t)(stop - p), name.start, name.length)) != NULL; p++) {
        if ((p == text || !cc_is_word(p[-1])) && !cc_is_word(p[name.length])) {
            return true;
        }
    }
    return false;
}

static void declare(FILE *out, struct token segment, struct token name)
{
    char section[CC_SEGMENT_NAME];
    snprintf(section, sizeof(section), "%.*s", (int)segment.length, segment.start);
    fprintf(out, "__typeof__(%.*s) %.*s ", (int)name.length, name.start, (int)name.length, name.start);
    cc_segment_attribute(out, section);
    fputs("; ", out);
}

/* The functions that are named from here to the parenthesis. */
static void declare_all(FILE *out, const char *text, struct token segment, const char *at, const char *stop)
{
    const char *here = at;
    struct token name;
    while ((name = next(&at, stop)).length != 0 && !is(name, ")")) {
        if (cc_is_word(name.start[0]) && is_pageable(segment) && is_mentioned(text, here, name)) {
            declare(out, segment, name);
        }
    }
}

/* ---- code_seg ------------------------------------------------------------------------------------ */

static void set_segment(struct cc_segments *segments, struct token segment)
{
    if (!is_pageable(segment)) {
        segment.length = 0;
    }
    snprintf(segments->now, sizeof(segments->now), "%.*s", (int)segment.length, segment.start);
}

static void push(struct cc_segments *segments)
{
    if (segments->depth < CC_SEGMENTS) {
        memcpy(segments->pushed[segments->depth], segments->now, sizeof(segments->now));
    }
    segments->depth++;
}

static void pop(struct cc_segments *segments)
{
    if (segments->depth > 0 && --segments->depth < CC_SEGMENTS) {
        memcpy(segments->now, segments->pushed[segments->depth], sizeof(segments->now));
    }
}

/* ("PAGE"), (), (push[, label][, "PAGE"]), (pop[, label][, "PAGE"]); labels are not told apart. */
static void code_seg(struct cc_segments *segments, const char *at, const char *stop)
{
    struct token token = next(&at, stop);
    bool stacked = is(token, "push") || is(token, "pop");
    if (is(token, "push")) {
        push(segments);
    } else if (is(token, "pop")) {
        pop(segments);
    } else if (is(token, ")")) {
        set_segment(segments, (struct token){"", 0});
        return;
    }
    for (; token.length != 0 && !is(token, ")"); token = next(&at, stop)) {
        bool string = token.start[-1] == '"';
        if (string) {
            set_segment(segments, token);
        }
        if (string || !stacked) {
            return; /* a class follows */
        }
    }
}

bool cc_segment_pragma(struct cc_segments *segments, FILE *out, const char *text, const char *at,
                       const char *stop)
{
    static const char *const of_ndis[] = {"NDIS_PAGEABLE_FUNCTION", "NDIS_PAGABLE_FUNCTION", NULL};
    struct token pragma = next(&at, stop);
    struct token open = next(&at, stop);
    if (!is(open, "(")) {
        return false;
    }
    if (is(pragma, "code_seg")) {
        code_seg(segments, at, stop);
    } else if (is(pragma, "alloc_text")) {
        struct token segment = next(&at, stop);
        declare_all(out, text, segment, at, stop);
    } else if (is_one_of(pragma, of_ndis)) {
        declare_all(out, text, (struct token){"PAGE", 4}, at, stop);
    } else {
        return false;
    }
    return true;
}

/* ---- definitions --------------------------------------------------------------------------------- */

bool cc_function_follows(const char *at, const char *end)
{
    static const char *const attributes[] = {"__attribute__", "__attribute", "__declspec", "__asm__",
                                             "asm",           "_Alignas",    "__typeof__", NULL};
    /* what is inlined lies elsewhere; before the others, which C++ has, an attribute may not stand */
    static const char *const others[] = {"inline",   "__inline", "__inline__", "_inline",   "__forceinline",
                                         "typedef",  "template", "class",      "namespace", "using",
                                         "operator", "C",        NULL};
    struct token token, previous = {at, 0};
    bool parameters = false; /* parentheses that belong to no attribute have been seen */
    unsigned depth = 0;
    for (; (token = next(&at, end)).length != 0; previous = token) {
        if (is(token, "(")) {
            parameters = parameters || (depth == 0 && !is_one_of(previous, attributes));
            depth++;
        } else if (is(token, ")")) {
            depth -= depth > 0;
        } else if (depth == 0 && is(token, "{")) {
            return parameters && is(previous, ")");
        } else if (depth == 0 && (is(token, ";") || is(token, "=") || is_one_of(token, others))) {
            return false;
        }
    }
    return false;
}
