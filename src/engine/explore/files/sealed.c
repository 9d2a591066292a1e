/*
 * sealed.c - reads and writes text files with a checksum.
 */
#include "engine/explore/files/sealed.h"

#include <ctype.h>
#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#define LAST_LINE_SIZE 23 /* "end 0x" + 16 digits + newline */

/* FNV-1a, 64 bits: against accidents, not against forgery. */
uint64_t sealed_checksum(uint64_t before, const void *data, size_t size)
{
    const unsigned char *bytes = data;
    uint64_t sum = before;
    for (size_t i = 0; i < size; i++) {
        sum = (sum ^ bytes[i]) * 0x100000001B3u;
    }
    return sum;
}

/* `used` bytes of the error say where already. */
static void say_what(struct sealed *file, int used, const char *format, va_list arguments)
{
    if (used > 0 && (size_t)used < file->error_size) {
        vsnprintf(file->error + used, file->error_size - (size_t)used, format, arguments);
    }
}

/* The file as a whole is not to be had. */
static bool fail(struct sealed *file, const char *format, ...) __attribute__((format(printf, 2, 3)));
static bool fail(struct sealed *file, const char *format, ...)
{
    va_list arguments;
    va_start(arguments, format);
    say_what(file, snprintf(file->error, file->error_size, "%s: ", file->path), format, arguments);
    va_end(arguments);
    sealed_free(file);
    return false;
}

bool sealed_complain(struct sealed *file, const char *format, ...)
{
    va_list arguments;
    va_start(arguments, format);
    say_what(file, snprintf(file->error, file->error_size, "%s:%u: ", file->path, file->line), format,
             arguments);
    va_end(arguments);
    return false;
}

void sealed_free(struct sealed *file)
{
    free(file->text);
    file->text = file->next = NULL;
}

/* ---- words ----------------------------------------------------------------------------------------- */

static bool pass_blank(char **text, char *end)
{
    if (*end != ' ' && *end != '\0') {
        return false;
    }
    *text = end + strspn(end, " ");
    return true;
}

bool sealed_word(char **text, const char *word)
{
    size_t length = strlen(word);
    return strncmp(*text, word, length) == 0 && pass_blank(text, *text + length);
}

bool sealed_number(char **text, uint64_t largest, uint64_t *number)
{
    uint64_t value = 0;
    char *c = *text;
    if (!isdigit((unsigned char)*c)) {
        return false;
    }
    for (; isdigit((unsigned char)*c); c++) {
        uint64_t digit = (uint64_t)(*c - '0');
        if (value > (UINT64_MAX - digit) / 10) {
            return false;
        }
        value = value * 10 + digit;
    }
    if (value > largest || !pass_blank(text, c)) {
        return false;
    }
    *number = value;
    return true;
}

bool sealed_hexadecimal(char **text, uint64_t *number)
{
    uint64_t value = 0;
    char *c = *text;
    if (c[0] != '0' || c[1] != 'x' || !isxdigit((unsigned char)c[2])) {
        return false;
    }
    for (c += 2; isxdigit((unsigned char)*c); c++) {
        if (value >> 60 != 0) {
            return false;
        }
        int low = tolower((unsigned char)*c);
        value = value << 4 | (uint64_t)(low <= '9' ? low - '0' : low - 'a' + 10);
    }
    if (!pass_blank(text, c)) {
        return false;
    }
    *number = value;
    return true;
}

bool sealed_token(char **text, char *token, size_t size)
{
    size_t length = strcspn(*text, " ");
    if (length == 0 || length >= size) {
        return false;
    }
    memcpy(token, *text, length);
    token[length] = '\0';
    return pass_blank(text, *text + length);
}

static bool is_plain(unsigned char c)
{
    return c > ' ' && c != '%' && c != '#' && c != 0x7F;
}

void sealed_print_escaped(FILE *out, const char *text)
{
    for (; *text != '\0'; text++) {
        is_plain((unsigned char)*text) ? fputc(*text, out) : fprintf(out, "%%%02X", (unsigned char)*text);
    }
}

char *sealed_escaped(char **text)
{
    size_t length = strcspn(*text, " ");
    char *copy = length != 0 ? malloc(length + 1) : NULL;
    size_t used = 0;
    for (size_t i = 0; copy != NULL && i < length; i++) {
        char c = (*text)[i];
        unsigned value = 0;
        if (c == '%') {
            char digits[3] = {0};
            memcpy(digits, *text + i + 1, length - i > 2 ? 2 : 0);
            value = (unsigned)strtoul(digits, NULL, 16);
            i += 2;
        }
        if (c == '%' && (value == 0 || is_plain((unsigned char)value) || i >= length)) {
            free(copy);
            return NULL;
        }
        copy[used++] = c == '%' ? (char)value : c;
    }
    if (copy != NULL) {
        copy[used] = '\0';
        pass_blank(text, *text + length);
    }
    return copy;
}

