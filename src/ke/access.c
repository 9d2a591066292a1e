/*
 * access.c - accesses to driver memory, by instrumented code and by the DDI (contract in step.h).
 */
#include "ke/step.h"

#if UNDIS_CHECKED

static struct access_checker *checkers;

void access_check_add(struct access_checker *checker)
{
    checker->next = checkers;
    checkers = checker;
}

static void tell_checkers(uintptr_t address, size_t size, unsigned flags, uintptr_t pc)
{
    struct access access = {address, size, flags, pc};
    for (struct access_checker *checker = checkers; checker != NULL; checker = checker->next) {
        checker->check(&access);
    }
}

void ke_access_object(const volatile void *object, size_t size, unsigned flags, uintptr_t pc)
{
    if (checkers != NULL) {
        tell_checkers((uintptr_t)object, size, flags | ACCESS_LIBRARY | ACCESS_ATOMIC | ACCESS_WRITE, pc);
    }
}

static unsigned op_flags(unsigned flags)
{
    return ((flags & (ACCESS_ATOMIC | ACCESS_VOLATILE)) != 0 ? OP_ATOMIC : 0) |
           ((flags & ACCESS_VOLATILE) != 0 ? OP_VOLATILE : 0) |
           ((flags & ACCESS_LIBRARY) != 0 ? OP_LIBRARY : 0);
}

void ke_access(const volatile void *address, size_t size, unsigned flags, uintptr_t pc)
{
    KE_STEP(ke_step_memory((flags & ACCESS_WRITE) != 0 ? OP_WRITE : OP_READ, op_flags(flags), address, size,
                           0, pc));
    if (checkers != NULL) {
        tell_checkers((uintptr_t)address, size, flags, pc);
    }
}

void ke_access_update(const volatile void *address, size_t size, bool compares, uint64_t expected,
                      uintptr_t pc)
{
    KE_STEP(ke_step_memory(OP_UPDATE, OP_ATOMIC | (compares ? OP_COMPARES : 0), address, size, expected, pc));
    if (checkers != NULL) {
        tell_checkers((uintptr_t)address, size, ACCESS_WRITE | ACCESS_ATOMIC, pc);
    }
}

#endif
