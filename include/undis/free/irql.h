/*
 * irql.h - raising and lowering IRQL in the free build: a load and a store, and a store and a test.
 *
 * An interrupt that comes in between finds the level from before or from after, and what it left pending is
 * seen by the test.  A store that does not wait for the load before it lets one pair begin before the last
 * one has ended, so where PASSIVE_LEVEL is restored, which is nearly always, a constant is stored.
 *
 * Whoever includes this has undis_region_irql and its kin, from region.h or, in the library on other
 * machines, from ke/processor.h.
 */
#ifndef UNDIS_FREE_IRQL_H
#define UNDIS_FREE_IRQL_H

#include <undis/free/region.h>

EXTERN_C_START

/* Lets in what waits above the present IRQL. */
void undis_free(deliver)(void);

/* To `irql`, not below the present level; returns the old one. */
UNDIS_FREE_INLINE uint8_t undis_irql_raise(uint8_t irql)
{
    uint8_t old = undis_region_irql();
    undis_region_irql_store(irql);
    return old;
}

/* To `irql`, not above the present level. */
UNDIS_FREE_INLINE void undis_irql_lower(uint8_t irql)
{
    if (undis_likely(irql == 0)) {
        undis_region_irql_store(0);
        if (undis_unlikely((undis_region_pending() & ~1u) != 0)) {
            undis_free(deliver)();
        }
        return;
    }
    undis_region_irql_store(irql);
    if (undis_unlikely(undis_region_pending() >> (irql + 1) != 0)) {
        undis_free(deliver)();
    }
}

EXTERN_C_END

#endif
