/*
 * rtl.h - run-time library: memory, strings, versions, bitmaps, debug output.
 */
#ifndef UNDIS_WDM_RTL_H
#define UNDIS_WDM_RTL_H

#include "list.h"
#include "intrin.h"
#include "wide.h"

EXTERN_C_START

/* ---- memory ------------------------------------------------------------------------------------ */

#define RtlCopyMemory(Destination, Source, Length) memcpy((Destination), (Source), (Length))
#define RtlMoveMemory(Destination, Source, Length) memmove((Destination), (Source), (Length))
#define RtlFillMemory(Destination, Length, Fill) memset((Destination), (Fill), (Length))
#define RtlZeroMemory(Destination, Length) memset((Destination), 0, (Length))
#define RtlEqualMemory(Left, Right, Length) (memcmp((Left), (Right), (Length)) == 0)
#define RtlCopyBytes RtlCopyMemory
#define RtlZeroBytes RtlZeroMemory
#define RtlFillBytes RtlFillMemory
#define _RTL_VOL_MEM_ACCESSORS_
#define RtlCopyVolatileMemory(Destination, Source, Length)                                                   \
    memcpy((PVOID)(Destination), (const VOID *)(Source), (Length))
#define RtlCopyMemoryNonTemporal RtlCopyMemory
SIZE_T RtlCompareMemory(const VOID *Source1, const VOID *Source2, SIZE_T Length);
PVOID RtlSecureZeroMemory(PVOID Destination, SIZE_T Length);
#define RtlRetrieveUshort(target, source) memcpy((target), (source), sizeof(USHORT))
#define RtlStoreUshort(target, value)                                                                        \
    do {                                                                                                     \
        USHORT undis_value = (USHORT)(value);                                                                \
        memcpy((target), &undis_value, sizeof(USHORT));                                                      \
    } while (0)
#define RtlRetrieveUlong(target, source) memcpy((target), (source), sizeof(ULONG))
#define RtlStoreUlong(target, value)                                                                         \
    do {                                                                                                     \
        ULONG undis_value = (ULONG)(value);                                                                  \
        memcpy((target), &undis_value, sizeof(ULONG));                                                       \
    } while (0)

/* ---- strings ----------------------------------------------------------------------------------- */

VOID RtlInitString(PSTRING DestinationString, PCSZ SourceString);
VOID RtlInitAnsiString(PANSI_STRING DestinationString, PCSZ SourceString);
VOID RtlInitUnicodeString(PUNICODE_STRING DestinationString, PCWSTR SourceString);
NTSTATUS RtlInitUnicodeStringEx(PUNICODE_STRING DestinationString, PCWSTR SourceString);
NTSTATUS RtlAnsiStringToUnicodeString(PUNICODE_STRING DestinationString, PCANSI_STRING SourceString,
                                      BOOLEAN AllocateDestinationString);
NTSTATUS RtlUnicodeStringToAnsiString(PANSI_STRING DestinationString, PCUNICODE_STRING SourceString,
                                      BOOLEAN AllocateDestinationString);
