/*
 * wdmsec.h - security descriptors for IoCreateDeviceSecure and NdisRegisterDeviceEx.
 */
#ifndef UNDIS_WDMSEC_H
#define UNDIS_WDMSEC_H

#include "wdm.h"

/* Each source that uses one gets the same definition; the linker keeps one. */
#define UNDIS_SDDL(name, text)                                                                               \
    EXTERN_C DECLSPEC_SELECTANY const UNICODE_STRING SDDL_DEVOBJ_##name;                                     \
    const UNICODE_STRING SDDL_DEVOBJ_##name = {sizeof(text) - sizeof(WCHAR), sizeof(text), (PWCH)text}

UNDIS_SDDL(KERNEL_ONLY, L"D:P");
UNDIS_SDDL(SYS_ALL, L"D:P(A;;GA;;;SY)");
UNDIS_SDDL(SYS_ALL_ADM_ALL, L"D:P(A;;GA;;;SY)(A;;GA;;;BA)");
UNDIS_SDDL(SYS_ALL_ADM_RX, L"D:P(A;;GA;;;SY)(A;;GRGX;;;BA)");
UNDIS_SDDL(SYS_ALL_ADM_RWX_WORLD_R, L"D:P(A;;GA;;;SY)(A;;GRGWGX;;;BA)(A;;GR;;;WD)");
UNDIS_SDDL(SYS_ALL_ADM_RWX_WORLD_R_RES_R, L"D:P(A;;GA;;;SY)(A;;GRGWGX;;;BA)(A;;GR;;;WD)(A;;GR;;;RC)");
UNDIS_SDDL(SYS_ALL_ADM_RWX_WORLD_RW_RES_R, L"D:P(A;;GA;;;SY)(A;;GRGWGX;;;BA)(A;;GRGW;;;WD)(A;;GR;;;RC)");
UNDIS_SDDL(SYS_ALL_ADM_RWX_WORLD_RWX_RES_RWX,
           L"D:P(A;;GA;;;SY)(A;;GRGWGX;;;BA)(A;;GRGWGX;;;WD)(A;;GRGWGX;;;RC)");

#endif
