/*
 * register.c - device windows in virtual memory, and the functions that access registers through them.
 *
 * A mapping is a slot of one reserved, inaccessible range of addresses: the slot tells the device, so an
 * access is a table look-up, and a register pointer that is dereferenced plainly faults.  An address outside
 * of every mapping is accessed as memory: that faults when nothing is there, as on a machine.
 *
 * Not modelled: caching types, write combining and posting.  A write has reached the device when the
 * function returns, and accesses of one processor reach it in program order.
 */
#include "mm/register.h"

#include "host/memory.h"
#include "ke/ddi.h"
#include "ke/event.h"
#include "ke/fault.h"
#include "ke/observer.h"
#include "ke/step.h"

#include <wdm.h>

#define SLOTS 256u
#define SLOT_SIZE (UINT64_C(1) << 20)
#define PAGE_MASK UINT64_C(0xFFF)

struct mapping {
    struct device *volatile device; /* NULL: free, or its device has gone */
    bool used;
    uint32_t window_offset; /* of `start` into the device's window */
    uint32_t start, length; /* within the slot */
};

static struct ke_guard map_guard;
static struct mapping mappings[SLOTS];
static uint8_t *slots HOST_KEPT; /* NULL until the first mapping; never written to, so nothing is put back */

/* ---- mapping ----------------------------------------------------------------------------------- */

static void *map_guarded(struct device *device, uint64_t pa, uint32_t length)
{
    if (slots == NULL) {
        void *base = host_reserve(SLOTS * SLOT_SIZE);
        if (base == NULL) {
            return NULL;
        }
        __atomic_store_n(&slots, (uint8_t *)base, __ATOMIC_RELEASE);
    }
    for (uint32_t slot = 0; slot < SLOTS; slot++) {
        struct mapping *mapping = &mappings[slot];
        if (!mapping->used) {
            mapping->used = true;
            mapping->window_offset = (uint32_t)(pa - device->window_pa);
            mapping->start = (uint32_t)(pa & PAGE_MASK);
            mapping->length = length;
            __atomic_store_n(&mapping->device, device, __ATOMIC_RELEASE);
            return slots + slot * SLOT_SIZE + mapping->start;
        }
    }
    return NULL;
}

void *register_map(uint64_t pa, size_t length)
{
    struct device *device = device_at_pa(pa, length);
    if (device == NULL || length == 0 || (pa & PAGE_MASK) + length > SLOT_SIZE) {
        return NULL;
    }
    KIRQL old = ke_guard_enter_quietly(&map_guard);
    void *va = map_guarded(device, pa, (uint32_t)length);
    ke_guard_leave(&map_guard, old);
    return va;
}

/* The mapping whose slot holds `va`; NULL when va is no slot's. */
static struct mapping *mapping_of(const volatile void *va, uint64_t *in_slot)
{
    uint8_t *base = __atomic_load_n(&slots, __ATOMIC_ACQUIRE);
    uint64_t offset = (uint64_t)((uintptr_t)va - (uintptr_t)base);
    if (base == NULL || offset >= SLOTS * SLOT_SIZE) {
        return NULL;
    }
    *in_slot = offset % SLOT_SIZE;
    return &mappings[offset / SLOT_SIZE];
}

bool register_unmap(void *va, size_t length)
{
    uint64_t in_slot;
    struct mapping *mapping = mapping_of(va, &in_slot);
    if (mapping == NULL) {
        return false;
    }
    KIRQL old = ke_guard_enter_quietly(&map_guard);
    bool live = mapping->used && mapping->start == in_slot && mapping->length == length;
    if (live) {
        mapping->device = NULL;
        mapping->used = false;
    }
    ke_guard_leave(&map_guard, old);
    return live;
}

void register_device_gone(struct device *device)
{
    KIRQL old = ke_guard_enter_quietly(&map_guard);
    for (uint32_t slot = 0; slot < SLOTS; slot++) {
        if (mappings[slot].device == device) {
            mappings[slot].device = NULL;
        }
    }
    ke_guard_leave(&map_guard, old);
}

/* ---- the functions that drivers call for mapping --------------------------------------------------- */

