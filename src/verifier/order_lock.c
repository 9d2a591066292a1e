/*
 * order_lock.c - which class a lock belongs to: the place where it was allocated or initialised, and the way
 * to that place.
 *
 * The way belongs to it because drivers wrap NdisAllocateSpinLock: otherwise all their locks would be one
 * class.  A lock that was never initialised, in a driver's static memory say, is a class of its own.
 * A lock is forgotten with its memory; what comes to lie there is another one.
 *
 * Not guaranteed: past LOCKS locks at a time, each of those too many is a class of its own.
 */
#include "verifier/lock_order.h"

#include "ke/thread.h"

#define LOCKS 8192
#define BUCKETS 1024
#define PAGE_SHIFT 12
#define CLASS_BIT (UINT64_C(1) << 63)

struct named_lock {
    uintptr_t address;
    uint64_t class_key; /* 0: its own */
    uint16_t life;      /* how many locks were made before it: tells it from an earlier one at its address */
    uint16_t next;      /* index plus one */
};

static struct ke_guard guard; /* of what follows */
static struct named_lock locks[LOCKS];
static uint16_t used, first_free, lives;
static volatile uint16_t live;
static uint16_t buckets[BUCKETS];

static uint16_t *bucket_of_page(uintptr_t page)
{
    return &buckets[(page * 0x9E3779B97F4A7C15u) >> 54];
}

/* The link that leads to the lock, or to nothing. */
static uint16_t *find(uintptr_t address)
{
    uint16_t *link = bucket_of_page(address >> PAGE_SHIFT);
    while (*link != 0 && locks[*link - 1].address != address) {
        link = &locks[*link - 1].next;
    }
    return link;
}

static struct named_lock *make(uintptr_t address)
{
    uint16_t *link = find(address);
    if (*link == 0) {
        uint16_t index = first_free;
        if (index != 0) {
            first_free = locks[index - 1].next;
        } else if (used < LOCKS) {
            index = ++used;
        } else {
            return NULL;
        }
        locks[index - 1] = (struct named_lock){.address = address};
        *link = index;
        live++;
    }
    struct named_lock *lock = &locks[*link - 1];
    lock->life = lives++;
    return lock;
}

static uint64_t hash_of(const struct stack_trace *trace)
{
    uint64_t hash = 0xCBF29CE484222325u;
    for (unsigned i = 0; i < trace->depth; i++) {
        hash = (hash ^ trace->pc[i]) * 0x100000001B3u;
    }
    return hash | CLASS_BIT;
}

struct order_names order_names_of(const void *lock)
{
    struct order_names names;
    KIRQL old = ke_guard_enter_quietly(&guard);
    uint16_t index = *find((uintptr_t)lock);
    struct named_lock *known = index != 0 ? &locks[index - 1] : make((uintptr_t)lock);
    uint64_t life = known != NULL ? known->life & 0x7FFFu : 0;
    names.own_key = life << 48 | ((uintptr_t)lock & 0xFFFFFFFFFFFFu);
    names.class_key = known != NULL && known->class_key != 0 ? known->class_key : names.own_key;
    ke_guard_leave(&guard, old);
    return names;
}

static void hear_init(struct event *event)
{
    struct stack_trace trace;
    stack_trace_take(&trace, event);
    uint64_t key = hash_of(&trace);
    KIRQL old = ke_guard_enter_quietly(&guard);
    struct named_lock *lock = make((uintptr_t)event->object);
    if (lock != NULL) {
        lock->class_key = key;
    }
    ke_guard_leave(&guard, old);
}

static void forget_in(uint16_t *link, uintptr_t low, uintptr_t high)
{
    while (*link != 0) {
        struct named_lock *lock = &locks[*link - 1];
        if (lock->address < low || lock->address >= high) {
            link = &lock->next;
            continue;
        }
        uint16_t index = *link;
        *link = lock->next;
        lock->next = first_free;
        first_free = index;
        live--;
    }
}

static void forget(uintptr_t low, uintptr_t high)
{
    if (live == 0 || low >= high) {
        return;
    }
    KIRQL old = ke_guard_enter_quietly(&guard);
    uintptr_t first = low >> PAGE_SHIFT, last = (high - 1) >> PAGE_SHIFT;
    if (last - first < BUCKETS) {
        for (uintptr_t page = first; page <= last; page++) {
            forget_in(bucket_of_page(page), low, high);
        }
    } else {
        for (unsigned i = 0; i < BUCKETS; i++) {
            forget_in(&buckets[i], low, high);
        }
    }
    ke_guard_leave(&guard, old);
}

static void hear(struct event *event)
{
    uintptr_t low = (uintptr_t)event->object, high = low + 1;
    switch (event->kind) {
    case EVENT_LOCK_INIT:
    case EVENT_RW_INIT:
        hear_init(event);
        return;
    case EVENT_THREAD_END: {
        const struct _KTHREAD *thread = event->object;
        low = (uintptr_t)thread->host.stack.base;
        high = low + thread->host.stack.size;
        break;
    }
    case EVENT_OBJECT_DESTROY:
        high = low + event->value[1];
        break;
    case EVENT_DRIVER_UNLOAD:
        high = event->value[0];
        break;
    default: /* a lock is freed, an interrupt disconnected */
        break;
    }
    forget(low, high);
}

static struct event_listener listener = {
    .name = "lock classes",
    .kinds = 1ull << EVENT_LOCK_INIT | 1ull << EVENT_RW_INIT | 1ull << EVENT_LOCK_FREE |
             1ull << EVENT_RW_FREE | 1ull << EVENT_OBJECT_DESTROY | 1ull << EVENT_THREAD_END |
             1ull << EVENT_DRIVER_UNLOAD | 1ull << EVENT_INTERRUPT_GONE,
    .hear = hear,
};

static __attribute__((constructor)) void listen(void)
{
    event_listen(&listener);
}