void sealed_print_lines(FILE *out, const char *word, const char *lines)
{
    while (lines != NULL && *lines != '\0') {
        int length = (int)strcspn(lines, "\n");
        fprintf(out, "%s %.*s\n", word, length, lines);
        lines += length + (lines[length] == '\n');
    }
}

bool sealed_line_of(char **text, const char *word, struct sealed_text *lines)
{
    return sealed_word(text, word) && fprintf(lines->out, "%s\n", *text) > 0;
}

/* ---- reading --------------------------------------------------------------------------------------- */

static bool load(struct sealed *file, size_t *size)
{
    int handle = open(file->path, O_RDONLY | O_CLOEXEC | O_NONBLOCK);
    struct stat status;
    if (handle < 0 || fstat(handle, &status) != 0) {
        int error = errno;
        if (handle >= 0) {
            close(handle);
        }
        return fail(file, "%s", strerror(error));
    }
    const char *wrong = S_ISDIR(status.st_mode)                                     ? "is a directory"
                        : !S_ISREG(status.st_mode)                                  ? "is not a regular file"
                        : (uint64_t)status.st_size > SEALED_LARGEST                 ? "is too large"
                        : (file->text = malloc((size_t)status.st_size + 1)) == NULL ? "not enough memory"
                                                                                    : NULL;
    ssize_t got = 0;
    *size = 0;
    while (wrong == NULL && *size < (size_t)status.st_size &&
           (got = read(handle, file->text + *size, (size_t)status.st_size - *size)) > 0) {
        *size += (size_t)got;
    }
    int error = errno;
    close(handle);
    if (wrong != NULL) {
        return fail(file, "%s", wrong);
    }
    return got >= 0 || fail(file, "%s", strerror(error));
}

/* The first line says what the file is; on success the text begins behind it. */
static bool check_kind(struct sealed *file, const char *kind, unsigned version)
{
    char *c = file->text;
    char *newline = strchr(c, '\n');
    uint64_t found;
    if (newline == NULL || !sealed_word(&c, "undis") || !sealed_word(&c, kind)) {
        return fail(file, "is not an undis %s", kind);
    }
    *newline = '\0';
    if (!sealed_number(&c, UINT32_MAX, &found) || !sealed_at_end(c)) {
        return fail(file, "is not an undis %s", kind);
    }
    if (found != version) {
        return fail(file, "is an undis %s of format %" PRIu64 "; this undis reads format %u", kind, found,
                    version);
    }
    file->next = newline + 1;
    return true;
}

static bool check_seal(struct sealed *file, size_t size)
{
    char *last = size > LAST_LINE_SIZE ? file->text + size - LAST_LINE_SIZE : file->text;
    uint64_t found;
    if (last == file->text || last[-1] != '\n' || file->text[size - 1] != '\n') {
        return fail(file, "is truncated: it does not end in a line 'end 0x...'");
    }
    char *c = last;
    file->text[size - 1] = '\0';
    if (!sealed_word(&c, "end") || !sealed_hexadecimal(&c, &found) || !sealed_at_end(c)) {
        return fail(file, "is truncated: it does not end in a line 'end 0x...'");
    }
    file->checksum = sealed_checksum(SEALED_CHECKSUM, file->text, (size_t)(last - file->text));
    if (found != file->checksum) {
        return fail(file, "was changed since undis wrote it: the checksum in its last line is wrong");
    }
    *last = '\0';
    return true;
}

/* file->text holds `size` bytes and room for one more. */
static bool check(struct sealed *file, size_t size, const char *kind, unsigned version)
{
    file->text[size] = '\0';
    if (size == 0) {
        return fail(file, "is empty");
    }
    if (strlen(file->text) != size) {
        return fail(file, "is not an undis %s: it is no text", kind);
    }
    /* The kind first, or a driver would be called a truncated schedule; but it writes into the text. */
    char *newline = strchr(file->text, '\n');
    if (!check_kind(file, kind, version)) {
        return false;
    }
    *newline = '\n';
    if (!check_seal(file, size)) {
        return false;
    }
    file->line = 1;
    return true;
}

