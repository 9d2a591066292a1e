/*
 * interrupts.c - how long an interrupt takes to its service routine, beside a bare signal and its handler.
 */
#include <ndis.h>

#include "contender.h"
#include "ke/line.h"
#include "measures/measure.h"
#include "results.h"

#include <signal.h>
#include <stdlib.h>
#include <sys/syscall.h>
#include <unistd.h>

#define SIGNAL SIGUSR1
#define SAMPLES 400u
#define DIRQL 5

static volatile uint64_t raised, arrived; /* times; arrived is 0 until it has */
static volatile int target;               /* host thread of the member that is to be signalled */
static uint64_t took[SAMPLES];
static unsigned samples;

static void handler(int number)
{
    (void)number;
    arrived = gate_now();
}

static struct ke_line *line;
static struct ke_interrupt interrupt;

static BOOLEAN service(struct ke_interrupt *object, void *context)
{
    (void)object, (void)context;
    arrived = gate_now();
    return TRUE;
}

static void connect(void)
{
    if (line == NULL) {
        line = ke_line_create("bench", DIRQL, KE_EDGE_TRIGGERED, 1);
        interrupt = (struct ke_interrupt){.service = service, .irql = DIRQL};
        ke_interrupt_connect(&interrupt, line);
    }
}

static void raise_signal(void)
{
    syscall(SYS_tgkill, getpid(), target, SIGNAL);
}

static void raise_line(void)
{
    ke_line_assert(line);
}

static const struct sender {
    const char *name;
    enum place place;
    void (*prepare)(void);
    void (*raise)(void);
} senders[] = {{"tgkill and handler", ON_HOST, NULL, raise_signal},
               {"device line", ON_PROCESSOR, connect, raise_line}};
static const struct sender *sender;

static void send_one(unsigned i)
{
    arrived = 0;
    raised = gate_now();
    sender->raise();
    while (arrived == 0) {
    }
    took[i] = arrived - raised;
}

static void send_to_self(struct member *self)
{
    (void)self;
    target = (int)syscall(SYS_gettid);
    for (unsigned i = 0; i < samples; i++) {
        send_one(i);
    }
}

/* Runs until it is told to end, and is interrupted meanwhile. */
static void be_interrupted(struct member *self)
{
    target = (int)syscall(SYS_gettid);
    while (gate.phase != GATE_OVER) {
        self->pairs++;
    }
}

static int compare(const void *a, const void *b)
{
    uint64_t x = *(const uint64_t *)a, y = *(const uint64_t *)b;
    return (x > y) - (x < y);
}

static void note(const char *measure)
{
    qsort(took, samples, sizeof(took[0]), compare);
    result_add(measure, sender->name, 1, "ns", (double)took[samples / 2]);
}

static void round_of_one(void)
{
    crew_start(sender->place, 1, sender->prepare, send_to_self);
    crew_wait();
    note("interrupt");

    target = 0;
    gate_close(0, 0);
    crew_start(sender->place, 1, sender->prepare, be_interrupted);
    while (target == 0) {
        usleep(100);
    }
    for (unsigned i = 0; i < samples; i++) {
        send_one(i);
    }
    gate.phase = GATE_OVER;
    crew_wait();
    note("interrupt from a device");
}

void measure_interrupts(const struct plan *plan)
{
    struct sigaction action = {.sa_handler = handler, .sa_flags = SA_RESTART};
    sigaction(SIGNAL, &action, NULL);
    samples = plan->quick ? 20 : SAMPLES;
    for (unsigned round = 0; round < (plan->quick ? 1 : 11); round++) {
        for (unsigned i = 0; i < sizeof(senders) / sizeof(senders[0]); i++) {
            sender = &senders[i];
            round_of_one();
        }
    }
}
