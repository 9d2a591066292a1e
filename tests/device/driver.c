/*
 * driver.c - our miniport from end to end, and with every allocation of MiniportInitializeEx failing in turn.
 *
 * The functions that can fail are defined here once more: the driver finds these first, and they call the
 * library's.  A run is a process of its own.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <ndis.h>

#include "dev/capture.h"
#include "ke/processor.h"
#include "scenario/scenario.h"

#include <undis/undis.h>

#include <dlfcn.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

static char build_path[1024], driver_path[1100], capture_path[1024];

/* The driver is built like the test itself. */
#ifdef __SANITIZE_ADDRESS__
#define UNDIS_DRIVER_FLAGS "-fsanitize=address"
#else
#define UNDIS_DRIVER_FLAGS ""
#endif

/* ---- failing on demand --------------------------------------------------------------------------- */

static volatile LONG fail_at; /* the call of the driver that fails; 0: none */
static volatile LONG calls;

static bool called_by_driver(const void *caller)
{
    Dl_info info;
    KIRQL old = ke_mask();
    bool is = dladdr(caller, &info) != 0 && strstr(info.dli_fname, "/unic.so") != NULL;
    ke_unmask(old);
    return is;
}

static void *library(const char *name)
{
    KIRQL old = ke_mask();
    void *function = dlsym(RTLD_NEXT, name);
    ke_unmask(old);
    return function;
}

#define MUST_FAIL (called_by_driver(__builtin_return_address(0)) && InterlockedIncrement(&calls) == fail_at)
#define LIBRARY(name) ((__typeof__(&name))(uintptr_t)library(#name))

PVOID NdisAllocateMemoryWithTagPriority(NDIS_HANDLE handle, UINT length, ULONG tag, EX_POOL_PRIORITY priority)
{
    return MUST_FAIL ? NULL : LIBRARY(NdisAllocateMemoryWithTagPriority)(handle, length, tag, priority);
}

NDIS_STATUS NdisMSetMiniportAttributes(NDIS_HANDLE handle, PNDIS_MINIPORT_ADAPTER_ATTRIBUTES attributes)
{
    return MUST_FAIL ? NDIS_STATUS_RESOURCES : LIBRARY(NdisMSetMiniportAttributes)(handle, attributes);
}

NDIS_STATUS NdisMMapIoSpace(PVOID *va, NDIS_HANDLE handle, NDIS_PHYSICAL_ADDRESS pa, UINT length)
{
    return MUST_FAIL ? NDIS_STATUS_RESOURCES : LIBRARY(NdisMMapIoSpace)(va, handle, pa, length);
}

NDIS_STATUS NdisMRegisterScatterGatherDma(NDIS_HANDLE handle, PNDIS_SG_DMA_DESCRIPTION description,
                                          PNDIS_HANDLE dma)
{
    return MUST_FAIL ? NDIS_STATUS_RESOURCES
                     : LIBRARY(NdisMRegisterScatterGatherDma)(handle, description, dma);
}

VOID NdisMAllocateSharedMemory(NDIS_HANDLE handle, ULONG length, BOOLEAN cached, PVOID *va,
                               PNDIS_PHYSICAL_ADDRESS pa)
{
    if (MUST_FAIL) {
        *va = NULL;
    } else {
        LIBRARY(NdisMAllocateSharedMemory)(handle, length, cached, va, pa);
    }
}

NDIS_HANDLE NdisAllocateNetBufferListPool(NDIS_HANDLE handle,
                                          const NET_BUFFER_LIST_POOL_PARAMETERS *parameters)
{
    return MUST_FAIL ? NULL : LIBRARY(NdisAllocateNetBufferListPool)(handle, parameters);
}

PMDL NdisAllocateMdl(NDIS_HANDLE handle, PVOID va, UINT length)
{
    return MUST_FAIL ? NULL : LIBRARY(NdisAllocateMdl)(handle, va, length);
}

PNET_BUFFER_LIST NdisAllocateNetBufferAndNetBufferList(NDIS_HANDLE pool, USHORT context, USHORT backfill,
                                                       PMDL mdl, ULONG offset, SIZE_T length)
{
    return MUST_FAIL
               ? NULL
               : LIBRARY(NdisAllocateNetBufferAndNetBufferList)(pool, context, backfill, mdl, offset, length);
}

