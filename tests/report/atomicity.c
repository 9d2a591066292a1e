/*
 * atomicity.c - which of the steps before a failed assertion are called a write of a stale value.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include "report/atomicity.h"

#include <string.h>

#define STEPS 16

static uint64_t lock, other_lock, data[2];

/* A schedule as a word per step, "aR": the actor, a or b, and what it does. */
static size_t build(struct table_step *steps, const char *text)
{
    static const struct {
        char letter;
        uint8_t kind, flags;
        const void *address;
        unsigned lock_count;
        const void *held;
    } kinds[] = {
        {'L', OP_LOCK, 0, &lock, 0, NULL},
        {'U', OP_UNLOCK, 0, &lock, 1, &lock},
        {'R', OP_READ, 0, data, 1, &lock},
        {'W', OP_WRITE, 0, data, 1, &lock},
        {'V', OP_WRITE, OP_ATOMIC | OP_VOLATILE, data, 1, &lock},
        {'A', OP_UPDATE, OP_ATOMIC, data, 1, &lock},
        {'r', OP_READ, 0, data, 0, NULL},
        {'w', OP_WRITE, 0, data, 0, NULL},
        {'o', OP_READ, 0, data, 1, &other_lock},
        {'N', OP_WRITE, 0, &data[1], 1, &lock},
        {'F', OP_FREE, OP_LIBRARY, data, 0, NULL},
        {'B', OP_WRITE, OP_LIBRARY, data, 1, &lock},
    };
    size_t count = 0;
    for (const char *word = text; *word != '\0'; word += word[2] == ' ' ? 3 : 2, count++) {
        size_t i = 0;
        while (kinds[i].letter != word[1]) {
            i++;
        }
        assert_true(count < STEPS && i < sizeof(kinds) / sizeof(kinds[0]));
        steps[count] =
            (struct table_step){.actor = (unsigned)(word[0] - 'a'), .lock_count = kinds[i].lock_count};
        steps[count].op.kind = kinds[i].kind;
        steps[count].op.flags = kinds[i].flags;
        steps[count].op.addr = (uintptr_t)kinds[i].address;
        steps[count].op.size = sizeof(data[0]);
        steps[count].locks[0] = kinds[i].held;
    }
    return count;
}

static void expect_found(const char *text, size_t read, size_t changed, size_t written)
{
    struct table_step steps[STEPS];
    struct atomicity found;
    assert_true(atomicity_find(steps, build(steps, text), &found));
    assert_int_equal(found.read, read);
    assert_int_equal(found.changed, changed);
    assert_int_equal(found.written, written);
    assert_ptr_equal(found.lock, &lock);
}

static void expect_none(const char *text)
{
    struct table_step steps[STEPS];
    struct atomicity found;
    assert_false(atomicity_find(steps, build(steps, text), &found));
}

static void found(void **state)
{
    (void)state;
    expect_found("aL aR aU bL bR bW bU aL aW aU", 1, 5, 8);
    expect_found("aL aR aU bL bV bU aL aV aU", 1, 4, 7);           /* a volatile counter */
    expect_found("aL aR aU bL bA bU aL aW aU", 1, 4, 7);           /* changed by an atomic operation */
    expect_found("aL aR aU bL bW bU bL bW bU aL aW aU", 1, 7, 10); /* the last change */
    expect_found("aL aR aU aL aN aU bL bW bU aL aW aU", 1, 7, 10); /* other data in between */
}

static void not_found(void **state)
{
    (void)state;
    expect_none("");
    expect_none("aL aR aW aU bL bR bW bU");       /* read and written in one */
    expect_none("aL aR aU bL bW bU aL aR aW aU"); /* it looks again */
    expect_none("aL aR aU aL aW aU bL bR bW bU"); /* nobody comes in between */
    expect_none("aL aR aU aL aW aU");             /* nobody else */
    expect_none("aL aR aU bw aL aW aU");          /* a data race */
    expect_none("ar bL bW bU aL aW aU");          /* read without the lock, */
    expect_none("ao aU bL bW bU aL aW aU");       /* under another one */
    expect_none("aL aR aU bL bW bU aw");          /* written without it */
    expect_none("aL aR bW aW aU");                /* the lock is never given up */
    expect_none("aL aR aU bL bN bU aL aW aU");    /* something else was changed */
    expect_none("aL aR aU bL bR bU aL aW aU");    /* nothing was */
    expect_none("aL aR aU bF bL bW bU aL aW aU"); /* it is another object now */
    expect_none("aL aR aU bL bB bU aL aW aU");    /* by the library, at somebody's request */
    expect_none("aL aW aU bL bW bU aL aW aU");    /* nothing was read */
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(found),
        cmocka_unit_test(not_found),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
