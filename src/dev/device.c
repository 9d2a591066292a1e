/*
 * device.c - the bus: devices, their register windows and their host threads; the contract is in device.h.
 *
 * Windows lie one after another in physical memory, 64 KiB apart, and are not used again after a device
 * has left, so that a stale physical address decodes to nothing.
 */
#include "dev/device.h"

#include "ke/engine.h"
#include "ke/step.h"
#include "mm/register.h"

#include <sched.h>
#include <stdio.h>

#define WINDOW_FIRST_PA 0xFEA00000u
#define WINDOW_END_PA 0xFFF00000u
#define WINDOW_STRIDE 0x10000u

static struct ke_guard bus_guard;
static struct device *bus; /* in the order in which they were attached */
static uint64_t window_next = WINDOW_FIRST_PA;
static unsigned units_next;

uint64_t device_now(void)
{
    return device_is_explored() ? ke_engine->now() : host_now_ns();
}

bool device_is_explored(void)
{
    return ke_engine->step != NULL;
}

/* ---- the host thread --------------------------------------------------------------------------- */

static bool device_step(struct device *device)
{
    bool more = false;
    __atomic_store_n(&device->stepping, true, __ATOMIC_SEQ_CST);
    if (!__atomic_load_n(&device->removed, __ATOMIC_SEQ_CST)) {
        more = device->operations->step(device);
    }
    __atomic_store_n(&device->stepping, false, __ATOMIC_SEQ_CST);
    return more;
}

static void device_sleep(struct device *device, uint32_t seen)
{
    uint64_t due = device->due, now = device_now();
    if (due != 0 && due <= now) {
        return;
    }
    __atomic_store_n(&device->asleep, true, __ATOMIC_SEQ_CST);
    if (__atomic_load_n(&device->wake, __ATOMIC_SEQ_CST) == seen) {
        host_wait(&device->wake, seen, due == 0 ? 0 : due - now);
    }
    __atomic_store_n(&device->asleep, false, __ATOMIC_SEQ_CST);
}

static void device_thread(void *argument)
{
    struct device *device = argument;
    while (!device->stopping) {
        uint32_t seen = __atomic_load_n(&device->wake, __ATOMIC_ACQUIRE);
        if (!device_step(device) && !device->stopping) {
            device_sleep(device, seen);
        }
    }
}

void device_kick(struct device *device)
{
    __atomic_fetch_add(&device->wake, 1, __ATOMIC_SEQ_CST);
    if (__atomic_load_n(&device->asleep, __ATOMIC_SEQ_CST)) {
        host_wake(&device->wake, 1);
    }
}

static unsigned unit_count(const struct device *device)
{
    return device->operations->units != NULL ? device->operations->unit_count : 1;
}

/* ---- the bus ----------------------------------------------------------------------------------- */

static bool window_assign(struct device *device)
{
    uint64_t size = (device->window_size + WINDOW_STRIDE - 1) / WINDOW_STRIDE * (uint64_t)WINDOW_STRIDE;
    KIRQL old = ke_guard_enter_quietly(&bus_guard);
    bool fits = size != 0 && size <= WINDOW_END_PA - window_next;
    if (fits) {
        device->window_pa = window_next;
        window_next += size;
        device->next = NULL;
        struct device **end = &bus;
        while (*end != NULL) {
            end = &(*end)->next;
        }
        *end = device;
        device->first_unit = units_next;
        units_next += unit_count(device);
    }
    ke_guard_leave(&bus_guard, old);
    return fits;
}

static void bus_remove(struct device *device)
{
    KIRQL old = ke_guard_enter_quietly(&bus_guard);
    for (struct device **link = &bus; *link != NULL; link = &(*link)->next) {
        if (*link == device) {
            *link = device->next;
            break;
        }
    }
    ke_guard_leave(&bus_guard, old);
}

static void line_drop(struct device *device)
{
    device_messages_destroy(device);
    if (!device->line_is_shared) {
        ke_line_destroy(device->line);
        device->line = NULL;
    }
}

