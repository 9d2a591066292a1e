/*
 * levels.c - the table of share/ddi and the functions of the library belong together: each exported function
 * has a row, begins with ddi_enter of its own name, and says so when it is called out of the row's levels.
 *
 * A function is called without arguments at a wrong level; the test's listener, which hears of it first, goes
 * back from there, before the function does anything.  The levels that are right are tested with functions
 * that do no harm.
 */
#include "machine.h"

#include "ke/ddi.h"

#include <dlfcn.h>
#include <elf.h>
#include <link.h>
#include <ndis.h>

/* ---- the exported functions ------------------------------------------------------------------------ */

struct symbols {
    const ElfW(Sym) * table;
    const char *strings;
    size_t count;
};

/* The last symbol of the chains of the hash table, plus one. */
static size_t count_symbols(const uint32_t *hash)
{
    uint32_t buckets = hash[0], first = hash[1], last = 0;
    const uint32_t *bucket = hash + 4 + hash[2] * (sizeof(ElfW(Addr)) / sizeof(uint32_t));
    const uint32_t *chain = bucket + buckets;
    for (uint32_t i = 0; i < buckets; i++) {
        last = bucket[i] > last ? bucket[i] : last;
    }
    while (last >= first && (chain[last - first] & 1) == 0) {
        last++;
    }
    return last + 1;
}

static struct symbols library_symbols(void)
{
    struct symbols symbols = {0};
    Dl_info info;
    struct link_map *map;
    if (dladdr1(dlsym(RTLD_DEFAULT, "ddi_judges"), &info, (void **)&map, RTLD_DL_LINKMAP) == 0) {
        return symbols;
    }
    for (const ElfW(Dyn) *entry = map->l_ld; entry->d_tag != DT_NULL; entry++) {
        if (entry->d_tag == DT_SYMTAB) {
            symbols.table = (const ElfW(Sym) *)entry->d_un.d_ptr;
        } else if (entry->d_tag == DT_STRTAB) {
            symbols.strings = (const char *)entry->d_un.d_ptr;
        } else if (entry->d_tag == DT_GNU_HASH) {
            symbols.count = count_symbols((const uint32_t *)entry->d_un.d_ptr);
        }
    }
    return symbols;
}

/* Is that a name of the DDI?  The library's own have no capital after such a beginning. */
static bool is_ddi_name(const char *name)
{
    static const char *const beginnings[] = {"Ndis",
                                             "Ke",
                                             "Kf",
                                             "Ex",
                                             "Io",
                                             "Iof",
                                             "Mm",
                                             "Ob",
                                             "Obf",
                                             "Ps",
                                             "Po",
                                             "Rtl",
                                             "Rtlx",
                                             "Zw",
                                             "Nt",
                                             "Dbg",
                                             "READ_REGISTER",
                                             "WRITE_REGISTER",
                                             "NDIS_",
                                             "Initialize"};
    for (size_t i = 0; i < sizeof(beginnings) / sizeof(beginnings[0]); i++) {
        size_t length = strlen(beginnings[i]);
        char next = strncmp(name, beginnings[i], length) == 0 ? name[length] : 'a';
        if (next == '_' || (next >= 'A' && next <= 'Z') || beginnings[i][length - 1] == '_') {
            return strncmp(name, beginnings[i], length) == 0;
        }
    }
    return false;
}

static const struct ddi_row *find_row(const char *name)
{
    for (size_t i = 0; i < DDI_COUNT; i++) {
        if (strcmp(ddi_rows[i].name, name) == 0) {
            return &ddi_rows[i];
        }
    }
    return NULL;
}

static const struct ddi_judge *find_judge(const char *name)
{
    size_t count;
    const struct ddi_judge *judges = ddi_judges(&count);
    for (size_t i = 0; i < count; i++) {
        if (strcmp(judges[i].function, name) == 0) {
            return &judges[i];
        }
    }
    return NULL;
}

/* Does `visit` for each exported function of the DDI; how many there are. */
static size_t for_each_export(void (*visit)(const char *name))
{
    struct symbols symbols = library_symbols();
    size_t visited = 0;
    for (size_t i = 0; i < symbols.count; i++) {
        const ElfW(Sym) *symbol = &symbols.table[i];
        const char *name = symbols.strings + symbol->st_name;
        if (ELF64_ST_TYPE(symbol->st_info) == STT_FUNC && symbol->st_shndx != SHN_UNDEF &&
            is_ddi_name(name)) {
            visit(name);
            visited++;
        }
    }
    return visited;
}

static void check_judged(const char *name)
{
    const struct ddi_row *row = find_row(name);
    const struct ddi_judge *judge = find_judge(name);
    if (row == NULL) {
        check_fail(__FILE__, __LINE__, "%s has no row in share/ddi", name);
    } else if (judge == NULL) {
        check_fail(__FILE__, __LINE__, "%s does not begin with ddi_enter(%s)", name, name);
    } else if (&ddi_rows[judge->ddi] != row) {
        check_fail(__FILE__, __LINE__, "%s begins with ddi_enter(%s)", name, ddi_rows[judge->ddi].name);
    }
}

