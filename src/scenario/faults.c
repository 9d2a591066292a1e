/*
 * faults.c - the places at which calls of drivers may fail, and the one that does (faults.h).
 *
 * ke_fault is asked at any IRQL on any processor: the table is of fixed size, made before the machine starts,
 * behind a guard.  Only calls that return into a driver's image count: what undis calls for itself does not
 * fail.
 */
#include "scenario/faults.h"

#include "ke/fault.h"
#include "ke/run.h"
#include "scenario/run.h"

#include <stdlib.h>
#include <string.h>

#define PLACES 4096 /* a power of two */

static struct {
    struct ke_guard guard;
    struct fault_place *places; /* PLACES, by hash; without a function: free.  NULL: not watched */
    size_t count;
    uint64_t lost;
    const char *function; /* NULL: none is chosen */
    uint32_t hash, nth;
    volatile bool happened;
} faults;

bool faults_happened(void)
{
    return faults.happened;
}

size_t faults_count(void)
{
    return faults.count;
}

uint64_t faults_lost(void)
{
    return faults.lost;
}

const struct fault_place *faults_at(size_t index)
{
    for (size_t i = 0; faults.places != NULL && i < PLACES; i++) {
        if (faults.places[i].function != NULL && index-- == 0) {
            return &faults.places[i];
        }
    }
    return NULL;
}

#if UNDIS_CHECKED

static const struct driver_image *image_at(uintptr_t address)
{
    const struct run *run = &scenario_the_run;
    for (unsigned i = 0; i < run->options->driver_count; i++) {
        if (address >= (uintptr_t)run->images[i].base && address < (uintptr_t)run->images[i].end) {
            return &run->images[i];
        }
    }
    return NULL;
}

#define FNV_START 0xCBF29CE484222325u
#define FNV_PRIME 0x100000001B3u

static uint64_t hash_bytes(uint64_t hash, const void *bytes, size_t size)
{
    const unsigned char *byte = bytes;
    for (size_t i = 0; i < size; i++) {
        hash = (hash ^ byte[i]) * FNV_PRIME;
    }
    return hash;
}

/* What lies in no driver (the C library's qsort) is at another distance each time: left out. */
static uint32_t hash_of(const char *function, const struct stack_trace *trace)
{
    uint64_t hash = hash_bytes(FNV_START, function, strlen(function));
    for (unsigned i = 0; i < trace->depth; i++) {
        const struct driver_image *image = image_at(trace->pc[i]);
        if (image != NULL) {
            uint64_t offset = trace->pc[i] - (uintptr_t)image->base;
            hash = hash_bytes(hash, image->name, strlen(image->name));
            hash = hash_bytes(hash, &offset, sizeof(offset));
        }
    }
    return (uint32_t)(hash ^ hash >> 32);
}

/* The place, noted when it is new; NULL: no room.  Under the guard. */
static struct fault_place *place_of(const char *function, uint32_t hash, const struct stack_trace *trace)
{
    for (uint32_t n = 0; n < PLACES; n++) {
        struct fault_place *place = &faults.places[(hash + n) % PLACES];
        if (place->function == NULL) {
            *place = (struct fault_place){.function = function, .hash = hash, .trace = *trace};
            faults.count++;
            return place;
        }
        if (place->hash == hash && strcmp(place->function, function) == 0) {
            return place;
        }
    }
    faults.lost++;
    return NULL;
}

static bool is_chosen(const struct fault_place *place)
{
    return faults.function != NULL && !faults.happened && place->hash == faults.hash &&
           place->calls == faults.nth && strcmp(place->function, faults.function) == 0;
}

static bool ask(const char *function, const void *from)
{
    if (image_at((uintptr_t)from) == NULL) {
        return false;
    }
    struct stack_trace trace;
    stack_trace_take(&trace, NULL);
    uint32_t hash = hash_of(function, &trace);
    KIRQL old = ke_guard_enter_quietly(&faults.guard);
    struct fault_place *place = place_of(function, hash, &trace);
    bool fails = false;
    if (place != NULL) {
        place->calls++;
        fails = is_chosen(place);
        faults.happened |= fails;
    }
    ke_guard_leave(&faults.guard, old);
    return fails;
}

bool faults_watch(void)
{
    faults.places = calloc(PLACES, sizeof(*faults.places));
    ke_fault = faults.places != NULL ? ask : NULL;
    return faults.places != NULL;
}

bool faults_choose(const char *function, uint32_t hash, uint32_t nth)
{
    faults.function = function;
    faults.hash = hash;
    faults.nth = nth;
    return faults_watch();
}

#else

bool faults_watch(void)
{
    return false;
}

bool faults_choose(const char *function, uint32_t hash, uint32_t nth)
{
    (void)function, (void)hash, (void)nth;
    return false;
}

#endif
