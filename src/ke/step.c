/*
 * step.c - how code on a processor says what it is about to do (contract in step.h).
 *
 * Masked code and host threads that are no processor take no steps.
 */
#include "ke/step.h"

#if UNDIS_CHECKED

#include "ke/engine.h"

bool ke_stepping;
void (*ke_step_epilogue)(void);

static bool may_step(void)
{
    return ke_irql() != KE_MASKED;
}

void ke_step_end(void)
{
    if (ke_step_epilogue != NULL) {
        void (*epilogue)(void) = ke_step_epilogue;
        ke_step_epilogue = NULL;
        epilogue();
    }
}

struct op ke_op_here(enum op_kind kind, unsigned flags)
{
    ke_step_end();
    KIRQL irql = ke_irql();
    return (struct op){.kind = (uint8_t)kind,
                       .flags = (uint8_t)flags,
                       .level = irql,
                       .new_level = irql,
                       .processor = (int8_t)ke_processor()->number};
}

void ke_step_memory(enum op_kind kind, unsigned flags, const volatile void *address, size_t size,
                    uint64_t expected, uintptr_t pc)
{
    if (may_step()) {
        struct op op = ke_op_here(kind, flags);
        op.addr = (uintptr_t)address;
        op.size = (uint32_t)size;
        op.expected = expected;
        op.pc = pc;
        ke_engine->step(&op);
    }
}

void ke_step_lock(enum op_kind kind, const volatile uint32_t *word)
{
    if (may_step()) {
        struct op op = ke_op_here(kind, OP_ATOMIC);
        if (kind == OP_UPDATE) {
            op.flags |= OP_COMPARES | OP_TRIES;
        }
        op.addr = (uintptr_t)word;
        op.size = sizeof(*word);
        ke_engine->step(&op);
    }
}

static void step_objects(const volatile void *object, const volatile void *second, const volatile void *third,
                         unsigned flags)
{
    struct op op = ke_op_here(OP_OBJECT, flags | OP_LIBRARY);
    op.object[0] = (uintptr_t)object;
    op.addr = (uintptr_t)object; /* its memory may be freed by others */
    op.size = 1;
    op.object[1] = (uintptr_t)second;
    op.object[2] = (uintptr_t)third;
    ke_engine->step(&op);
}

void ke_step_object(const volatile void *object, const volatile void *other, unsigned flags)
{
    if (may_step()) {
        step_objects(object, other == object ? NULL : other, NULL, flags);
    }
}

void ke_step_objects(const volatile void *object, const volatile void *second, const volatile void *third)
{
    if (may_step()) {
        step_objects(object, second, third, 0);
    }
}

void ke_step_fence(void)
{
    if (may_step()) {
        ke_engine->fence();
    }
}

void ke_step_irql(KIRQL new_level)
{
    if (may_step() && new_level != ke_irql()) {
        /* What a driver calls raising may lower. */
        struct op op = ke_op_here(new_level > ke_irql() ? OP_RAISE : OP_LOWER, OP_LIBRARY);
        op.new_level = new_level;
        ke_engine->step(&op);
    }
}

#endif