ULONG RtlxAnsiStringToUnicodeSize(PCANSI_STRING AnsiString);
ULONG RtlxUnicodeStringToAnsiSize(PCUNICODE_STRING UnicodeString);
#define RtlAnsiStringToUnicodeSize(String) RtlxAnsiStringToUnicodeSize(String)
#define RtlUnicodeStringToAnsiSize(String) RtlxUnicodeStringToAnsiSize(String)
VOID RtlFreeUnicodeString(PUNICODE_STRING UnicodeString);
VOID RtlFreeAnsiString(PANSI_STRING AnsiString);
VOID RtlCopyUnicodeString(PUNICODE_STRING DestinationString, PCUNICODE_STRING SourceString);
VOID RtlCopyString(PSTRING DestinationString, const STRING *SourceString);
NTSTATUS RtlAppendUnicodeToString(PUNICODE_STRING Destination, PCWSTR Source);
NTSTATUS RtlAppendUnicodeStringToString(PUNICODE_STRING Destination, PCUNICODE_STRING Source);
LONG RtlCompareUnicodeString(PCUNICODE_STRING String1, PCUNICODE_STRING String2, BOOLEAN CaseInSensitive);
BOOLEAN RtlEqualUnicodeString(PCUNICODE_STRING String1, PCUNICODE_STRING String2, BOOLEAN CaseInSensitive);
BOOLEAN RtlPrefixUnicodeString(PCUNICODE_STRING String1, PCUNICODE_STRING String2, BOOLEAN CaseInSensitive);
LONG RtlCompareString(const STRING *String1, const STRING *String2, BOOLEAN CaseInSensitive);
BOOLEAN RtlEqualString(const STRING *String1, const STRING *String2, BOOLEAN CaseInSensitive);
WCHAR RtlUpcaseUnicodeChar(WCHAR SourceCharacter);
WCHAR RtlDowncaseUnicodeChar(WCHAR SourceCharacter);
NTSTATUS RtlUpcaseUnicodeString(PUNICODE_STRING DestinationString, PCUNICODE_STRING SourceString,
                                BOOLEAN AllocateDestinationString);
CHAR RtlUpperChar(CHAR Character);
NTSTATUS RtlUnicodeStringToInteger(PCUNICODE_STRING String, ULONG Base, PULONG Value);
NTSTATUS RtlIntegerToUnicodeString(ULONG Value, ULONG Base, PUNICODE_STRING String);
NTSTATUS RtlInt64ToUnicodeString(ULONGLONG Value, ULONG Base, PUNICODE_STRING String);
NTSTATUS RtlCharToInteger(PCSZ String, ULONG Base, PULONG Value);
NTSTATUS RtlGUIDFromString(PCUNICODE_STRING GuidString, GUID *Guid);
NTSTATUS RtlStringFromGUID(const GUID *Guid, PUNICODE_STRING GuidString);
NTSTATUS RtlUnicodeToMultiByteN(PCHAR MultiByteString, ULONG MaxBytesInMultiByteString,
                                PULONG BytesInMultiByteString, PCWCH UnicodeString,
                                ULONG BytesInUnicodeString);
#define RtlInitEmptyUnicodeString(String, BufferAddress, Size)                                               \
    ((String)->Buffer = (BufferAddress), (String)->MaximumLength = (USHORT)(Size), (String)->Length = 0)
#define RtlInitEmptyAnsiString(String, BufferAddress, Size)                                                  \
    ((String)->Buffer = (BufferAddress), (String)->MaximumLength = (USHORT)(Size), (String)->Length = 0)
#define HASH_STRING_ALGORITHM_DEFAULT 0
#define HASH_STRING_ALGORITHM_X65599 1
NTSTATUS RtlHashUnicodeString(PCUNICODE_STRING String, BOOLEAN CaseInSensitive, ULONG HashAlgorithm,
                              PULONG HashValue);

/* ---- arithmetic on large integers -------------------------------------------------------------- */

#define RtlConvertUlongToLargeInteger(value) UndisLargeInteger((LONGLONG)(ULONG)(value))
#define RtlConvertLongToLargeInteger(value) UndisLargeInteger((LONGLONG)(LONG)(value))
UNDIS_INLINE LARGE_INTEGER UndisLargeInteger(LONGLONG value)
{
    LARGE_INTEGER result;
    result.QuadPart = value;
    return result;
}
UNDIS_INLINE LARGE_INTEGER RtlLargeIntegerAdd(LARGE_INTEGER a, LARGE_INTEGER b)
{
    return UndisLargeInteger(a.QuadPart + b.QuadPart);
}
UNDIS_INLINE LARGE_INTEGER RtlLargeIntegerSubtract(LARGE_INTEGER a, LARGE_INTEGER b)
{
    return UndisLargeInteger(a.QuadPart - b.QuadPart);
}
UNDIS_INLINE LARGE_INTEGER RtlExtendedIntegerMultiply(LARGE_INTEGER a, LONG b)
{
    return UndisLargeInteger(a.QuadPart * b);
}
UNDIS_INLINE LARGE_INTEGER RtlExtendedLargeIntegerDivide(LARGE_INTEGER a, ULONG b, PULONG remainder)
{
    if (remainder != NULL) {
        *remainder = (ULONG)((ULONGLONG)a.QuadPart % b);
    }
    return UndisLargeInteger((LONGLONG)((ULONGLONG)a.QuadPart / b));
}

