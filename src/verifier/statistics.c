/*
 * statistics.c - each processor's time at each IRQL, and how spin locks were used: food for the summary.
 *
 * Locks are counted by the place in the driver where they were made, because a lock is gone by the time
 * the report is written.
 */
#include "verifier/lock_table.h"

#include "report/summary.h"

#include <string.h>

struct times {
    uint64_t since; /* host time of the last change */
    KIRQL irql;
    uint64_t ns[SUMMARY_LEVELS];
} __attribute__((aligned(64)));

#define SITES SUMMARY_LOCKS

static struct times times[KE_MAXIMUM_PROCESSORS];
static volatile uint64_t run_began;   /* the first change anywhere */
static volatile uint64_t run_stopped; /* by a bug check; 0: it was not */
static struct ke_guard sites_guard;
static struct lock_summary sites[SITES];
static unsigned site_count, sites_left_out;

static enum summary_level level_of(KIRQL irql)
{
    return irql == PASSIVE_LEVEL    ? SUMMARY_PASSIVE
           : irql == APC_LEVEL      ? SUMMARY_APC
           : irql == DISPATCH_LEVEL ? SUMMARY_DISPATCH
                                    : SUMMARY_DEVICE;
}

/* Entered when the change is announced: what went before was at value[0]. */
static void hear(struct event *event)
{
    struct verifier_processor *me = verifier_processor(event);
    if (event->kind != EVENT_IRQL) {
        run_stopped = host_now_ns();
        return;
    }
    if (me == NULL) {
        return;
    }
    struct times *my = &times[me->number];
    uint64_t now = host_now_ns();
    if (run_began == 0) {
        run_began = now;
    }
    my->ns[level_of((KIRQL)event->value[0])] += now - (my->since != 0 ? my->since : run_began);
    my->since = now;
    my->irql = (KIRQL)event->value[1];
}

/* ---- locks ------------------------------------------------------------------------------------- */

static struct lock_summary *site_of(uintptr_t made_at)
{
    for (unsigned i = 0; i < site_count; i++) {
        if (sites[i].made_at == made_at) {
            return &sites[i];
        }
    }
    if (site_count == SITES) {
        sites_left_out++;
        return NULL;
    }
    sites[site_count].made_at = made_at;
    return &sites[site_count++];
}

void lock_statistics_keep(const struct lock_record *record)
{
    if (record->acquisitions == 0) {
        return;
    }
    KIRQL old = ke_guard_enter_quietly(&sites_guard);
    struct lock_summary *site = site_of(record->made.depth > 0 ? record->made.pc[0] : 0);
    if (site != NULL) {
        site->locks++;
        site->acquired += record->acquisitions;
        site->contended += record->contended;
        if (record->longest_ns > site->longest_hold_ns) {
            site->longest_hold_ns = record->longest_ns;
            site->longest_at = record->longest_at;
        }
    }
    ke_guard_leave(&sites_guard, old);
}

static void keep_live(struct lock_record *record, void *argument)
{
    (void)argument;
    lock_statistics_keep(record);
    record->acquisitions = 0;
}

static void sort_locks(struct run_summary *summary)
{
    for (unsigned i = 1; i < summary->lock_count; i++) {
        struct lock_summary lock = summary->lock[i];
        unsigned k = i;
        for (; k > 0 && summary->lock[k - 1].acquired < lock.acquired; k--) {
            summary->lock[k] = summary->lock[k - 1];
        }
        summary->lock[k] = lock;
    }
}

/* Up to the stop or the last change anywhere, each processor stayed where its own last one left it. */
static void close_times(void)
{
    uint64_t end = run_stopped > run_began ? run_stopped : run_began;
    for (unsigned i = 0; i < ke_processor_count; i++) {
        end = times[i].since > end ? times[i].since : end;
    }
    for (unsigned i = 0; i < ke_processor_count; i++) {
        uint64_t since = times[i].since != 0 ? times[i].since : run_began;
        times[i].ns[level_of(times[i].irql)] += end - since;
        times[i].since = end;
    }
}

static void fill(struct run_summary *summary)
{
    close_times();
    lock_each(keep_live, NULL);
    summary->processors = ke_processor_count;
    for (unsigned i = 0; i < ke_processor_count; i++) {
        memcpy(summary->processor[i].ns, times[i].ns, sizeof(times[i].ns));
        summary->processor[i].interrupts = ke_processors[i].interrupt_count;
        summary->processor[i].dpcs = ke_processors[i].dpc_count;
    }
    summary->lock_count = site_count;
    summary->locks_left_out = sites_left_out;
    memcpy(summary->lock, sites, site_count * sizeof(sites[0]));
    sort_locks(summary);
}

static struct event_listener listener = {
    .name = "statistics",
    .kinds = 1ull << EVENT_IRQL | 1ull << EVENT_BUGCHECK | 1ull << EVENT_WATCHDOG,
    .hear = hear,
};

static __attribute__((constructor)) void listen(void)
{
    event_listen(&listener);
    summary_source = fill;
}
