/*
 * buf_ring.c - a ring of several producers and several consumers: N threads put in one message each, and take
 * one out.  A thread that would have to try again, or to wait for another one, ends its execution uncounted.
 */
#include "yardstick.h"

#define PLACES 8u

enum { DROPPED = 0xDEAD, SENT = 0xBEEF };

static struct {
    uint32_t produce_head, produce_tail, consume_head, consume_tail;
    int *place[PLACES];
} ring;
static int message[N];

static void advance_head(uint32_t *head, uint32_t from, uint32_t to)
{
    bool won = __atomic_compare_exchange_n(head, &from, to, false, __ATOMIC_SEQ_CST, __ATOMIC_SEQ_CST);
    undis_assume(won);
}

static bool put(int *item)
{
    uint32_t head = READ(ring.produce_head);
    uint32_t consumed = READ(ring.consume_tail);
    uint32_t next = (head + 1) % PLACES;
    if (next == consumed) {
        return false;
    }
    advance_head(&ring.produce_head, head, next);
    WRITE(ring.place[head], item);
    undis_assume(READ(ring.produce_tail) == head);
    WRITE(ring.produce_tail, next);
    return true;
}

static int *take(void)
{
    uint32_t head = READ(ring.consume_head);
    uint32_t produced = READ(ring.produce_tail);
    uint32_t next = (head + 1) % PLACES;
    if (head == produced) {
        return NULL;
    }
    advance_head(&ring.consume_head, head, next);
    int *item = READ(ring.place[head]);
    undis_assume(READ(ring.consume_tail) == head);
    WRITE(ring.consume_tail, next);
    return item;
}

static void user(void *argument)
{
    int *own = &message[number_of(argument)];
    *own = SENT;
    if (!put(own)) {
        *own = DROPPED;
    }
    int *found = take();
    if (found != NULL) {
        undis_assert(*found == SENT);
    }
    note(number_of(argument), found == NULL ? -1 : (int)(found - message));
}

STATE((int)ring.produce_tail, (int)ring.consume_tail);

void undis_scenario(void)
{
    SHOW_STATE();
    for (unsigned i = 0; i < N; i++) {
        start(i, user);
    }
}