/* ---- flags and masks --------------------------------------------------------------------------- */

#define RTL_BITS_OF(sizeOfArg) (sizeof(sizeOfArg) * 8)
#define FlagOn(flags, single) ((flags) & (single))
#define BooleanFlagOn(flags, single) ((BOOLEAN)(((flags) & (single)) != 0))
#define SetFlag(flags, single) ((flags) |= (single))
#define ClearFlag(flags, single) ((flags) &= ~(single))
#define ALIGN_DOWN(length, type) ((ULONG)(length) & ~(sizeof(type) - 1))
#define ALIGN_UP(length, type) (ALIGN_DOWN(((ULONG)(length) + sizeof(type) - 1), type))
#define ALIGN_DOWN_BY(length, alignment) ((ULONG_PTR)(length) & ~((ULONG_PTR)(alignment)-1))
#define ALIGN_UP_BY(length, alignment) (ALIGN_DOWN_BY(((ULONG_PTR)(length) + (alignment)-1), alignment))
#define ALIGN_DOWN_POINTER_BY(address, alignment) ((PVOID)ALIGN_DOWN_BY((address), (alignment)))
#define ALIGN_UP_POINTER_BY(address, alignment) ((PVOID)ALIGN_UP_BY((address), (alignment)))
#define ALIGN_DOWN_POINTER(address, type) ALIGN_DOWN_POINTER_BY((address), sizeof(type))
#define ALIGN_UP_POINTER(address, type) ALIGN_UP_POINTER_BY((address), sizeof(type))

typedef struct _RTL_BITMAP {
    ULONG SizeOfBitMap;
    PULONG Buffer;
} RTL_BITMAP, *PRTL_BITMAP;
VOID RtlInitializeBitMap(PRTL_BITMAP BitMapHeader, PULONG BitMapBuffer, ULONG SizeOfBitMap);
VOID RtlClearAllBits(PRTL_BITMAP BitMapHeader);
VOID RtlSetAllBits(PRTL_BITMAP BitMapHeader);
VOID RtlSetBits(PRTL_BITMAP BitMapHeader, ULONG StartingIndex, ULONG NumberToSet);
VOID RtlClearBits(PRTL_BITMAP BitMapHeader, ULONG StartingIndex, ULONG NumberToClear);
BOOLEAN RtlTestBit(PRTL_BITMAP BitMapHeader, ULONG BitNumber);
VOID RtlSetBit(PRTL_BITMAP BitMapHeader, ULONG BitNumber);
VOID RtlClearBit(PRTL_BITMAP BitMapHeader, ULONG BitNumber);
#define RtlCheckBit(BitMapHeader, BitPosition)                                                               \
    ((((PLONG)(BitMapHeader)->Buffer)[(BitPosition) / 32] >> ((BitPosition) % 32)) & 0x1)
CCHAR RtlFindLeastSignificantBit(ULONGLONG Set);
CCHAR RtlFindMostSignificantBit(ULONGLONG Set);
ULONG RtlFindClearBitsAndSet(PRTL_BITMAP BitMapHeader, ULONG NumberToFind, ULONG HintIndex);
ULONG RtlNumberOfSetBits(PRTL_BITMAP BitMapHeader);

/* ---- system version ---------------------------------------------------------------------------- */

