/*
 * misc.c - small executive routines: exceptions, processor features, time zones, UUIDs.
 */
#include "ke/ddi.h"
#include "ke/engine.h"
#include "ke/run.h"

#define KMODE_EXCEPTION_NOT_HANDLED 0x1E
#define CLOCK_INCREMENT 10000u /* 1 ms in 100 ns units, what KeQueryTimeIncrement cannot go below */
#define FEATURE_COMPARE_EXCHANGE128 14

/* Raises an exception; a driver cannot handle one here, so it is bug check 0x1E.  nf-wdm-exraisestatus. */
VOID NTAPI ExRaiseStatus(NTSTATUS Status)
{
    ddi_enter(ExRaiseStatus);
    ke_bugcheck(KMODE_EXCEPTION_NOT_HANDLED, (ULONG)Status, (ULONG_PTR)__builtin_return_address(0), 0, 0);
}

/* Whether the processor has a feature; known: what every x64 processor has.  Any IRQL.
 * nf-wdm-exisprocessorfeaturepresent. */
BOOLEAN NTAPI ExIsProcessorFeaturePresent(ULONG ProcessorFeature)
{
    ddi_enter(ExIsProcessorFeaturePresent);
    switch (ProcessorFeature) {
    case 2:  /* PF_COMPARE_EXCHANGE_DOUBLE */
    case 3:  /* PF_MMX_INSTRUCTIONS_AVAILABLE */
    case 6:  /* PF_XMMI_INSTRUCTIONS_AVAILABLE */
    case 8:  /* PF_RDTSC_INSTRUCTION_AVAILABLE */
    case 9:  /* PF_PAE_ENABLED */
    case 10: /* PF_XMMI64_INSTRUCTIONS_AVAILABLE */
    case 12: /* PF_NX_ENABLED */
    case FEATURE_COMPARE_EXCHANGE128:
        return TRUE;
    default:
        return FALSE;
    }
}

/* Asks for a timer resolution; the engine's is always the finest.  <= APC_LEVEL. nf-wdm-exsettimerresolution.
 */
ULONG NTAPI ExSetTimerResolution(ULONG DesiredTime, BOOLEAN SetResolution)
{
    ddi_enter(ExSetTimerResolution);
    (void)DesiredTime, (void)SetResolution;
    return CLOCK_INCREMENT;
}

/* The range of the clock's resolutions, and the present one: always the finest.  Any IRQL.
 * nf-wdm-exquerytimerresolution. */
VOID NTAPI ExQueryTimerResolution(PULONG MaximumTime, PULONG MinimumTime, PULONG CurrentTime)
{
    ddi_enter(ExQueryTimerResolution);
    *MaximumTime = KeQueryTimeIncrement();
    *MinimumTime = CLOCK_INCREMENT;
    *CurrentTime = CLOCK_INCREMENT;
}

/* Local time is UTC.  Any IRQL.  nf-wdm-exsystemtimetolocaltime. */
VOID NTAPI ExSystemTimeToLocalTime(PLARGE_INTEGER SystemTime, PLARGE_INTEGER LocalTime)
{
    ddi_enter(ExSystemTimeToLocalTime);
    *LocalTime = *SystemTime;
}

VOID NTAPI ExLocalTimeToSystemTime(PLARGE_INTEGER LocalTime, PLARGE_INTEGER SystemTime)
{
    ddi_enter(ExLocalTimeToSystemTime);
    *SystemTime = *LocalTime;
}

/*
 * Makes a UUID of version 4 from the run's random choices, so that a run can be repeated.  PASSIVE_LEVEL.
 * STATUS_SUCCESS.  nf-ntddk-exuuidcreate.
 */
NTSTATUS NTAPI ExUuidCreate(GUID *Uuid)
{
    ddi_enter(ExUuidCreate);
    UCHAR *bytes = (UCHAR *)Uuid;
    for (unsigned i = 0; i < sizeof(*Uuid); i++) {
        bytes[i] = (UCHAR)ke_choose(CHOICE_DEVICE, 256);
    }
    Uuid->Data3 = (USHORT)((Uuid->Data3 & 0x0FFF) | 0x4000);
    Uuid->Data4[0] = (UCHAR)((Uuid->Data4[0] & 0x3F) | 0x80);
    return STATUS_SUCCESS;
}

/* KernelMode: no request comes from a program.  <= DISPATCH_LEVEL.  nf-wdm-exgetpreviousmode. */
KPROCESSOR_MODE NTAPI ExGetPreviousMode(VOID)
{
    ddi_enter(ExGetPreviousMode);
    return KernelMode;
}
