/*
 * svg.h - the results as a picture: bars for a pair alone, lines for pairs with many at one lock.
 */
#ifndef UNDIS_BENCH_SVG_H
#define UNDIS_BENCH_SVG_H

#include <stdbool.h>

/* Says why when it fails. */
bool svg_write(const char *file);

#endif