static void *map(PHYSICAL_ADDRESS address, SIZE_T length)
{
    void *va = register_map((uint64_t)address.QuadPart, length);
    if (va != NULL) {
        event_send(EVENT_OBJECT_CREATE, va, OBJECT_MAPPING, length, 0, 0);
    }
    return va;
}

/*
 * MmMapIoSpace: maps a range of a device's registers.  IRQL <= DISPATCH_LEVEL.  NULL when the range is not
 * within one device's window or no mapping is left.  CacheType has no effect (nf-wdm-mmmapiospace).
 */
PVOID MmMapIoSpace(PHYSICAL_ADDRESS PhysicalAddress, SIZE_T NumberOfBytes, MEMORY_CACHING_TYPE CacheType)
{
    ddi_enter(MmMapIoSpace);
    if (ddi_fails(MmMapIoSpace)) {
        return NULL;
    }
    (void)CacheType;
    return map(PhysicalAddress, NumberOfBytes);
}

/*
 * MmMapIoSpaceEx: the same with a page protection in place of a caching type: one of PAGE_READONLY,
 * PAGE_READWRITE, PAGE_EXECUTE and PAGE_EXECUTE_READ(WRITE), with PAGE_NOCACHE or PAGE_WRITECOMBINE or
 * neither; anything else maps nothing.  A write through a read-only mapping is not noticed.  IRQL <=
 * DISPATCH_LEVEL (nf-wdm-mmmapiospaceex).
 */
PVOID MmMapIoSpaceEx(PHYSICAL_ADDRESS PhysicalAddress, SIZE_T NumberOfBytes, ULONG Protect)
{
    ddi_enter(MmMapIoSpaceEx);
    ULONG caching = Protect & (PAGE_NOCACHE | PAGE_WRITECOMBINE), access = Protect & ~caching;
    bool known = access == PAGE_READONLY || access == PAGE_READWRITE || access == PAGE_EXECUTE ||
                 access == PAGE_EXECUTE_READ || access == PAGE_EXECUTE_READWRITE;
    if (ddi_fails(MmMapIoSpaceEx) || !known || caching == (PAGE_NOCACHE | PAGE_WRITECOMBINE)) {
        return NULL;
    }
    return map(PhysicalAddress, NumberOfBytes);
}

/*
 * MmUnmapIoSpace: ends a mapping made with MmMapIoSpace; NumberOfBytes must be the same.  IRQL <=
 * DISPATCH_LEVEL.  A range that is not mapped so is left alone (nf-wdm-mmunmapiospace).
 */
VOID MmUnmapIoSpace(PVOID BaseAddress, SIZE_T NumberOfBytes)
{
    ddi_enter(MmUnmapIoSpace);
    if (register_unmap(BaseAddress, NumberOfBytes)) {
        event_send(EVENT_OBJECT_DESTROY, BaseAddress, OBJECT_MAPPING, NumberOfBytes, 0, 0);
    }
}

/* ---- access ------------------------------------------------------------------------------------ */

/*
 * Finds the device behind an aligned register address.  False when the address is not in a mapping: the
 * caller then accesses it as memory.  *device is NULL when the device has gone.
 */
static bool register_find(const volatile void *va, unsigned size, struct device **device, uint32_t *offset)
{
    uint64_t in_slot;
    struct mapping *mapping = mapping_of(va, &in_slot);
    if (mapping == NULL || !mapping->used || in_slot % size != 0 || in_slot < mapping->start ||
        in_slot + size > (uint64_t)mapping->start + mapping->length) {
        return false;
    }
    *device = mapping->device;
    *offset = mapping->window_offset + (uint32_t)in_slot - mapping->start;
    return true;
}

