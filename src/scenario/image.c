/*
 * image.c - looks at a driver's file with libelf.
 *
 * What is not guaranteed: a file that passes may still be malformed in ways that only the dynamic linker
 * notices (relocations, hash tables); load.c tries that in a process of its own first.
 */
#include "scenario/image.h"

#include <dlfcn.h>
#include <gelf.h>
#include <libelf.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#if defined(__x86_64__)
#define THIS_MACHINE EM_X86_64
#elif defined(__aarch64__)
#define THIS_MACHINE EM_AARCH64
#endif

/* What one check wants to know, in one place. */
struct image {
    Elf *elf;
    GElf_Ehdr header;
    size_t size;
    char *why;
    size_t why_size;
};

static bool reject(struct image *image, const char *format, ...) __attribute__((format(printf, 2, 3)));
static bool reject(struct image *image, const char *format, ...)
{
    va_list arguments;
    va_start(arguments, format);
    vsnprintf(image->why, image->why_size, format, arguments);
    va_end(arguments);
    return false;
}

static bool check_header(struct image *image)
{
    if (elf_kind(image->elf) != ELF_K_ELF) {
        return reject(image, "is not an ELF file (a driver is built with `undis cc`)");
    }
    if (gelf_getehdr(image->elf, &image->header) == NULL) {
        return reject(image, "has a damaged ELF header");
    }
    if (image->header.e_ident[EI_CLASS] != ELFCLASS64) {
        return reject(image, "is a 32-bit ELF file; drivers are 64-bit");
    }
    if (image->header.e_ident[EI_DATA] != ELFDATA2LSB || image->header.e_machine != THIS_MACHINE) {
        return reject(image, "is built for another machine (ELF machine %u, wanted %u)",
                      image->header.e_machine, THIS_MACHINE);
    }
    if (image->header.e_type == ET_REL) {
        return reject(image, "is an object file; link it into a driver with `undis cc`");
    }
    if (image->header.e_type != ET_DYN) {
        return reject(image, "is not a shared object (ELF type %u)", image->header.e_type);
    }
    return true;
}

static bool outside(const struct image *image, uint64_t offset, uint64_t length)
{
    return offset > image->size || length > image->size - offset;
}

/* Everything that the headers point at must be there. */
static bool check_extent(struct image *image)
{
    const GElf_Ehdr *header = &image->header;
    size_t segments;
    if (elf_getphdrnum(image->elf, &segments) != 0 || segments == 0) {
        return reject(image, "has no program headers");
    }
    if (outside(image, header->e_phoff, (uint64_t)segments * header->e_phentsize) ||
        outside(image, header->e_shoff, (uint64_t)header->e_shnum * header->e_shentsize)) {
        return reject(image, "is truncated: its headers lie beyond its end");
    }
    for (size_t i = 0; i < segments; i++) {
        GElf_Phdr segment;
        if (gelf_getphdr(image->elf, (int)i, &segment) == NULL) {
            return reject(image, "has damaged program headers");
        }
        if (outside(image, segment.p_offset, segment.p_filesz)) {
            return reject(image, "is truncated: segment %zu ends beyond its %zu bytes", i, image->size);
        }
    }
    return true;
}

/* The entries of a section. */
struct table {
    Elf_Data *data;
    size_t count, strings; /* strings: the section of their names */
};

static bool find_table(const struct image *image, GElf_Word type, struct table *table)
{
    Elf_Scn *section = NULL;
    GElf_Shdr header;
    while ((section = elf_nextscn(image->elf, section)) != NULL) {
        if (gelf_getshdr(section, &header) != NULL && header.sh_type == type && header.sh_entsize != 0) {
            *table = (struct table){elf_getdata(section, NULL), header.sh_size / header.sh_entsize,
                                    header.sh_link};
            return table->data != NULL;
        }
    }
    return false;
}

/* Entry `i` of the dynamic section; false behind the last one. */
static bool dynamic_entry(const struct table *table, size_t i, GElf_Dyn *entry)
{
    return i < table->count && gelf_getdyn(table->data, (int)i, entry) != NULL && entry->d_tag != DT_NULL;
}

/* Position-independent executables are ET_DYN as well; dlopen refuses them in other words. */
static bool check_dynamic(struct image *image)
{
    struct table table;
    GElf_Dyn entry;
    if (!find_table(image, SHT_DYNAMIC, &table)) {
        return reject(image, "has no dynamic section");
    }
    for (size_t i = 0; dynamic_entry(&table, i, &entry); i++) {
        if (entry.d_tag == DT_FLAGS_1 && (entry.d_un.d_val & DF_1_PIE) != 0) {
            return reject(image, "is a program, not a shared object; build it with `undis cc`");
        }
    }
    return true;
}

/* True when a library that the driver itself asks for (DT_NEEDED) has that symbol. */
static bool found_in_needed(const struct image *image, const char *symbol)
{
    struct table table;
    GElf_Dyn entry;
    bool any = find_table(image, SHT_DYNAMIC, &table);
    for (size_t i = 0; any && dynamic_entry(&table, i, &entry); i++) {
        const char *name =
            entry.d_tag == DT_NEEDED ? elf_strptr(image->elf, table.strings, entry.d_un.d_val) : NULL;
        void *library = name == NULL ? NULL : dlopen(name, RTLD_LAZY | RTLD_LOCAL);
        if (library != NULL && dlsym(library, symbol) != NULL) {
            return true;
        }
    }
    return false;
}

/* Appends one missing import to the list; says how many more there are once the room is used up. */
static void list_missing(struct image *image, const char *name, size_t *count, size_t *unlisted)
{
    size_t used = *count == 0 ? 0 : strlen(image->why);
    if (*count == 0) {
        used = (size_t)snprintf(image->why, image->why_size, "imports what undis does not export:");
    }
    ++*count;
    if (used + strlen(name) + 32 > image->why_size) {
        ++*unlisted;
        return;
    }
    snprintf(image->why + used, image->why_size - used, "%s%s", *count == 1 ? " " : ", ", name);
}

