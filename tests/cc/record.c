/*
 * record.c - what an instrumented driver announces.
 *
 *   record DRIVER.so FUNCTION ...   calls the functions and prints the accesses to the driver's variables
 *   record --torn DRIVER.so         another processor changes the source in the middle of copies
 *
 * Writes that lie behind one another are printed as one.
 */
#include "ke/engine.h"

#include <undis/undis.h>

#include <dlfcn.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define RECORDS 4096

static struct access records[RECORDS];
static size_t record_count;
static void *driver;

static void *find(const char *name)
{
    void *symbol = dlsym(driver, name);
    if (symbol == NULL) {
        fprintf(stderr, "record: no %s\n", name);
        exit(2);
    }
    return symbol;
}

static void call(const char *name)
{
    void (*function)(void);
    void *symbol = find(name);
    memcpy(&function, &symbol, sizeof(function));
    function();
}

/* ---- recording ----------------------------------------------------------------------------------- */

/* Is it a variable of the driver?  Not the stack, a literal or a table of virtual functions. */
static bool is_variable(uintptr_t address)
{
    Dl_info where, driver_itself;
    return dladdr((const void *)address, &where) != 0 && dladdr(find("DriverEntry"), &driver_itself) != 0 &&
           where.dli_fbase == driver_itself.dli_fbase && where.dli_sname != NULL && where.dli_sname[0] != '_';
}

static void hear(const struct access *access)
{
    struct access *last = record_count != 0 ? &records[record_count - 1] : NULL;
    if (!is_variable(access->address)) {
        return;
    }
    if (last != NULL && access->flags == ACCESS_WRITE && last->flags == ACCESS_WRITE &&
        last->address + last->size == access->address) {
        last->size += access->size;
    } else if (record_count < RECORDS) {
        records[record_count++] = *access;
    }
}

static void print_record(const struct access *access)
{
    Dl_info where;
    dladdr((const void *)access->address, &where);
    printf("%c%zu %s", access->flags & ACCESS_WRITE ? 'w' : 'r', access->size,
           where.dli_sname != NULL ? where.dli_sname : "?");
    if (access->address != (uintptr_t)where.dli_saddr) {
        printf("+%zu", (size_t)(access->address - (uintptr_t)where.dli_saddr));
    }
    printf("%s%s%s", access->flags & ACCESS_ATOMIC ? " atomic" : "",
           access->flags & ACCESS_VOLATILE ? " volatile" : "",
           access->flags & ACCESS_LIBRARY ? " library" : "");
}

static struct access_checker checker = {.check = hear};

/* On a processor, as the driver's own threads. */
static void record(void *argument)
{
    access_check_add(&checker);
    for (char **names = argument; *names != NULL; names++) {
        record_count = 0;
        call(*names);
        printf("%s:", *names);
        for (size_t r = 0; r < record_count; r++) {
            printf("%s", r == 0 ? " " : ", ");
            print_record(&records[r]);
        }
        printf("\n");
    }
}

/* ---- copies with another processor in between --------------------------------------------------- */

static const struct copy {
    const char *function, *from, *to;
} copies[] = {
    {"copy_structure", "source", "target"},         {"copy_small_structure", "source64", "target64"},
    {"copy_constant", "source", "target"},          {"copy_large_structure", "large_source", "large_target"},
    {"move_large", "large_source", "large_target"},
};
static int *from, *to;
static unsigned steps;

/* Before the copy may write, the source changes. */
static void step(const struct op *op)
{
    steps++;
    if (op->kind == OP_WRITE && op->addr == (uintptr_t)to) {
        from[0] = 2;
    }
}

/* What was read before the change must be written after it, and the change must stand. */
static bool copy_is_torn(const struct copy *copy)
{
    from = find(copy->from);
    to = find(copy->to);
    from[0] = 1;
    to[0] = 0;
    steps = 0;
    KIRQL old;
    KeRaiseIrql(HIGH_LEVEL, &old); /* what interrupts would take steps, too */
    ke_stepping = true;
    call(copy->function);
    bool seen = to[0] == 1;
    ke_reads(to, sizeof(*to)); /* the next step: the copy is over */
    ke_stepping = false;
    KeLowerIrql(old);
    return seen && from[0] == 2 && steps == 3;
}

static void tear(void *argument)
{
    static struct ke_engine engine;
    const struct ke_engine *usual = ke_engine;
    const char **failed = argument;
    engine = *usual;
    engine.step = step;
    ke_engine = &engine;
    *failed = NULL;
    for (size_t i = 0; i < sizeof(copies) / sizeof(copies[0]); i++) {
        if (!copy_is_torn(&copies[i])) {
            *failed = copies[i].function;
        }
    }
    ke_engine = usual;
}

static int copies_are_torn(void)
{
    const char *failed = "nothing has run";
    undis_run(&(struct undis_options){.processors = 1}, tear, &failed);
    if (failed != NULL) {
        fprintf(stderr, "record: %s, %u steps, source %d, target %d\n", failed, steps, from[0], to[0]);
    }
    return failed == NULL ? 0 : 1;
}

int main(int argc, char **argv)
{
    bool is_torn = argc == 3 && strcmp(argv[1], "--torn") == 0;
    if (argc < 3) {
        return 2;
    }
    driver = dlopen(argv[is_torn ? 2 : 1], RTLD_NOW | RTLD_LOCAL);
    if (driver == NULL) {
        fprintf(stderr, "record: %s\n", dlerror());
        return 2;
    }
    if (is_torn) {
        return copies_are_torn();
    }
    return undis_run(&(struct undis_options){.processors = 1}, record, argv + 2) == UNDIS_ENDED ? 0 : 1;
}
