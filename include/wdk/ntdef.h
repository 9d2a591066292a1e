/*
 * ntdef.h - basic types of the NT kernel: integers, strings, lists, status.
 *
 * Laid out as on Windows x64 (tests/layout); see the pages of the ntdef header in the WDK documentation.
 */
#ifndef UNDIS_NTDEF_H
#define UNDIS_NTDEF_H

#include "undis_dialect.h"

#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include "basetsd.h"
#include "sal.h"

#ifdef __cplusplus
#define EXTERN_C extern "C"
#define EXTERN_C_START extern "C" {
#define EXTERN_C_END }
#else
#define EXTERN_C extern
#define EXTERN_C_START
#define EXTERN_C_END
#endif

EXTERN_C_START

#define ALLOC_PRAGMA 1 /* drivers ask for it before they use #pragma alloc_text */
#define NTAPI
#define NTSYSAPI
#define NTSYSCALLAPI
#define NTKERNELAPI
#define NTHALAPI
#define NTSTATUS_API
#define FASTCALL
#define WINAPI
#define DECLSPEC_IMPORT
#define DECLSPEC_EXPORT
#define DECLSPEC_NORETURN __attribute__((__noreturn__))
#define DECLSPEC_ALIGN(bytes) __attribute__((__aligned__(bytes)))
#define DECLSPEC_CACHEALIGN DECLSPEC_ALIGN(64)
#define DECLSPEC_NOINLINE __attribute__((__noinline__))
#define DECLSPEC_SELECTANY __attribute__((__weak__))
#define DECLSPEC_DEPRECATED_DDK
#define POINTER_ALIGNMENT DECLSPEC_ALIGN(8)
#ifndef FORCEINLINE
#define FORCEINLINE __forceinline
#endif
#define CFORCEINLINE FORCEINLINE
#define INLINE __inline__
#define SYSTEM_CACHE_ALIGNMENT_SIZE 64
#define MEMORY_ALLOCATION_ALIGNMENT 16

#ifndef IN
#define IN
#endif
#ifndef OUT
#define OUT
#endif
#ifndef OPTIONAL
#define OPTIONAL
#endif
#ifndef CRITICAL
#define CRITICAL
#endif
#ifndef CONST
#define CONST const
#endif
#ifndef VOID
#define VOID void
#endif

typedef void *PVOID;
typedef const void *PCVOID;
typedef char CHAR, *PCHAR, *PSTR, *LPSTR, *PSZ, *PNZCH, CCHAR;
typedef const char *PCSTR, *LPCSTR, *PCSZ, *PCCH, *PCNZCH;
typedef short SHORT, *PSHORT;
typedef int LONG, *PLONG;
typedef int INT, *PINT;
typedef unsigned char UCHAR, *PUCHAR;
typedef unsigned short USHORT, *PUSHORT;
typedef unsigned int ULONG, *PULONG;
typedef unsigned int UINT, *PUINT;
typedef unsigned char BYTE, *PBYTE;
typedef unsigned short WORD, *PWORD;
typedef unsigned int DWORD, *PDWORD;
typedef long long LONGLONG, *PLONGLONG;
typedef unsigned long long ULONGLONG, *PULONGLONG, DWORDLONG, *PDWORDLONG;
typedef LONGLONG USN;
typedef float FLOAT;
typedef double DOUBLE;
typedef short CSHORT;

typedef UCHAR BOOLEAN, *PBOOLEAN;
typedef ULONG LOGICAL, *PLOGICAL;
typedef ULONG CLONG;
typedef UCHAR *PFCHAR;
typedef wchar_t WCHAR, *PWCHAR, *PWCH, *LPWCH, *PWSTR, *LPWSTR, *NWPSTR, *PNZWCH;
typedef const wchar_t *PCWSTR, *LPCWSTR, *LPCWCH, *PCWCH, *PCNZWCH;
typedef PWSTR *PZPWSTR;
typedef const PWSTR *PCZPWSTR;
typedef PVOID HANDLE, *PHANDLE;
typedef UCHAR KIRQL, *PKIRQL;
typedef LONG KPRIORITY;
typedef CCHAR KPROCESSOR_MODE;
typedef LONG NTSTATUS, *PNTSTATUS;
typedef LONG HRESULT;
typedef ULONG_PTR KSPIN_LOCK, *PKSPIN_LOCK;
typedef ULONG ACCESS_MASK, *PACCESS_MASK;
typedef ULONG LCID, *PLCID;
typedef USHORT LANGID;
typedef PVOID PSECURITY_DESCRIPTOR, PSID;
typedef ULONG SECURITY_INFORMATION, *PSECURITY_INFORMATION;
typedef PVOID *PPVOID;

