/*
 * version.c - which Windows this claims to be.
 */
#include "ke/ddi.h"
#include "ke/processor.h"

#include <stdbool.h>

/* The Windows whose behaviour undis shows: 10.0, the build of Windows 11 22H2. */
#define SYSTEM_MAJOR 10
#define SYSTEM_MINOR 0
#define SYSTEM_BUILD 22621
#define SYSTEM_PLATFORM_NT 2

/* Which Windows this is.  PASSIVE_LEVEL.  STATUS_SUCCESS.  nf-wdm-rtlgetversion. */
NTSTATUS NTAPI RtlGetVersion(PRTL_OSVERSIONINFOW lpVersionInformation)
{
    ddi_enter(RtlGetVersion);
    lpVersionInformation->dwMajorVersion = SYSTEM_MAJOR;
    lpVersionInformation->dwMinorVersion = SYSTEM_MINOR;
    lpVersionInformation->dwBuildNumber = SYSTEM_BUILD;
    lpVersionInformation->dwPlatformId = SYSTEM_PLATFORM_NT;
    lpVersionInformation->szCSDVersion[0] = UNICODE_NULL;
    if (lpVersionInformation->dwOSVersionInfoSize == sizeof(RTL_OSVERSIONINFOEXW)) {
        PRTL_OSVERSIONINFOEXW extended = (PRTL_OSVERSIONINFOEXW)lpVersionInformation;
        extended->wServicePackMajor = 0;
        extended->wServicePackMinor = 0;
        extended->wSuiteMask = 0;
        extended->wProductType = NtProductWinNt;
    }
    return STATUS_SUCCESS;
}

/*
 * Adds to a condition mask how the kinds in TypeMask are to be compared: each kind has three bits.  Any IRQL.
 * nf-wdm-rtlverifyversioninfo.
 */
ULONGLONG NTAPI VerSetConditionMask(ULONGLONG ConditionMask, ULONG TypeMask, UCHAR Condition)
{
    ddi_enter(VerSetConditionMask);
    for (unsigned kind = 0; kind < 8; kind++) {
        if (TypeMask & 1u << kind) {
            ConditionMask |= (ULONGLONG)(Condition & 7) << 3 * kind;
        }
    }
    return ConditionMask;
}

/* Below, equal, above: -1, 0, 1. */
static int order(ULONG is, ULONG wanted)
{
    return is < wanted ? -1 : is > wanted;
}

static bool is_met(int order, unsigned condition)
{
    switch (condition) {
    case VER_EQUAL:
        return order == 0;
    case VER_GREATER:
        return order > 0;
    case VER_GREATER_EQUAL:
        return order >= 0;
    case VER_LESS:
        return order < 0;
    default:
        return condition == VER_LESS_EQUAL && order <= 0;
    }
}

static unsigned condition_of(ULONGLONG mask, ULONG kind)
{
    return mask >> 3 * __builtin_ctz(kind) & 7;
}

/* Numbers of which an earlier one decides alone when it differs: major, minor, service pack. */
static bool numbers_are_met(const RTL_OSVERSIONINFOEXW *wanted, ULONG kinds, ULONGLONG mask)
{
    const struct {
        ULONG kind, is, wanted;
    } numbers[] = {
        {VER_MAJORVERSION, SYSTEM_MAJOR, wanted->dwMajorVersion},
        {VER_MINORVERSION, SYSTEM_MINOR, wanted->dwMinorVersion},
        {VER_SERVICEPACKMAJOR, 0, wanted->wServicePackMajor},
        {VER_SERVICEPACKMINOR, 0, wanted->wServicePackMinor},
    };
    int last = 0;
    unsigned condition = VER_EQUAL;
    for (size_t i = 0; i < RTL_NUMBER_OF(numbers) && last == 0; i++) {
        if (kinds & numbers[i].kind) {
            last = order(numbers[i].is, numbers[i].wanted);
            condition = condition_of(mask, numbers[i].kind);
        }
    }
    return is_met(last, condition);
}

static bool suites_are_met(USHORT wanted, unsigned condition)
{
    return condition == VER_AND ? wanted == 0 : condition == VER_OR; /* this one has none */
}

/*
 * Compares this Windows with VersionInfo in the kinds of TypeMask, each as the condition mask says.
 * PASSIVE_LEVEL.  STATUS_SUCCESS, STATUS_REVISION_MISMATCH, STATUS_INVALID_PARAMETER (nothing to compare, or
 * no condition for it).  nf-wdm-rtlverifyversioninfo.
 */
NTSTATUS NTAPI RtlVerifyVersionInfo(PRTL_OSVERSIONINFOEXW VersionInfo, ULONG TypeMask,
                                    ULONGLONG ConditionMask)
{
    ddi_enter(RtlVerifyVersionInfo);
    if (TypeMask == 0 || ConditionMask == 0) {
        return STATUS_INVALID_PARAMETER;
    }
    bool met = numbers_are_met(VersionInfo, TypeMask, ConditionMask);
    if (TypeMask & VER_BUILDNUMBER) {
        met &= is_met(order(SYSTEM_BUILD, VersionInfo->dwBuildNumber),
                      condition_of(ConditionMask, VER_BUILDNUMBER));
    }
    if (TypeMask & VER_PLATFORMID) {
        met &= is_met(order(SYSTEM_PLATFORM_NT, VersionInfo->dwPlatformId),
                      condition_of(ConditionMask, VER_PLATFORMID));
    }
    if (TypeMask & VER_PRODUCT_TYPE) {
        met &= is_met(order(NtProductWinNt, VersionInfo->wProductType),
                      condition_of(ConditionMask, VER_PRODUCT_TYPE));
    }
    if (TypeMask & VER_SUITENAME) {
        met &= suites_are_met(VersionInfo->wSuiteMask, condition_of(ConditionMask, VER_SUITENAME));
    }
    return met ? STATUS_SUCCESS : STATUS_REVISION_MISMATCH;
}

/* The same in other words; FALSE, as on a free build of Windows.  PASSIVE_LEVEL.  nf-ntddk-psgetversion. */
BOOLEAN NTAPI PsGetVersion(PULONG MajorVersion, PULONG MinorVersion, PULONG BuildNumber,
                           PUNICODE_STRING CSDVersion)
{
    ddi_enter(PsGetVersion);
    if (MajorVersion != NULL) {
        *MajorVersion = SYSTEM_MAJOR;
    }
    if (MinorVersion != NULL) {
        *MinorVersion = SYSTEM_MINOR;
    }
    if (BuildNumber != NULL) {
        *BuildNumber = SYSTEM_BUILD;
    }
    if (CSDVersion != NULL) {
        CSDVersion->Length = 0;
    }
    return FALSE;
}
