/*
 * mutate.c - ROUNDS SEED-FILE...: feeds each seed file to the target, changed in ROUNDS ways that are the
 * same every time.  A crash or a hang (more than 10 s for one input) fails the test and leaves the round in
 * the message.
 */
#include "fuzz.h"

#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#define LONGEST 10u

static unsigned long round_now;
static const char *file_now;
static uint64_t random_state;

static uint64_t draw(uint64_t below)
{
    random_state += 0x9E3779B97F4A7C15u;
    uint64_t x = random_state;
    x = (x ^ x >> 30) * 0xBF58476D1CE4E5B9u;
    x = (x ^ x >> 27) * 0x94D049BB133111EBu;
    return below == 0 ? 0 : (x ^ x >> 31) % below;
}

static void complain(int number)
{
    char text[256];
    int length =
        snprintf(text, sizeof(text), "mutate: signal %d in round %lu of %s\n", number, round_now, file_now);
    if (write(STDERR_FILENO, text, (size_t)length) < 0) {
        _exit(3);
    }
    signal(number, SIG_DFL);
    raise(number);
}

static uint8_t *read_file(const char *path, size_t *size)
{
    FILE *file = fopen(path, "rb");
    if (file == NULL || fseek(file, 0, SEEK_END) != 0) {
        perror(path);
        exit(2);
    }
    *size = (size_t)ftell(file);
    rewind(file);
    uint8_t *data = malloc(*size + 1);
    if (data == NULL || fread(data, 1, *size, file) != *size) {
        perror(path);
        exit(2);
    }
    fclose(file);
    return data;
}

/* Values on which length and count checks stumble. */
static uint64_t interesting(void)
{
    static const uint64_t values[] = {
        0,          1,          0x7F,       0x80,      0xFF,       0x7FFF, 0xFFFF, 0x7FFFFFFF,
        0x80000000, 0xFFFFFFFF, 0x10000000, INT64_MAX, UINT64_MAX, 64,     0x38,   UINT64_MAX - 15};
    return values[draw(sizeof(values) / sizeof(values[0]))];
}

/* Half of all changes go to the first 1024 bytes, where headers are. */
static size_t place(size_t size)
{
    return (size_t)draw(size > 1024 && draw(2) == 0 ? 1024 : size);
}

static size_t mutate(uint8_t *data, size_t size)
{
    for (uint64_t changes = 1 + draw(6); changes > 0 && size > 0; changes--) {
        size_t at = place(size), room = size - at;
        uint64_t value = interesting();
        switch (draw(6)) {
        case 0:
            data[at] ^= (uint8_t)(1u << draw(8));
            break;
        case 1:
            data[at] = (uint8_t)draw(256);
            break;
        case 2:
            memcpy(data + at, &value, room < 8 ? room : (size_t)1 << draw(4));
            break;
        case 3:
            size = at;
            break;
        case 4: {
            size_t from = place(size), length = (size_t)draw(64);
            if (from + length <= size && at + length <= size) {
                memmove(data + at, data + from, length);
            }
            break;
        }
        default:
            memset(data + at, (int)draw(256), room < 16 ? room : 16);
            break;
        }
    }
    return size;
}

static void feed(const char *path, unsigned long rounds)
{
    size_t size;
    uint8_t *seed = read_file(path, &size);
    for (round_now = 0; round_now < rounds; round_now++) {
        /* A block of its own size, so that a sanitizer sees a read beyond its end. */
        random_state = round_now * 1000003u + size;
        uint8_t *work = malloc(size + 1);
        if (work == NULL) {
            exit(2);
        }
        memcpy(work, seed, size);
        size_t length = round_now == 0 ? size : mutate(work, size);
        uint8_t *exact = malloc(length == 0 ? 1 : length);
        if (exact == NULL) {
            exit(2);
        }
        memcpy(exact, work, length);
        free(work);
        alarm(LONGEST);
        fuzz_one(exact, length);
        alarm(0);
        free(exact);
    }
    free(seed);
}

int main(int argc, char **argv)
{
    static const int signals[] = {SIGSEGV, SIGBUS, SIGFPE, SIGILL, SIGABRT, SIGALRM};
    for (size_t i = 0; i < sizeof(signals) / sizeof(signals[0]); i++) {
        signal(signals[i], complain);
    }
    if (argc < 3) {
        fputs("mutate: ROUNDS FILE...\n", stderr);
        return 2;
    }
    unsigned long rounds = strtoul(argv[1], NULL, 10);
    for (int i = 2; i < argc; i++) {
        file_now = argv[i];
        feed(file_now, rounds);
    }
    printf("%lu rounds for each of %d files\n", rounds, argc - 2);
    return 0;
}
