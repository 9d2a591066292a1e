/*
 * generate.c - writes random closed programs for the explored engine, as one C source.
 *
 *   generate SEED COUNT > PROGRAM.c
 *
 * The scenario chooses one of COUNT programs.  Each has two or three threads on two processors, DPCs that
 * they queue, and half of them an interrupt that they raise, whose service routine queues DPCs too; all
 * access a few words, plainly and atomically, take, try and release Ke and NDIS spin locks and the
 * interrupt's own, raise and lower IRQL, and choose.  Two rules may be broken, as the schedule has it: data
 * races and deadlocks.  What each has seen and the final values are the state (YARDSTICK_STATES); programs
 * are kept so small that every schedule can be tried.
 */
#include <stdarg.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define WORDS 3
#define LOCKS 2 /* 0: a KSPIN_LOCK, 1: an NDIS_SPIN_LOCK */
#define DPCS 2
#define ACTORS 6      /* three threads, the DPCs, the service routine */
#define ISR_STEPS 6   /* of an interrupt, besides what its routine does */
#define FEWEST 1000.0 /* schedules of one program, as far as can be told beforehand */
#define MOST 12000.0
#define MOST_INTERRUPTED 50000.0 /* it counts some that IRQL does not allow */
#define BODY_LONGEST 8192

static uint64_t state;

/* Steele's and Vigna's splitmix64. */
static unsigned random_below(unsigned count)
{
    uint64_t z = state += 0x9e3779b97f4a7c15u;
    z = (z ^ (z >> 30)) * 0xbf58476d1ce4e5b9u;
    z = (z ^ (z >> 27)) * 0x94d049bb133111ebu;
    return (unsigned)((z ^ (z >> 31)) % count);
}

/* ---- a body ---------------------------------------------------------------------------------------- */

struct body {
    char text[BODY_LONGEST];
    size_t length;
    unsigned steps, choices;
    unsigned note; /* where it notes what it has seen */
    unsigned held; /* a bit for each lock */
    bool raised, is_dpc, is_isr;
    bool at_dirql;       /* in the interrupt's lock */
    bool may_interrupt;  /* there is an interrupt */
    unsigned interrupts; /* how often it raises it */
    unsigned queues;     /* a bit for each DPC that it queues */
};

static void emit(struct body *body, const char *format, ...) __attribute__((format(printf, 2, 3)));

static void emit(struct body *body, const char *format, ...)
{
    va_list values;
    va_start(values, format);
    int length = vsnprintf(body->text + body->length, BODY_LONGEST - body->length, format, values);
    va_end(values);
    if (length < 0 || body->length + (size_t)length >= BODY_LONGEST) {
        fprintf(stderr, "generate: a body is too long\n");
        exit(1);
    }
    body->length += (size_t)length;
}

static void access_memory(struct body *body)
{
    unsigned word = random_below(WORDS), value = 1 + random_below(3);
    body->steps++;
    switch (random_below(10)) {
    case 0:
    case 1:
    case 2:
        emit(body, "    seen = seen * 5 + x[%u];\n", word);
        break;
    case 3:
    case 4:
        emit(body, "    x[%u] = seen %% 4 + %u;\n", word, value);
        break;
    case 5:
        emit(body, "    seen = seen * 5 + READ(x[%u]);\n", word);
        break;
    case 6:
        emit(body, "    WRITE(x[%u], seen %% 4 + %u);\n", word, value);
        break;
    case 7:
        emit(body, "    seen = seen * 5 + ADD(x[%u], %u);\n", word, value);
        break;
    case 8:
        emit(body, "    seen = seen * 5 + replace(&x[%u], %u, %u);\n", word, random_below(3), value);
        break;
    default:
        emit(body, "    x[%u]++;\n", word);
        body->steps++;
        break;
    }
}

static void statement(struct body *body, unsigned depth);

static void some_statements(struct body *body, unsigned most, unsigned depth)
{
    for (unsigned i = 1 + random_below(most); i > 0; i--) {
        statement(body, depth);
    }
}

