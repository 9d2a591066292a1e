/*
 * string.c - NDIS's names for string functions, and lookaside lists.
 */
#include "ke/ddi.h"
#include "ndis/adapter.h"

#include <string.h>

#undef NdisInitializeNPagedLookasideList

/* Describes a terminated wide string.  Any IRQL.  nf-ndis-ndisinitunicodestring. */
VOID NdisInitUnicodeString(PUNICODE_STRING DestinationString, PCWSTR SourceString)
{
    ddi_enter(NdisInitUnicodeString);
    RtlInitUnicodeString(DestinationString, SourceString);
}

/* Describes a terminated string.  Any IRQL.  nf-ndis-ndisinitansistring. */
VOID NdisInitAnsiString(PANSI_STRING DestinationString, PCSTR SourceString)
{
    ddi_enter(NdisInitAnsiString);
    RtlInitAnsiString(DestinationString, SourceString);
}

/* Widens into the caller's buffer.  PASSIVE_LEVEL.  NDIS_STATUS_FAILURE when it is too small.
 * nf-ndis-ndisansistringtounicodestring. */
NDIS_STATUS NdisAnsiStringToUnicodeString(PUNICODE_STRING DestinationString, PANSI_STRING SourceString)
{
    ddi_enter(NdisAnsiStringToUnicodeString);
    NTSTATUS status = RtlAnsiStringToUnicodeString(DestinationString, SourceString, FALSE);
    return NT_SUCCESS(status) ? NDIS_STATUS_SUCCESS : NDIS_STATUS_FAILURE;
}

/* Narrows into the caller's buffer.  PASSIVE_LEVEL.  NDIS_STATUS_FAILURE when it is too small.
 * nf-ndis-ndisunicodestringtoansistring. */
NDIS_STATUS NdisUnicodeStringToAnsiString(PANSI_STRING DestinationString, PUNICODE_STRING SourceString)
{
    ddi_enter(NdisUnicodeStringToAnsiString);
    NTSTATUS status = RtlUnicodeStringToAnsiString(DestinationString, SourceString, FALSE);
    return NT_SUCCESS(status) ? NDIS_STATUS_SUCCESS : NDIS_STATUS_FAILURE;
}

/* Converts to capitals.  PASSIVE_LEVEL.  nf-ndis-ndisupcaseunicodestring. */
NDIS_STATUS NdisUpcaseUnicodeString(PUNICODE_STRING DestinationString, PUNICODE_STRING SourceString)
{
    ddi_enter(NdisUpcaseUnicodeString);
    NTSTATUS status = RtlUpcaseUnicodeString(DestinationString, SourceString, FALSE);
    return NT_SUCCESS(status) ? NDIS_STATUS_SUCCESS : NDIS_STATUS_FAILURE;
}

/* Compares.  PASSIVE_LEVEL.  nf-ndis-ndisequalstring. */
BOOLEAN NdisEqualString(PNDIS_STRING String1, PNDIS_STRING String2, BOOLEAN CaseInsensitive)
{
    ddi_enter(NdisEqualString);
    return RtlEqualUnicodeString(String1, String2, CaseInsensitive);
}

/*
 * Makes a wide copy of a terminated string, which NdisFreeString frees.  PASSIVE_LEVEL.  Buffer is NULL when
 * memory is short.  nf-ndis-ndisinitializestring.
 */
VOID NdisInitializeString(PNDIS_STRING Destination, PUCHAR Source)
{
    ddi_enter(NdisInitializeString);
    size_t length = strlen((const char *)Source);
    WCHAR *buffer = ExAllocatePoolWithTag(NonPagedPool, (length + 1) * sizeof(WCHAR), 0x7453444E);
    Destination->Buffer = buffer;
    Destination->Length = Destination->MaximumLength = 0;
    if (buffer == NULL) {
        return;
    }
    for (size_t i = 0; i <= length; i++) {
        buffer[i] = Source[i];
    }
    Destination->Length = (USHORT)(length * sizeof(WCHAR));
    Destination->MaximumLength = (USHORT)(Destination->Length + sizeof(WCHAR));
}

/* Sets up a lookaside list of non-paged memory.  <= DISPATCH_LEVEL.
 * nf-ndis-ndisinitializenpagedlookasidelist. */
VOID NdisInitializeNPagedLookasideList(PNPAGED_LOOKASIDE_LIST Lookaside, PALLOCATE_FUNCTION Allocate,
                                       PFREE_FUNCTION Free, ULONG Flags, SIZE_T Size, ULONG Tag, USHORT Depth)
{
    ddi_enter(NdisInitializeNPagedLookasideList);
    ExInitializeNPagedLookasideList(Lookaside, Allocate, Free, Flags, Size, Tag, Depth);
}