typedef struct _OSVERSIONINFOW {
    ULONG dwOSVersionInfoSize;
    ULONG dwMajorVersion;
    ULONG dwMinorVersion;
    ULONG dwBuildNumber;
    ULONG dwPlatformId;
    WCHAR szCSDVersion[128];
} OSVERSIONINFOW, *POSVERSIONINFOW, RTL_OSVERSIONINFOW, *PRTL_OSVERSIONINFOW;
typedef struct _OSVERSIONINFOEXW {
    ULONG dwOSVersionInfoSize;
    ULONG dwMajorVersion;
    ULONG dwMinorVersion;
    ULONG dwBuildNumber;
    ULONG dwPlatformId;
    WCHAR szCSDVersion[128];
    USHORT wServicePackMajor;
    USHORT wServicePackMinor;
    USHORT wSuiteMask;
    UCHAR wProductType;
    UCHAR wReserved;
} OSVERSIONINFOEXW, *POSVERSIONINFOEXW, RTL_OSVERSIONINFOEXW, *PRTL_OSVERSIONINFOEXW;
NTSTATUS RtlGetVersion(PRTL_OSVERSIONINFOW lpVersionInformation);
/* What RtlVerifyVersionInfo compares, and how: three bits of the condition mask for each kind. */
#define VER_MINORVERSION 0x0000001U
#define VER_MAJORVERSION 0x0000002U
#define VER_BUILDNUMBER 0x0000004U
#define VER_PLATFORMID 0x0000008U
#define VER_SERVICEPACKMINOR 0x0000010U
#define VER_SERVICEPACKMAJOR 0x0000020U
#define VER_SUITENAME 0x0000040U
#define VER_PRODUCT_TYPE 0x0000080U
#define VER_EQUAL 1
#define VER_GREATER 2
#define VER_GREATER_EQUAL 3
#define VER_LESS 4
#define VER_LESS_EQUAL 5
#define VER_AND 6
#define VER_OR 7
ULONGLONG VerSetConditionMask(ULONGLONG ConditionMask, ULONG TypeMask, UCHAR Condition);
#define VER_SET_CONDITION(ConditionMask, TypeMask, Condition)                                                \
    ((ConditionMask) = VerSetConditionMask((ConditionMask), (TypeMask), (Condition)))
NTSTATUS RtlVerifyVersionInfo(PRTL_OSVERSIONINFOEXW VersionInfo, ULONG TypeMask, ULONGLONG ConditionMask);
#define RtlIsNtDdiVersionAvailable(version) ((version) <= 0x0A000000U)

typedef struct _TIME_FIELDS {
    CSHORT Year;
    CSHORT Month;
    CSHORT Day;
    CSHORT Hour;
    CSHORT Minute;
    CSHORT Second;
    CSHORT Milliseconds;
    CSHORT Weekday;
} TIME_FIELDS, *PTIME_FIELDS;
VOID RtlTimeToTimeFields(PLARGE_INTEGER Time, PTIME_FIELDS TimeFields);
BOOLEAN RtlTimeFieldsToTime(PTIME_FIELDS TimeFields, PLARGE_INTEGER Time);
ULONG RtlRandom(PULONG Seed);
ULONG RtlRandomEx(PULONG Seed);
USHORT RtlCaptureStackBackTrace(ULONG FramesToSkip, ULONG FramesToCapture, PVOID *BackTrace,
                                PULONG BackTraceHash);
#define RtlGetCallersAddress(Address, Caller) (*(Address) = __builtin_return_address(0), *(Caller) = NULL)

/* ---- registry helpers -------------------------------------------------------------------------- */

#define REG_NONE 0U
#define REG_SZ 1U
#define REG_EXPAND_SZ 2U
#define REG_BINARY 3U
#define REG_DWORD 4U
#define REG_DWORD_LITTLE_ENDIAN 4U
#define REG_DWORD_BIG_ENDIAN 5U
#define REG_LINK 6U
#define REG_MULTI_SZ 7U
#define REG_QWORD 11U

#define RTL_REGISTRY_ABSOLUTE 0
#define RTL_REGISTRY_SERVICES 1
#define RTL_REGISTRY_CONTROL 2
#define RTL_REGISTRY_WINDOWS_NT 3
#define RTL_REGISTRY_DEVICEMAP 4
#define RTL_REGISTRY_USER 5
#define RTL_REGISTRY_HANDLE 0x40000000
#define RTL_REGISTRY_OPTIONAL 0x80000000
#define RTL_QUERY_REGISTRY_SUBKEY 0x00000001
#define RTL_QUERY_REGISTRY_TOPKEY 0x00000002
#define RTL_QUERY_REGISTRY_REQUIRED 0x00000004
#define RTL_QUERY_REGISTRY_NOVALUE 0x00000008
#define RTL_QUERY_REGISTRY_NOEXPAND 0x00000010
#define RTL_QUERY_REGISTRY_DIRECT 0x00000020
#define RTL_QUERY_REGISTRY_DELETE 0x00000040
#define RTL_QUERY_REGISTRY_TYPECHECK 0x00000100
#define RTL_QUERY_REGISTRY_TYPECHECK_SHIFT 24

