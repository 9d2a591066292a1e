/*
 * checkpoints.c - executions that need not start from the beginning.
 *
 * A systematic search goes back a few steps and tries another way.  Where it went back to a checkpoint is
 * taken when the way there was long: what comes next will mostly branch below it.
 */
#include "engine/explore/machine/internal.h"

/* So many steps cost about as much as a checkpoint. */
#define WORTH_STEPS 4u
/* A way this long gets a checkpoint in its middle, too: when everything below its end has been explored, what
 * comes next is often only a little further up. */
#define LONG_WAY 6u
/* Now and then an execution starts from the snapshot, which then forgets pages that nobody writes any more.
 */
#define FRESH_EVERY 128u

static struct {
    const struct search *search;
    uint32_t depth[HOST_CHECKPOINTS];
    uint32_t last_due; /* in this execution; 0: none */
    uint32_t executions;
} checkpoints HOST_KEPT;

static uint32_t newest(void)
{
    unsigned count = host_checkpoint_count();
    return count > 0 ? checkpoints.depth[count - 1] : 0;
}

/* Those of another search, or of a way that is not gone again. */
static void drop_stale(const struct search *search, uint32_t repeats)
{
    bool stale = checkpoints.search != search;
    checkpoints.search = search;
    while (host_checkpoint_count() > 0 && (stale || newest() > repeats)) {
        host_checkpoint_drop();
    }
}

bool checkpoints_begin(struct search *search)
{
    uint32_t repeats = search_repeats(search), from = 0;
    drop_stale(search, machine_kept.trace == NULL ? repeats : 0);
    if (++checkpoints.executions % FRESH_EVERY != 0 && host_checkpoint_restore()) {
        from = newest();
    } else {
        host_snapshot_restore();
    }
    search_skip(search, from);
    bool worth = repeats - from >= WORTH_STEPS && machine_kept.trace == NULL;
    checkpoints.last_due = worth ? repeats : 0;
    machine_kept.checkpoint_due =
        worth && repeats - from >= LONG_WAY ? from + (repeats - from) / 2 : checkpoints.last_due;
    return from == 0;
}

static bool take(void)
{
    const struct host_context *suspended[SEARCH_ACTORS];
    unsigned count = 0;
    for (unsigned i = 0; i < machine.count; i++) {
        if (machine.actors[i].context != NULL) {
            suspended[count++] = machine.actors[i].context;
        }
    }
    return host_checkpoint_take(suspended, count);
}

void checkpoints_take(void)
{
    uint32_t depth = machine_kept.checkpoint_due;
    machine_kept.checkpoint_due = depth != checkpoints.last_due ? checkpoints.last_due : 0;
    /* What was found before it would not be found again. */
    if (finding_count() == 0 && take()) {
        checkpoints.depth[host_checkpoint_count() - 1] = depth;
    }
}