/* Under a lock, by the flavour that suits the lock and the level. */
static void locked(struct body *body, unsigned depth)
{
    bool at_dispatch = body->raised || body->is_dpc || body->held != 0;
    unsigned lock = random_below(LOCKS);
    if ((body->held & 1u << lock) != 0) {
        access_memory(body);
        return;
    }
    if (lock == 1) {
        emit(body, "    %sAcquireSpinLock(&ndis_lock);\n", at_dispatch ? "NdisDpr" : "Ndis");
    } else if (at_dispatch) {
        emit(body, "    KeAcquireSpinLockAtDpcLevel(&ke_lock);\n");
    } else {
        emit(body, "    KeAcquireSpinLock(&ke_lock, &irql);\n");
    }
    body->held |= 1u << lock;
    body->steps += at_dispatch ? 2 : 4;
    some_statements(body, 2, depth + 1);
    body->held &= ~(1u << lock);
    if (lock == 1) {
        emit(body, "    %sReleaseSpinLock(&ndis_lock);\n", at_dispatch ? "NdisDpr" : "Ndis");
    } else if (at_dispatch) {
        emit(body, "    KeReleaseSpinLockFromDpcLevel(&ke_lock);\n");
    } else {
        emit(body, "    KeReleaseSpinLock(&ke_lock, irql);\n");
    }
}

static void tried(struct body *body, unsigned depth)
{
    emit(body, "    if (KeTryToAcquireSpinLockAtDpcLevel(&ke_lock)) {\n");
    body->held |= 1;
    body->steps += 2;
    some_statements(body, 1, depth + 1);
    body->held &= ~1u;
    emit(body,
         "    KeReleaseSpinLockFromDpcLevel(&ke_lock);\n    } else {\n    seen = seen * 5 + 4;\n    }\n");
}

static void raised(struct body *body, unsigned depth)
{
    emit(body, "    KeRaiseIrql(DISPATCH_LEVEL, &irql);\n");
    body->raised = true;
    body->steps += 2;
    some_statements(body, 2, depth + 1);
    body->raised = false;
    emit(body, "    KeLowerIrql(irql);\n");
}

static void queue_dpc(struct body *body)
{
    unsigned dpc = random_below(DPCS);
    emit(body, "    seen = seen * 5 + queue(%u);\n", dpc);
    body->queues |= 1u << dpc;
    body->steps++;
}

/* Against the service routine; nothing that wants a lower level is done inside. */
static void synchronized(struct body *body, unsigned depth)
{
    emit(body, "    old = KeAcquireInterruptSpinLock(interrupt);\n");
    body->at_dirql = true;
    body->steps += 4;
    some_statements(body, 2, depth + 1);
    body->at_dirql = false;
    emit(body, "    KeReleaseInterruptSpinLock(interrupt, old);\n");
}

/* What a thread or DPC does with the interrupt that there is. */
static void interrupt(struct body *body, unsigned depth)
{
    if (body->is_dpc || random_below(3) == 0) {
        synchronized(body, depth);
    } else {
        emit(body, "    undis_interrupt_raise(interrupt);\n");
        body->interrupts++;
        body->steps++;
    }
}

/* In the service routine, or with its lock. */
static void high_statement(struct body *body)
{
    if (random_below(6) == 0) {
        queue_dpc(body);
    } else {
        access_memory(body);
    }
}

static void statement(struct body *body, unsigned depth)
{
    bool low = !body->raised && !body->is_dpc && body->held == 0;
    unsigned kind = depth >= 2 ? 99 : random_below(20);
    if (body->is_isr || body->at_dirql) {
        high_statement(body);
    } else if (kind < 4) {
        locked(body, depth);
    } else if (kind < 6 && low) {
        raised(body, depth);
    } else if (kind < 8 && !low && (body->held & 1) == 0) {
        tried(body, depth);
    } else if (kind < 10 && !body->is_dpc) {
        queue_dpc(body);
    } else if (kind >= 11 && kind < 15 && body->may_interrupt) {
        interrupt(body, depth);
    } else if (kind == 10 && body->choices == 0) {
        emit(body, "    seen = seen * 5 + (int)undis_choose(2);\n");
        body->choices++;
    } else {
        access_memory(body);
    }
}