typedef NTSTATUS RTL_QUERY_REGISTRY_ROUTINE(PWSTR ValueName, ULONG ValueType, PVOID ValueData,
                                            ULONG ValueLength, PVOID Context, PVOID EntryContext);
typedef RTL_QUERY_REGISTRY_ROUTINE *PRTL_QUERY_REGISTRY_ROUTINE;
typedef struct _RTL_QUERY_REGISTRY_TABLE {
    PRTL_QUERY_REGISTRY_ROUTINE QueryRoutine;
    ULONG Flags;
    PWSTR Name;
    PVOID EntryContext;
    ULONG DefaultType;
    PVOID DefaultData;
    ULONG DefaultLength;
} RTL_QUERY_REGISTRY_TABLE, *PRTL_QUERY_REGISTRY_TABLE;
NTSTATUS RtlQueryRegistryValues(ULONG RelativeTo, PCWSTR Path, PRTL_QUERY_REGISTRY_TABLE QueryTable,
                                PVOID Context, PVOID Environment);
NTSTATUS RtlWriteRegistryValue(ULONG RelativeTo, PCWSTR Path, PCWSTR ValueName, ULONG ValueType,
                               PVOID ValueData, ULONG ValueLength);
NTSTATUS RtlCheckRegistryKey(ULONG RelativeTo, PWSTR Path);
NTSTATUS RtlCreateRegistryKey(ULONG RelativeTo, PWSTR Path);
NTSTATUS RtlDeleteRegistryValue(ULONG RelativeTo, PCWSTR Path, PCWSTR ValueName);

/* ---- security descriptors: undis has one user who may do everything ---------------------------- */

#define SECURITY_DESCRIPTOR_REVISION 1
typedef struct _ACL {
    UCHAR AclRevision;
    UCHAR Sbz1;
    USHORT AclSize;
    USHORT AceCount;
    USHORT Sbz2;
} ACL, *PACL;
#define ACL_REVISION 2
typedef struct _SECURITY_DESCRIPTOR {
    UCHAR Revision;
    UCHAR Sbz1;
    USHORT Control;
    PSID Owner;
    PSID Group;
    PACL Sacl;
    PACL Dacl;
} SECURITY_DESCRIPTOR, *PISECURITY_DESCRIPTOR;

/* ---- debug output ------------------------------------------------------------------------------ */

ULONG DbgPrint(PCSTR Format, ...);
ULONG DbgPrintEx(ULONG ComponentId, ULONG Level, PCSTR Format, ...);
ULONG vDbgPrintEx(ULONG ComponentId, ULONG Level, PCSTR Format, va_list ArgList);
VOID DbgBreakPoint(VOID);
VOID DbgBreakPointWithStatus(ULONG Status);
VOID RtlAssert(PVOID VoidFailedAssertion, PVOID VoidFileName, ULONG LineNumber, PCHAR MutableMessage);
#define DPFLTR_ERROR_LEVEL 0
#define DPFLTR_WARNING_LEVEL 1
#define DPFLTR_TRACE_LEVEL 2
#define DPFLTR_INFO_LEVEL 3
#define DPFLTR_MASK 0x80000000
#define DPFLTR_DEFAULT_ID 101
#define DPFLTR_IHVDRIVER_ID 77
#define DPFLTR_IHVNETWORK_ID 82
#define DPFLTR_NDIS_ID 23