#define ANYSIZE_ARRAY 1 /* the size of an array at a structure's end that is longer */
#ifdef UNDIS_DRIVER
#define NOTHING
#endif

#ifndef TRUE
#define TRUE 1
#endif
#ifndef FALSE
#define FALSE 0
#endif

#define MINCHAR 0x80
#define MAXCHAR 0x7f
#define MINSHORT 0x8000
#define MAXSHORT 0x7fff
#define MINLONG ((LONG)0x80000000)
#define MAXLONG 0x7fffffff
#define MAXUCHAR 0xff
#define MAXUSHORT 0xffff
#define MAXULONG 0xffffffffU
#define MAXUINT 0xffffffffU
#define MAXDWORD 0xffffffffU
#define MAXLONGLONG 0x7fffffffffffffffLL
#define MAXULONGLONG 0xffffffffffffffffULL
#define UNICODE_NULL ((WCHAR)0)
#define UNICODE_STRING_MAX_BYTES ((USHORT)65534)
#define UNICODE_STRING_MAX_CHARS 32767
#define ANSI_NULL ((CHAR)0)

typedef union _LARGE_INTEGER {
    struct {
        ULONG LowPart;
        LONG HighPart;
    };
    struct {
        ULONG LowPart;
        LONG HighPart;
    } u;
    LONGLONG QuadPart;
} LARGE_INTEGER, *PLARGE_INTEGER;

typedef union _ULARGE_INTEGER {
    struct {
        ULONG LowPart;
        ULONG HighPart;
    };
    struct {
        ULONG LowPart;
        ULONG HighPart;
    } u;
    ULONGLONG QuadPart;
} ULARGE_INTEGER, *PULARGE_INTEGER;

typedef LARGE_INTEGER PHYSICAL_ADDRESS, *PPHYSICAL_ADDRESS;

typedef struct _LUID {
    ULONG LowPart;
    LONG HighPart;
} LUID, *PLUID;

typedef struct _STRING {
    USHORT Length;
    USHORT MaximumLength;
    PCHAR Buffer;
} STRING, *PSTRING, ANSI_STRING, *PANSI_STRING, OEM_STRING, *POEM_STRING, UTF8_STRING, *PUTF8_STRING,
    CANSI_STRING;
typedef const STRING *PCSTRING, *PCANSI_STRING, *PCOEM_STRING;

typedef struct _UNICODE_STRING {
    USHORT Length;
    USHORT MaximumLength;
    PWCH Buffer;
} UNICODE_STRING, *PUNICODE_STRING;
typedef const UNICODE_STRING *PCUNICODE_STRING;

typedef struct _LIST_ENTRY {
    struct _LIST_ENTRY *Flink;
    struct _LIST_ENTRY *Blink;
} LIST_ENTRY, *PLIST_ENTRY, *PRLIST_ENTRY;

typedef struct _SINGLE_LIST_ENTRY {
    struct _SINGLE_LIST_ENTRY *Next;
} SINGLE_LIST_ENTRY, *PSINGLE_LIST_ENTRY;

typedef struct DECLSPEC_ALIGN(16) _SLIST_ENTRY {
    struct _SLIST_ENTRY *Next;
} SLIST_ENTRY, *PSLIST_ENTRY;

/* On x64: depth 16 bits, sequence 48 bits, then the first entry's address without its 4 low bits. */
typedef union DECLSPEC_ALIGN(16) _SLIST_HEADER {
    struct {
        ULONGLONG Alignment;
        ULONGLONG Region;
    };
    struct {
        ULONGLONG Depth : 16;
        ULONGLONG Sequence : 48;
        ULONGLONG Reserved : 4;
        ULONGLONG NextEntry : 60;
    } HeaderX64;
} SLIST_HEADER, *PSLIST_HEADER;

