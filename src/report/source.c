/*
 * source.c - keeps the source file that was asked for last.
 *
 * What is not guaranteed: that the file is still the one that the driver was built from.
 */
#include "report/source.h"

#include <ctype.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

#define LARGEST ((off_t)16 << 20)

static struct {
    char *path;
    char *text;
} kept;

void source_end(void)
{
    free(kept.path);
    free(kept.text);
    kept.path = kept.text = NULL;
}

static char *read_text(const char *path)
{
    struct stat status;
    FILE *file = stat(path, &status) == 0 && S_ISREG(status.st_mode) && status.st_size <= LARGEST
                     ? fopen(path, "rb")
                     : NULL;
    char *text = file != NULL ? malloc((size_t)status.st_size + 1) : NULL;
    size_t size = text != NULL ? fread(text, 1, (size_t)status.st_size, file) : 0;
    if (text != NULL) {
        text[size] = '\0';
    }
    if (file != NULL) {
        fclose(file);
    }
    return text;
}

static const char *find_line(const char *text, int line)
{
    for (int i = 1; text != NULL && i < line; i++) {
        text = strchr(text, '\n');
        text = text != NULL ? text + 1 : NULL;
    }
    return text;
}

void source_line(const char *file, int line, char *text, size_t size)
{
    if (kept.path == NULL || strcmp(kept.path, file) != 0) {
        source_end();
        kept.path = strdup(file);
        kept.text = read_text(file);
    }
    const char *from = line > 0 ? find_line(kept.text, line) : NULL;
    size_t used = 0;
    if (from != NULL) {
        from += strspn(from, " \t");
        for (; *from != '\0' && *from != '\n' && used + 1 < size; from++) {
            text[used++] = *from == '\t' ? ' ' : isprint((unsigned char)*from) ? *from : '?';
        }
    }
    while (used > 0 && (text[used - 1] == ' ' || text[used - 1] == '?')) {
        used--; /* a carriage return became a question mark */
    }
    text[used] = '\0';
}