/* ---- a program ------------------------------------------------------------------------------------- */

struct program {
    unsigned threads;
    bool has_isr, anywhere;     /* the interrupt comes to either processor */
    struct body bodies[ACTORS]; /* the threads, then the DPCs, then the service routine */
    unsigned processor[ACTORS];
};

static unsigned isr_of(const struct program *program)
{
    return program->threads + DPCS;
}

/* Steps of the bodies that run: the threads', and those of what they set off. */
static unsigned steps_of(const struct program *program, unsigned i)
{
    const struct body *bodies = program->bodies;
    unsigned queued = 0, isr = isr_of(program);
    unsigned interrupts = 0;
    for (unsigned k = 0; k < program->threads; k++) {
        queued |= bodies[k].queues;
        interrupts += bodies[k].interrupts;
    }
    queued |= interrupts != 0 ? bodies[isr].queues : 0;
    if (i < program->threads) {
        return bodies[i].steps;
    }
    if (i == isr) {
        return interrupts * (bodies[i].steps + ISR_STEPS);
    }
    return (queued >> (i - program->threads) & 1) != 0 ? bodies[i].steps + 3 : 0;
}

/* About how many schedules there are, if all bodies run once and beside each other. */
static double schedules(const struct program *program)
{
    double count = 1;
    unsigned total = 1; /* the scenario's own thread waits for the others */
    for (unsigned i = 0; i <= isr_of(program); i++) {
        unsigned steps = steps_of(program, i);
        for (unsigned step = 1; step <= steps; step++) {
            count = count * (total + step) / step;
        }
        total += steps;
        count *= steps != 0 ? 1u << program->bodies[i].choices : 1;
    }
    return count;
}

static void fill(struct program *program, unsigned i)
{
    struct body *body = &program->bodies[i];
    bool is_thread = i < program->threads;
    memset(body, 0, sizeof(*body));
    body->note = i;
    body->is_isr = i == isr_of(program);
    body->is_dpc = !is_thread && !body->is_isr;
    body->may_interrupt = program->has_isr && !body->is_isr;
    some_statements(body, !is_thread ? 2 : program->has_isr ? 3 : program->threads == 2 ? 5 : 4, 0);
    program->processor[i] = random_below(2);
}

/* Does anybody raise the interrupt that there is? */
static bool is_interrupted(const struct program *program)
{
    return steps_of(program, isr_of(program)) != 0;
}

static void make(struct program *program)
{
    program->has_isr = random_below(2) == 0;
    program->anywhere = random_below(4) == 0;
    double most = program->has_isr ? MOST_INTERRUPTED : MOST;
    do {
        program->threads = program->has_isr ? 2 : 2 + random_below(2);
        for (unsigned i = 0; i <= isr_of(program); i++) {
            fill(program, i);
        }
    } while (schedules(program) < FEWEST || schedules(program) > most ||
             program->has_isr != is_interrupted(program));
}

static void print_head(const struct program *program, unsigned number, unsigned i)
{
    if (i < program->threads) {
        printf("static void p%u_thread%u(void *unused)\n{\n    (void)unused;\n", number, i);
    } else if (i < isr_of(program)) {
        printf("static VOID p%u_dpc%u(PKDPC self, PVOID context, PVOID first, PVOID second)\n{\n"
               "    (void)self, (void)context, (void)first, (void)second;\n",
               number, i - program->threads);
    } else {
        printf("static BOOLEAN p%u_isr(PKINTERRUPT self, PVOID context)\n{\n    (void)self, (void)context;\n",
               number);
    }
    printf("    int seen = 0;\n    KIRQL irql = 0, old = 0;\n    (void)irql, (void)old;\n");
}

