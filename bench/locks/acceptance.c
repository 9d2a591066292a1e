/*
 * acceptance.c - what is required of undis.
 */
#include "acceptance.h"

#include "contender.h"
#include "results.h"

#include <math.h>
#include <stdarg.h>
#include <stdio.h>

#define LINES_MAXIMUM 32u

/* As their users get them: ck and DPDK are inlined, too. */
#define NDIS "NdisAcquireSpinLock inlined"
#define NDIS_RW "NDIS_RW_LOCK_EX inlined"

static struct acceptance lines[LINES_MAXIMUM];
static unsigned line_count;

static __attribute__((format(printf, 4, 5))) void require(bool at_most, double required, double measured,
                                                          const char *format, ...)
{
    struct acceptance *line = &lines[line_count++];
    va_list arguments;
    va_start(arguments, format);
    vsnprintf(line->text, sizeof(line->text), format, arguments);
    va_end(arguments);
    line->at_most = at_most;
    line->required = required;
    line->measured = measured;
    line->met = at_most ? measured <= required : measured >= required;
}

static double ratio(const char *measure, const char *one, const char *other, unsigned processors)
{
    return result_of(measure, one, processors) / result_of(measure, other, processors);
}

/* Of the locks that somebody may take from a package. */
static double best_rival(const char *measure, unsigned processors)
{
    double best = NAN;
    for (unsigned i = 0; i < contender_count; i++) {
        if (contenders[i]->package[0] != '\0') {
            best = fmax(best, result_of(measure, contenders[i]->name, processors));
        }
    }
    return best;
}

static void require_of_the_lock(void)
{
    static const unsigned crowds[] = {4, 8, 16};
    require(true, 0.35, ratio("pair", NDIS, "xchg + store", 1), "pair, used by one processor / xchg + store");
    require(true, 1.1, ratio("pair shared", NDIS, "xchg + store", 1), "pair, once shared / xchg + store");
    require(false, 1.0, result_of("contended", NDIS, 2) / best_rival("contended", 2),
            "contended by 2 processors / best rival");
    for (unsigned i = 0; i < 3; i++) {
        require(false, 1.1, ratio("contended", NDIS, "pthread_mutex", crowds[i]),
                "contended by %u processors / pthread_mutex", crowds[i]);
    }
    require(false, 0.95, result_of("contended Jain", NDIS, 2), "Jain's index over 0.05 s at 2 processors");
    for (unsigned i = 0; i < 3; i++) {
        require(false, 0.95, result_of("contended Jain for 1.5 s", NDIS, crowds[i]),
                "Jain's index over 1.5 s at %u processors", crowds[i]);
    }
    for (unsigned i = 0; i < 3; i++) {
        require(false, 0.95, result_of("contended Jain", NDIS, crowds[i]),
                "Jain's index over 0.15 s at %u processors", crowds[i]);
    }
}

static void require_of_the_rest(void)
{
    require(true, 0.5, ratio("read pair", NDIS_RW, "pthread_rwlock", 1),
            "NDIS_RW_LOCK_EX read pair / pthread_rwlock");
    require(true, 0.5, ratio("read pair", NDIS_RW, "ck rwlock", 1), "NDIS_RW_LOCK_EX read pair / ck rwlock");
    require(false, 1.6, result_of("reads 100/0", NDIS_RW, 2) / result_of("reads 100/0", NDIS_RW, 1),
            "readers on 2 processors / on 1 (2 cores or more)");
    require(true, 1.3, ratio("interrupt", "device line", "tgkill and handler", 1),
            "interrupt on the processor itself / tgkill and handler");
    require(true, 1.3, ratio("interrupt from a device", "device line", "tgkill and handler", 1),
            "interrupt from a device's thread / tgkill and handler");
    require(true, 2, ratio("call", "KeInsertQueueDpc until it ran", "call between two xchg", 1),
            "DPC round trip / function call between the queue's atomics");
    require(true, 10, ratio("frame", "checked", "free", 1), "a frame on the checked build / on the free one");
    require(true, 0.5,
            ratio("frame", "instrumented", "free", 1) / ratio("frame", "ThreadSanitizer", "pthread", 1),
            "slowdown of a frame, instrumented / of ThreadSanitizer");
}

/* What a lock cannot be below, whatever it does: where it is used, and in a library. */
static void print_floor(void)
{
    const char *called = "NdisAcquireSpinLock";
    double bare = result_of("pair", "xchg + store", 1);
    double calls = result_of("call", "two empty calls of a library", 1);
    double library = result_of("pair", "xchg + store in a library", 1), pair = result_of("pair", called, 1);
    if (isnan(calls) || isnan(pair)) {
        return;
    }
    printf(
        "\nTwo plain stores around the section cost %.2f of xchg + store, raising and lowering IRQL %.2f: no "
        "lock that\nstores when it is entered and left is below the first, none that keeps IRQL below the "
        "second.\n",
        result_of("call", "two plain stores", 1) / bare,
        result_of("call", "KeRaiseIrql, KeLowerIrql inlined", 1) / bare);
    printf(
        "A driver that is not built with --free makes two calls of a library a pair.  They cost %.2f of xchg "
        "+ store\nwhen they do nothing, and %.2f with xchg + store in them: of that pair, %s's is %.2f, and "
        "once shared %.2f.\n",
        calls / bare, library / bare, called, pair / library,
        result_of("pair shared", called, 1) / result_of("pair shared", "xchg + store in a library", 1));
}

unsigned acceptance_print(void)
{
    unsigned missed = 0;
    require_of_the_lock();
    require_of_the_rest();
    puts("\nrequired");
    for (unsigned i = 0; i < line_count; i++) {
        const struct acceptance *line = &lines[i];
        if (isnan(line->measured)) {
            printf("not measured            (%s %4.2f)  %s\n", line->at_most ? "at most " : "at least",
                   line->required, line->text);
            continue;
        }
        missed += !line->met;
        printf("%-6s        %7.2f   (%s %4.2f)  %s\n", line->met ? "met" : "MISSED", line->measured,
               line->at_most ? "at most " : "at least", line->required, line->text);
    }
    print_floor();
    return missed;
}

unsigned acceptance_count(void)
{
    return line_count;
}

const struct acceptance *acceptance_at(unsigned index)
{
    return &lines[index];
}
