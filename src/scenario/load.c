/*
 * load.c - maps a driver into the process.
 *
 * The file is checked (image.c), then loaded once in a child process, so that whatever the dynamic
 * linker or a constructor does with a malformed file happens there, and only then here.  A driver is never
 * unmapped: reports name its functions after the run.
 */
#include "scenario/image.h"
#include "scenario/scenario.h"

#include <dlfcn.h>
#include <elf.h>
#include <errno.h>
#include <fcntl.h>
#include <link.h>
#include <signal.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#define LARGEST_IMAGE ((off_t)256 << 20)
#define LONGEST_TRIAL_SECONDS 20

struct loading {
    const char *path;
    char *error;
    size_t error_size;
};

static bool fail(const struct loading *loading, const char *format, ...)
    __attribute__((format(printf, 2, 3)));
static bool fail(const struct loading *loading, const char *format, ...)
{
    int used = snprintf(loading->error, loading->error_size, "%s: ", loading->path);
    if (used > 0 && (size_t)used < loading->error_size) {
        va_list arguments;
        va_start(arguments, format);
        vsnprintf(loading->error + used, loading->error_size - (size_t)used, format, arguments);
        va_end(arguments);
    }
    return false;
}

/* Reads all of the file; the caller frees *data. */
static bool read_whole(const struct loading *loading, char **data, size_t *size)
{
    *data = NULL;
    int file = open(loading->path, O_RDONLY | O_CLOEXEC | O_NONBLOCK);
    struct stat status;
    if (file < 0 || fstat(file, &status) != 0) {
        fail(loading, "%s", strerror(errno));
    } else if (S_ISDIR(status.st_mode)) {
        fail(loading, "is a directory, not a driver");
    } else if (!S_ISREG(status.st_mode)) {
        fail(loading, "is not a regular file");
    } else if (status.st_size > LARGEST_IMAGE) {
        fail(loading, "is too large for a driver (%lld bytes)", (long long)status.st_size);
    } else if ((*data = malloc((size_t)status.st_size + 1)) == NULL) {
        fail(loading, "not enough memory to read it");
    } else {
        ssize_t got;
        *size = 0;
        while ((got = read(file, *data + *size, (size_t)status.st_size - *size)) > 0) {
            *size += (size_t)got;
        }
        if (got < 0) {
            fail(loading, "%s", strerror(errno));
            free(*data);
            *data = NULL;
        }
    }
    if (file >= 0) {
        close(file);
    }
    return *data != NULL;
}

/* A private copy that dlopen takes for another library than the original. */
static bool copy_image(const struct loading *loading, const struct driver_image *image, const char *data,
                       size_t size, char *where, size_t where_size)
{
    int file = memfd_create(image->name, MFD_CLOEXEC);
    if (file < 0) {
        return fail(loading, "cannot copy it: %s", strerror(errno));
    }
    for (size_t done = 0; done < size;) {
        ssize_t written = write(file, data + done, size - done);
        if (written <= 0) {
            close(file);
            return fail(loading, "cannot copy it: %s", strerror(errno));
        }
        done += (size_t)written;
    }
    snprintf(where, where_size, "/proc/self/fd/%d", file); /* stays open: reports read symbols from it */
    return true;
}

/* In the child: sends the linker's complaint, if any, to the parent. */
static void trial(const char *where, int to)
{
    for (int number = 1; number < 32; number++) {
        signal(number, SIG_DFL);
    }
    alarm(LONGEST_TRIAL_SECONDS);
    if (dlopen(where, RTLD_NOW | RTLD_LOCAL) == NULL) {
        const char *text = dlerror();
        _exit(text != NULL && write(to, text, strlen(text)) > 0 ? 1 : 2);
    }
    _exit(0);
}

static bool try_in_child(const struct loading *loading, const char *where)
{
    int channel[2];
    if (pipe2(channel, O_CLOEXEC) != 0) {
        return fail(loading, "cannot make a pipe: %s", strerror(errno));
    }
    pid_t child = fork();
    if (child == 0) {
        trial(where, channel[1]);
    }
    close(channel[1]);
    char text[512];
    ssize_t length = child > 0 ? read(channel[0], text, sizeof(text) - 1) : -1;
    text[length > 0 ? length : 0] = '\0';
    close(channel[0]);
    int status = 0;
    while (child > 0 && waitpid(child, &status, 0) < 0 && errno == EINTR) {
    }
    if (child < 0) {
        return fail(loading, "cannot start a process to try it: %s", strerror(errno));
    }
    if (WIFSIGNALED(status)) {
        return fail(loading,
                    WTERMSIG(status) == SIGALRM ? "loading it does not end (%s)" : "loading it crashes (%s)",
                    strsignal(WTERMSIG(status)));
    }
    if (WEXITSTATUS(status) != 0) {
        /* The linker begins with the path that it was given. */
        const char *reason = strncmp(text, where, strlen(where)) == 0 ? text + strlen(where) : text;
        return fail(loading, "cannot be loaded: %s", reason + strspn(reason, ": "));
    }
    return true;
}