/* In free builds too: a failure stops the machine. */
#define NT_FRE_ASSERT(expression) ((expression) ? TRUE : (RtlFailFast(FAST_FAIL_INVALID_ARG), FALSE))
#define NT_FRE_ASSERTMSG(message, expression) NT_FRE_ASSERT(expression)

#if DBG
#define KdPrint(arguments) DbgPrint arguments
#define KdPrintEx(arguments) DbgPrintEx arguments
#define KdBreakPoint() DbgBreakPoint()
#define ASSERT(expression)                                                                                   \
    ((void)((expression)                                                                                     \
                ? 0                                                                                          \
                : (RtlAssert((PVOID)(ULONG_PTR) #expression, (PVOID)(ULONG_PTR)__FILE__, __LINE__, NULL),    \
                   0)))
#define ASSERTMSG(message, expression)                                                                       \
    ((void)((expression) ? 0                                                                                 \
                         : (RtlAssert((PVOID)(ULONG_PTR) #expression, (PVOID)(ULONG_PTR)__FILE__, __LINE__,  \
                                      (PCHAR)(ULONG_PTR)(message)),                                          \
                            0)))
#define NT_ASSERT(expression) ASSERT(expression)
#define NT_ASSERTMSG(message, expression) ASSERTMSG(message, expression)
#define NT_VERIFY(expression)                                                                                \
    ((expression)                                                                                            \
         ? TRUE                                                                                              \
         : (RtlAssert((PVOID)(ULONG_PTR) #expression, (PVOID)(ULONG_PTR)__FILE__, __LINE__, NULL), FALSE))
#define PAGED_ASSERT(expression) ASSERT(expression)
#define PAGED_CODE() ASSERT(KeGetCurrentIrql() <= APC_LEVEL)
#define RTL_VERIFY(expression) NT_VERIFY(expression)
#else
#define KdPrint(arguments) ((void)0)
#define KdPrintEx(arguments) ((void)0)
#define KdBreakPoint() ((void)0)
#define ASSERT(expression) ((void)0)
#define ASSERTMSG(message, expression) ((void)0)
#define NT_ASSERT(expression) ((void)0)
#define NT_ASSERTMSG(message, expression) ((void)0)
#define NT_VERIFY(expression) ((expression) ? TRUE : FALSE)
#define PAGED_CODE() ((void)0)
#define RTL_VERIFY(expression) ((expression) ? TRUE : FALSE)
#endif
#define RTL_SOFT_ASSERT(expression) ASSERT(expression)
#define NT_ANALYSIS_ASSUME(expression) ((void)0)
#define PAGED_CODE_LOCKED() ((void)0)

/* ---- one-time initialization ------------------------------------------------------------------------- */

typedef union _RTL_RUN_ONCE {
    PVOID Ptr;
} RTL_RUN_ONCE, *PRTL_RUN_ONCE;
#define RTL_RUN_ONCE_INIT                                                                                    \
    {                                                                                                        \
        0                                                                                                    \
    }
#define RTL_RUN_ONCE_CHECK_ONLY 0x00000001UL
#define RTL_RUN_ONCE_ASYNC 0x00000002UL
#define RTL_RUN_ONCE_INIT_FAILED 0x00000004UL
#define RTL_RUN_ONCE_CTX_RESERVED_BITS 2
typedef ULONG(NTAPI RTL_RUN_ONCE_INIT_FN)(PRTL_RUN_ONCE RunOnce, PVOID Parameter, PVOID *Context);
typedef RTL_RUN_ONCE_INIT_FN *PRTL_RUN_ONCE_INIT_FN;

VOID RtlRunOnceInitialize(PRTL_RUN_ONCE RunOnce);
NTSTATUS RtlRunOnceBeginInitialize(PRTL_RUN_ONCE RunOnce, ULONG Flags, PVOID *Context);
NTSTATUS RtlRunOnceComplete(PRTL_RUN_ONCE RunOnce, ULONG Flags, PVOID Context);
NTSTATUS RtlRunOnceExecuteOnce(PRTL_RUN_ONCE RunOnce, PRTL_RUN_ONCE_INIT_FN InitFn, PVOID Parameter,
                               PVOID *Context);

EXTERN_C_END

#endif
