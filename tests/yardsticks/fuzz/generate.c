/*
 * generate.c - writes random closed programs for the explored engine, as one C source.
 *
 *   generate SEED COUNT > PROGRAM.c
 *
 * The scenario chooses one of COUNT programs.  Each has two or three threads on two processors and DPCs that
 * they queue; all access a few words, plainly and atomically, take, try and release Ke and NDIS spin locks,
 * raise and lower IRQL, and choose.  Two rules may be broken, as the schedule has it: data races and
 * deadlocks.  What each has seen and the final values are the state (YARDSTICK_STATES); programs
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
#define ACTORS 5      /* three threads and the DPCs */
#define FEWEST 1000.0 /* schedules of one program, as far as can be told beforehand */
#define MOST 12000.0
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
    bool raised, is_dpc;
    unsigned queues; /* a bit for each DPC that it queues */
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

static void statement(struct body *body, unsigned depth)
{
    bool low = !body->raised && !body->is_dpc && body->held == 0;
    unsigned kind = depth >= 2 ? 99 : random_below(20);
    if (kind < 4) {
        locked(body, depth);
    } else if (kind < 6 && low) {
        raised(body, depth);
    } else if (kind < 8 && !low && (body->held & 1) == 0) {
        tried(body, depth);
    } else if (kind < 10 && !body->is_dpc) {
        unsigned dpc = random_below(DPCS);
        emit(body, "    seen = seen * 5 + queue(%u);\n", dpc);
        body->queues |= 1u << dpc;
        body->steps++;
    } else if (kind == 10 && body->choices == 0) {
        emit(body, "    seen = seen * 5 + (int)undis_choose(2);\n");
        body->choices++;
    } else {
        access_memory(body);
    }
}

static void fill(struct body *body, unsigned note, bool is_dpc, unsigned statements)
{
    memset(body, 0, sizeof(*body));
    body->note = note;
    body->is_dpc = is_dpc;
    some_statements(body, statements, 0);
}

/* ---- a program ------------------------------------------------------------------------------------- */

struct program {
    unsigned threads;
    struct body bodies[ACTORS]; /* the threads, then the DPCs */
    unsigned processor[ACTORS];
};

/* About how many schedules there are, if all bodies run once and beside each other. */
static double schedules(const struct program *program)
{
    double count = 1;
    unsigned total = 1, queued = 0; /* the scenario's own thread waits for the others */
    for (unsigned i = 0; i < program->threads + DPCS; i++) {
        const struct body *body = &program->bodies[i];
        unsigned steps = body->steps;
        if (i < program->threads) {
            queued |= body->queues;
        } else if ((queued & 1u << (i - program->threads)) == 0) {
            continue;
        } else {
            steps += 3;
        }
        for (unsigned step = 1; step <= steps; step++) {
            count = count * (total + step) / step;
        }
        total += steps;
        count *= 1u << body->choices;
    }
    return count;
}

static void make(struct program *program)
{
    do {
        program->threads = 2 + random_below(2);
        for (unsigned i = 0; i < program->threads + DPCS; i++) {
            bool is_dpc = i >= program->threads;
            fill(&program->bodies[i], i, is_dpc, is_dpc ? 2 : program->threads == 2 ? 5 : 4);
            program->processor[i] = random_below(2);
        }
    } while (schedules(program) < FEWEST || schedules(program) > MOST);
}

static void print_body(const struct program *program, unsigned number, unsigned i)
{
    const struct body *body = &program->bodies[i];
    if (i < program->threads) {
        printf("static void p%u_thread%u(void *unused)\n{\n    int seen = 0;\n    KIRQL irql = 0;\n    "
               "(void)unused, (void)irql;\n",
               number, i);
    } else {
        printf("static VOID p%u_dpc%u(PKDPC self, PVOID context, PVOID first, PVOID second)\n{\n    int seen "
               "= 0;\n"
               "    (void)self, (void)context, (void)first, (void)second;\n",
               number, i - program->threads);
    }
    printf("%s    note(%u, seen + 1);\n", body->text, body->note);
    if (i >= program->threads) {
        printf("    KeReleaseSemaphore(&ran[%u], 0, 1, FALSE);\n", i - program->threads);
    }
    printf("}\n\n");
}

static void print(const struct program *program, unsigned number)
{
    for (unsigned i = 0; i < program->threads + DPCS; i++) {
        print_body(program, number, i);
    }
    printf("static void p%u(void)\n{\n", number);
    for (unsigned i = 0; i < DPCS; i++) {
        printf(
            "    KeInitializeDpc(&dpc[%u], p%u_dpc%u, NULL);\n    KeSetTargetProcessorDpc(&dpc[%u], %u);\n",
            i, number, i, i, program->processor[program->threads + i]);
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
