/*
 * equivalent.c - what drivers/unic does for a frame, as an ordinary program of threads and mutexes: what the
 * tools for such programs make slower.
 *
 *   equivalent FRAMES     passes so many frames and says how many
 *   equivalent --pairs N  says what a mutex pair costs, in nanoseconds
 *
 * Two threads send.  A frame goes as in unic: onto the send queue, off it to be mapped, into the transmit
 * ring, and out again when the device is done with it, each under the send lock; one sender at a time feeds
 * the ring. The device is a thread: it copies each frame into a receive buffer and interrupts.  What stands
 * for the DPC is a thread that reclaims, feeds, looks at what has come in and gives the buffers back under
 * the receive lock.  It has no data race.
 */
#include <pthread.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#define RING 256u
#define SENDERS 2u
#define OUTSTANDING 512u
#define PATTERNS 64u
#define LONGEST 1514u

struct frame {
    struct frame *next;
    unsigned length, pieces;
    unsigned char data[LONGEST];
};

static unsigned char patterns[PATTERNS][LONGEST];

static unsigned pattern_length(unsigned pattern)
{
    static const unsigned lengths[] = {60, 66, 90, 66, 1514, 60, 342, 1514};
    return lengths[pattern % 8];
}

/* ---- the adapter ------------------------------------------------------------------------------- */

static pthread_mutex_t send_lock = PTHREAD_MUTEX_INITIALIZER, receive_lock = PTHREAD_MUTEX_INITIALIZER;
static pthread_cond_t may_send = PTHREAD_COND_INITIALIZER;
static struct frame *queue_first, **queue_end = &queue_first;
static unsigned outstanding;
static bool draining;

static struct {
    struct frame *frame;
    bool done;
} transmit[RING];
static unsigned transmit_head, transmit_tail; /* of the ring, under the send lock */

static struct {
    unsigned char data[LONGEST];
    unsigned length;
    bool full;
} receive[RING];
static unsigned receive_next;

/* Of `done` and `full`: what a device and its driver write to each other.  Not atomics, as not every tool
 * knows them. */
static pthread_mutex_t ring_lock = PTHREAD_MUTEX_INITIALIZER;

static unsigned long frames_wanted;
static unsigned long frames_sent, frames_received; /* of the thread that stands for the DPC */

/* ---- events between the threads ----------------------------------------------------------------- */

struct event {
    pthread_mutex_t mutex;
    pthread_cond_t condition;
    bool set;
    unsigned value; /* the last that was not KEEP */
};
static struct event device_work = {PTHREAD_MUTEX_INITIALIZER, PTHREAD_COND_INITIALIZER, false, 0};
static struct event interrupt = {PTHREAD_MUTEX_INITIALIZER, PTHREAD_COND_INITIALIZER, false, 0};

#define KEEP UINT32_MAX
#define STOP (UINT32_MAX - 1)

static void event_set(struct event *event, unsigned value)
{
    pthread_mutex_lock(&event->mutex);
    event->set = true;
    event->value = value != KEEP ? value : event->value;
    pthread_cond_signal(&event->condition);
    pthread_mutex_unlock(&event->mutex);
}

static unsigned event_wait(struct event *event)
{
    pthread_mutex_lock(&event->mutex);
    while (!event->set) {
        pthread_cond_wait(&event->condition, &event->mutex);
    }
    event->set = false;
    unsigned value = event->value;
    pthread_mutex_unlock(&event->mutex);
    return value;
}

/* ---- sending ------------------------------------------------------------------------------------ */

static void map(struct frame *frame)
{
    pthread_mutex_lock(&send_lock);
    frame->pieces = 1;
    pthread_mutex_unlock(&send_lock);
}

/* Under the send lock, which it drops for mapping. */
static void feed(void)
{
    bool rung = false;
    if (draining) {
        return;
    }
    draining = true;
    while (queue_first != NULL && transmit_tail - transmit_head < RING) {
        struct frame *frame = queue_first;
        queue_first = frame->next;
        queue_end = queue_first == NULL ? &queue_first : queue_end;
        pthread_mutex_unlock(&send_lock);
        map(frame);
        pthread_mutex_lock(&send_lock);
        transmit[transmit_tail % RING].frame = frame;
        transmit_tail++;
        rung = true;
    }
    draining = false;
    if (rung) {
        event_set(&device_work, transmit_tail % STOP);
    }
}

static void send_frame(struct frame *frame)
{
    pthread_mutex_lock(&send_lock);
    while (outstanding == OUTSTANDING) {
        pthread_cond_wait(&may_send, &send_lock);
    }
    outstanding++;
    frame->next = NULL;
    *queue_end = frame;
    queue_end = &frame->next;
    feed();
    pthread_mutex_unlock(&send_lock);
}

static void *sender(void *argument)
{
    unsigned long mine = frames_wanted / SENDERS;
    unsigned pattern = (unsigned)(uintptr_t)argument;
    for (unsigned long i = 0; i < mine; i++, pattern = (pattern + 7) % PATTERNS) {
        struct frame *frame = malloc(sizeof(*frame));
        if (frame == NULL) {
            abort();
        }
        frame->length = pattern_length(pattern);
        memcpy(frame->data, patterns[pattern], frame->length);
        send_frame(frame);
    }
    return NULL;
}