/* Sets base and end; returns what is to be added to the addresses of the file. */
static uintptr_t find_extent(struct driver_image *image, const void *entry)
{
    struct link_map *map = NULL;
    dlinfo(image->handle, RTLD_DI_LINKMAP, &map);
    uintptr_t bias = map->l_addr, low = UINTPTR_MAX, high = 0;
    Dl_info info;
    if (dladdr(entry, &info) == 0) {
        return bias;
    }
    const ElfW(Ehdr) *header = info.dli_fbase;
    const ElfW(Phdr) *segment = (const void *)((const char *)header + header->e_phoff);
    for (unsigned i = 0; i < header->e_phnum; i++) {
        if (segment[i].p_type == PT_LOAD) {
            low = segment[i].p_vaddr < low ? segment[i].p_vaddr : low;
            high = segment[i].p_vaddr + segment[i].p_memsz > high ? segment[i].p_vaddr + segment[i].p_memsz
                                                                  : high;
        }
    }
    image->base = (const void *)(bias + low);
    image->end = (const void *)(bias + high);
    return bias;
}

/* The file's name without directory and extension: the driver's service name. */
static void name_image(struct driver_image *image)
{
    const char *slash = strrchr(image->path, '/');
    const char *name = slash == NULL ? image->path : slash + 1;
    const char *dot = strrchr(name, '.');
    int length = dot == NULL || dot == name ? (int)strlen(name) : (int)(dot - name);
    /* Leaves room for the number of a second instance. */
    snprintf(image->name, sizeof(image->name) - 8, "%.*s", length, name);
}

static bool map_image(const struct loading *loading, struct driver_image *image, char *data, size_t size)
{
    char why[8000], where[4096];
    struct image_facts facts;
    if (!driver_image_check(data, size, &facts, why, sizeof(why))) {
        return fail(loading, "%s", why);
    }
    if (realpath(image->path, where) == NULL) {
        return fail(loading, "%s", strerror(errno));
    }
    /* A second instance of a driver has data of its own. */
    if (dlopen(where, RTLD_LAZY | RTLD_LOCAL | RTLD_NOLOAD) != NULL &&
        !copy_image(loading, image, data, size, where, sizeof(where))) {
        return false;
    }
    if (!try_in_child(loading, where)) {
        return false;
    }
    image->handle = dlopen(where, RTLD_NOW | RTLD_LOCAL);
    if (image->handle == NULL) {
        return fail(loading, "cannot be loaded: %s", dlerror());
    }
    void *entry = facts.entry ? dlsym(image->handle, "DriverEntry") : NULL;
    void *scenario = facts.scenario ? dlsym(image->handle, "undis_scenario") : NULL;
    if (entry == NULL && scenario == NULL) {
        return fail(loading, "does not export DriverEntry");
    }
    memcpy(&image->entry, &entry, sizeof(entry));
    memcpy(&image->scenario, &scenario, sizeof(scenario));
    uintptr_t bias = find_extent(image, entry != NULL ? entry : scenario);
    return driver_image_pageable(data, size, bias, &image->pageable, &image->pageable_count) ||
           fail(loading, "not enough memory to load it");
}

bool driver_image_load(struct driver_image *image, const char *path, char *error, size_t error_size)
{
    struct loading loading = {path, error, error_size};
    *image = (struct driver_image){.path = path};
    name_image(image);
    char *data;
    size_t size;
    if (!read_whole(&loading, &data, &size)) {
        return false;
    }
    bool good = map_image(&loading, image, data, size);
    free(data);
    return good;
}

bool driver_image_facts(const char *path, struct image_facts *facts, char *error, size_t error_size)
{
    struct loading loading = {path, error, error_size};
    char *data, why[8000];
    size_t size;
    if (!read_whole(&loading, &data, &size)) {
        return false;
    }
    bool good = driver_image_check(data, size, facts, why, sizeof(why)) || fail(&loading, "%s", why);
    free(data);
    return good;
}