static void every_function_judged(void *argument)
{
    (void)argument;
    CHECK(for_each_export(check_judged) > 400);
}

/* ---- wrong levels ---------------------------------------------------------------------------------- */

static void *back[5];
static const struct ddi_row *volatile called;
static volatile bool heard;
static uintptr_t caller;
static size_t told;

static void hear(struct event *event)
{
    if (called != NULL && &ddi_rows[event->value[0]] == called) {
        heard = true;
        caller = (uintptr_t)event->object;
        __builtin_longjmp(back, 1);
    }
}

static struct event_listener listener = {.name = "test", .kinds = 1ull << EVENT_DDI_IRQL, .hear = hear};

static __attribute__((constructor)) void listen(void)
{
    event_listen(&listener);
}

typedef void any_function(ULONG_PTR a, ULONG_PTR b, ULONG_PTR c, ULONG_PTR d, ULONG_PTR e, ULONG_PTR f);

/* True when the function said that it was called at a wrong level. */
static __attribute__((noinline)) bool call_at(const struct ddi_row *row, any_function *function, KIRQL irql)
{
    called = row;
    heard = false;
    if (__builtin_setjmp(back) == 0) {
        ke_irql_store(irql);
        function(0, 0, 0, 0, 0, 0);
    }
    called = NULL;
    ke_unmask(PASSIVE_LEVEL);
    told += heard;
    return heard;
}

static void check_wrong_levels(const char *name)
{
    const struct ddi_row *row = find_row(name);
    any_function *function;
    *(void **)&function = dlsym(RTLD_DEFAULT, name);
    if (row == NULL || function == NULL || find_judge(name) == NULL) {
        return; /* every_function_judged has it */
    }
    if (row->highest < HIGH_LEVEL && !call_at(row, function, (KIRQL)(row->highest + 1))) {
        check_fail(__FILE__, __LINE__, "%s is not judged above IRQL %u", name, row->highest);
    }
    if (row->lowest > PASSIVE_LEVEL && !call_at(row, function, (KIRQL)(row->lowest - 1))) {
        check_fail(__FILE__, __LINE__, "%s is not judged below IRQL %u", name, row->lowest);
    }
    if (heard && (caller < (uintptr_t)call_at || caller > (uintptr_t)call_at + 512)) {
        check_fail(__FILE__, __LINE__, "%s takes another call for its own", name);
    }
}

static void every_wrong_level_told(void *argument)
{
    (void)argument;
    for_each_export(check_wrong_levels);
    CHECK(told > 350);
}

/* ---- right levels ---------------------------------------------------------------------------------- */

static KEVENT event;
static KTIMER timer;
static KDPC dpc;
static KSPIN_LOCK lock;
static KSEMAPHORE semaphore;
static KMUTEX mutex;
static NDIS_EVENT ndis_event;
static NDIS_SPIN_LOCK ndis_lock;
static FAST_MUTEX fast;
static EX_RUNDOWN_REF rundown;
static LARGE_INTEGER large;
static LONG number;
static KDEVICE_QUEUE queue;
static UNICODE_STRING text, same;
static UCHAR bytes[64];

static VOID NTAPI nothing(PKDPC object, PVOID context, PVOID argument1, PVOID argument2)
{
    (void)object, (void)context, (void)argument1, (void)argument2;
}

#define HARMLESS(name, call)                                                                                 \
    static void call_##name(void)                                                                            \
    {                                                                                                        \
        call;                                                                                                \
    }