/* Exported functions and imports that say what kind of file it is. */
static void note_symbol(struct image_facts *facts, const char *name, const GElf_Sym *symbol)
{
    bool function = GELF_ST_TYPE(symbol->st_info) == STT_FUNC;
    if (symbol->st_shndx == SHN_UNDEF) {
        facts->miniport = facts->miniport || strcmp(name, "NdisMRegisterMiniportDriver") == 0;
        facts->instrumented = facts->instrumented || strcmp(name, "__tsan_init") == 0;
    } else if (function) {
        facts->entry = facts->entry || strcmp(name, "DriverEntry") == 0;
        facts->scenario = facts->scenario || strcmp(name, "undis_scenario") == 0;
    }
}

/* What only a free build of one layout exports (undis/free/region.h). */
static bool is_bound_to_free_build(const char *import)
{
    return strncmp(import, "undis_free_", sizeof("undis_free_") - 1) == 0;
}

static bool reject_free(struct image *image)
{
    return reject(image,
                  UNDIS_CHECKED
                      ? "is built with `undis cc --free` and runs on the free build only: `undis run --free`"
                      : "is built with the `undis cc --free` of another version of undis: build it again");
}

static bool check_symbols(struct image *image, struct image_facts *facts)
{
    struct table table;
    if (!find_table(image, SHT_DYNSYM, &table)) {
        return reject(image, "exports nothing, so there is no DriverEntry");
    }
    size_t missing = 0, unlisted = 0;
    for (size_t i = 1; i < table.count; i++) {
        GElf_Sym symbol;
        const char *name;
        if (gelf_getsym(table.data, (int)i, &symbol) == NULL ||
            (name = elf_strptr(image->elf, table.strings, symbol.st_name)) == NULL) {
            return reject(image, "has a damaged symbol table");
        }
        note_symbol(facts, name, &symbol);
        if (symbol.st_shndx == SHN_UNDEF && GELF_ST_BIND(symbol.st_info) == STB_GLOBAL &&
            dlsym(RTLD_DEFAULT, name) == NULL && !found_in_needed(image, name)) {
            if (is_bound_to_free_build(name)) {
                return reject_free(image);
            }
            list_missing(image, name, &missing, &unlisted);
        }
    }
    if (!facts->entry && !facts->scenario) {
        return reject(image, "does not export DriverEntry");
    }
    if (unlisted != 0) {
        size_t used = strlen(image->why);
        snprintf(image->why + used, image->why_size - used, " and %zu more", unlisted);
    }
    return missing == 0;
}

/* ---- variables per host thread ------------------------------------------------------------------ */

static bool has_thread_segment(Elf *elf)
{
    size_t segments = 0;
    elf_getphdrnum(elf, &segments);
    for (size_t i = 0; i < segments; i++) {
        GElf_Phdr segment;
        if (gelf_getphdr(elf, (int)i, &segment) != NULL && segment.p_type == PT_TLS) {
            return true;
        }
    }
    return false;
}

/* The first such variable that a symbol table names. */
static const char *thread_symbol(const struct image *image, GElf_Word type)
{
    struct table table;
    bool any = find_table(image, type, &table);
    for (size_t i = 1; any && i < table.count; i++) {
        GElf_Sym symbol;
        if (gelf_getsym(table.data, (int)i, &symbol) != NULL && GELF_ST_TYPE(symbol.st_info) == STT_TLS) {
            return elf_strptr(image->elf, table.strings, symbol.st_name);
        }
    }
    return NULL;
}

/* NULL: there are none. */
static const char *thread_variable(const struct image *image)
{
    if (!has_thread_segment(image->elf)) {
        return NULL;
    }
    const char *name = thread_symbol(image, SHT_SYMTAB);
    name = name != NULL ? name : thread_symbol(image, SHT_DYNSYM);
    return name != NULL ? name : "one without a name";
}

bool driver_image_thread_local(char *data, size_t size, char *name, size_t name_size)
{
    elf_version(EV_CURRENT);
    struct image image = {.elf = elf_memory(data, size), .size = size};
    const char *found =
        image.elf != NULL && elf_kind(image.elf) == ELF_K_ELF ? thread_variable(&image) : NULL;
    if (found != NULL) {
        snprintf(name, name_size, "%s", found);
    }
    elf_end(image.elf);
    return found != NULL;
}

/* All processors of the explored engine share one host thread, and so such a variable. */
static bool check_thread_variables(struct image *image, struct image_facts *facts)
{
    const char *name = thread_variable(image);
    facts->thread_local = name != NULL;
    if (name != NULL && facts->instrumented) {
        return reject(
            image, "has a variable per host thread (%s), which the explored engine cannot keep apart", name);
    }
    return true;
}

/* ---- all of it ----------------------------------------------------------------------------------- */

bool driver_image_check(char *data, size_t size, struct image_facts *facts, char *why, size_t why_size)
{
    struct image_facts found = {0};
    struct image image = {.size = size, .why = why, .why_size = why_size};
    if (size == 0) {
        return reject(&image, "is empty");
    }
    elf_version(EV_CURRENT);
    image.elf = elf_memory(data, size);
    if (image.elf == NULL) {
        return reject(&image, "is not an ELF file (%s)", elf_errmsg(-1));
    }
    bool good = check_header(&image) && check_extent(&image) && check_dynamic(&image) &&
                check_symbols(&image, &found) && check_thread_variables(&image, &found);
    elf_end(image.elf);
    if (good && facts != NULL) {
        *facts = found;
    }
    return good;
}
