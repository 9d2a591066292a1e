/*
 * beside.c - finds the files that belong to this installation.
 */
#include "cli/cli.h"

#include <stdio.h>
#include <string.h>
#include <unistd.h>

bool cli_find_beside(const char *name, const char *relative, char *path, size_t size)
{
    char directory[4096];
    ssize_t length = readlink("/proc/self/exe", directory, sizeof(directory) - 1);
    if (length <= 0) {
        return false;
    }
    directory[length] = '\0';
    *strrchr(directory, '/') = '\0';
    int written = snprintf(path, size, "%s/%s", directory, name);
    if (written > 0 && (size_t)written < size && access(path, F_OK) == 0) {
        return true;
    }
    written = snprintf(path, size, "%s/../%s", directory, relative);
    return written > 0 && (size_t)written < size && access(path, F_OK) == 0;
}
