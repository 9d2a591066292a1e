/*
 * frame.c - the verifier's notes on IRQL in a callback frame's cookie.
 *
 * cookie[0]: bit 0 forgiven, bit 1 touched freed memory, bits 8 to 15 the number of open raises; cookie[1]:
 * their saved levels, four bits each, the newest lowest.  A frame moves with its thread, so the notes do;
 * outside any callback they are the thread's own, for below DISPATCH_LEVEL it may go on elsewhere.  Not
 * guaranteed: more than 16 nested raises.
 */
#include "verifier/frame.h"

#include "ke/thread.h"
#include "verifier/verifier.h"

#define FORGIVEN 1u
#define TOUCHED_FREED 2u
#define COUNT_SHIFT 8
#define RAISES_MAXIMUM 16

/* The notes of what runs outside any callback on that processor. */
static uintptr_t *loose(const struct ke_processor *processor, struct verifier_processor *verifier)
{
    return processor->current != NULL ? processor->current->loose : verifier->loose;
}

static uintptr_t *cookie(const struct event *event)
{
    struct callback_frame *frame = event->processor->callback;
    return frame != NULL ? frame->cookie : loose(event->processor, verifier_processor(event));
}

static unsigned count_of(const uintptr_t *notes)
{
    return (unsigned)(notes[0] >> COUNT_SHIFT & 0xFF);
}

static void count_set(uintptr_t *notes, unsigned count)
{
    notes[0] = (notes[0] & 0xFF) | (uintptr_t)count << COUNT_SHIFT;
}

KIRQL frame_entry_irql(const struct event *event)
{
    const struct callback_frame *frame = event->processor->callback;
    return frame != NULL ? frame->irql : PASSIVE_LEVEL;
}

void frame_raise_push(const struct event *event, KIRQL saved)
{
    uintptr_t *notes = cookie(event);
    unsigned count = count_of(notes);
    notes[1] = notes[1] << 4 | (saved & 0xF);
    count_set(notes, count < RAISES_MAXIMUM ? count + 1 : count);
}

bool frame_raise_top(const struct event *event, KIRQL *saved)
{
    const uintptr_t *notes = cookie(event);
    *saved = (KIRQL)(notes[1] & 0xF);
    return count_of(notes) > 0;
}

void frame_raise_pop(const struct event *event)
{
    uintptr_t *notes = cookie(event);
    unsigned count = count_of(notes);
    notes[1] >>= 4;
    count_set(notes, count > 0 ? count - 1 : 0);
}

void frame_forgive(const struct event *event)
{
    cookie(event)[0] |= FORGIVEN;
}

void frame_forgive_other(struct callback_frame *frame, unsigned processor)
{
    uintptr_t *notes =
        frame != NULL ? frame->cookie : loose(&ke_processors[processor], verifier_processor_at(processor));
    __atomic_fetch_or(&notes[0], FORGIVEN, __ATOMIC_RELAXED);
}

bool frame_is_forgiven(const struct event *event)
{
    return (cookie(event)[0] & FORGIVEN) != 0;
}

void frame_settle(const struct event *event, struct verifier_processor *me, KIRQL irql)
{
    uintptr_t *notes = cookie(event);
    if ((notes[0] & FORGIVEN) != 0 && me->depth == 0 && !me->order_broken &&
        irql == frame_entry_irql(event)) {
        notes[0] &= ~(uintptr_t)FORGIVEN;
    }
}

void frame_note_freed(const struct event *event)
{
    cookie(event)[0] |= TOUCHED_FREED;
}

bool frame_touched_freed(const struct event *event)
{
    return event->processor != NULL && verifier_processor(event) != NULL &&
           (cookie(event)[0] & TOUCHED_FREED) != 0;
}