NDIS_HANDLE NdisAllocateIoWorkItem(NDIS_HANDLE handle)
{
    return MUST_FAIL ? NULL : LIBRARY(NdisAllocateIoWorkItem)(handle);
}

NDIS_STATUS NdisMRegisterInterruptEx(NDIS_HANDLE handle, NDIS_HANDLE context,
                                     PNDIS_MINIPORT_INTERRUPT_CHARACTERISTICS characteristics,
                                     PNDIS_HANDLE interrupt)
{
    return MUST_FAIL ? NDIS_STATUS_RESOURCES
                     : LIBRARY(NdisMRegisterInterruptEx)(handle, context, characteristics, interrupt);
}

/* ---- runs ---------------------------------------------------------------------------------------- */

enum outcome { CLEAN = 10, INITIALIZE_FAILED, WRONG };

struct plan {
    unsigned processors;
    uint64_t seed, frames;
    LONG fail_at;
    const char *driver; /* NULL: as built */
    const char *pcap, *pcap_out;
};

static enum outcome judge(const struct plan *plan, const struct scenario_result *result)
{
    for (size_t i = 0; i < undis_finding_count(); i++) {
        fprintf(stderr, "finding %s: %s\n", undis_finding(i)->rule, undis_finding(i)->message);
    }
    if (undis_finding_count() != 0 || result->stopped) {
        return WRONG;
    }
    if (plan->fail_at != 0 && strstr(result->error, "MiniportInitializeEx failed") != NULL) {
        return INITIALIZE_FAILED;
    }
    bool passed = result->error[0] == '\0' && result->frames_sent >= plan->frames &&
                  result->frames_received >= plan->frames && result->frames_dropped == 0;
    if (!passed) {
        fprintf(stderr, "%s; %llu sent, %llu received, %llu dropped\n", result->error,
                (unsigned long long)result->frames_sent, (unsigned long long)result->frames_received,
                (unsigned long long)result->frames_dropped);
    }
    return passed ? CLEAN : WRONG;
}

static enum outcome run(const struct plan *plan)
{
    fflush(NULL);
    pid_t child = fork();
    assert_true(child >= 0);
    if (child == 0) {
        const char *drivers[] = {plan->driver == NULL ? driver_path : plan->driver};
        struct scenario_options options = {.name = "life",
                                           .processors = plan->processors,
                                           .seed = plan->seed,
                                           .frames = plan->frames,
                                           .pcap = plan->pcap,
                                           .pcap_out = plan->pcap_out,
                                           .driver_count = 1,
                                           .drivers = drivers};
        struct scenario_result result;
        fail_at = plan->fail_at;
        scenario_run(&options, &result);
        _exit((int)judge(plan, &result));
    }
    int status = 0;
    assert_int_equal(waitpid(child, &status, 0), child);
    return WIFEXITED(status) ? (enum outcome)WEXITSTATUS(status) : WRONG;
}

/* ---- tests --------------------------------------------------------------------------------------- */

static void passes_traffic(void **state)
{
    (void)state;
    static const unsigned processors[] = {1, 4, 8};
    for (unsigned i = 0; i < 3; i++) {
        for (uint64_t seed = 1; seed <= 2; seed++) {
            struct plan plan = {
                .processors = processors[i], .seed = seed, .frames = 2000, .pcap = capture_path};
            if (run(&plan) != CLEAN) {
                fail_msg("%u processors, seed %llu", processors[i], (unsigned long long)seed);
            }
        }
    }
}

/*
 * Three frames in the device, one descriptor each, twelve receive buffers: the queue is always full, every
 * frame in several pieces is copied together, and most frames are indicated with
 * NDIS_RECEIVE_FLAGS_RESOURCES.
 */
