/*
 * symbolise.c - names for program counters, by elfutils' libdwfl, from the images mapped at this moment.
 *
 * Only debug information inside the image file is used: no search on the machine or the network.
 */
#include "report/symbolise.h"
#include "host/memory.h"

#include <elfutils/libdw.h>
#include <elfutils/libdwfl.h>
#include <dwarf.h>

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

static HOST_KEPT Dwfl *dwfl = NULL; /* in plain malloc memory */
static HOST_KEPT bool tried = false;

/* No separate debug files. */
static int find_no_debuginfo(Dwfl_Module *module, void **data, const char *name, Dwarf_Addr base,
                             const char *file, const char *link, GElf_Word crc, char **found)
{
    (void)module, (void)data, (void)name, (void)base, (void)file, (void)link, (void)crc, (void)found;
    return -1;
}

static Dwfl *images(void)
{
    static const Dwfl_Callbacks callbacks = {
        .find_elf = dwfl_linux_proc_find_elf,
        .find_debuginfo = find_no_debuginfo,
    };
    if (!tried) {
        tried = true;
        dwfl = dwfl_begin(&callbacks);
        if (dwfl != NULL &&
            (dwfl_linux_proc_report(dwfl, getpid()) != 0 || dwfl_report_end(dwfl, NULL, NULL) != 0)) {
            dwfl_end(dwfl);
            dwfl = NULL;
        }
    }
    return dwfl;
}

void symbolise_end(void)
{
    if (dwfl != NULL) {
        dwfl_end(dwfl);
    }
    dwfl = NULL;
    tried = false;
}

static void copy(char *to, size_t size, const char *from)
{
    snprintf(to, size, "%s", from != NULL ? from : "");
}

/* Where an inlined function was called: its caller's file and line at that point. */
static void call_site(Dwarf_Die *inlined, Dwarf_Die *unit, struct symbol *caller)
{
    Dwarf_Attribute attribute;
    Dwarf_Word file = 0, line = 0;
    Dwarf_Files *files;
    size_t count;
    caller->file[0] = '\0';
    if (dwarf_formudata(dwarf_attr(inlined, DW_AT_call_line, &attribute), &line) == 0) {
        caller->line = (int)line;
    }
    if (dwarf_formudata(dwarf_attr(inlined, DW_AT_call_file, &attribute), &file) == 0 &&
        dwarf_getsrcfiles(unit, &files, &count) == 0 && file < count) {
        copy(caller->file, sizeof(caller->file), dwarf_filesrc(files, file, NULL, NULL));
    }
}

/* Walks outward from the innermost scope; symbols[0] holds the position of the code itself. */
static unsigned name_scopes(Dwarf_Die *unit, Dwarf_Die *scopes, int count,
                            struct symbol symbols[SYMBOLS_MAXIMUM])
{
    unsigned used = 0;
    for (int i = 0; i < count && used < SYMBOLS_MAXIMUM; i++) {
        int tag = dwarf_tag(&scopes[i]);
        if (tag != DW_TAG_subprogram && tag != DW_TAG_inlined_subroutine) {
            continue;
        }
        struct symbol *symbol = &symbols[used++];
        copy(symbol->function, sizeof(symbol->function), dwarf_diename(&scopes[i]));
        if (tag == DW_TAG_subprogram) {
            break;
        }
        symbol->inlined = true;
        if (used < SYMBOLS_MAXIMUM) {
            symbols[used] = *symbol;
            symbols[used].inlined = false;
            call_site(&scopes[i], unit, &symbols[used]);
        }
    }
    return used;
}

static unsigned name_functions(Dwfl_Module *module, Dwarf_Addr address,
                               struct symbol symbols[SYMBOLS_MAXIMUM])
{
    Dwarf_Addr bias;
    Dwarf_Die *unit = dwfl_module_addrdie(module, address, &bias);
    Dwarf_Die *innermost = NULL, *scopes = NULL;
    unsigned used = 0;
    if (unit != NULL && dwarf_getscopes(unit, address - bias, &innermost) > 0) {
        int count = dwarf_getscopes_die(&innermost[0], &scopes);
        if (count > 0) {
            used = name_scopes(unit, scopes, count, symbols);
        }
    }
    free(scopes);
    free(innermost);
    return used;
}

unsigned symbolise(uintptr_t return_address, struct symbol symbols[SYMBOLS_MAXIMUM])
{
    Dwarf_Addr address = return_address - 1;
    Dwfl_Module *module = images() != NULL ? dwfl_addrmodule(dwfl, address) : NULL;
    memset(&symbols[0], 0, sizeof(symbols[0]));
    if (module == NULL) {
        symbols[0].offset = address;
        return 1;
    }
    Dwarf_Addr start = 0, end = 0;
    const char *path = dwfl_module_info(module, NULL, &start, &end, NULL, NULL, NULL, NULL);
    if (address >= end) {
        symbols[0].offset = address; /* the last module is given for whatever lies above it */
        return 1;
    }
    const char *slash = path != NULL ? strrchr(path, '/') : NULL;
    copy(symbols[0].image, sizeof(symbols[0].image), slash != NULL ? slash + 1 : path);
    symbols[0].offset = address - start;

    Dwfl_Line *line = dwfl_module_getsrc(module, address);
    if (line != NULL) {
        copy(symbols[0].file, sizeof(symbols[0].file),
             dwfl_lineinfo(line, NULL, &symbols[0].line, NULL, NULL, NULL));
    }
    unsigned used = name_functions(module, address, symbols);
    if (used == 0) {
        copy(symbols[0].function, sizeof(symbols[0].function), dwfl_module_addrname(module, address));
        used = 1;
    }
    return used;
}

void symbolise_short(uintptr_t return_address, char *text, unsigned size)
{
    struct symbol symbols[SYMBOLS_MAXIMUM];
    symbolise(return_address, symbols);
    const struct symbol *symbol = &symbols[0];
    const char *slash = strrchr(symbol->file, '/');
    if (symbol->file[0] != '\0') {
        snprintf(text, size, "%s (%s:%d)", symbol->function[0] != '\0' ? symbol->function : "?",
                 slash != NULL ? slash + 1 : symbol->file, symbol->line);
    } else if (symbol->function[0] != '\0') {
        snprintf(text, size, "%s", symbol->function);
    } else {
        snprintf(text, size, "%s+0x%llx", symbol->image, (unsigned long long)symbol->offset);
    }
}

/* libundis's own variables are nothing that a driver's author knows. */
static bool is_own(Dwfl_Module *module)
{
    return module == dwfl_addrmodule(dwfl, (Dwarf_Addr)(uintptr_t)&dwfl);
}

bool symbolise_data(uintptr_t address, char *text, unsigned size)
{
    Dwfl_Module *module = images() != NULL ? dwfl_addrmodule(dwfl, address) : NULL;
    GElf_Off offset = 0;
    GElf_Sym symbol;
    const char *name = module != NULL && !is_own(module)
                           ? dwfl_module_addrinfo(module, address, &offset, &symbol, NULL, NULL, NULL)
                           : NULL;
    if (name == NULL || (symbol.st_size != 0 && offset >= symbol.st_size)) {
        snprintf(text, size, "0x%llx", (unsigned long long)address);
        return false;
    }
    if (offset != 0) {
        snprintf(text, size, "%s+%llu", name, (unsigned long long)offset);
    } else {
        snprintf(text, size, "%s", name);
    }
    return true;
}
