/*
 * leak.c - PoolLeak: things that outlive what they belonged to.
 *
 * Every object with a lifetime is noted with its owner, or else with the driver whose code made it.  When
 * an owner ends or a driver is unloaded, what is left of theirs leaked.  Spin locks are no objects here:
 * NdisFreeSpinLock releases no memory.  Not guaranteed: a finding for objects beyond what memory admits.
 */
#include "verifier/verifier.h"

#include "ke/run.h"
#include "host/memory.h"
#include "verifier/shadow.h"

#include <stdio.h>
#include <string.h>

#define BUCKETS 4096
#define ARENA_SIZE (1u << 20)
#define OBJECT_FRAMES 12

struct object {
    struct object *next;
    uintptr_t address, size, owner;
    const struct image *image; /* the driver that made it */
    uint32_t tag;
    uint16_t kind, depth;
    uintptr_t pc[OBJECT_FRAMES];
};

struct bucket {
    struct ke_guard guard;
    struct object *first;
};

static struct bucket buckets[BUCKETS];
/* Bit i: bucket i was used, word i of those bits.  An execution that is run a million times cannot look into
 * 4096 buckets. */
static volatile uint64_t used[BUCKETS / 64];
static volatile uint64_t used_words;
_Static_assert(BUCKETS / 64 <= 64, "a word has a bit for each word of `used`");
static HOST_HOT struct ke_guard arena_guard = {0};
static HOST_HOT struct object *free_objects = NULL;
static HOST_HOT char *arena_next = NULL, *arena_end = NULL;

/* An execution of the explored engine has few objects: they lie on a page or two (host/memory.h). */
#define FEW_BUCKETS 256u

static struct bucket *bucket_of(uintptr_t address)
{
    static volatile unsigned mask; /* the same from the first object on */
    if (mask == 0) {
        mask = (host_arena_is_open() ? FEW_BUCKETS : BUCKETS) - 1;
    }
    return &buckets[(address * 0x9E3779B97F4A7C15u) >> 52 & mask];
}

static struct object *object_allocate(void)
{
    KIRQL old = ke_guard_enter_quietly(&arena_guard);
    struct object *object = free_objects;
    if (object != NULL) {
        free_objects = object->next;
    } else {
        if ((size_t)(arena_end - arena_next) < sizeof(*object)) {
            void *arena = shadow_allocate(ARENA_SIZE); /* not between the blocks of the driver */
            if (arena != NULL) {
                arena_next = arena;
                arena_end = arena_next + ARENA_SIZE;
            }
        }
        if ((size_t)(arena_end - arena_next) >= sizeof(*object)) {
            object = (struct object *)(void *)arena_next;
            arena_next += sizeof(*object);
        }
    }
    ke_guard_leave(&arena_guard, old);
    return object;
}

static void object_free(struct object *object)
{
    KIRQL old = ke_guard_enter_quietly(&arena_guard);
    object->next = free_objects;
    free_objects = object;
    ke_guard_leave(&arena_guard, old);
}

static const struct image *image_of_trace(const struct stack_trace *trace)
{
    for (unsigned i = 0; i < trace->depth; i++) {
        const struct image *image = image_of(trace->pc[i]);
        if (image != NULL) {
            return image;
        }
    }
    return NULL;
}

static void hear_create(struct event *event)
{
    struct object *object = object_allocate();
    if (object == NULL) {
        return;
    }
    struct stack_trace trace;
    stack_trace_take(&trace, event);
    object->address = (uintptr_t)event->object;
    object->kind = (uint16_t)event->value[0];
    object->size = event->value[1];
    object->tag = (uint32_t)event->value[2];
    object->owner = event->value[3];
    object->image = image_of_trace(&trace);
    object->depth = (uint16_t)(trace.depth < OBJECT_FRAMES ? trace.depth : OBJECT_FRAMES);
    memcpy(object->pc, trace.pc, object->depth * sizeof(object->pc[0]));

    struct bucket *bucket = bucket_of(object->address);
    KIRQL old = ke_guard_enter_quietly(&bucket->guard);
    object->next = bucket->first;
    bucket->first = object;
    ke_guard_leave(&bucket->guard, old);
    size_t number = (size_t)(bucket - buckets);
    if ((used[number / 64] >> number % 64 & 1) == 0) {
        __atomic_fetch_or(&used[number / 64], 1ull << number % 64, __ATOMIC_RELAXED);
        __atomic_fetch_or(&used_words, 1ull << number / 64, __ATOMIC_RELAXED);
    }
}

