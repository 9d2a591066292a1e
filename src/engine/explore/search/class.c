/*
 * class.c - a hash of what order the dependent steps of an execution had.
 */
#include "engine/explore/search/internal.h"

static uint64_t mix(uint64_t x)
{
    x ^= x >> 33;
    x *= 0xFF51AFD7ED558CCDULL;
    x ^= x >> 33;
    x *= 0xC4CEB9FE1A85EC53ULL;
    return x ^ x >> 33;
}

/* Strategies that need no clocks have none until somebody asks for the class. */
static void clock_all(struct search *search)
{
    while (search->clocked < search->depth) {
        uint32_t event = search->clocked;
        search->trace[event].old_known = false;
        clock_push(search);
        while (search->orders_applied < search->orders.count &&
               search->orders.data[search->orders_applied].event == event) {
            clock_order(search, &search->orders.data[search->orders_applied]);
        }
    }
}

uint64_t search_class(struct search *search)
{
    uint64_t hash = 0;
    clock_all(search);
    for (uint32_t i = 0; i < search->depth; i++) {
        const struct search_event *event = &search->event[i];
        uint64_t of_event = mix((uint64_t)event->actor << 40 | (uint64_t)event->op.kind << 32 |
                                (uint64_t)search->trace[i].index << 16 | event->value);
        for (uint32_t actor = 0; actor < search->actors; actor++) {
            if (search->clock[i].at[actor] != 0) {
                of_event = mix(of_event ^ ((uint64_t)search->clock[i].at[actor] << 8 | actor));
            }
        }
        hash += of_event; /* whatever order independent steps were taken in */
    }
    return mix(hash);
}
