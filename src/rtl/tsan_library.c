/*
 * tsan_library.c - the C library's memory and string functions, for drivers built with `undis cc
 * --instrument`.
 *
 * The linker gives a call of NAME to __wrap_NAME (--wrap): the library's own accesses would go unseen.  Each
 * range is announced as one access; what was read is used as it was at that moment, however long the write
 * has to wait.  When nobody listens the real function does the work.
 *
 * Not guaranteed: sprintf and others that are not here read and write unseen.
 */
#include "rtl/kept.h"

#define CALLER ((uintptr_t)__builtin_return_address(0))
#define ANY_LENGTH ((size_t)PTRDIFF_MAX)

#if UNDIS_CHECKED

static void reads(const void *address, size_t size, uintptr_t pc)
{
    if (size != 0) {
        ke_access(address, size, 0, pc);
    }
}

static void writes(const void *address, size_t size, uintptr_t pc)
{
    if (size != 0) {
        ke_access(address, size, ACCESS_WRITE, pc);
    }
}

#else

static inline void reads(const void *address, size_t size, uintptr_t pc)
{
    (void)address, (void)size, (void)pc;
}

static inline void writes(const void *address, size_t size, uintptr_t pc)
{
    (void)address, (void)size, (void)pc;
}

#endif

/* ---- reading all, then writing ----------------------------------------------------------------- */

/* Writes what `from` holds now to `to`, once it may. */
static void copy_read(char *to, const char *from, size_t size, uintptr_t pc)
{
    struct kept kept;
    from = kept_take(&kept, from, size);
    writes(to, size, pc);
    memmove(to, from, size);
    kept_drop(&kept);
}

static void copy(void *to, const void *from, size_t size, uintptr_t pc)
{
    reads(from, size, pc);
    copy_read(to, from, size, pc);
}

/* ---- strings: how long they are is known once they have been read ------------------------------ */

/* Announces the read of a string and its NUL, or of `limit` characters; its length at that moment. */
static size_t length_read(const char *text, size_t limit, uintptr_t pc)
{
    size_t announced = 0;
    for (;;) {
        size_t length = strnlen(text, limit), size = length < limit ? length + 1 : limit;
        if (size <= announced) {
            return length;
        }
        reads(text, size, pc); /* it may be another one when this returns */
        announced = size;
    }
}

/* Compares what was read of both.  `limit`: as strncmp's. */
static int compare(const char *one, const char *other, size_t limit, uintptr_t pc)
{
    struct kept kept;
    size_t length = length_read(one, limit, pc), size = length < limit ? length + 1 : limit;
    one = kept_take(&kept, one, size);
    length_read(other, size, pc);
    int order = strncmp(one, other, size);
    kept_drop(&kept);
    return order;
}

/* ---- what the linker calls --------------------------------------------------------------------- */

#define WRAP(type, name, parameters)                                                                         \
    type __wrap_##name parameters;                                                                           \
    type __wrap_##name parameters

WRAP(void *, memcpy, (void *to, const void *from, size_t size))
{
    copy(to, from, size, CALLER);
    return to;
}

WRAP(void *, memmove, (void *to, const void *from, size_t size))
{
    copy(to, from, size, CALLER);
    return to;
}

WRAP(void *, memset, (void *to, int byte, size_t size))
{
    writes(to, size, CALLER);
    return memset(to, byte, size);
}

WRAP(int, memcmp, (const void *one, const void *other, size_t size))
{
    struct kept kept;
    reads(one, size, CALLER);
    one = kept_take(&kept, one, size);
    reads(other, size, CALLER);
    int order = memcmp(one, other, size);
    kept_drop(&kept);
    return order;
}

WRAP(void *, memchr, (const void *in, int byte, size_t size))
{
    for (size_t announced = 0;;) {
        const char *found = memchr(in, byte, size);
        size_t span = found != NULL ? (size_t)(found - (const char *)in) + 1 : size;
        if (span <= announced) {
            return (void *)(uintptr_t)found;
        }
        reads(in, span, CALLER); /* it may be somewhere else when this returns */
        announced = span;
    }
}

WRAP(size_t, strlen, (const char *text))
{
    return length_read(text, ANY_LENGTH, CALLER);
}

WRAP(size_t, strnlen, (const char *text, size_t limit))
{
    return length_read(text, limit, CALLER);
}

WRAP(int, strcmp, (const char *one, const char *other))
{
    return compare(one, other, ANY_LENGTH, CALLER);
}

WRAP(int, strncmp, (const char *one, const char *other, size_t limit))
{
    return compare(one, other, limit, CALLER);
}

WRAP(char *, strcpy, (char *to, const char *from))
{
    copy_read(to, from, length_read(from, ANY_LENGTH, CALLER) + 1, CALLER);
    return to;
}

WRAP(char *, strncpy, (char *to, const char *from, size_t size))
{
    size_t length = length_read(from, size, CALLER);
    copy_read(to, from, length, CALLER);
    writes(to + length, size - length, CALLER);
    memset(to + length, 0, size - length);
    return to;
}

/* The two appending functions: `limit` characters of `from` at most, then a NUL. */
static void append(char *to, const char *from, size_t limit, uintptr_t pc)
{
    char *end = to + length_read(to, ANY_LENGTH, pc);
    size_t length = length_read(from, limit, pc);
    copy_read(end, from, length, pc);
    writes(end + length, 1, pc);
    end[length] = '\0';
}

WRAP(char *, strcat, (char *to, const char *from))
{
    append(to, from, ANY_LENGTH, CALLER);
    return to;
}

WRAP(char *, strncat, (char *to, const char *from, size_t limit))
{
    append(to, from, limit, CALLER);
    return to;
}

/* These two announce the whole string, also what lies behind the character that is looked for. */
WRAP(char *, strchr, (const char *text, int character))
{
    length_read(text, ANY_LENGTH, CALLER);
    return strchr(text, character);
}

WRAP(char *, strrchr, (const char *text, int character))
{
    length_read(text, ANY_LENGTH, CALLER);
    return strrchr(text, character);
}
