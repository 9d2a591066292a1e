/*
 * processor.c - what drivers ask NDIS about the processors: their load, where they are, which are for RSS.
 *
 * The simulated machine has one socket, one NUMA node and no hyper-threads; RSS may use all of its
 * processors.
 */
#include "ke/ddi.h"
#include "ndis/adapter.h"

#define TICK_NS 15625000u

/* Clock ticks since the start: those in which the processor was idle, those in which it was not, its number.
 * <= DISPATCH_LEVEL.  nf-ndis-ndisgetcurrentprocessorcounts.  Who asks is running, so all are counted as
 * busy. */
VOID NdisGetCurrentProcessorCounts(PULONG pIdleCount, PULONG pKernelAndUser, PULONG pIndex)
{
    ddi_enter(NdisGetCurrentProcessorCounts);
    *pIdleCount = 0;
    *pKernelAndUser = (ULONG)(ke_engine->now() / TICK_NS);
    *pIndex = ke_processor()->number;
}

/* The load in percent, as the counts above give it.  Any IRQL.  nf-ndis-ndisgetcurrentprocessorcpuusage. */
VOID NdisGetCurrentProcessorCpuUsage(PULONG pCpuUsage)
{
    ddi_enter(NdisGetCurrentProcessorCpuUsage);
    *pCpuUsage = 100;
}

/* Has the caller's buffer room for a structure and an entry for each processor?  Writes how much is needed.
 */
static bool has_room(SIZE_T *size, size_t head, size_t entry)
{
    size_t needed = head + ke_processor_count * entry;
    bool fits = *size >= needed;
    *size = needed;
    return fits;
}

/*
 * The processors' places.  Size is the buffer's, and becomes what was written.  <= DISPATCH_LEVEL.
 * NDIS_STATUS_BUFFER_TOO_SHORT, and Size says how much is needed.  nf-ndis-ndisgetprocessorinformationex.
 */
NDIS_STATUS NdisGetProcessorInformationEx(NDIS_HANDLE NdisHandle,
                                          PNDIS_SYSTEM_PROCESSOR_INFO_EX SystemProcessorInfo, PSIZE_T Size)
{
    ddi_enter(NdisGetProcessorInformationEx);
    NDIS_SYSTEM_PROCESSOR_INFO_EX *info = SystemProcessorInfo;
    (void)NdisHandle;
    if (!has_room(Size, sizeof *info, sizeof(NDIS_PROCESSOR_INFO_EX)) || info == NULL) {
        return NDIS_STATUS_BUFFER_TOO_SHORT;
    }
    *info = (NDIS_SYSTEM_PROCESSOR_INFO_EX){
        .Header = {.Type = NDIS_OBJECT_TYPE_DEFAULT,
                   .Revision = NDIS_SYSTEM_PROCESSOR_INFO_EX_REVISION_1,
                   .Size = NDIS_SIZEOF_SYSTEM_PROCESSOR_INFO_EX_REVISION_1},
        .ProcessorVendor = NdisProcessorVendorUnknown,
        .NumSockets = 1,
        .NumCores = ke_processor_count,
        .NumCoresPerSocket = ke_processor_count,
        .MaxHyperThreadingProcsPerCore = 1,
        .ProcessorInfoOffset = sizeof *info,
        .NumberOfProcessors = ke_processor_count,
        .ProcessorInfoEntrySize = sizeof(NDIS_PROCESSOR_INFO_EX),
    };
    NDIS_PROCESSOR_INFO_EX *entries = (NDIS_PROCESSOR_INFO_EX *)(void *)(info + 1);
    for (unsigned i = 0; i < ke_processor_count; i++) {
        entries[i] = (NDIS_PROCESSOR_INFO_EX){.ProcNum = {.Number = (UCHAR)i}, .CoreId = i};
    }
    return NDIS_STATUS_SUCCESS;
}

/*
 * The processors that RSS may use, the preferred first.  Size as above.  <= DISPATCH_LEVEL.
 * NDIS_STATUS_BUFFER_TOO_SHORT.  nf-ndis-ndisgetrssprocessorinformation.
 */
NDIS_STATUS NdisGetRssProcessorInformation(NDIS_HANDLE NdisHandle, PNDIS_RSS_PROCESSOR_INFO RssProcessorInfo,
                                           PSIZE_T Size)
{
    ddi_enter(NdisGetRssProcessorInformation);
    NDIS_RSS_PROCESSOR_INFO *info = RssProcessorInfo;
    (void)NdisHandle;
    if (!has_room(Size, sizeof *info, sizeof(NDIS_RSS_PROCESSOR)) || info == NULL) {
        return NDIS_STATUS_BUFFER_TOO_SHORT;
    }
    *info = (NDIS_RSS_PROCESSOR_INFO){
        .Header = {.Type = NDIS_OBJECT_TYPE_RSS_PROCESSOR_INFO,
                   .Revision = NDIS_RSS_PROCESSOR_INFO_REVISION_2,
                   .Size = NDIS_SIZEOF_RSS_PROCESSOR_INFO_REVISION_2},
        .MaxNumRssProcessors = ke_processor_count,
        .RssProcessorArrayOffset = sizeof *info,
        .RssProcessorCount = ke_processor_count,
        .RssProcessorEntrySize = sizeof(NDIS_RSS_PROCESSOR),
        .RssMaxProcessor = {.Number = (UCHAR)(ke_processor_count - 1)},
        .RssProfile = NdisRssProfileClosest,
    };
    NDIS_RSS_PROCESSOR *entries = (NDIS_RSS_PROCESSOR *)(void *)(info + 1);
    for (unsigned i = 0; i < ke_processor_count; i++) {
        entries[i] = (NDIS_RSS_PROCESSOR){.ProcNum = {.Number = (UCHAR)i}, .PreferenceIndex = (USHORT)i};
    }
    return NDIS_STATUS_SUCCESS;
}

/*
 * There is no hypervisor.  The caller has filled in the header.  <= DISPATCH_LEVEL.
 * NDIS_STATUS_BUFFER_TOO_SHORT when its size is too small.  nf-ndis-ndisgethypervisorinfo.
 */
NDIS_STATUS NdisGetHypervisorInfo(PNDIS_HYPERVISOR_INFO HypervisorInfo)
{
    ddi_enter(NdisGetHypervisorInfo);
    if (HypervisorInfo->Header.Size < NDIS_SIZEOF_HYPERVISOR_INFO_REVISION_1) {
        return NDIS_STATUS_BUFFER_TOO_SHORT;
    }
    HypervisorInfo->Flags = 0;
    HypervisorInfo->PartitionType = NdisHypervisorPartitionTypeUnknown;
    return NDIS_STATUS_SUCCESS;
}
