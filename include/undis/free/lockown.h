/*
 * lockown.h - who a processor is to spin locks: nobody in the checked build, where a lock has no owner, so
 * that it is taken and released in the same way always.
 */
#ifndef UNDIS_FREE_LOCKOWN_H
#define UNDIS_FREE_LOCKOWN_H

#include <undis/free/region.h>

#include <stdbool.h>

UNDIS_FREE_INLINE uint8_t lockword_me(void);

#include <undis/free/lockword.h>

/* LOCKWORD_FREE of this processor; LOCKWORD_NOBODY of code that runs on none.  Not before IRQL is raised. */
UNDIS_FREE_INLINE uint8_t lockword_me(void)
{
#if UNDIS_CHECKED
    return LOCKWORD_NOBODY;
#else
    return undis_region_lock_owner();
#endif
}

/* Counts an entry into a shared lock; true: this one is to be looked at. */
UNDIS_FREE_INLINE bool lockword_counts(void)
{
#if UNDIS_CHECKED
    return false;
#else
    return undis_region_lock_entered() != 0;
#endif
}

#endif
