/*
 * version.c - which Windows this claims to be.
 */
#include "ke/ddi.h"
#include "ke/processor.h"

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
