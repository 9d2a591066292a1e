/*
 * pageable.c - which code of drivers may be paged out (pageable.h).
 *
 * The tables are written while drivers are loaded, before their code runs, and only grow; a reader sees an
 * entry whole or not at all.
 */
#include "ke/pageable.h"

#include "ke/ddi.h"

#define DRIVERS_MAXIMUM 64
#define SECTIONS_MAXIMUM 256

struct driver_code {
    const struct pageable_code *code;
    size_t count;
};

struct section {
    uintptr_t address;
    int locks;
};

static struct driver_code drivers[DRIVERS_MAXIMUM];
static unsigned driver_count;
static struct section sections[SECTIONS_MAXIMUM];
static unsigned section_count;

static struct section *section_at(uintptr_t address)
{
    unsigned count = __atomic_load_n(&section_count, __ATOMIC_ACQUIRE);
    for (unsigned i = 0; i < count; i++) {
        if (sections[i].address == address) {
            return &sections[i];
        }
    }
    return NULL;
}

static bool is_known(const struct pageable_code *code)
{
    for (unsigned i = 0; i < driver_count; i++) {
        if (drivers[i].code == code) {
            return true;
        }
    }
    return false;
}

void ke_pageable_add(const struct pageable_code *code, size_t count)
{
    if (count == 0 || driver_count == DRIVERS_MAXIMUM || is_known(code)) {
        return;
    }
    for (size_t i = 0; i < count; i++) {
        if (section_at(code[i].section) == NULL && section_count < SECTIONS_MAXIMUM) {
            sections[section_count].address = code[i].section;
            __atomic_store_n(&section_count, section_count + 1, __ATOMIC_RELEASE);
        }
    }
    drivers[driver_count] = (struct driver_code){code, count};
    __atomic_store_n(&driver_count, driver_count + 1, __ATOMIC_RELEASE);
#if UNDIS_CHECKED
    ddi_pageable_from = DISPATCH_LEVEL;
#endif
}

static const struct pageable_code *find_in(const struct driver_code *driver, uintptr_t pc)
{
    size_t low = 0, high = driver->count;
    while (low < high) {
        size_t middle = low + (high - low) / 2;
        if (pc >= driver->code[middle].high) {
            low = middle + 1;
        } else {
            high = middle;
        }
    }
    return low < driver->count && pc >= driver->code[low].low ? &driver->code[low] : NULL;
}

static const struct pageable_code *find(uintptr_t pc)
{
    const struct pageable_code *found = NULL;
    unsigned count = __atomic_load_n(&driver_count, __ATOMIC_ACQUIRE);
    for (unsigned i = 0; i < count && found == NULL; i++) {
        found = find_in(&drivers[i], pc);
    }
    return found;
}

uintptr_t ke_pageable_lock(uintptr_t address)
{
    const struct pageable_code *code = find(address);
    struct section *section = section_at(code != NULL ? code->section : address);
    if (section == NULL) {
        return 0;
    }
    __atomic_fetch_add(&section->locks, 1, __ATOMIC_SEQ_CST);
    return section->address;
}

void ke_pageable_unlock(uintptr_t address)
{
    struct section *section = section_at(address);
    if (section != NULL) {
        __atomic_fetch_sub(&section->locks, 1, __ATOMIC_SEQ_CST);
    }
}

void ke_pageable_runs(uintptr_t pc)
{
    const struct pageable_code *code = find(pc);
    const struct section *section = code != NULL ? section_at(code->section) : NULL;
    if (section != NULL && __atomic_load_n(&section->locks, __ATOMIC_SEQ_CST) <= 0) {
        event_send(EVENT_PAGEABLE, (const void *)code->low, pc, 0, 0, 0);
    }
}
