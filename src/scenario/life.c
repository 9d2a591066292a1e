/*
 * life.c - the scenario `life` (life.h): the order of the steps.  life_machine.c has the parts.
 */
#include "scenario/life_machine.h"

#include "ndis/crash.h"

#define SIDE_TRAFFIC_MINIMUM 200
#define SIDE_TRAFFIC_MAXIMUM 4000
#define UNTIL_STOPPED ((uint64_t)1 << 40) /* frames: more than anybody waits for */
#define RESETS 3

bool life_applies(const DRIVER_OBJECT *driver)
{
    return miniport_of(driver) != NULL;
}

/* Frames for a step beside the main traffic. */
static uint64_t side_frames(const struct life *life)
{
    uint64_t frames = life->frames / 10;
    frames = frames < SIDE_TRAFFIC_MINIMUM ? SIDE_TRAFFIC_MINIMUM : frames;
    return frames > SIDE_TRAFFIC_MAXIMUM ? SIDE_TRAFFIC_MAXIMUM : frames;
}

/* Paused: OID requests are answered, nothing else reaches the miniport. */
static bool ask_while_paused(struct life_machine *m)
{
    machine_step(m, "OID requests while paused");
    stack_ask(&m->stack);
    adapter_check_for_hang(m->adapter);
    return machine_check(m, m->stack.fault);
}

static bool main_traffic(struct life_machine *m)
{
    machine_step(m, "traffic");
    adapter_hang_watch_start(m->adapter);
    bool passed = machine_pass_frames(m, m->life->frames, NULL);
    adapter_hang_watch_stop(m->adapter);
    return passed;
}

/* IN-15: interrupts are disabled and enabled under traffic; nothing may get lost. */
static bool diagnostics(struct life_machine *m)
{
    machine_step(m, "interrupt diagnostics");
    return machine_pass_frames(m, side_frames(m->life), machine_toggle_interrupts);
}

/* Sends are cancelled while they wait: what the miniport gives back unsent is not on the wire. */
static bool cancel_sends(struct life_machine *m)
{
    machine_step(m, "cancelling sends");
    m->stack.cancelling = true;
    if (!machine_start_traffic(m, side_frames(m->life))) {
        return false;
    }
    machine_wait_idle(m);
    m->stack.cancelling = false;
    return machine_end_traffic(m, TRAFFIC_CANCELLED);
}

static bool reset_under_traffic(struct life_machine *m)
{
    machine_step(m, "reset during traffic");
    if (!machine_start_traffic(m, UNTIL_STOPPED)) {
        return false;
    }
    for (int n = 0; n < RESETS; n++) {
        machine_sleep(2000);
        adapter_reset(m->adapter);
    }
    machine_sleep(2000);
    return machine_end_traffic(m, TRAFFIC_DISTURBED);
}

/* MiniportPause is called while the miniport owns sends and the stack owns receives. */
static bool pause_under_traffic(struct life_machine *m)
{
    machine_step(m, "pause with sends in flight");
    if (!machine_start_traffic(m, UNTIL_STOPPED)) {
        return false;
    }
    machine_sleep(3000);
    adapter_pause(m->adapter);
    return machine_end_traffic(m, TRAFFIC_DISTURBED);
}

static bool halt(struct life_machine *m, NDIS_HALT_ACTION action)
{
    machine_step(m, "halt");
    stack_unbind(&m->stack);
    adapter_halt(m->adapter, action);
    return machine_check(m, m->adapter->fault);
}

static bool first_life(struct life_machine *m)
{
    if (!machine_plug_in(m) || !machine_bring_up(m) || !ask_while_paused(m) || !machine_restart(m) ||
        !main_traffic(m) || !diagnostics(m) || !cancel_sends(m) || !reset_under_traffic(m) ||
        !pause_under_traffic(m) || !ask_while_paused(m) || !machine_restart(m)) {
        return false;
    }
    machine_step(m, "traffic after the restart");
    if (!machine_pass_frames(m, side_frames(m->life), NULL)) {
        return false;
    }
    machine_step(m, "pause");
    adapter_pause(m->adapter);
    return halt(m, NdisHaltDeviceDisabled);
}

/* The adapter that was halted is started again, then its hardware vanishes under traffic. */
static bool second_life(struct life_machine *m)
{
    if (!machine_bring_up(m) || !machine_restart(m)) {
        return false;
    }
    machine_step(m, "surprise removal");
    if (!machine_start_traffic(m, UNTIL_STOPPED)) {
        return false;
    }
    machine_sleep(3000);
    machine_pull_out(m);
    adapter_surprise_remove(m->adapter);
    machine_sleep(1000);
    adapter_pause(m->adapter);
    return machine_end_traffic(m, TRAFFIC_REMOVED) && halt(m, NdisHaltDeviceSurpriseRemoved);
}

void life_run(struct life *life)
{
    struct life_machine *m = machine_create(life);
    if (m == NULL) {
        return;
    }
    life->ran = first_life(m) && second_life(m);
    machine_destroy(m);
}

void life_run_to_shutdown(struct life *life)
{
    struct life_machine *m = machine_create(life);
    if (m == NULL) {
        return;
    }
    if (machine_plug_in(m) && machine_bring_up(m) && machine_restart(m) && main_traffic(m)) {
        machine_step(m, life->crash ? "crash" : "shutdown");
        if (!life->crash) {
            adapter_shutdown(m->adapter, NdisShutdownPowerOff);
        } else if (!adapter_crash(m->adapter)) {
            life->inconclusive = "NDIS does not tell this driver of bug checks";
        }
        life->ran = machine_check(m, m->adapter->fault);
    }
    machine_destroy(m);
}
