/*
 * image_pageable.c - which code of a driver's file lies in sections that Windows may page out.
 */
#include "scenario/image.h"

#include <gelf.h>
#include <libelf.h>
#include <stdlib.h>
#include <string.h>

#define MOST_SECTIONS 256

/* Code of one driver file as it grows; addresses are those of the file. */
struct found {
    struct pageable_code *code;
    size_t count, room;
};

struct section {
    size_t index;
    uintptr_t low, high;
    bool named; /* functions in it have symbols */
};

static bool add(struct found *found, uintptr_t low, uintptr_t high, uintptr_t section)
{
    if (found->count == found->room) {
        size_t room = found->room == 0 ? 16 : 2 * found->room;
        struct pageable_code *more = reallocarray(found->code, room, sizeof(*more));
        if (more == NULL) {
            return false;
        }
        found->code = more;
        found->room = room;
    }
    found->code[found->count++] = (struct pageable_code){low, high, section};
    return true;
}

/* Sections of code whose names begin with PAGE, the word that makes the WDK's linker mark them pageable. */
static size_t find_sections(Elf *elf, struct section *sections)
{
    size_t names, count = 0;
    Elf_Scn *at = NULL;
    if (elf_getshdrstrndx(elf, &names) != 0) {
        return 0;
    }
    while (count < MOST_SECTIONS && (at = elf_nextscn(elf, at)) != NULL) {
        GElf_Shdr header;
        const char *name = gelf_getshdr(at, &header) != NULL ? elf_strptr(elf, names, header.sh_name) : NULL;
        if (name != NULL && strncmp(name, "PAGE", 4) == 0 && (header.sh_flags & SHF_EXECINSTR) != 0 &&
            header.sh_size != 0) {
            sections[count++] =
                (struct section){elf_ndxscn(at), header.sh_addr, header.sh_addr + header.sh_size, false};
        }
    }
    return count;
}

static bool add_functions(Elf_Scn *table, const GElf_Shdr *header, struct section *sections, size_t count,
                          struct found *found)
{
    Elf_Data *data = elf_getdata(table, NULL);
    for (size_t i = 0; data != NULL && i < header->sh_size / header->sh_entsize; i++) {
        GElf_Sym symbol;
        if (gelf_getsym(data, (int)i, &symbol) == NULL || GELF_ST_TYPE(symbol.st_info) != STT_FUNC ||
            symbol.st_size == 0) {
            continue;
        }
        for (size_t s = 0; s < count; s++) {
            if (sections[s].index == symbol.st_shndx) {
                sections[s].named = true;
                if (!add(found, symbol.st_value, symbol.st_value + symbol.st_size, sections[s].low)) {
                    return false;
                }
            }
        }
    }
    return true;
}

static int by_address(const void *a, const void *b)
{
    const struct pageable_code *one = a, *other = b;
    return (one->low > other->low) - (one->low < other->low);
}

/* Two names of one function are one function. */
static size_t without_twins(struct pageable_code *code, size_t count)
{
    size_t kept = 0;
    qsort(code, count, sizeof(*code), by_address);
    for (size_t i = 0; i < count; i++) {
        if (kept == 0 || code[i].low >= code[kept - 1].high) {
            code[kept++] = code[i];
        }
    }
    return kept;
}

static bool collect(Elf *elf, struct found *found)
{
    struct section sections[MOST_SECTIONS];
    size_t count = find_sections(elf, sections);
    Elf_Scn *at = NULL;
    while (count != 0 && (at = elf_nextscn(elf, at)) != NULL) {
        GElf_Shdr header;
        if (gelf_getshdr(at, &header) != NULL && header.sh_type == SHT_SYMTAB && header.sh_entsize != 0 &&
            !add_functions(at, &header, sections, count, found)) {
            return false;
        }
    }
    for (size_t s = 0; s < count; s++) {
        if (!sections[s].named && !add(found, sections[s].low, sections[s].high, sections[s].low)) {
            return false;
        }
    }
    return true;
}

bool driver_image_pageable(char *data, size_t size, uintptr_t bias, struct pageable_code **code,
                           size_t *count)
{
    struct found found = {0};
    elf_version(EV_CURRENT);
    Elf *elf = elf_memory(data, size);
    bool good = elf != NULL && collect(elf, &found);
    elf_end(elf);
    if (!good) {
        free(found.code);
        return false;
    }
    found.count = found.count == 0 ? 0 : without_twins(found.code, found.count);
    for (size_t i = 0; i < found.count; i++) {
        found.code[i].low += bias;
        found.code[i].high += bias;
        found.code[i].section += bias;
    }
    *code = found.code;
    *count = found.count;
    return true;
}