typedef struct _OBJECT_ATTRIBUTES {
    ULONG Length;
    HANDLE RootDirectory;
    PUNICODE_STRING ObjectName;
    ULONG Attributes;
    PVOID SecurityDescriptor;
    PVOID SecurityQualityOfService;
} OBJECT_ATTRIBUTES, *POBJECT_ATTRIBUTES;
typedef const OBJECT_ATTRIBUTES *PCOBJECT_ATTRIBUTES;

#define OBJ_INHERIT 0x00000002
#define OBJ_PERMANENT 0x00000010
#define OBJ_EXCLUSIVE 0x00000020
#define OBJ_CASE_INSENSITIVE 0x00000040
#define OBJ_OPENIF 0x00000080
#define OBJ_OPENLINK 0x00000100
#define OBJ_KERNEL_HANDLE 0x00000200
#define OBJ_FORCE_ACCESS_CHECK 0x00000400

#define InitializeObjectAttributes(p, n, a, r, s)                                                            \
    do {                                                                                                     \
        (p)->Length = sizeof(OBJECT_ATTRIBUTES);                                                             \
        (p)->RootDirectory = (r);                                                                            \
        (p)->Attributes = (a);                                                                               \
        (p)->ObjectName = (n);                                                                               \
        (p)->SecurityDescriptor = (s);                                                                       \
        (p)->SecurityQualityOfService = NULL;                                                                \
    } while (0)

typedef struct _GROUP_AFFINITY {
    KAFFINITY Mask;
    USHORT Group;
    USHORT Reserved[3];
} GROUP_AFFINITY, *PGROUP_AFFINITY;

typedef struct _PROCESSOR_NUMBER {
    USHORT Group;
    UCHAR Number;
    UCHAR Reserved;
} PROCESSOR_NUMBER, *PPROCESSOR_NUMBER;

typedef enum _EVENT_TYPE { NotificationEvent, SynchronizationEvent } EVENT_TYPE;
typedef enum _TIMER_TYPE { NotificationTimer, SynchronizationTimer } TIMER_TYPE;
typedef enum _WAIT_TYPE { WaitAll, WaitAny, WaitNotification, WaitDequeue, WaitDpc } WAIT_TYPE;

/* Own: the names of NT_PRODUCT_TYPE are in the documentation of RTL_OSVERSIONINFOEX. */
typedef enum _NT_PRODUCT_TYPE { NtProductWinNt = 1, NtProductLanManNt, NtProductServer } NT_PRODUCT_TYPE;

#define NT_SUCCESS(status) (((NTSTATUS)(status)) >= 0)
#define NT_INFORMATION(status) ((((ULONG)(status)) >> 30) == 1)
#define NT_WARNING(status) ((((ULONG)(status)) >> 30) == 2)
#define NT_ERROR(status) ((((ULONG)(status)) >> 30) == 3)

#define CONTAINING_RECORD(address, type, field) ((type *)((PCHAR)(address)-offsetof(type, field)))
#define FIELD_OFFSET(type, field) ((LONG)offsetof(type, field))
#define UFIELD_OFFSET(type, field) ((ULONG)offsetof(type, field))
#define RTL_FIELD_SIZE(type, field) (sizeof(((type *)0)->field))
#define FIELD_SIZE(type, field) (sizeof(((type *)0)->field))
#define RTL_SIZEOF_THROUGH_FIELD(type, field) (offsetof(type, field) + sizeof(((type *)0)->field))
#define RTL_CONTAINS_FIELD(structure, size, field)                                                           \
    ((((PCHAR)(&(structure)->field)) + sizeof((structure)->field)) <= (((PCHAR)(structure)) + (size)))
#define RTL_NUMBER_OF(array) (sizeof(array) / sizeof((array)[0]))
#define RTL_NUMBER_OF_FIELD(type, field) (RTL_NUMBER_OF(((type *)0)->field))
#ifndef ARRAYSIZE
#define ARRAYSIZE(array) RTL_NUMBER_OF(array)
#endif
#ifndef _ARRAYSIZE
#define _ARRAYSIZE(array) RTL_NUMBER_OF(array)
#endif
#define ARGUMENT_PRESENT(argument) ((argument) != NULL)