bool sealed_read(struct sealed *file, const char *path, const char *kind, unsigned version, char *error,
                 size_t error_size)
{
    size_t size;
    *file = (struct sealed){.path = path, .error = error, .error_size = error_size};
    return load(file, &size) && check(file, size, kind, version);
}

bool sealed_parse(struct sealed *file, const char *path, const void *data, size_t size, const char *kind,
                  unsigned version, char *error, size_t error_size)
{
    *file = (struct sealed){.path = path, .error = error, .error_size = error_size};
    if (size > SEALED_LARGEST) {
        return fail(file, "is too large");
    }
    file->text = malloc(size + 1);
    if (file->text == NULL) {
        return fail(file, "not enough memory");
    }
    memcpy(file->text, data, size);
    return check(file, size, kind, version);
}

char *sealed_line(struct sealed *file)
{
    while (*file->next != '\0') {
        char *line = file->next;
        size_t length = strcspn(line, "\n");
        file->next = line + length + (line[length] == '\n');
        file->line++;
        line[length] = '\0';
        char *comment = line[0] == '#' ? line : strstr(line, " #");
        length = comment != NULL ? (size_t)(comment - line) : length;
        while (length > 0 && line[length - 1] == ' ') {
            length--;
        }
        line[length] = '\0';
        if (length > 0) {
            return line;
        }
    }
    return NULL;
}

/* ---- writing --------------------------------------------------------------------------------------- */

static bool write_all(int handle, const char *text, size_t size)
{
    while (size > 0) {
        ssize_t written = write(handle, text, size);
        if (written < 0) {
            return false;
        }
        text += written;
        size -= (size_t)written;
    }
    return true;
}

/* A device or a pipe is not replaced but written to. */
static bool write_special(const char *path, const char *text, size_t size)
{
    int handle = open(path, O_WRONLY | O_CLOEXEC);
    bool good = handle >= 0 && write_all(handle, text, size);
    return (handle < 0 || close(handle) == 0) && good;
}

/* Into a file of another name first. */
static bool replace(const char *path, const char *text, size_t size)
{
    char *temporary;
    struct stat status;
    if (stat(path, &status) == 0 && !S_ISREG(status.st_mode)) {
        return write_special(path, text, size);
    }
    if (asprintf(&temporary, "%s.%ld.tmp", path, (long)getpid()) < 0) {
        errno = ENOMEM;
        return false;
    }
    int handle = open(temporary, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0666);
    bool good = handle >= 0 && write_all(handle, text, size) && fsync(handle) == 0;
    if (handle >= 0) {
        good = close(handle) == 0 && good && rename(temporary, path) == 0;
    }
    if (!good) {
        int error = errno;
        unlink(temporary);
        errno = error;
    }
    free(temporary);
    return good;
}

bool sealed_write(const char *path, const char *kind, unsigned version, const char *body, uint64_t *checksum,
                  char *error, size_t error_size)
{
    char *text = NULL;
    int length = asprintf(&text, "undis %s %u\n%s", kind, version, body);
    if (length < 0) {
        snprintf(error, error_size, "%s: not enough memory", path);
        return false;
    }
    uint64_t sum = sealed_checksum(SEALED_CHECKSUM, text, (size_t)length);
    char *whole = NULL;
    int size = asprintf(&whole, "%send 0x%016" PRIx64 "\n", text, sum);
    free(text);
    bool good = size >= 0 && replace(path, whole, (size_t)size);
    if (!good) {
        snprintf(error, error_size, "%s: %s", path, size < 0 ? "not enough memory" : strerror(errno));
    }
    if (size >= 0) {
        free(whole);
    }
    if (checksum != NULL) {
        *checksum = sum;
    }
    return good;
}

/* ---- a text that grows ----------------------------------------------------------------------------- */

bool sealed_text_begin(struct sealed_text *text)
{
    *text = (struct sealed_text){0};
    text->out = open_memstream(&text->text, &text->size);
    return text->out != NULL;
}

char *sealed_text_end(struct sealed_text *text)
{
    bool good = text->out != NULL && !ferror(text->out);
    good = (text->out == NULL || fclose(text->out) == 0) && good;
    if (!good) {
        free(text->text);
        text->text = NULL;
    }
    return text->text;
}

bool sealed_text_write(struct sealed_text *body, const char *path, const char *kind, unsigned version,
                       uint64_t *checksum, char *error, size_t error_size)
{
    char *text = sealed_text_end(body);
    if (text == NULL) {
        snprintf(error, error_size, "%s: not enough memory", path);
        return false;
    }
    bool good = sealed_write(path, kind, version, text, checksum, error, error_size);
    free(text);
    return good;
}
