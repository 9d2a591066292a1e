/*
 * ddi.h - the IRQL at which a function of the DDI is entered (spec IR-10; share/ddi/irql.tsv).
 *
 * The first statement of each exported function of the DDI is ddi_enter(ItsName).  In the checked build it
 * compares the processor's IRQL with the two constants of the function's row: one load, one compare.  Outside
 * them EVENT_DDI_IRQL tells from where the function was called; the verifier judges the calls of drivers, and
 * the library's own are nobody's concern.  A second compare tells whether the caller may be pageable code at
 * DISPATCH_LEVEL, where the page allows the call itself.  In the free build both are nothing.
 *
 * Levels, conditions and names are generated from the table, never typed here.
 */
#ifndef UNDIS_KE_DDI_H
#define UNDIS_KE_DDI_H

#include "ke/event.h"

#include "ddi_levels.h"

/* A row of the table. */
struct ddi_row {
    const char *name;
    const char *level; /* as in the table: "<=DISPATCH", "PASSIVE(periodic)|<=DISPATCH(one-shot)" */
    const char *rules; /* of Windows that judge the same, separated by blanks; "" for none */
    const char *page;
    uint32_t bugcheck; /* that Windows has for it, with parameter 1 */
    uint32_t parameter;
    KIRQL lowest, highest; /* where one of its conditions allows the call */
    bool macro;
};
extern const struct ddi_row ddi_rows[DDI_COUNT];

/* A level in parentheses; the list ends with DDI_COUNT. */
struct ddi_condition {
    enum ddi ddi;
    const char *name; /* as in ddi_enter_when */
    const char *text;
    uint32_t bugcheck, parameter;
};
extern const struct ddi_condition ddi_conditions[];

/* Levels at which another rule judges the call; the list ends with DDI_COUNT. */
struct ddi_special {
    enum ddi ddi;
    KIRQL lowest, highest;
};
extern const struct ddi_special ddi_specials[];

#if UNDIS_CHECKED

/* One for each ddi_enter in the library; aligned, so that the compiler leaves no gaps between them. */
struct ddi_judge {
    const void *at; /* in the function that it stands in */
    const char *function;
    enum ddi ddi;
} __attribute__((aligned(32)));

/* All of them; count may not be NULL. */
const struct ddi_judge *ddi_judges(size_t *count);

/*
 * IRQL is out of the row's range, or, with a condition, out of that condition's.  from = the address that the
 * function returns to.
 */
__attribute__((cold)) void ddi_out_of_range(enum ddi ddi, const char *condition, KIRQL lowest, KIRQL highest,
                                            const void *from);

/* From this level on a call may be one that pageable code makes (pageable.h); 255: there is no such code. */
extern KIRQL ddi_pageable_from;

/* A function of the DDI is called from there, at ddi_pageable_from or above. */
__attribute__((cold)) void ddi_pageable_call(const void *from);

/* The address of a label in a static variable also keeps the compiler from inlining the function: its return
 * address is then that of the call by its name. */
#define ddi_enter(name)                                                                                      \
    __extension__({                                                                                          \
        __label__ ddi_here;                                                                                  \
        static const struct ddi_judge ddi_judge                                                              \
            __attribute__((used, section("undis_ddi"))) = {&&ddi_here, __func__, DDI_##name};                \
    ddi_here:                                                                                                \
        if (((int)DDI_LOWEST_##name > PASSIVE_LEVEL || (int)DDI_HIGHEST_##name < HIGH_LEVEL) &&              \
            __builtin_expect((unsigned)ke_irql() - (unsigned)DDI_LOWEST_##name >                             \
                                 (unsigned)DDI_HIGHEST_##name - (unsigned)DDI_LOWEST_##name,                 \
                             0)) {                                                                           \
            ddi_out_of_range(DDI_##name, NULL, DDI_LOWEST_##name, DDI_HIGHEST_##name,                        \
                             __builtin_return_address(0));                                                   \
        }                                                                                                    \
        if ((int)DDI_HIGHEST_##name >= DISPATCH_LEVEL &&                                                     \
            __builtin_expect(ke_irql() >= ddi_pageable_from, 0)) {                                           \
            ddi_pageable_call(__builtin_return_address(0));                                                  \
        }                                                                                                    \
        (void)0;                                                                                             \
    })

/*
 * After ddi_enter, where the level depends on how the function is called: the row has a level "(condition)",
 * which holds when `holds` is true.  Characters other than letters and digits are written '_'.
 */
#define ddi_enter_when(name, condition, holds)                                                               \
    do {                                                                                                     \
        if (__builtin_expect((unsigned)ke_irql() - (unsigned)DDI_LOWEST_##name##_##condition >               \
                                 (unsigned)DDI_HIGHEST_##name##_##condition -                                \
                                     (unsigned)DDI_LOWEST_##name##_##condition,                              \
                             0) &&                                                                           \
            (holds)) {                                                                                       \
            ddi_out_of_range(DDI_##name, #condition, DDI_LOWEST_##name##_##condition,                        \
                             DDI_HIGHEST_##name##_##condition, __builtin_return_address(0));                 \
        }                                                                                                    \
    } while (0)

/* The same where the condition's own range is known only now: the level of an interrupt. */
#define ddi_enter_range(name, condition, from, to)                                                           \
    do {                                                                                                     \
        if (__builtin_expect(ke_irql() < (from) || ke_irql() > (to), 0)) {                                   \
            ddi_out_of_range(DDI_##name, #condition, (from), (to), __builtin_return_address(0));             \
        }                                                                                                    \
    } while (0)

#else

#define ddi_enter(name) ((void)0)
#define ddi_enter_when(name, condition, holds) ((void)(0 && (holds))) /* what it names is used */
#define ddi_enter_range(name, condition, from, to) ((void)(0 && (from) && (to)))

#endif

#endif
