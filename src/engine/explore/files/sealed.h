/*
 * sealed.h - text files of undis's own that tell when they are not what undis wrote.
 *
 * The first line is "undis KIND VERSION", the last one "end 0xCHECKSUM" over all bytes before it: so a file
 * that was cut off, edited or is something else altogether is refused in one line that says which. Schedules,
 * units and results are such files.  Reads any bytes safely.
 */
#ifndef UNDIS_ENGINE_EXPLORE_SEALED_H
#define UNDIS_ENGINE_EXPLORE_SEALED_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>

#define SEALED_LARGEST ((size_t)64 << 20)

struct sealed {
    const char *path; /* for messages */
    char *text;       /* the lines between the first and the last, each ended by NUL once it was given out */
    char *next;
    unsigned line;     /* number of the line that was given out last */
    uint64_t checksum; /* the one that the file ends in: its identity */
    char *error;
    size_t error_size;
};

/* What every message about a file begins with is `path`; `error` gets one line.  False: *file is empty. */
bool sealed_read(struct sealed *file, const char *path, const char *kind, unsigned version, char *error,
                 size_t error_size);
/* The same from memory; `data` is only read. */
bool sealed_parse(struct sealed *file, const char *path, const void *data, size_t size, const char *kind,
                  unsigned version, char *error, size_t error_size);
void sealed_free(struct sealed *file);

/* The next line without its comment (from " #" on) and without blanks at its end; NULL: there is none. Empty
 * lines are passed over. */
char *sealed_line(struct sealed *file);

/* Puts "path:line: message" into the error; returns false. */
bool sealed_complain(struct sealed *file, const char *format, ...) __attribute__((format(printf, 2, 3)));

/*
 * Adds first and last line to `body` (whole lines) and writes the file; a reader sees the old one or the new
 * one, never a part.  *checksum, if not NULL, is what it ends in.
 */
bool sealed_write(const char *path, const char *kind, unsigned version, const char *body, uint64_t *checksum,
                  char *error, size_t error_size);

/* What the last line holds, of everything before it; `before` is SEALED_CHECKSUM, or the sum of what stands
 * before `data`. */
#define SEALED_CHECKSUM 0xCBF29CE484222325u
uint64_t sealed_checksum(uint64_t before, const void *data, size_t size);

/* ---- a text that grows ----------------------------------------------------------------------------- */

struct sealed_text {
    FILE *out; /* print here; NULL: there was no memory */
    char *text;
    size_t size;
};
/* False: there is no memory; sealed_text_end is called all the same. */
bool sealed_text_begin(struct sealed_text *text);
/* What was printed, malloc'ed; NULL: there was no memory for it. */
char *sealed_text_end(struct sealed_text *text);
/* As sealed_write, of the body that was printed; ends it. */
bool sealed_text_write(struct sealed_text *body, const char *path, const char *kind, unsigned version,
                       uint64_t *checksum, char *error, size_t error_size);

/* ---- words of a line ------------------------------------------------------------------------------- */

/* Each takes what it names from the beginning of *text and moves on; false: something else is there. */
bool sealed_word(char **text, const char *word); /* the word itself, then a blank or the end */
bool sealed_number(char **text, uint64_t largest, uint64_t *number); /* decimal */
bool sealed_hexadecimal(char **text, uint64_t *number);              /* 0x... */
bool sealed_token(char **text, char *token, size_t size);            /* up to the next blank; not empty */
/* Any text as one word without blanks (%XX for what would disturb), and back: malloc'ed, NULL for what
 * sealed_print_escaped does not write. */
void sealed_print_escaped(FILE *out, const char *text);
char *sealed_escaped(char **text);
/* "WORD LINE" for each line of `lines` (NULL: none), and back: adds the line behind the word to `lines`. */
void sealed_print_lines(FILE *out, const char *word, const char *lines);
bool sealed_line_of(char **text, const char *word, struct sealed_text *lines);
static inline bool sealed_at_end(const char *text)
{
    return *text == '\0';
}

#endif