/* Handles are small numbers, addresses are not: the kind is compared only to be sure. */
static void hear_destroy(struct event *event)
{
    struct bucket *bucket = bucket_of((uintptr_t)event->object);
    struct object *found = NULL;
    KIRQL old = ke_guard_enter_quietly(&bucket->guard);
    for (struct object **link = &bucket->first; *link != NULL; link = &(*link)->next) {
        if ((*link)->address == (uintptr_t)event->object && (*link)->kind == (uint16_t)event->value[0]) {
            found = *link;
            *link = found->next;
            break;
        }
    }
    ke_guard_leave(&bucket->guard, old);
    if (found != NULL) {
        object_free(found);
    }
}

/* ---- what is left ------------------------------------------------------------------------------ */

static const char *kind_name(unsigned kind)
{
    static const char *const names[OBJECT_KINDS] = {
        [OBJECT_POOL] = "pool block",
        [OBJECT_SHARED_MEMORY] = "block of shared memory",
        [OBJECT_NBL_POOL] = "NET_BUFFER_LIST pool",
        [OBJECT_NB_POOL] = "NET_BUFFER pool",
        [OBJECT_NBL] = "NET_BUFFER_LIST",
        [OBJECT_NB] = "NET_BUFFER",
        [OBJECT_MDL] = "MDL",
        [OBJECT_TIMER] = "timer",
        [OBJECT_WORK_ITEM] = "work item",
        [OBJECT_INTERRUPT] = "interrupt",
        [OBJECT_HANDLE] = "handle",
        [OBJECT_THREAD] = "thread",
        [OBJECT_MAPPING] = "mapping of registers",
        [OBJECT_CONFIGURATION] = "configuration handle",
        [OBJECT_LOOKASIDE] = "lookaside list",
        [OBJECT_DEVICE] = "device object",
    };
    return kind < OBJECT_KINDS ? names[kind] : "object";
}

static void tag_text(uint32_t tag, char text[8])
{
    text[0] = '\0';
    if (tag != 0) {
        for (unsigned i = 0; i < 4; i++) {
            char c = (char)(tag >> 8 * i & 0x7F);
            text[i] = c >= ' ' && c < 0x7F ? c : '.';
        }
        text[4] = '\0';
    }
}

static void size_text(uintptr_t bytes, char text[40])
{
    text[0] = '\0';
    if (bytes != 0) {
        snprintf(text, 40, " of %llu byte%s", (unsigned long long)bytes, bytes == 1 ? "" : "s");
    }
}

static void add_leak_bugcheck(struct finding *finding, const struct object *object)
{
    switch (object->kind) {
    case OBJECT_INTERRUPT:
        finding_bugcheck(finding, 0x7C, 0x08, object->owner, object->address, 0);
        break;
    case OBJECT_TIMER:
        finding_bugcheck(finding, 0x7C, 0x09, object->owner, object->address, 0);
        break;
    case OBJECT_NBL:
        finding_bugcheck(finding, 0x7C, 0x27, 1, 0, 0);
        break;
    case OBJECT_WORK_ITEM:
    case OBJECT_THREAD:
        finding_bugcheck(finding, 0xCE, object->address, 0, 0, 0);
        break;
    default:
        finding_bugcheck(finding, 0xC4, 0x62, 0, 0, 1);
        break;
    }
}

static void report(struct event *event, const struct object *object, const char *end)
{
    struct stack_trace trace = {.depth = object->depth};
    char tag[8], size[40];
    memcpy(trace.pc, object->pc, object->depth * sizeof(object->pc[0]));
    tag_text(object->tag, tag);
    const char *kind = kind_name(object->kind);
    size_text(object->size, size);
    struct finding *finding = finding_begin_at(
        "PoolLeak", event, "allocated at", &trace, "%s %s%s%s%s%s%s%s%s is left %s",
        strchr("aeioM", *kind) != NULL ? "an" : "a", kind, size, tag[0] != '\0' ? ", tag '" : "", tag,
        tag[0] != '\0' ? "'" : "", object->image != NULL ? ", made by " : "",
        object->image != NULL ? object->image->name : "", object->image != NULL ? "," : "", end);
    if (finding != NULL) {
        finding->stacks[0].processor = -1; /* not the one that noticed */
        add_leak_bugcheck(finding, object);
        finding_commit(finding);
    }
}

