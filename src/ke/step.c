/*
 * step.c - how code on a processor says what it is about to do (contract in step.h).
 *
 * Masked code and host threads that are no processor take no steps.
 */
#include "ke/step.h"

#if UNDIS_CHECKED

#include "ke/engine.h"

#include <stddef.h>
#include <string.h>

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

_Static_assert(offsetof(struct op, flags) == 1 && offsetof(struct op, level) == 2 &&
                   offsetof(struct op, new_level) == 3 && offsetof(struct op, processor) == 4 &&
                   __BYTE_ORDER__ == __ORDER_LITTLE_ENDIAN__,
               "one store below");

/* The first fields in one store: they are read again at once, and as one word, which would wait for several.
 */
static inline __attribute__((always_inline)) struct op op_here(enum op_kind kind, unsigned flags)
{
    ke_step_end();
    KIRQL irql = ke_irql();
    uint64_t head = (uint64_t)kind | (uint64_t)(uint8_t)flags << 8 | (uint64_t)irql << 16 |
                    (uint64_t)irql << 24 | (uint64_t)(uint8_t)ke_processor()->number << 32;
    struct op op = {.kind = OP_NONE};
    memcpy(&op, &head, sizeof(head));
    return op;
}

struct op ke_op_here(enum op_kind kind, unsigned flags)
{
    return op_here(kind, flags);
}

void ke_step_memory(enum op_kind kind, unsigned flags, const volatile void *address, size_t size,
                    uint64_t expected, uintptr_t pc)
{
    if (may_step()) {
        struct op op = op_here(kind, flags);
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
        struct op op = op_here(kind, OP_ATOMIC);
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
    struct op op = op_here(OP_OBJECT, flags | OP_LIBRARY);
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
        struct op op = op_here(new_level > ke_irql() ? OP_RAISE : OP_LOWER, OP_LIBRARY);
        op.new_level = new_level;
        ke_engine->step(&op);
    }
}

#endif