/* ---- the device ---------------------------------------------------------------------------------- */

static unsigned transmit_frames(unsigned from, unsigned to, unsigned *filled)
{
    for (; from != to; from++) {
        struct frame *frame = transmit[from % RING].frame;
        pthread_mutex_lock(&ring_lock);
        bool full = receive[*filled % RING].full;
        pthread_mutex_unlock(&ring_lock);
        if (full) {
            break;
        }
        receive[*filled % RING].length = frame->length;
        memcpy(receive[*filled % RING].data, frame->data, frame->length);
        pthread_mutex_lock(&ring_lock);
        receive[(*filled)++ % RING].full = true;
        transmit[from % RING].done = true;
        pthread_mutex_unlock(&ring_lock);
    }
    return from;
}

static void *device(void *argument)
{
    unsigned next = 0, filled = 0;
    for (unsigned doorbell; (doorbell = event_wait(&device_work)) != STOP;) {
        unsigned before = next;
        next = transmit_frames(next, doorbell, &filled);
        if (next != before) {
            event_set(&interrupt, KEEP);
        }
    }
    return argument;
}

/* ---- what stands for the DPC --------------------------------------------------------------------- */

static struct frame *reclaim(void)
{
    struct frame *done = NULL;
    pthread_mutex_lock(&send_lock);
    pthread_mutex_lock(&ring_lock);
    while (transmit_head != transmit_tail && transmit[transmit_head % RING].done) {
        struct frame *frame = transmit[transmit_head % RING].frame;
        transmit[transmit_head % RING].done = false;
        frame->next = done;
        done = frame;
        transmit_head++;
        outstanding--;
    }
    pthread_mutex_unlock(&ring_lock);
    pthread_cond_broadcast(&may_send);
    feed();
    pthread_mutex_unlock(&send_lock);
    return done;
}

static void complete(struct frame *done)
{
    while (done != NULL) {
        struct frame *next = done->next;
        free(done);
        frames_sent++;
        done = next;
    }
}

static bool has_received(void)
{
    pthread_mutex_lock(&ring_lock);
    bool full = receive[receive_next % RING].full;
    pthread_mutex_unlock(&ring_lock);
    return full;
}

static void give_back(void)
{
    pthread_mutex_lock(&ring_lock);
    receive[receive_next++ % RING].full = false;
    pthread_mutex_unlock(&ring_lock);
}

static void take_received(void)
{
    pthread_mutex_lock(&receive_lock);
    while (has_received()) {
        const unsigned char *data = receive[receive_next % RING].data;
        if (memcmp(data, patterns[data[0] % PATTERNS], receive[receive_next % RING].length) != 0) {
            abort();
        }
        frames_received++;
        give_back();
    }
    pthread_mutex_unlock(&receive_lock);
    event_set(&device_work, KEEP);
}

static void run(void)
{
    pthread_t senders[SENDERS], device_thread;
    pthread_create(&device_thread, NULL, device, NULL);
    for (uintptr_t i = 0; i < SENDERS; i++) {
        pthread_create(&senders[i], NULL, sender, (void *)i);
    }
    while (frames_received < frames_wanted / SENDERS * SENDERS) {
        event_wait(&interrupt);
        complete(reclaim());
        take_received();
    }
    for (unsigned i = 0; i < SENDERS; i++) {
        pthread_join(senders[i], NULL);
    }
    complete(reclaim());
    event_set(&device_work, STOP);
    pthread_join(device_thread, NULL);
}

/* ---- a pair --------------------------------------------------------------------------------------- */

static double now_ns(void)
{
    struct timespec now;
    clock_gettime(CLOCK_MONOTONIC, &now);
    return (double)now.tv_sec * 1e9 + (double)now.tv_nsec;
}

/* The fastest of some rounds, as in programs/pairs.c. */
static double pair_ns(unsigned long pairs)
{
    static volatile unsigned touched;
    double best = 1e18;
    for (unsigned round = 0; round < 15; round++) {
        double begin = now_ns();
        for (unsigned long i = 0; i < pairs; i++) {
            pthread_mutex_lock(&send_lock);
            touched = touched + 1;
            pthread_mutex_unlock(&send_lock);
        }
        double each = (now_ns() - begin) / (double)pairs;
        best = each < best ? each : best;
    }
    return best;
}

int main(int count, char **arguments)
{
    if (count == 3 && strcmp(arguments[1], "--pairs") == 0) {
        printf("pair %.2f\n", pair_ns(strtoul(arguments[2], NULL, 10)));
        return 0;
    }
    if (count != 2) {
        fputs("usage: equivalent FRAMES | equivalent --pairs N\n", stderr);
        return 2;
    }
    for (unsigned i = 0; i < PATTERNS; i++) {
        memset(patterns[i], (int)(i + PATTERNS), sizeof(patterns[i]));
    }
    frames_wanted = strtoul(arguments[1], NULL, 10);
    run();
    printf("frames: %lu sent, %lu received\n", frames_sent, frames_received);
    return 0;
}