#define EACH_HARMLESS(F)                                                                                     \
    F(KeInitializeEvent, KeInitializeEvent(&event, NotificationEvent, FALSE))                                \
    F(KeSetEvent, KeSetEvent(&event, 0, FALSE))                                                              \
    F(KeClearEvent, KeClearEvent(&event))                                                                    \
    F(KeResetEvent, KeResetEvent(&event))                                                                    \
    F(KeReadStateEvent, KeReadStateEvent(&event))                                                            \
    F(KeInitializeTimerEx, KeInitializeTimerEx(&timer, NotificationTimer))                                   \
    F(KeCancelTimer, KeCancelTimer(&timer))                                                                  \
    F(KeReadStateTimer, KeReadStateTimer(&timer))                                                            \
    F(KeInitializeDpc, KeInitializeDpc(&dpc, nothing, NULL))                                                 \
    F(KeRemoveQueueDpc, KeRemoveQueueDpc(&dpc))                                                              \
    F(KeSetImportanceDpc, KeSetImportanceDpc(&dpc, LowImportance))                                           \
    F(KeInitializeSpinLock, KeInitializeSpinLock(&lock))                                                     \
    F(KeInitializeSemaphore, KeInitializeSemaphore(&semaphore, 0, 1))                                        \
    F(KeReadStateSemaphore, KeReadStateSemaphore(&semaphore))                                                \
    F(KeInitializeMutex, KeInitializeMutex(&mutex, 0))                                                       \
    F(KeReadStateMutex, KeReadStateMutex(&mutex))                                                            \
    F(KeInitializeDeviceQueue, KeInitializeDeviceQueue(&queue))                                              \
    F(KeRemoveDeviceQueue, KeRemoveDeviceQueue(&queue))                                                      \
    F(KeQueryTickCount, KeQueryTickCount(&large))                                                            \
    F(KeQueryInterruptTime, KeQueryInterruptTime())                                                          \
    F(KeQueryTimeIncrement, KeQueryTimeIncrement())                                                          \
    F(KeQueryPerformanceCounter, KeQueryPerformanceCounter(&large))                                          \
    F(KeGetCurrentIrql, KeGetCurrentIrql())                                                                  \
    F(KeGetCurrentThread, KeGetCurrentThread())                                                              \
    F(KeAreApcsDisabled, KeAreApcsDisabled())                                                                \
    F(KeQueryPriorityThread, KeQueryPriorityThread(KeGetCurrentThread()))                                    \
    F(ExInitializeFastMutex, ExInitializeFastMutex(&fast))                                                   \
    F(ExInitializeRundownProtection, ExInitializeRundownProtection(&rundown))                                \
    F(NdisInitializeEvent, NdisInitializeEvent(&ndis_event))                                                 \
    F(NdisSetEvent, NdisSetEvent(&ndis_event))                                                               \
    F(NdisResetEvent, NdisResetEvent(&ndis_event))                                                           \
    F(NdisInterlockedIncrement, NdisInterlockedIncrement(&number))                                           \
    F(NdisGetCurrentSystemTime, NdisGetCurrentSystemTime(&large))                                            \
    F(NdisSystemActiveProcessorCount, NdisSystemActiveProcessorCount(NULL))                                  \
    F(NdisGeneratePartialCancelId, NdisGeneratePartialCancelId())                                            \
    F(PsGetCurrentThreadId, PsGetCurrentThreadId())                                                          \
    F(RtlEqualUnicodeString, RtlEqualUnicodeString(&text, &same, FALSE))                                     \
    F(RtlCopyUnicodeString, RtlCopyUnicodeString(&text, &same))                                              \
    F(RtlUpcaseUnicodeChar, RtlUpcaseUnicodeChar(L'a'))                                                      \
    F(RtlCompareMemory, RtlCompareMemory(bytes, bytes, sizeof bytes))                                        \
    F(MmIsAddressValid, MmIsAddressValid(bytes))

EACH_HARMLESS(HARMLESS)

#define ROW(name, call) {DDI_##name, call_##name},
static const struct {
    enum ddi ddi;
    void (*call)(void);
} harmless[] = {EACH_HARMLESS(ROW)};

/* What is called at a right level does not come back by the listener. */
static void right_levels_silent(void *argument)
{
    (void)argument;
    NdisAllocateSpinLock(&ndis_lock);
    for (size_t i = 0; i < sizeof harmless / sizeof harmless[0]; i++) {
        const struct ddi_row *row = &ddi_rows[harmless[i].ddi];
        for (KIRQL irql = row->lowest; irql <= row->highest; irql++) {
            KIRQL old = KfRaiseIrql(irql);
            called = row;
            heard = false;
            if (__builtin_setjmp(back) == 0) {
                harmless[i].call();
            }
            called = NULL;
            KeLowerIrql(old);
            if (heard) {
                check_fail(__FILE__, __LINE__, "%s is judged at IRQL %u", row->name, irql);
            }
        }
    }
    NdisFreeSpinLock(&ndis_lock);
}

/* ---- the tables ------------------------------------------------------------------------------------ */

/* A condition is one of the function's alternatives: nowhere wider than the row. */
static void conditions_name_functions(void *argument)
{
    size_t count = 0;
    (void)argument;
    for (const struct ddi_condition *condition = ddi_conditions; condition->ddi != DDI_COUNT; condition++) {
        CHECK(strstr(ddi_rows[condition->ddi].level, condition->text) != NULL);
        CHECK(condition->bugcheck == 0xC4 || condition->bugcheck == 0x7C);
        count++;
    }
    CHECK(count > 20);
    for (size_t i = 0; i < DDI_COUNT; i++) {
        CHECK(ddi_rows[i].lowest <= ddi_rows[i].highest && ddi_rows[i].highest <= HIGH_LEVEL);
    }
}

static const struct test_case cases[] = {
    CASE("every_function_judged", every_function_judged, "", 1, CHECKED),
    CASE("every_wrong_level_told", every_wrong_level_told, "", 1, CHECKED),
    CASE("right_levels_silent", right_levels_silent, "", 1, CHECKED),
    CASE("conditions_name_functions", conditions_name_functions, "", 1, CHECKED),
};
TEST_MAIN(cases)
