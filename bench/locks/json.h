/*
 * json.h - the results for other programs.
 */
#ifndef UNDIS_BENCH_JSON_H
#define UNDIS_BENCH_JSON_H

#include <stdbool.h>

/* {"machine": {...}, "left_out": [packages], "results": [...], "required": [...]}.  Says why when it fails.
 */
bool json_write(const char *file);

#endif
