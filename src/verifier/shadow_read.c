/*
 * shadow_read.c - UninitializedRead: a value of pool memory is used that nobody has written.
 *
 * A store into a bit field reads what it leaves alone; so a read is suspect only until the same code's next
 * access, and cleared by a write to the same place.  Bytes that no longer hold the pattern of new pool were
 * written by code that undis does not see, and are not reported.  One suspect per processor (under the
 * explored engine, per actor): another one takes its place.
 */
#include "verifier/shadow.h"

#include "ex/pool.h"
#include "ke/observer.h"

#define CONTEXTS 64

static struct suspect {
    uintptr_t address;
    size_t size; /* 0: none */
    const struct callback_frame *frame;
    struct event event;
    struct stack_trace trace;
} suspects[CONTEXTS];
volatile uint32_t shadow_reads_pending;

static struct suspect *mine(void)
{
    return &suspects[(ke_stepping ? ke_actor : ke_processor()->number) % CONTEXTS];
}

/* Not freed or given out again meanwhile, nor written by somebody else: it may not even be looked at. */
static bool still_unwritten(const struct suspect *suspect)
{
    const struct shadow_page *shadow = shadow_find(suspect->address);
    size_t granule = suspect->address % SHADOW_PAGE / SHADOW_GRANULE;
    return shadow != NULL && shadow->state[granule] < SHADOW_GRANULE &&
           (shadow->unwritten[granule] >> suspect->address % SHADOW_GRANULE & 1) != 0;
}

static bool still_new(const struct suspect *suspect)
{
    const volatile unsigned char *bytes = (const volatile unsigned char *)suspect->address;
    for (size_t i = 0; i < suspect->size; i++) {
        if (bytes[i] != EX_POOL_NEW_BYTE) {
            return false;
        }
    }
    return true;
}

static void drop(struct suspect *suspect)
{
    suspect->size = 0;
    __atomic_fetch_sub(&shadow_reads_pending, 1, __ATOMIC_RELAXED);
}

static void report(const struct suspect *suspect)
{
    struct shadow_block block;
    if (!shadow_block_near(suspect->address, &block) || block.freed || suspect->address < block.address) {
        return;
    }
    struct finding *finding = finding_begin_at(
        "UninitializedRead", &suspect->event, "victim", &suspect->trace,
        "%zu byte%s at offset %zu of a pool block of %zu bytes %s used and %s never written", suspect->size,
        suspect->size == 1 ? "" : "s", (size_t)(suspect->address - block.address), block.size,
        suspect->size == 1 ? "is" : "are", suspect->size == 1 ? "was" : "were");
    if (finding != NULL) {
        struct stack_trace trace = {.depth = block.allocated_depth};
        for (unsigned i = 0; i < trace.depth; i++) {
            trace.pc[i] = block.allocated[i];
        }
        finding_add_stack(finding, "allocated at", -1, &trace);
        finding_commit(finding);
    }
}

static void settle(struct suspect *suspect)
{
    if (suspect->size != 0 && still_unwritten(suspect) && still_new(suspect)) {
        report(suspect);
    }
    if (suspect->size != 0) {
        drop(suspect);
    }
}

void shadow_read_settle(const struct access *access)
{
    struct suspect *suspect = mine();
    if (suspect->size == 0) {
        return;
    }
    KIRQL old = ke_mask();
    if (suspect->size != 0 && suspect->frame == ke_processor()->callback) {
        bool same = access->address <= suspect->address &&
                    suspect->address + suspect->size <= access->address + access->size;
        if (same && access->flags & ACCESS_WRITE) {
            drop(suspect);
        } else {
            settle(suspect);
        }
    }
    ke_unmask(old);
}

void shadow_read_suspect(const struct access *access)
{
    struct event event = shadow_event();
    KIRQL old = ke_mask();
    struct suspect *suspect = mine();
    if (suspect->size == 0) {
        __atomic_fetch_add(&shadow_reads_pending, 1, __ATOMIC_RELAXED);
    }
    suspect->address = access->address;
    suspect->size = access->size;
    suspect->frame = ke_processor()->callback;
    suspect->event = event;
    stack_trace_take(&suspect->trace, NULL);
    event_ends_matter(true);
    ke_unmask(old);
}

/* A suspect elsewhere waits: this may be another thread, which came in between a read and its write. */
void shadow_read_end(uintptr_t address)
{
    struct suspect *suspect = mine();
    struct shadow_block block;
    if (shadow_reads_pending != 0 && suspect->size != 0 && shadow_block_near(suspect->address, &block) &&
        block.address == address) {
        settle(suspect);
    }
}

/* The code's last access was its suspect read. */
static void hear(struct event *event)
{
    for (unsigned i = 0; i < CONTEXTS && shadow_reads_pending != 0; i++) {
        if (suspects[i].size != 0 && (uintptr_t)suspects[i].frame == event->value[1]) {
            settle(&suspects[i]);
        }
    }
}

static struct event_listener listener = {
    .name = "uninitialised reads",
    .kinds = 1ull << EVENT_CALLBACK_LEAVE,
    .hear = hear,
};

static __attribute__((constructor)) void listen(void)
{
    event_listen(&listener);
}