/* The first bucket from `from` on that was ever used, else BUCKETS. */
static unsigned next_used(unsigned from)
{
    if (from == BUCKETS) {
        return BUCKETS;
    }
    uint64_t here = used[from / 64] >> from % 64;
    if (here != 0) {
        return from + (unsigned)__builtin_ctzll(here);
    }
    uint64_t words = from / 64 == 63 ? 0 : used_words >> (from / 64 + 1) << (from / 64 + 1);
    if (words == 0) {
        return BUCKETS;
    }
    unsigned word = (unsigned)__builtin_ctzll(words);
    return word * 64 + (unsigned)__builtin_ctzll(used[word]);
}

/* Takes out and reports everything that `belongs` says has outlived its owner. */
static void sweep(struct event *event, bool (*belongs)(const struct object *, const struct event *),
                  const char *end)
{
    struct object *left = NULL;
    for (unsigned i = next_used(0); i < BUCKETS; i = next_used(i + 1)) {
        KIRQL old = ke_guard_enter_quietly(&buckets[i].guard);
        for (struct object **link = &buckets[i].first; *link != NULL;) {
            struct object *object = *link;
            if (!belongs(object, event)) {
                link = &object->next;
                continue;
            }
            *link = object->next;
            object->next = left;
            left = object;
        }
        ke_guard_leave(&buckets[i].guard, old);
    }
    while (left != NULL) {
        struct object *object = left;
        left = object->next;
        report(event, object, end);
        object_free(object);
    }
}

static bool belongs_to_owner(const struct object *object, const struct event *event)
{
    return object->owner != 0 && object->owner == (uintptr_t)event->object;
}

static bool belongs_to_image(const struct object *object, const struct event *event)
{
    return (object->owner == 0 && object->image != NULL && object->image->low == (uintptr_t)event->object) ||
           (object->owner != 0 && object->owner == event->value[2]);
}

/* A KTIMER has no allocation of its own to show: its DPC's routine stands for it. */
static void report_timer(const KTIMER *timer, void *argument)
{
    struct event *event = argument;
    uintptr_t routine = timer->Dpc != NULL ? (uintptr_t)timer->Dpc->DeferredRoutine : 0;
    struct stack_trace trace = {.depth = routine != 0, .pc = {routine + 1}};
    struct finding *finding = finding_begin_at("PoolLeak", event, "its DPC", &trace,
                                               "a %stimer is still set after the driver was unloaded",
                                               timer->Period != 0 ? "periodic " : "");
    if (finding != NULL) {
        finding->stacks[0].processor = -1;
        finding_bugcheck(finding, 0xC7, 0, (uintptr_t)timer, (uintptr_t)event->object, event->value[0]);
        finding_commit(finding);
    }
}

static void hear(struct event *event)
{
    switch (event->kind) {
    case EVENT_OBJECT_CREATE:
        hear_create(event);
        break;
    case EVENT_OBJECT_DESTROY:
        hear_destroy(event);
        break;
    case EVENT_OWNER_END:
        sweep(event, belongs_to_owner, "after what it belonged to has ended");
        break;
    case EVENT_DRIVER_UNLOAD:
        sweep(event, belongs_to_image, "after the driver was unloaded");
        ke_timers_disarm((uintptr_t)event->object, event->value[0], report_timer, event);
        break;
    default:
        break;
    }
}

static struct event_listener listener = {
    .name = "leaks",
    .kinds = 1ull << EVENT_OBJECT_CREATE | 1ull << EVENT_OBJECT_DESTROY | 1ull << EVENT_OWNER_END |
             1ull << EVENT_DRIVER_UNLOAD,
    .hear = hear,
};

static __attribute__((constructor)) void listen(void)
{
    event_listen(&listener);
}