static void print_body(const struct program *program, unsigned number, unsigned i)
{
    const struct body *body = &program->bodies[i];
    print_head(program, number, i);
    printf("%s    note(%u, seen + 1);\n", body->text, body->note);
    if (body->is_dpc) {
        printf("    KeReleaseSemaphore(&ran[%u], 0, 1, FALSE);\n", i - program->threads);
    }
    printf(body->is_isr ? "    return TRUE;\n}\n\n" : "}\n\n");
}

static void print(const struct program *program, unsigned number)
{
    unsigned isr = isr_of(program);
    for (unsigned i = 0; i < isr + program->has_isr; i++) {
        print_body(program, number, i);
    }
    printf("static void p%u(void)\n{\n", number);
    for (unsigned i = 0; i < DPCS; i++) {
        printf(
            "    KeInitializeDpc(&dpc[%u], p%u_dpc%u, NULL);\n    KeSetTargetProcessorDpc(&dpc[%u], %u);\n",
            i, number, i, i, program->processor[program->threads + i]);
    }
    if (program->has_isr) {
        printf("    interrupt = undis_interrupt(%s, 5, p%u_isr, NULL);\n",
               program->anywhere              ? "UNDIS_ANY_PROCESSOR"
               : program->processor[isr] == 0 ? "0"
                                              : "1",
               number);
    }
    for (unsigned i = 0; i < program->threads; i++) {
        printf("    undis_thread(%u, p%u_thread%u, NULL);\n", program->processor[i], number, i);
    }
    printf("}\n\n");
}

static const char beginning[] =
    "#include \"yardstick.h\"\n"
    "\n"
    "#include <ndis.h>\n"
    "\n"
    "static int x[3], chosen, queued[2];\n"
    "static KSPIN_LOCK ke_lock;\n"
    "static NDIS_SPIN_LOCK ndis_lock;\n"
    "static KDPC dpc[2];\n"
    "static KSEMAPHORE ran[2];\n"
    "static PKINTERRUPT interrupt;\n"
    "\n"
    "STATE(chosen, x[0], x[1], x[2]);\n"
    "\n"
    "static UNSEEN int queue(unsigned i)\n"
    "{\n"
    "    int done = KeInsertQueueDpc(&dpc[i], NULL, NULL);\n"
    "    queued[i] += done;\n"
    "    return done;\n"
    "}\n"
    "\n"
    "static UNSEEN void wait_for_dpcs(void *unused)\n"
    "{\n"
    "    (void)unused;\n"
    "    for (unsigned i = 0; i < 2; i++) {\n"
    "        while (queued[i]-- > 0) {\n"
    "            KeWaitForSingleObject(&ran[i], Executive, KernelMode, FALSE, NULL);\n"
    "        }\n"
    "    }\n"
    "}\n\n";

int main(int count, char **arguments)
{
    if (count != 3) {
        fprintf(stderr, "usage: generate SEED COUNT\n");
        return 2;
    }
    state = strtoull(arguments[1], NULL, 10) * 0x2545f4914f6cdd1du;
    unsigned programs = (unsigned)strtoul(arguments[2], NULL, 10);
    static struct program program;
    fputs(beginning, stdout);
    for (unsigned i = 0; i < programs; i++) {
        make(&program);
        print(&program, i);
    }
    printf("void undis_scenario(void)\n{\n    static void (*const programs[])(void) = {");
    for (unsigned i = 0; i < programs; i++) {
        printf("%sp%u", i == 0 ? "" : ", ", i);
    }
    printf("};\n    KeInitializeSemaphore(&ran[0], 0, 100);\n    KeInitializeSemaphore(&ran[1], 0, 100);\n   "
           " NdisAllocateSpinLock(&ndis_lock);\n    undis_at_end(wait_for_dpcs, NULL);\n    SHOW_STATE();\n"
           "#ifdef ONLY\n    chosen = ONLY;\n#else\n    chosen = (int)undis_choose(%u);\n#endif\n"
           "    programs[chosen]();\n}\n",
           programs);
    return 0;
}
