/*
 * symbolise.h - program counters as functions, files and lines.
 */
#ifndef UNDIS_REPORT_SYMBOLISE_H
#define UNDIS_REPORT_SYMBOLISE_H

#include <stdbool.h>
#include <stdint.h>

struct symbol {
    char function[128]; /* "" when unknown */
    char file[256];     /* "" when unknown */
    int line;
    char image[64];   /* file name of the image, "" when none is mapped there */
    uintptr_t offset; /* into the image */
    bool inlined;     /* this function has no frame of its own */
};

#define SYMBOLS_MAXIMUM 8 /* an inlined chain longer than that is cut */

/*
 * Names the code that a return address returns into: an inlined function first, then those it was
 * inlined into, the real one last.  Returns how many were written, at least 1.  Main host thread only.
 */
unsigned symbolise(uintptr_t return_address, struct symbol symbols[SYMBOLS_MAXIMUM]);

/* "function (file:line)" of the innermost one, for a table; `size` as snprintf. */
void symbolise_short(uintptr_t return_address, char *text, unsigned size);

/* "variable", "variable+8"; false, and the address in `text`, for memory that is no driver's variable. */
bool symbolise_data(uintptr_t address, char *text, unsigned size);

/* Frees what symbolise() has read. */
void symbolise_end(void);

#endif
