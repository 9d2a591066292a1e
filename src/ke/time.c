/*
 * time.c - clocks that drivers read, and busy waits.  All of them follow the engine's clock.
 */
#include "ke/clock.h"

#include "ke/ddi.h"
#include "ke/dispatch.h"
#include "ke/engine.h"
#include "ke/step.h"

#undef KeQuerySystemTime
#undef KeQueryTickCount
#undef KeQueryInterruptTime

static uint64_t system_time_at_start;

void ke_clock_start(uint64_t system_time)
{
    system_time_at_start = system_time;
}

/* KeQuerySystemTimePrecise: any IRQL; 100 ns units since 1601. */
VOID KeQuerySystemTimePrecise(PLARGE_INTEGER CurrentTime)
{
    ddi_enter(KeQuerySystemTimePrecise);
    ke_about_to_change_always(&system_time_at_start, NULL);
    CurrentTime->QuadPart = (LONGLONG)(system_time_at_start + ke_engine->now() / 100u);
}

/* KeQuerySystemTime: any IRQL. */
VOID KeQuerySystemTime(PLARGE_INTEGER CurrentTime)
{
    ddi_enter(KeQuerySystemTime);
    KeQuerySystemTimePrecise(CurrentTime);
}

/* KeQueryInterruptTime: any IRQL; 100 ns units since the machine started. */
ULONGLONG KeQueryInterruptTime(VOID)
{
    ddi_enter(KeQueryInterruptTime);
    ke_about_to_change_always(&system_time_at_start, NULL);
    return ke_engine->now() / 100u;
}

/* KeQueryInterruptTimePrecise: any IRQL; also gives the performance counter of the same moment. */
ULONGLONG KeQueryInterruptTimePrecise(PULONG64 QpcTimeStamp)
{
    ddi_enter(KeQueryInterruptTimePrecise);
    ke_about_to_change_always(&system_time_at_start, NULL);
    uint64_t now = ke_engine->now();
    *QpcTimeStamp = now;
    return now / 100u;
}

/* KeQueryUnbiasedInterruptTime: <= HIGH_LEVEL; the machine never sleeps. */
ULONGLONG KeQueryUnbiasedInterruptTime(VOID)
{
    ddi_enter(KeQueryUnbiasedInterruptTime);
    ke_about_to_change_always(&system_time_at_start, NULL);
    return ke_engine->now() / 100u;
}

/* KeQueryTickCount: any IRQL; in units of KeQueryTimeIncrement. */
VOID KeQueryTickCount(PLARGE_INTEGER TickCount)
{
    ddi_enter(KeQueryTickCount);
    ke_about_to_change_always(&system_time_at_start, NULL);
    TickCount->QuadPart = (LONGLONG)(ke_engine->now() / 100u / KeQueryTimeIncrement());
}

/* KeQueryTimeIncrement: any IRQL; 100 ns units a tick, as on a PC (15.625 ms). */
ULONG KeQueryTimeIncrement(VOID)
{
    ddi_enter(KeQueryTimeIncrement);
    return 156250;
}

/* KeQueryPerformanceCounter: any IRQL; nanoseconds. */
LARGE_INTEGER KeQueryPerformanceCounter(PLARGE_INTEGER PerformanceFrequency)
{
    ddi_enter(KeQueryPerformanceCounter);
    ke_about_to_change_always(&system_time_at_start, NULL);
    LARGE_INTEGER now = {.QuadPart = (LONGLONG)ke_engine->now()};
    if (PerformanceFrequency != NULL) {
        PerformanceFrequency->QuadPart = 1000000000;
    }
    return now;
}

/* KeStallExecutionProcessor: any IRQL; a busy wait (DL-1). */
VOID KeStallExecutionProcessor(ULONG MicroSeconds)
{
    ddi_enter(KeStallExecutionProcessor);
    event_send(EVENT_STALL, NULL, MicroSeconds, 0, 0, 0);
    if (ke_engine->stall != NULL) {
        ke_engine->stall((uint64_t)MicroSeconds * 1000u);
        return;
    }
    uint64_t end = ke_engine->now() + (uint64_t)MicroSeconds * 1000u;
    while (ke_engine->now() < end) {
        host_relax();
    }
}