static bool start_thread(struct device *device)
{
    if (device_is_explored()) {
        return true;
    }
    device->thread.name = device->operations->name;
    device->thread.region = &ke_outside;
    return host_thread_start(&device->thread, device_thread, device) == 0;
}

bool device_attach(struct device *device, KIRQL dirql)
{
    device->line_is_shared = device->line != NULL;
    if (device->line == NULL) {
        device->line = ke_line_create(device->operations->name, dirql, KE_LEVEL_TRIGGERED, ~(KAFFINITY)0);
    }
    if (device->line == NULL) {
        return false;
    }
    if (!device_messages_create(device, dirql) || !window_assign(device)) {
        line_drop(device);
        return false;
    }
    if (!start_thread(device)) {
        bus_remove(device);
        line_drop(device);
        return false;
    }
    return true;
}

void device_remove(struct device *device)
{
    ke_about_to_change_three(device, device->line, &device->counted);
    __atomic_store_n(&device->removed, true, __ATOMIC_SEQ_CST);
    while (__atomic_load_n(&device->stepping, __ATOMIC_SEQ_CST)) {
        sched_yield();
    }
    device->operations->remove(device);
}

void device_detach(struct device *device)
{
    ke_about_to_change_three(device, device->line, &device->counted);
    device->stopping = true;
    if (!device_is_explored()) {
        device_kick(device);
        host_thread_join(&device->thread);
    }
    device->removed = true;
    device->operations->remove(device);
    bus_remove(device);
    register_device_gone(device);
    line_drop(device);
    device->operations->destroy(device);
}

struct device *device_at_pa(uint64_t pa, uint64_t length)
{
    KIRQL old = ke_guard_enter_quietly(&bus_guard);
    struct device *device = bus;
    while (device != NULL && (pa < device->window_pa || pa - device->window_pa > device->window_size ||
                              length > device->window_size - (pa - device->window_pa))) {
        device = device->next;
    }
    ke_guard_leave(&bus_guard, old);
    return device;
}

/* ---- units ------------------------------------------------------------------------------------- */

static bool kicked(struct device *device)
{
    return device->wake != device->done;
}

static void covers_nothing(struct device *device, struct op *op)
{
    op->object[1] = (uintptr_t)device->line;
}

static void step_once(struct device *device)
{
    uint32_t seen = device->wake;
    if (!device->operations->step(device)) {
        device->done = seen;
    }
}

static const struct device_unit only_unit = {"", kicked, covers_nothing, step_once};

/* The unit of that number and, in *device, whose it is; NULL: there is none. */
static const struct device_unit *find_unit(unsigned number, struct device **device)
{
    for (*device = bus; *device != NULL; *device = (*device)->next) {
        unsigned own = number - (*device)->first_unit;
        if (own < unit_count(*device)) {
            const struct device_unit *units = (*device)->operations->units;
            return units != NULL ? &units[own] : &only_unit;
        }
    }
    return NULL;
}

unsigned device_units(void)
{
    return units_next;
}

const char *device_unit_name(unsigned number, char *text, size_t size)
{
    struct device *device;
    const struct device_unit *unit = find_unit(number, &device);
    if (unit == NULL) {
        snprintf(text, size, "device");
    } else {
        snprintf(text, size, "%s%s%s", device->operations->name, unit->name[0] != '\0' ? " " : "",
                 unit->name);
    }
    return text;
}

bool device_unit_ready(unsigned number)
{
    struct device *device;
    const struct device_unit *unit = find_unit(number, &device);
    return unit != NULL && !device->removed && !device->stopping && unit->ready(device);
}

struct op device_unit_op(unsigned number)
{
    struct device *device;
    const struct device_unit *unit = find_unit(number, &device);
    struct op op = {.kind = OP_DEVICE, .flags = OP_LIBRARY, .processor = -1};
    if (unit != NULL) {
        op.object[0] = (uintptr_t)device;
        op.object[2] = (uintptr_t)&device->counted;
        unit->covers(device, &op);
    }
    return op;
}

void device_unit_step(unsigned number)
{
    struct device *device;
    const struct device_unit *unit = find_unit(number, &device);
    if (unit != NULL) {
        unit->step(device);
    }
}
