/*
 * cc_overlay.c - makes the #include names of Windows sources resolve.
 *
 * On Windows "Sys\Precomp.H" and "sys/precomp.h" are one file.  Here a forwarding header of exactly the
 * name that was written is put into a temporary directory, which the compiler searches last.  A header
 * that exists under the written name is never hidden by it.
 *
 * Not guaranteed: an #include whose name is a macro is not seen.
 */
#include "cli/cc.h"

#include <ctype.h>
#include <dirent.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>
#include <sys/stat.h>
#include <unistd.h>

struct walk {
    const struct cc_list *directories;
    const char *overlay;
    struct cc_list seen;      /* files already read */
    struct cc_list functions; /* WPP macros */
    struct cc_list traces;    /* .tmh names wanted */
};

static bool list_has(const struct cc_list *list, const char *text)
{
    for (size_t i = 0; i < list->count; i++) {
        if (strcmp(list->items[i], text) == 0) {
            return true;
        }
    }
    return false;
}

static bool is_file(const char *path)
{
    struct stat status;
    return stat(path, &status) == 0 && S_ISREG(status.st_mode);
}

/* Appends to `path` the entry of that directory that equals `name` but for case. */
static bool append_entry(char path[PATH_MAX], const char *name, size_t length)
{
    DIR *directory = opendir(path[0] != '\0' ? path : ".");
    if (directory == NULL) {
        return false;
    }
    bool found = false;
    const struct dirent *entry;
    while (!found && (entry = readdir(directory)) != NULL) {
        found = strlen(entry->d_name) == length && strncasecmp(entry->d_name, name, length) == 0;
        if (found) {
            size_t used = strlen(path);
            found = used + length + 2 < PATH_MAX;
            if (found) {
                snprintf(path + used, PATH_MAX - used, "/%s", entry->d_name);
            }
        }
    }
    closedir(directory);
    return found;
}

/* Finds `name` below `directory`, whatever its slashes and case. */
static bool find_loosely(const char *directory, const char *name, char path[PATH_MAX])
{
    snprintf(path, PATH_MAX, "%s", directory);
    while (*name != '\0') {
        size_t length = strcspn(name, "/\\");
        bool step = length == 0 || (length == 1 && name[0] == '.');
        if (!step && !append_entry(path, name, length)) {
            return false;
        }
        name += length;
        name += strspn(name, "/\\");
    }
    return is_file(path);
}

/* Writes a forwarding header; the directories in its name are made. */
static void forward(const char *overlay, const char *name, const char *target)
{
    char path[PATH_MAX];
    char text[PATH_MAX + 32];
    if (snprintf(path, sizeof(path), "%s/%s", overlay, name) >= (int)sizeof(path)) {
        return;
    }
    for (char *slash = path + strlen(overlay) + 1; (slash = strchr(slash, '/')) != NULL; slash++) {
        *slash = '\0';
        mkdir(path, 0700);
        *slash = '/';
    }
    int length = snprintf(text, sizeof(text), "#include \"%s\"\n", target);
    cc_write_file(path, text, (size_t)length);
}

/* gcc takes a backslash for a character of the name, clang for a slash. */
static void forward_both(const char *overlay, const char *name, const char *target)
{
    char slashed[PATH_MAX];
    snprintf(slashed, sizeof(slashed), "%s", name);
    for (char *c = slashed; *c != '\0'; c++) {
        *c = *c == '\\' ? '/' : *c;
    }
    forward(overlay, name, target);
    if (strcmp(slashed, name) != 0) {
        forward(overlay, slashed, target);
    }
}

static void walk_file(struct walk *walk, const char *path);

static void resolve(struct walk *walk, const char *includer, const char *name)
{
    char path[PATH_MAX];
    char real[PATH_MAX];
    char own[PATH_MAX];
    snprintf(own, sizeof(own), "%s", includer);
    char *slash = strrchr(own, '/');
    snprintf(slash != NULL ? slash : own, 2, "%s", slash != NULL ? "" : ".");
    const char *exact = NULL;
    const char *loose = NULL;
    for (size_t i = 0; i <= walk->directories->count && exact == NULL; i++) {
        const char *directory = i == 0 ? own : walk->directories->items[i - 1];
        if (snprintf(path, sizeof(path), "%s/%s", directory, name) < (int)sizeof(path) && is_file(path)) {
            exact = realpath(path, real);
        } else if (loose == NULL && find_loosely(directory, name, path)) {
            loose = realpath(path, real);
        }
    }
    if (exact == NULL && loose != NULL) {
        forward_both(walk->overlay, name, loose);
    }
    size_t length = strlen(name);
    if (exact != NULL || loose != NULL) {
        walk_file(walk, real);
    } else if (length > 4 && strcasecmp(name + length - 4, ".tmh") == 0 && !list_has(&walk->traces, name)) {
        cc_list_add(&walk->traces, name);
    }
}

/* Finds the name in a line that is an #include. */
static bool include_name(const char *line, size_t length, char name[PATH_MAX])
{
    const char *p = line, *end = line + length;
    while (p < end && isspace((unsigned char)*p)) {
        p++;
    }
    if (p == end || *p++ != '#') {
        return false;
    }
    while (p < end && isspace((unsigned char)*p)) {
        p++;
    }
    if (end - p < 9 || memcmp(p, "include", 7) != 0) {
        return false;
    }
    p += 7;
    while (p < end && isspace((unsigned char)*p)) {
        p++;
    }
    if (p == end || (*p != '"' && *p != '<')) {
        return false;
    }
    char close = *p++ == '<' ? '>' : '"';
    const char *stop = memchr(p, close, (size_t)(end - p));
    if (stop == NULL || stop - p >= PATH_MAX) {
        return false;
    }
    memcpy(name, p, (size_t)(stop - p));
    name[stop - p] = '\0';
    return name[0] != '\0' && name[0] != '/';
}

static void walk_file(struct walk *walk, const char *path)
{
    char name[PATH_MAX];
    if (list_has(&walk->seen, path)) {
        return;
    }
    cc_list_add(&walk->seen, path);
    size_t size;
    char *text = cc_read_file(path, &size);
    if (text == NULL) {
        return;
    }
    cc_wpp_scan(text, &walk->functions);
    for (const char *line = text; line < text + size;) {
        const char *newline = memchr(line, '\n', (size_t)(text + size - line));
        size_t length = (size_t)((newline != NULL ? newline : text + size) - line);
        if (include_name(line, length, name)) {
            resolve(walk, path, name);
        }
        line += length + 1;
    }
    free(text);
}

void cc_overlay_source(const char *source, const struct cc_list *directories, const char *overlay)
{
    char trace[PATH_MAX];
    struct walk walk = {.directories = directories, .overlay = overlay};
    walk_file(&walk, source);
    if (walk.traces.count != 0 &&
        snprintf(trace, sizeof(trace), "%s/undis-trace.h", overlay) < (int)sizeof(trace) &&
        cc_wpp_write(trace, &walk.functions)) {
        for (size_t i = 0; i < walk.traces.count; i++) {
            forward_both(overlay, walk.traces.items[i], trace);
        }
    }
    cc_list_free(&walk.seen);
    cc_list_free(&walk.functions);
    cc_list_free(&walk.traces);
}
