/*
 * line.h - interrupt lines and the interrupt objects connected to them (spec section 5).
 *
 * A device asserts a line; ke picks a processor of the line's affinity, and when that processor's IRQL
 * is below the line's DIRQL, calls the connected interrupt objects in turn at DIRQL, each under its own
 * interrupt spin lock (IN-5).  A level-triggered line that is still asserted afterwards interrupts again.
 */
#ifndef UNDIS_KE_LINE_H
#define UNDIS_KE_LINE_H

#include "ke/processor.h"

struct ke_line;

/* Explored engine: an interrupt waits at every processor of its line's affinity, and goes to the one that
 * takes it first; else to the first processor. */
extern bool ke_lines_anywhere;

enum ke_trigger { KE_LEVEL_TRIGGERED, KE_EDGE_TRIGGERED };

/* Makes a line; NULL when all 64 are taken.  Any host thread. */
struct ke_line *ke_line_create(const char *name, KIRQL dirql, enum ke_trigger trigger, KAFFINITY affinity);
/* The same; for the explored engine, touching it is touching `group`, a line too: a device's messages depend
 * on what its line does. */
struct ke_line *ke_line_create_in(struct ke_line *group, const char *name, KIRQL dirql,
                                  enum ke_trigger trigger, KAFFINITY affinity);
void ke_line_destroy(struct ke_line *line);
/* What steps that touch the line name: itself, or its group. */
struct ke_line *ke_line_object(struct ke_line *line);
KIRQL ke_line_irql(const struct ke_line *line);
/* From now on its interrupts come to one of these processors. */
void ke_line_aim(struct ke_line *line, KAFFINITY affinity);
/* The number by which drivers know it. */
unsigned ke_line_vector(const struct ke_line *line);

/* Any host thread, any IRQL.  Asserting an edge-triggered line sends one interrupt. */
void ke_line_assert(struct ke_line *line);
void ke_line_deassert(struct ke_line *line);

/* A line that devices share is asserted while any of its sources (0 to 31) holds it; the two above mean
 * source 0. */
void ke_line_assert_source(struct ke_line *line, unsigned source);
void ke_line_deassert_source(struct ke_line *line, unsigned source);

/*
 * An interrupt object.  `service` returns TRUE when its device had raised the interrupt.  Runs at the
 * line's DIRQL holding the object's interrupt spin lock.
 */
struct ke_interrupt {
    LIST_ENTRY link;
    struct ke_line *line;
    KIRQL irql;        /* SynchronizeIrql */
    KSPIN_LOCK lock;   /* the interrupt spin lock, unless it uses its leader's */
    PKSPIN_LOCK given; /* or the driver has given one; set before it is connected */
    struct ke_interrupt *leader;
    struct ke_processor *volatile owner;
    BOOLEAN (*service)(struct ke_interrupt *interrupt, void *context);
    void *context;
    volatile BOOLEAN connected;
};

/* PASSIVE_LEVEL.  The service routine may run before the call returns (IN-2). */
void ke_interrupt_connect(struct ke_interrupt *interrupt, struct ke_line *line);

/*
 * The same for one of several lines whose service routines exclude each other: they run at `irql`, which is
 * not below any of the lines' levels, under the lock of `leader`, which may be this one (MS-6, MS-12).
 */
void ke_interrupt_connect_shared(struct ke_interrupt *interrupt, struct ke_line *line,
                                 struct ke_interrupt *leader, KIRQL irql);

/* Whose lock an interrupt object uses. */
static inline struct ke_interrupt *ke_interrupt_leader(struct ke_interrupt *interrupt)
{
    return interrupt->leader != NULL ? interrupt->leader : interrupt;
}

/* The spin lock of a leader. */
static inline PKSPIN_LOCK ke_interrupt_spin_lock(struct ke_interrupt *leader)
{
    return leader->given != NULL ? leader->given : &leader->lock;
}

/* Bug check 0xF when this processor holds the lock that is to be acquired (IN-21); `leader` is whose it is.
 */
void ke_interrupt_check_free(struct ke_interrupt *leader);

/* At the interrupt's level: its lock, or its leader's.  for_service: who is interrupted does not ask for it.
 */
void ke_interrupt_lock(struct ke_interrupt *interrupt, bool for_service);
void ke_interrupt_unlock(struct ke_interrupt *interrupt);

/* PASSIVE_LEVEL.  After it returns the service routine neither runs nor will (IN-16). */
void ke_interrupt_disconnect(struct ke_interrupt *interrupt);

/* <= DIRQL.  Runs routine(context) at DIRQL under the interrupt spin lock and returns its result (IN-20). */
BOOLEAN ke_interrupt_synchronize(struct ke_interrupt *interrupt, BOOLEAN (*routine)(void *), void *context,
                                 const char *name);

#endif
