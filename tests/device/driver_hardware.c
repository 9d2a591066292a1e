/*
 * driver_hardware.c - our miniport when its hardware misbehaves: the cable is pulled, the device fails.
 */
#include <ndis.h>

#include "dev/unic_model.h"
#include "io/driver.h"
#include "ndis/adapter.h"
#include "scenario/life_machine.h"
#include "scenario/scenario.h"

#include "machine.h"

struct bench {
    struct driver_image image;
    PDRIVER_OBJECT object;
    struct life life;
    struct life_machine *machine;
};

static void find_driver(char *path, size_t size)
{
    ssize_t length = readlink("/proc/self/exe", path, size - 64);
    path[length < 0 ? 0 : length] = '\0';
    char *name = strrchr(path, '/');
    strcpy(name == NULL ? path : name, "/../../drivers/unic.so");
}

/* The driver loaded, its adapter initialized, bound and restarted. */
static bool bench_open(struct bench *bench)
{
    static char path[1024], error[512];
    KIRQL old = ke_mask();
    find_driver(path, sizeof(path));
    bool loaded = driver_image_load(&bench->image, path, error, sizeof(error));
    ke_unmask(old);
    if (!loaded) {
        check_fail(__FILE__, __LINE__, "%s", error);
        return false;
    }
    bench->object = io_driver_create("unic", bench->image.base, bench->image.end);
    CHECK_EQ(io_driver_start(bench->object, bench->image.entry), STATUS_SUCCESS);
    bench->life = (struct life){.driver = bench->object, .driver_name = "unic"};
    bench->machine = machine_create(&bench->life);
    bool up = bench->machine != NULL && machine_plug_in(bench->machine) && machine_bring_up(bench->machine) &&
              machine_restart(bench->machine);
    if (!up) {
        check_fail(__FILE__, __LINE__, "%s", bench->life.error);
    }
    return up;
}

static void bench_close(struct bench *bench)
{
    machine_destroy(bench->machine);
    CHECK(io_driver_unload(bench->object));
    io_driver_delete(bench->object);
}

static void expect_traffic(struct bench *bench, uint64_t frames)
{
    if (!machine_pass_frames(bench->machine, frames, NULL)) {
        check_fail(__FILE__, __LINE__, "%s", bench->life.error);
    }
}

/* ---- the cable ----------------------------------------------------------------------------------- */

/* Each change is told once, and frames pass afterwards. */
static void cable_pulled(void *argument)
{
    static struct bench bench;
    (void)argument;
    if (!bench_open(&bench)) {
        return;
    }
    struct life_machine *m = bench.machine;
    expect_traffic(&bench, 500);
    for (LONG change = 1; change <= 20; change++) {
        bool up = change % 2 == 0;
        wire_link(m->wire, up);
        SLEEP_UNTIL(m->adapter->statuses == change);
        SLEEP_UNTIL(m->stack.connected == up);
    }
    sleep_ms(20);
    CHECK_EQ(m->adapter->statuses, 20);
    expect_traffic(&bench, 500);
    bench_close(&bench);
}

/* ---- the device fails ------------------------------------------------------------------------------- */

/* Breaks the device and waits until NDIS has reset it. */
static void break_device(struct life_machine *m)
{
    LONG resets = m->adapter->resets;
    unic_write(m->device, UNIC_TX_RING + RING_TAIL, 4, 0xFFFF);
    for (int wait = 0; wait < 10000 && m->adapter->resets == resets; wait++) {
        adapter_check_for_hang(m->adapter);
        sleep_ms(1);
    }
    CHECK_EQ(m->adapter->resets, resets + 1);
}

/* Like a hang: MiniportCheckForHangEx sees it, the reset that follows mends it. */
static void device_fails(void *argument)
{
    static struct bench bench;
    (void)argument;
    if (!bench_open(&bench)) {
        return;
    }
    struct life_machine *m = bench.machine;
    CHECK(!adapter_check_for_hang(m->adapter)); /* nothing is wrong yet */
    for (int round = 1; round <= 5; round++) {
        break_device(m);
        expect_traffic(&bench, 300);
    }
    bench_close(&bench);
}

/* With frames in flight both ways: what the device had is completed with the reset, the rest goes on. */
static void device_fails_under_traffic(void *argument)
{
    static struct bench bench;
    (void)argument;
    if (!bench_open(&bench)) {
        return;
    }
    struct life_machine *m = bench.machine;
    CHECK(machine_start_traffic(m, 1000000));
    for (int round = 1; round <= 5; round++) {
        sleep_ms(5);
        break_device(m);
    }
    sleep_ms(5);
    if (!machine_end_traffic(m, TRAFFIC_DISTURBED)) {
        check_fail(__FILE__, __LINE__, "%s", bench.life.error);
    }
    CHECK_EQ(m->adapter->resets, 5);
    expect_traffic(&bench, 500);
    bench_close(&bench);
}

static const struct test_case cases[] = {
    CASE("driver-cable-pulled", cable_pulled, "", 4, BOTH),
    CASE("driver-device-fails", device_fails, "", 4, BOTH),
    CASE("driver-device-fails-under-traffic", device_fails_under_traffic, "", 4, BOTH),
};
TEST_MAIN(cases)