static void passes_traffic_with_little(void **state)
{
    (void)state;
    char directory[] = P_tmpdir "/undis-driver-XXXXXX", driver[64], command[4096];
    assert_non_null(mkdtemp(directory));
    snprintf(driver, sizeof(driver), "%s/unic.so", directory);
    snprintf(command, sizeof(command),
             "%s/undis cc -o %s %.*s../../drivers/unic/*.c -- -DUNIC_SENDS=3 -DUNIC_FRAGMENTS=1 "
             "-DUNIC_RX_DESCRIPTORS=8 -DUNIC_RECEIVES=12 -DUNIC_RECEIVES_LOW=4 " UNDIS_DRIVER_FLAGS,
             build_path, driver, (int)(strrchr(__FILE__, '/') + 1 - __FILE__), __FILE__);
    bool built = system(command) == 0;
    enum outcome outcomes[4] = {WRONG, WRONG, WRONG, WRONG};
    for (unsigned i = 0; built && i < 4; i++) {
        struct plan plan = {
            .processors = 1 + i, .seed = i, .frames = 3000, .driver = driver, .pcap = capture_path};
        outcomes[i] = run(&plan);
    }
    unlink(driver);
    rmdir(directory);
    assert_true(built);
    for (unsigned i = 0; i < 4; i++) {
        assert_int_equal(outcomes[i], CLEAN);
    }
}

/* What went over the wire, both ways, is in the file. */
static void records_traffic(void **state)
{
    (void)state;
    char path[] = P_tmpdir "/undis-driver-XXXXXX", error[300];
    int file = mkstemp(path);
    assert_true(file >= 0);
    close(file);
    struct plan plan = {.processors = 4, .seed = 1, .frames = 1000, .pcap = capture_path, .pcap_out = path};
    assert_int_equal(run(&plan), CLEAN);
    struct capture capture;
    bool loaded = capture_load(&capture, path, error, sizeof(error));
    unlink(path);
    if (!loaded) {
        fail_msg("%s", error);
    }
    assert_int_equal(capture.skipped, 0);
    assert_true(capture.count >= 2 * plan.frames);
    capture_free(&capture);
}

/* Each failure is cleaned up after: no finding, in particular no PoolLeak. */
static void initialize_fails_anywhere(void **state)
{
    (void)state;
    struct plan plan = {.processors = 2, .seed = 1, .frames = 1};
    unsigned failures = 0;
    for (plan.fail_at = 1; plan.fail_at < 5000; plan.fail_at += plan.fail_at < 14 ? 1 : 131) {
        enum outcome outcome = run(&plan);
        if (outcome == CLEAN) {
            break;
        }
        if (outcome != INITIALIZE_FAILED) {
            fail_msg("failure %d", (int)plan.fail_at);
        }
        failures++;
    }
    assert_in_range(failures, 18, 100);
    assert_in_range(plan.fail_at, 1000, 4999);
}

/* The last two steps, which come after the 512 receive buffers. */
static void initialize_fails_at_the_end(void **state)
{
    (void)state;
    struct plan plan = {.processors = 2, .seed = 1, .frames = 1};
    LONG low = 1, high = 5000; /* the first call that may fail without MiniportInitializeEx failing */
    while (low < high) {
        plan.fail_at = low + (high - low) / 2;
        enum outcome outcome = run(&plan);
        assert_int_not_equal(outcome, WRONG);
        if (outcome == INITIALIZE_FAILED) {
            low = plan.fail_at + 1;
        } else {
            high = plan.fail_at;
        }
    }
    for (plan.fail_at = low - 4; plan.fail_at < low; plan.fail_at++) {
        assert_int_equal(run(&plan), INITIALIZE_FAILED);
    }
}

int main(int argc, char **argv)
{
    (void)argc, (void)argv;
    ssize_t length = readlink("/proc/self/exe", build_path, sizeof(build_path) - 64);
    if (length <= 0) {
        return 1;
    }
    build_path[length] = '\0';
    strcpy(strrchr(build_path, '/'), "/../..");
    snprintf(driver_path, sizeof(driver_path), "%s/drivers/unic.so", build_path);
    snprintf(capture_path, sizeof(capture_path), "%.*s../../share/captures/lan.pcap",
             (int)(strrchr(__FILE__, '/') + 1 - __FILE__), __FILE__);
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(passes_traffic),
        cmocka_unit_test(passes_traffic_with_little),
        cmocka_unit_test(records_traffic),
        cmocka_unit_test(initialize_fails_anywhere),
        cmocka_unit_test(initialize_fails_at_the_end),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
