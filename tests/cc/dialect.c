/*
 * dialect.c - a driver in MSVC's dialect.  Built and loaded only when all of it is understood.
 */
#include "sys\numbers.H"
#include <NtDDK.h>
#include <Ndis.h>
#include "Dialect.tmh"

// begin_wpp config
// FUNC TraceLine{FLAG=1}(LEVEL, MSG, ...);
// FUNC TracePair(LEVEL, (MSG, ...));
// FUNC TraceExit{LEVEL=TRACE_LEVEL_VERBOSE}(FLAGS, ...);
// end_wpp

#pragma warning(disable : 4100)
#pragma code_seg("PAGE")
#pragma NDIS_INIT_FUNCTION(DriverEntry)

_Analysis_mode_(_Analysis_code_type_kernel_driver_);

#if defined(DBG) && DBG == 0
#error Only a checked build defines DBG: drivers ask both #if DBG and #ifdef DBG.
#endif

C_ASSERT(sizeof(long) == 4);
C_ASSERT(sizeof(unsigned long int) == 4);
C_ASSERT(sizeof(long unsigned) == 4);
C_ASSERT(sizeof(long long) == 8);
C_ASSERT(sizeof(unsigned long long int) == 8);
C_ASSERT(sizeof(long double) > 8);
C_ASSERT(sizeof(1L) == 4 && sizeof(0x10UL) == 4 && sizeof(1LL) == 8);
C_ASSERT(sizeof(__int64) == 8 && sizeof(L"ab") == 6 && sizeof(WCHAR) == 2);
C_ASSERT(sizeof(1i64) == 8 && sizeof(0xFFui64) == 8 && sizeof(1ui32) == 4 && sizeof(7i8) == 4 && 1UI64 == 1);
C_ASSERT(0x1eL == 30 && sizeof(1.0L) > 8 && (int)1e3 == 1000 && sizeof(2lu) == 4 && 077L == 63);
C_ASSERT('ABCD' == 0x41424344);
C_ASSERT(NUMBER_OF_THE_HEADER == 42);

typedef struct _WIRE {
    long Sequence;
    unsigned long Check;
} WIRE;
C_ASSERT(sizeof(WIRE) == 8);

__declspec(align(64)) static UCHAR Aligned[64];
__declspec(selectany) ULONG Shared = 7;
struct __declspec(align(32)) Block {
    UCHAR Bytes[3];
};
C_ASSERT(sizeof(struct Block) == 32);

static ULONG Initialised(__in __drv_at(*Counter, _Inout_) volatile LONG *Counter)
{
    return (ULONG)InterlockedIncrement(Counter);
}
__forceinline ULONG Twice(ULONG x)
{
    return 2 * x;
}
__inline ULONG Thrice(ULONG x);
__inline ULONG Thrice(ULONG x)
{
    return 3 * x;
}
FORCEINLINE VOID __cdecl Nothing(void)
{
}
ULONG (*Pointer)(ULONG) = Thrice;

typedef union _SPLIT {
    struct {
        USHORT Low, High;
    };
    ULONG Value;
} SPLIT;

static BOOLEAN NameIsRight(PCSTR Name)
{
    return strcmp(__FUNCTION__ "!", "NameIsRight!") == 0 && strcmp(Name, "DriverEntry") == 0;
}

/* Arrays of one that have more. */
__declspec(noinline) static ULONG SumOfTypes(const CM_RESOURCE_LIST *List)
{
    ULONG sum = 0;
    for (ULONG i = 0; i < List->List[0].PartialResourceList.Count; i++) {
        sum += List->List[0].PartialResourceList.PartialDescriptors[i].Type;
    }
    return sum;
}

static ULONG ThreeTypes(void)
{
    static union {
        CM_RESOURCE_LIST List;
        UCHAR Room[sizeof(CM_RESOURCE_LIST) + 2 * sizeof(CM_PARTIAL_RESOURCE_DESCRIPTOR)];
    } three;
    CM_PARTIAL_RESOURCE_DESCRIPTOR *descriptor = three.List.List[0].PartialResourceList.PartialDescriptors;
    three.List.List[0].PartialResourceList.Count = 3;
    for (UCHAR i = 0; i < 3; i++) {
        descriptor[i].Type = i + 1;
    }
    return SumOfTypes(&three.List);
}

DRIVER_INITIALIZE DriverEntry;
DRIVER_UNLOAD Unload;

_Use_decl_annotations_ VOID Unload(PDRIVER_OBJECT DriverObject)
{
    UNREFERENCED_PARAMETER(DriverObject);
}

_Use_decl_annotations_ NTSTATUS DriverEntry(PDRIVER_OBJECT DriverObject, PUNICODE_STRING RegistryPath)
{
    volatile LONG counter = 0;
    SPLIT split;
    long wrapped = 0x7fffffffL;
    unsigned long all = ~0UL;
    UNREFERENCED_PARAMETER(RegistryPath);
    PAGED_CODE();
    WPP_INIT_TRACING(DriverObject, RegistryPath);
    DriverObject->DriverUnload = Unload;
    split.Value = 0x00020001;
    Nothing();
    __try {
        counter = 4;
    } __except (EXCEPTION_EXECUTE_HANDLER) {
        return STATUS_UNSUCCESSFUL;
    }
    wrapped++;
    if (!NameIsRight(__FUNCTION__) || split.High != 2 || Twice(4) != 8 || Pointer(4) != 12 ||
        Initialised(&counter) != 5 || wrapped > 0 || all != 0xffffffff || ((ULONG_PTR)Aligned & 63) != 0 ||
        Shared != 7 || ThreeTypes() != 6) {
        return STATUS_UNSUCCESSFUL;
    }
    TraceExit(1);
    TraceLine(1, "line %d %!STATUS! %s", 5, STATUS_PENDING, "end");
    TracePair(2, ("pair %lx\n", (unsigned long)0xabc));
    DoTraceMessage(1, "never %d", 1);
    return STATUS_SUCCESS;
}
