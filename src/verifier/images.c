/*
 * images.c - where the drivers' images lie.
 */
#include "verifier/verifier.h"

#include <stdio.h>

#define IMAGES_MAXIMUM 64

static struct image images[IMAGES_MAXIMUM];
static volatile unsigned count;

/* An image stays in the table after its unload: a call that comes too late shall still be named. */
static void hear(struct event *event)
{
    uintptr_t low = (uintptr_t)event->object;
    for (unsigned i = 0; i < count; i++) {
        if (images[i].low == low) {
            images[i].high = event->value[0];
            snprintf(images[i].name, sizeof(images[i].name), "%s", (const char *)event->value[1]);
            return;
        }
    }
    if (count < IMAGES_MAXIMUM) {
        struct image *image = &images[count];
        image->low = low;
        image->high = event->value[0];
        snprintf(image->name, sizeof(image->name), "%s", (const char *)event->value[1]);
        __atomic_store_n(&count, count + 1, __ATOMIC_RELEASE);
    }
}

const struct image *image_of(uintptr_t address)
{
    unsigned known = __atomic_load_n(&count, __ATOMIC_ACQUIRE);
    for (unsigned i = 0; i < known; i++) {
        if (address >= images[i].low && address < images[i].high) {
            return &images[i];
        }
    }
    return NULL;
}

static struct event_listener listener = {
    .name = "images",
    .kinds = 1ull << EVENT_DRIVER_LOAD,
    .hear = hear,
};

static __attribute__((constructor)) void listen(void)
{
    event_listen(&listener);
}

const char *irql_name(KIRQL irql)
{
    static const char *const names[] = {"PASSIVE_LEVEL", "APC_LEVEL",   "DISPATCH_LEVEL", "DIRQL 3",
                                        "DIRQL 4",       "DIRQL 5",     "DIRQL 6",        "DIRQL 7",
                                        "DIRQL 8",       "DIRQL 9",     "DIRQL 10",       "DIRQL 11",
                                        "SYNCH_LEVEL",   "CLOCK_LEVEL", "POWER_LEVEL",    "HIGH_LEVEL"};
    return irql < sizeof(names) / sizeof(names[0]) ? names[irql] : "an invalid IRQL";
}