#define RTL_CONSTANT_STRING(s)                                                                               \
    {                                                                                                        \
        (USHORT)(sizeof(s) - sizeof((s)[0])), (USHORT)(sizeof(s)), (__typeof__(&(s)[0]))(s)                  \
    }
#ifdef __cplusplus
#undef RTL_CONSTANT_STRING
#define RTL_CONSTANT_STRING(s)                                                                               \
    {                                                                                                        \
        (USHORT)(sizeof(s) - sizeof((s)[0])), (USHORT)(sizeof(s)),                                           \
            const_cast<UndisMutable<decltype((s)[0])>::Type *>(s)                                            \
    }
EXTERN_C_END
extern "C++" {
template <typename T> struct UndisMutable {
    typedef T Type;
};
template <typename T> struct UndisMutable<const T &> {
    typedef T Type;
};
template <typename T> struct UndisMutable<T &> {
    typedef T Type;
};
}
EXTERN_C_START
#endif
#define DECLARE_CONST_UNICODE_STRING(name, string)                                                           \
    const WCHAR name##_buffer[] = string;                                                                    \
    const UNICODE_STRING name = {sizeof(string) - sizeof(WCHAR), sizeof(string), (PWCH)name##_buffer}
#define DECLARE_UNICODE_STRING_SIZE(name, size)                                                              \
    WCHAR name##_buffer[size];                                                                               \
    UNICODE_STRING name = {0, (size) * sizeof(WCHAR), name##_buffer}

#ifndef UNREFERENCED_PARAMETER
#define UNREFERENCED_PARAMETER(p) ((void)(p))
#endif
#define DBG_UNREFERENCED_PARAMETER(p) ((void)(p))
#define DBG_UNREFERENCED_LOCAL_VARIABLE(v) ((void)(v))
#define DEFAULT_UNREACHABLE                                                                                  \
    default:                                                                                                 \
        __builtin_unreachable()

#define LOBYTE(w) ((UCHAR)(w))
#define HIBYTE(w) ((UCHAR)(((USHORT)(w)) >> 8))
#define LOWORD(l) ((USHORT)(l))
#define HIWORD(l) ((USHORT)(((ULONG)(l)) >> 16))
#define MAKELONG(a, b) ((LONG)(((USHORT)(a)) | (((ULONG)((USHORT)(b))) << 16)))
#define MAKEWORD(a, b) ((USHORT)(((UCHAR)(a)) | (((USHORT)((UCHAR)(b))) << 8)))
#define Int32x32To64(a, b) ((LONGLONG)(LONG)(a) * (LONGLONG)(LONG)(b))
#define UInt32x32To64(a, b) ((ULONGLONG)(ULONG)(a) * (ULONGLONG)(ULONG)(b))

#if defined(UNDIS_DRIVER) && !defined(NOMINMAX)
#ifndef min
#define min(a, b) (((a) < (b)) ? (a) : (b))
#endif
#ifndef max
#define max(a, b) (((a) > (b)) ? (a) : (b))
#endif
#endif

#ifdef __cplusplus
#define DEFINE_ENUM_FLAG_OPERATORS(type)                                                                     \
    extern "C++" {                                                                                           \
    inline type operator|(type a, type b)                                                                    \
    {                                                                                                        \
        return type(int(a) | int(b));                                                                        \
    }                                                                                                        \
    inline type operator&(type a, type b)                                                                    \
    {                                                                                                        \
        return type(int(a) & int(b));                                                                        \
    }                                                                                                        \
    inline type operator~(type a)                                                                            \
    {                                                                                                        \
        return type(~int(a));                                                                                \
    }                                                                                                        \
    }
#else
#define DEFINE_ENUM_FLAG_OPERATORS(type)
#endif

#define UNDIS_DECLARE_HANDLE(name)                                                                           \
    typedef struct name##__ {                                                                                \
        int unused;                                                                                          \
    } * name
#define DECLARE_HANDLE(name) UNDIS_DECLARE_HANDLE(name)

EXTERN_C_END

#include "guiddef.h"
#include "ntstatus.h"

#endif