#if UNDIS_CHECKED
/* The access is about to be made: what it does to the device is a step. */
static void about_to_access(const volatile void *va, unsigned size, bool write, uint64_t value)
{
    struct device *device;
    uint32_t offset;
    if (!register_find(va, size, &device, &offset) || device == NULL) {
        return;
    }
    unsigned effects = device->operations->effects != NULL
                           ? device->operations->effects(device, offset, size, write, value)
                           : DEVICE_CHANGES | DEVICE_MOVES_LINE;
    if (write) {
        ke_releases(device);
    }
    if ((effects & DEVICE_CHANGES) != 0 && (effects & DEVICE_MOVES_LINE) != 0) {
        ke_about_to_change_both(device, device->line);
    } else if ((effects & DEVICE_CHANGES) != 0) {
        ke_about_to_change(device);
    } else if ((effects & DEVICE_MOVES_LINE) != 0) {
        ke_about_to_change(device->line);
    } else if ((effects & DEVICE_COUNTS) != 0) {
        ke_about_to_change(&device->counted);
    } else if ((effects & DEVICE_LOOKS_AT_LINE) != 0) {
        ke_about_to_look(device->line);
    } else {
        ke_about_to_look(device);
    }
}
#endif

static bool register_read(const volatile void *va, unsigned size, uint64_t *value)
{
    struct device *device;
    uint32_t offset;
    KE_STEP(about_to_access(va, size, false, 0));
    KIRQL old = ke_mask();
    bool found = register_find(va, size, &device, &offset);
    if (found) {
        bool there = device != NULL && !device->removed;
        *value = there ? device->operations->read(device, offset, size) : UINT64_MAX;
    }
    ke_unmask(old);
    return found;
}

static bool register_write(volatile void *va, unsigned size, uint64_t value)
{
    struct device *device;
    uint32_t offset;
    KE_STEP(about_to_access(va, size, true, value));
    KIRQL old = ke_mask();
    bool found = register_find(va, size, &device, &offset);
    if (found && device != NULL && !device->removed) {
        device->operations->write(device, offset, size, value);
    }
    ke_unmask(old);
    return found;
}

/*
 * READ_REGISTER_x and WRITE_REGISTER_x: one access of that width to a register mapped with MmMapIoSpace
 * or NdisMMapIoSpace, naturally aligned.  Any IRQL.  A barrier to memory accesses in both directions, as
 * on Windows (nf-wdm-read_register_ulong and its relatives).
 *
 * The BUFFER variants access Count consecutive registers in ascending order.
 */
#define DEFINE_REGISTER_ACCESS(suffix, type)                                                                 \
    type READ_REGISTER_##suffix(volatile type *Register)                                                     \
    {                                                                                                        \
        ddi_enter(READ_REGISTER_##suffix);                                                                   \
        uint64_t value;                                                                                      \
        __atomic_thread_fence(__ATOMIC_SEQ_CST);                                                             \
        return register_read(Register, sizeof(type), &value) ? (type)value : *Register;                      \
    }                                                                                                        \
    VOID WRITE_REGISTER_##suffix(volatile type *Register, type Value)                                        \
    {                                                                                                        \
        ddi_enter(WRITE_REGISTER_##suffix);                                                                  \
        if (!register_write(Register, sizeof(type), Value)) {                                                \
            *Register = Value;                                                                               \
        }                                                                                                    \
        __atomic_thread_fence(__ATOMIC_SEQ_CST);                                                             \
    }                                                                                                        \
    VOID READ_REGISTER_BUFFER_##suffix(volatile type *Register, type *Buffer, ULONG Count)                   \
    {                                                                                                        \
        ddi_enter(READ_REGISTER_BUFFER_##suffix);                                                            \
        for (ULONG index = 0; index < Count; index++) {                                                      \
            Buffer[index] = READ_REGISTER_##suffix(Register + index);                                        \
        }                                                                                                    \
    }                                                                                                        \
    VOID WRITE_REGISTER_BUFFER_##suffix(volatile type *Register, type *Buffer, ULONG Count)                  \
    {                                                                                                        \
        ddi_enter(WRITE_REGISTER_BUFFER_##suffix);                                                           \
        for (ULONG index = 0; index < Count; index++) {                                                      \
            WRITE_REGISTER_##suffix(Register + index, Buffer[index]);                                        \
        }                                                                                                    \
    }

DEFINE_REGISTER_ACCESS(UCHAR, UCHAR)
DEFINE_REGISTER_ACCESS(USHORT, USHORT)
DEFINE_REGISTER_ACCESS(ULONG, ULONG)
DEFINE_REGISTER_ACCESS(ULONG64, ULONG64)
