/*
 * device.c - the bus: devices, their register windows and their host threads; the contract is in device.h.
 *
 * Windows lie one after another in physical memory, 64 KiB apart, and are not used again after a device
 * has left, so that a stale physical address decodes to nothing.
 */
#include "dev/device.h"

#include "mm/register.h"

#include <sched.h>

#define WINDOW_FIRST_PA 0xFEA00000u
#define WINDOW_END_PA 0xFFF00000u
#define WINDOW_STRIDE 0x10000u

static struct ke_guard bus_guard;
static struct device *bus;
static uint64_t window_next = WINDOW_FIRST_PA;

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
    uint64_t due = device->due, now = host_now_ns();
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

/* ---- the bus ----------------------------------------------------------------------------------- */

static bool window_assign(struct device *device)
{
    uint64_t size = (device->window_size + WINDOW_STRIDE - 1) / WINDOW_STRIDE * (uint64_t)WINDOW_STRIDE;
    KIRQL old = ke_guard_enter(&bus_guard);
    bool fits = size != 0 && size <= WINDOW_END_PA - window_next;
    if (fits) {
        device->window_pa = window_next;
        window_next += size;
        device->next = bus;
        bus = device;
    }
    ke_guard_leave(&bus_guard, old);
    return fits;
}

static void bus_remove(struct device *device)
{
    KIRQL old = ke_guard_enter(&bus_guard);
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
    if (!device->line_is_shared) {
        ke_line_destroy(device->line);
        device->line = NULL;
    }
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
    if (!window_assign(device)) {
        line_drop(device);
        return false;
    }
    device->thread.name = device->operations->name;
    device->thread.region = &ke_outside;
    if (host_thread_start(&device->thread, device_thread, device) != 0) {
        bus_remove(device);
        line_drop(device);
        return false;
    }
    return true;
}

void device_remove(struct device *device)
{
    __atomic_store_n(&device->removed, true, __ATOMIC_SEQ_CST);
    while (__atomic_load_n(&device->stepping, __ATOMIC_SEQ_CST)) {
        sched_yield();
    }
    device->operations->remove(device);
}

void device_detach(struct device *device)
{
    device->stopping = true;
    device_kick(device);
    host_thread_join(&device->thread);
    device->removed = true;
    device->operations->remove(device);
    bus_remove(device);
    register_device_gone(device);
    line_drop(device);
    device->operations->destroy(device);
}

struct device *device_at_pa(uint64_t pa, uint64_t length)
{
    KIRQL old = ke_guard_enter(&bus_guard);
    struct device *device = bus;
    while (device != NULL && (pa < device->window_pa || pa - device->window_pa > device->window_size ||
                              length > device->window_size - (pa - device->window_pa))) {
        device = device->next;
    }
    ke_guard_leave(&bus_guard, old);
    return device;
}
