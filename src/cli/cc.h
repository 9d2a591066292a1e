/*
 * cc.h - the parts of `undis cc`.
 */
#ifndef UNDIS_CLI_CC_H
#define UNDIS_CLI_CC_H

#include <ctype.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdio.h>

/* ---- lists of strings ---------------------------------------------------------------------------- */

struct cc_list {
    char **items; /* ends with NULL once something has been added */
    size_t count;
};

void cc_list_add(struct cc_list *list, const char *text);
void cc_list_addf(struct cc_list *list, const char *format, ...) __attribute__((format(printf, 2, 3)));
void cc_list_add_all(struct cc_list *list, const struct cc_list *more);
void cc_list_free(struct cc_list *list);
/* Memory that cannot be had ends the process with CLI_INTERNAL. */
void *cc_allocate(size_t size);

/* The whole file with a terminating NUL; NULL when it cannot be read. */
char *cc_read_file(const char *path, size_t *size);
bool cc_write_file(const char *path, const char *text, size_t size);
/* Makes the directory and those above it. */
bool cc_make_directories(const char *path);

/* ---- the command line ----------------------------------------------------------------------------- */

struct cc_options {
    const char *output;
    bool pageable; /* the source at hand has functions in pageable sections */
    bool instrument;
    bool free; /* for the free build alone */
    bool store_old_irql;
    struct cc_list sources;
    struct cc_list flags;  /* the user's, after -- */
    struct cc_list forced; /* --force-include FILE or SOURCE=FILE */
};

bool cc_is_cplusplus(const char *source);

/* ---- flags ---------------------------------------------------------------------------------------- */

/* The words of CC or CXX, or cc or c++. */
void cc_add_compiler(struct cc_list *list, bool cplusplus);
/* Is the compiler that CC or CXX names clang? */
bool cc_is_clang(bool cplusplus);
/* undis's own flags for a compiler run. */
void cc_add_flags(struct cc_list *list, const struct cc_options *options, bool cplusplus);
/* The linker's share of --instrument. */
void cc_add_link_flags(struct cc_list *list, const struct cc_options *options);
/* The user's flags; without the preprocessor's own ones for text that is preprocessed. */
void cc_add_user_flags(struct cc_list *list, const struct cc_options *options, bool preprocessed);

/* ---- assembly ------------------------------------------------------------------------------------- */

/*
 * gcc's assembly of an instrumented source, in which copies of structures are announced as what they are.
 * Returns new text.
 */
char *cc_join_announcements(const char *text, size_t size, size_t *result_size);

/* ---- the compiler -------------------------------------------------------------------------------- */

/* Runs a program with the caller's stdout and stderr; its exit status, or -1 when it could not be run. */
int cc_execute(const struct cc_list *arguments);

/* ---- includes ------------------------------------------------------------------------------------ */

/*
 * Reads a source and what it includes, and writes into `overlay` what makes every #include name of it
 * resolve on a file system that knows case: forwarding headers for names with backslashes or wrong
 * case, and trace headers (.tmh) for WPP.  `directories` are those of -I, in their order.
 */
void cc_overlay_source(const char *source, const struct cc_list *directories, const char *overlay);

/* ---- WPP ----------------------------------------------------------------------------------------- */

/* Notes the trace functions that a "begin_wpp config" comment in the text declares. */
void cc_wpp_scan(const char *text, struct cc_list *functions);
/* Writes the header that stands for every .tmh. */
bool cc_wpp_write(const char *path, const struct cc_list *functions);

/* ---- pageable code (cc_pageable.c) --------------------------------------------------------------- */

#define CC_SEGMENT_NAME 32
#define CC_SEGMENTS 16

/* `#pragma code_seg`: where functions go from here on, "" for the default, and what was pushed. */
struct cc_segments {
    char now[CC_SEGMENT_NAME];
    char pushed[CC_SEGMENTS][CC_SEGMENT_NAME];
    unsigned depth;
};

/*
 * Follows a pragma of C text, from behind the word on, to the end of its line: alloc_text and its names in
 * ndis.h write declarations with attributes to `out`, code_seg changes `segments`.  `text` is where the
 * source begins. False: it is neither.
 */
bool cc_segment_pragma(struct cc_segments *segments, FILE *out, const char *text, const char *at,
                       const char *stop);
/* Has cc_translate put functions into pageable sections? */
bool cc_has_pageable(const char *translated, size_t size);
/* Does a declaration at the top level, which begins at `at`, define a function that is not inline? */
bool cc_function_follows(const char *at, const char *end);
/* The attributes of a function that goes into that section. */
void cc_segment_attribute(FILE *out, const char *segment);

/* ---- C text --------------------------------------------------------------------------------------- */

/* May that stand in an identifier or a number? */
static inline bool cc_is_word(char c)
{
    return isalnum((unsigned char)c) || c == '_' || c == '$';
}

/* ---- the dialect that no compiler switch gives --------------------------------------------------- */

/*
 * Rewrites preprocessed text of the driver's own files (system headers stay as they are): a lone `long`
 * is 32 bits wide, as are literals with suffix L; inline functions of C get internal linkage;
 * __FUNCTION__ becomes a literal; pragmas of other compilers vanish.  Returns new text.
 */
char *cc_translate(const char *text, size_t size, bool cplusplus, size_t *result_size);

#endif
