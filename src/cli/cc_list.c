/*
 * cc_list.c - lists of strings, files and child processes for `undis cc`.
 */
#include "cli/cc.h"
#include "cli/cli.h"

#include <errno.h>
#include <limits.h>
#include <spawn.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/wait.h>

extern char **environ;

void *cc_allocate(size_t size)
{
    void *memory = malloc(size);
    if (memory == NULL) {
        cli_error("cc: out of memory");
        exit(CLI_INTERNAL);
    }
    return memory;
}

void cc_list_add(struct cc_list *list, const char *text)
{
    char **items = realloc(list->items, (list->count + 2) * sizeof(*items));
    if (items == NULL) {
        cli_error("cc: out of memory");
        exit(CLI_INTERNAL);
    }
    size_t length = strlen(text) + 1;
    items[list->count] = memcpy(cc_allocate(length), text, length);
    items[++list->count] = NULL;
    list->items = items;
}

void cc_list_addf(struct cc_list *list, const char *format, ...)
{
    va_list arguments;
    char *text = NULL;
    va_start(arguments, format);
    int length = vasprintf(&text, format, arguments);
    va_end(arguments);
    if (length < 0) {
        cli_error("cc: out of memory");
        exit(CLI_INTERNAL);
    }
    cc_list_add(list, text);
    free(text);
}

void cc_list_add_all(struct cc_list *list, const struct cc_list *more)
{
    for (size_t i = 0; i < more->count; i++) {
        cc_list_add(list, more->items[i]);
    }
}

void cc_list_free(struct cc_list *list)
{
    for (size_t i = 0; i < list->count; i++) {
        free(list->items[i]);
    }
    free(list->items);
    *list = (struct cc_list){0};
}

char *cc_read_file(const char *path, size_t *size)
{
    FILE *file = fopen(path, "rb");
    if (file == NULL) {
        return NULL;
    }
    char *text = NULL;
    size_t used = 0;
    FILE *memory = open_memstream(&text, &used);
    char block[65536];
    size_t got;
    while (memory != NULL && (got = fread(block, 1, sizeof(block), file)) > 0) {
        fwrite(block, 1, got, memory);
    }
    bool failed = memory == NULL || ferror(file) != 0;
    fclose(file);
    if (memory != NULL) {
        failed = fclose(memory) != 0 || failed;
    }
    if (failed) {
        free(text);
        return NULL;
    }
    *size = used;
    return text;
}

bool cc_write_file(const char *path, const char *text, size_t size)
{
    FILE *file = fopen(path, "wb");
    if (file == NULL) {
        return false;
    }
    bool written = fwrite(text, 1, size, file) == size;
    return fclose(file) == 0 && written;
}

bool cc_make_directories(const char *path)
{
    char part[PATH_MAX];
    size_t length = strlen(path);
    if (length >= sizeof(part)) {
        errno = ENAMETOOLONG;
        return false;
    }
    for (size_t i = 1; i <= length; i++) {
        if (path[i] == '/' || path[i] == '\0') {
            memcpy(part, path, i);
            part[i] = '\0';
            if (mkdir(part, 0700) != 0 && errno != EEXIST) {
                return false;
            }
        }
    }
    return true;
}

int cc_execute(const struct cc_list *arguments)
{
    pid_t child;
    int error = posix_spawnp(&child, arguments->items[0], NULL, NULL, arguments->items, environ);
    if (error != 0) {
        errno = error;
        return -1;
    }
    int status;
    while (waitpid(child, &status, 0) < 0) {
        if (errno != EINTR) {
            return -1;
        }
    }
    return WIFEXITED(status) ? WEXITSTATUS(status) : 128 + WTERMSIG(status);
}
