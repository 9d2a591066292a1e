/*
 * bugcheck.h - what stopped the machine.
 */
#ifndef UNDIS_KE_BUGCHECK_H
#define UNDIS_KE_BUGCHECK_H

#include "ke/processor.h"

struct ke_bugcheck_data {
    ULONG code; /* 0: none */
    ULONG_PTR parameters[4];
    int processor; /* -1: no processor */
    KIRQL irql;
    bool by_driver; /* the driver called KeBugCheck(Ex) itself */
};

/* Valid after ke_run returned KE_RUN_BUGCHECK, and during EVENT_BUGCHECK. */
extern struct ke_bugcheck_data ke_bugcheck_data;

/* The word on which ke_run's host thread sleeps. */
enum { KE_STOP_RUNNING, KE_STOP_ENDED, KE_STOP_BUGCHECK };
const volatile uint32_t *ke_stop_word(void);
void ke_stop_word_set(uint32_t value);

/* bugcheckcallback.c: the routines that drivers registered for a bug check, and whether there are any. */
void ke_bugcheck_tell(void);
bool ke_bugcheck_anybody(void);

#endif
