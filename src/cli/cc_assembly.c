/*
 * cc_assembly.c - what `undis cc --instrument` does to gcc's assembly: announcements that belong together.
 *
 * For `*to = *from` on structures gcc calls __tsan_write(to) and __tsan_read(from) and only then copies.
 * Between a call for a write and the next one there is a store, or else it is this.  The two calls get
 * names of their own (rtl/tsan.c).  Where the copy, or the clearing of a structure, is itself a call of
 * memcpy or memset, which announces what it does, the calls before it go.
 *
 * Not guaranteed: indirect calls (-fno-plt) and Intel's syntax (-masm=intel) are left as they are.
 */
#include "cli/cc.h"

#include <ctype.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define WRITE_PREFIX "__tsan_write"
#define READ_PREFIX "__tsan_read"

struct line {
    const char *start;
    size_t length;
};

/* Calls that announce the two halves of a copy; start is NULL when there is none. */
struct pending {
    struct line write, read;
};

struct rewriting {
    FILE *out;
    const char *written; /* the text up to here has been written out */
    struct pending pending;
};

static bool starts_with(const struct line *line, const char *prefix)
{
    return line->length >= strlen(prefix) && memcmp(line->start, prefix, strlen(prefix)) == 0;
}

/* The instruction of a line: without blanks around it and comments behind. */
static struct line trimmed(const char *start, const char *end)
{
    while (start < end && isspace((unsigned char)*start)) {
        start++;
    }
    const char *comment = start < end ? memchr(start, '#', (size_t)(end - start)) : NULL;
    end = comment != NULL ? comment : end;
    while (end > start && isspace((unsigned char)end[-1])) {
        end--;
    }
    return (struct line){start, (size_t)(end - start)};
}

/* The function that the line calls by name, without @PLT; length 0 when it does not. */
static struct line callee(const struct line *line)
{
    struct line none = {line->start, 0};
    if (!starts_with(line, "call")) {
        return none;
    }
    size_t skip = starts_with(line, "callq") ? 5 : 4;
    struct line name = trimmed(line->start + skip, line->start + line->length);
    const char *at = memchr(name.start, '@', name.length);
    name.length = at != NULL ? (size_t)(at - name.start) : name.length;
    return name;
}

static bool is(const struct line *name, const char *text)
{
    return name->length == strlen(text) && memcmp(name->start, text, name->length) == 0;
}

/* "8" of __tsan_write8, "_range" of __tsan_write_range: plain accesses only. */
static bool same_suffix(const struct line *write, const struct line *read)
{
    size_t skip_write = strlen(WRITE_PREFIX), skip_read = strlen(READ_PREFIX);
    return write->length - skip_write == read->length - skip_read &&
           memcmp(write->start + skip_write, read->start + skip_read, read->length - skip_read) == 0;
}

/* Directives and the labels of debug information, which no jump goes to. */
static bool is_silent(const struct line *line)
{
    if (line->length == 0) {
        return true;
    }
    if (line->start[line->length - 1] == ':') {
        return starts_with(line, ".L") && line->length > 3 && isupper((unsigned char)line->start[2]);
    }
    return line->start[0] == '.';
}

/* An instruction that can only have changed a register: its last operand. */
static bool changes_registers_only(const struct line *line)
{
    static const char *const moves[] = {"mov", "lea", "xor", "add", "sub", "sal", "and"};
    bool known = false;
    for (size_t i = 0; i < sizeof(moves) / sizeof(moves[0]); i++) {
        known = known || starts_with(line, moves[i]);
    }
    const char *comma = memrchr(line->start, ',', line->length);
    if (comma == NULL) {
        return starts_with(line, "clt") || starts_with(line, "cqt") || starts_with(line, "nop");
    }
    /* Index registers have commas of their own: then what follows the last one ends with a parenthesis. */
    return known && memchr(comma, ')', line->length - (size_t)(comma - line->start)) == NULL;
}

static void write_until(struct rewriting *rewriting, const char *end)
{
    fwrite(rewriting->written, 1, (size_t)(end - rewriting->written), rewriting->out);
    rewriting->written = end;
}

/* Replaces the start of a called name. */
static void rename_call(struct rewriting *rewriting, const struct line *name, const char *prefix,
                        const char *replacement)
{
    write_until(rewriting, name->start);
    fputs(replacement, rewriting->out);
    rewriting->written = name->start + strlen(prefix);
}

/* Turns the call into a comment. */
static void drop_call(struct rewriting *rewriting, const struct line *name)
{
    const char *start = name->start;
    while (start > rewriting->written && start[-1] != '\n') {
        start--;
    }
    write_until(rewriting, start);
    fputc('#', rewriting->out);
}

/* The copy that was announced has been made, or is none. */
static void settle(struct rewriting *rewriting)
{
    struct pending *pending = &rewriting->pending;
    if (pending->read.start != NULL) {
        rename_call(rewriting, &pending->write, WRITE_PREFIX, "__undis_copy_write");
        rename_call(rewriting, &pending->read, READ_PREFIX, "__undis_copy_read");
    }
    *pending = (struct pending){0};
}

static void meet_call(struct rewriting *rewriting, const struct line *name)
{
    struct pending *pending = &rewriting->pending;
    if (pending->write.start != NULL && pending->read.start == NULL && starts_with(name, READ_PREFIX) &&
        same_suffix(&pending->write, name)) {
        pending->read = *name;
        return;
    }
    if (pending->read.start != NULL && (is(name, "memcpy") || is(name, "memmove"))) {
        drop_call(rewriting, &pending->write);
        drop_call(rewriting, &pending->read);
        *pending = (struct pending){0};
    } else if (pending->write.start != NULL && pending->read.start == NULL && is(name, "memset")) {
        drop_call(rewriting, &pending->write);
        *pending = (struct pending){0};
    }
    settle(rewriting);
    if (starts_with(name, WRITE_PREFIX)) {
        pending->write = *name;
    }
}

static void meet(struct rewriting *rewriting, const struct line *line)
{
    if (is_silent(line)) {
        return;
    }
    struct line name = callee(line);
    if (name.length != 0) {
        meet_call(rewriting, &name);
    } else if (!changes_registers_only(line)) {
        settle(rewriting);
    }
}

char *cc_join_announcements(const char *text, size_t size, size_t *result_size)
{
    char *result = NULL;
    struct rewriting rewriting = {.out = open_memstream(&result, result_size), .written = text};
    if (rewriting.out == NULL) {
        return NULL;
    }
    const char *end = text + size;
    const char *foreign = memmem(text, size, ".intel_syntax", strlen(".intel_syntax"));
    for (const char *start = foreign != NULL ? end : text; start < end;) {
        const char *newline = memchr(start, '\n', (size_t)(end - start));
        const char *next = newline != NULL ? newline + 1 : end;
        struct line line = trimmed(start, next);
        meet(&rewriting, &line);
        start = next;
    }
    settle(&rewriting);
    write_until(&rewriting, end);
    if (fclose(rewriting.out) != 0) {
        free(result);
        return NULL;
    }
    return result;
}
