/*
 * chase_lev.c - the work-stealing deque of Chase and Lev with places for N values: its owner pushes five,
 * pops three and pushes two more, while a thief steals once.
 */
#include "yardstick.h"

static struct {
    uint64_t bottom, top;
    int64_t values[N];
} deque;

static bool advance_top(uint64_t top)
{
    return __atomic_compare_exchange_n(&deque.top, &top, top + 1, false, __ATOMIC_SEQ_CST, __ATOMIC_SEQ_CST);
}

static bool push(int64_t value)
{
    uint64_t bottom = READ(deque.bottom);
    uint64_t top = READ(deque.top);
    if ((int64_t)(bottom - top) >= N) {
        return false;
    }
    deque.values[bottom % N] = value;
    WRITE(deque.bottom, bottom + 1);
    return true;
}

/* The value popped, or -1. */
static int64_t pop(void)
{
    uint64_t bottom = READ(deque.bottom);
    WRITE(deque.bottom, bottom - 1);
    int64_t length = (int64_t)(bottom - READ(deque.top));
    if (length <= 0) {
        WRITE(deque.bottom, bottom);
        return -1;
    }
    int64_t value = deque.values[(bottom - 1) % N];
    if (length > 1) {
        return value;
    }
    bool won = advance_top(bottom - 1);
    WRITE(deque.bottom, bottom);
    return won ? value : -1;
}

static int64_t steal(void)
{
    uint64_t top = READ(deque.top);
    int64_t length = (int64_t)(READ(deque.bottom) - top);
    if (length <= 0) {
        return -1;
    }
    int64_t value = deque.values[top % N];
    return advance_top(top) ? value : -1;
}

static void owner(void *unused)
{
    int next = 1;
    (void)unused;
    while (next <= 5) {
        push(next++);
    }
    for (int i = 0; i < 3; i++) {
        int64_t value = pop();
        note(1 + i, (int)value);
    }
    while (next <= 7) {
        push(next++);
    }
}

static void thief(void *unused)
{
    (void)unused;
    int64_t value = steal();
    note(0, (int)value);
}

STATE((int)deque.bottom, (int)deque.top);

void undis_scenario(void)
{
    SHOW_STATE();
    start(0, owner);
    start(1, thief);
}
