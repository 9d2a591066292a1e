/*
 * basetsd.h - integer types of fixed and of pointer size, as on 64-bit Windows (LLP64).
 *
 * LONG is int here: Linux is LP64.
 */
#ifndef UNDIS_BASETSD_H
#define UNDIS_BASETSD_H

#include "undis_dialect.h"

typedef signed char INT8, *PINT8;
typedef signed short INT16, *PINT16;
typedef signed int INT32, *PINT32;
typedef signed long long INT64, *PINT64;
typedef unsigned char UINT8, *PUINT8;
typedef unsigned short UINT16, *PUINT16;
typedef unsigned int UINT32, *PUINT32;
typedef unsigned long long UINT64, *PUINT64;
typedef signed int LONG32, *PLONG32;
typedef unsigned int ULONG32, *PULONG32;
typedef unsigned int DWORD32, *PDWORD32;
typedef signed long long LONG64, *PLONG64;
typedef unsigned long long ULONG64, *PULONG64;
typedef unsigned long long DWORD64, *PDWORD64;

typedef signed long long INT_PTR, *PINT_PTR;
typedef unsigned long long UINT_PTR, *PUINT_PTR;
typedef signed long long LONG_PTR, *PLONG_PTR;
typedef unsigned long long ULONG_PTR, *PULONG_PTR;
typedef ULONG_PTR DWORD_PTR, *PDWORD_PTR;
typedef ULONG_PTR SIZE_T, *PSIZE_T;
typedef LONG_PTR SSIZE_T, *PSSIZE_T;
typedef ULONG_PTR KAFFINITY, *PKAFFINITY;
typedef int HALF_PTR, *PHALF_PTR;
typedef unsigned int UHALF_PTR, *PUHALF_PTR;

#define MAXINT8 ((INT8)0x7f)
#define MAXUINT8 ((UINT8)0xff)
#define MAXINT16 ((INT16)0x7fff)
#define MAXUINT16 ((UINT16)0xffff)
#define MAXINT32 ((INT32)0x7fffffff)
#define MAXUINT32 ((UINT32)0xffffffff)
#define MAXINT64 ((INT64)0x7fffffffffffffffLL)
#define MAXUINT64 ((UINT64)0xffffffffffffffffULL)
#define MAXULONG64 ((ULONG64)0xffffffffffffffffULL)
#define MAXLONG64 ((LONG64)0x7fffffffffffffffLL)
#define MINLONG64 ((LONG64)0x8000000000000000ULL)
#define MAXULONG_PTR ((ULONG_PTR)0xffffffffffffffffULL)
#define MAXLONG_PTR ((LONG_PTR)0x7fffffffffffffffLL)
#define MAXSIZE_T ((SIZE_T)0xffffffffffffffffULL)
#define MAXUINT_PTR ((UINT_PTR)0xffffffffffffffffULL)

#define HandleToULong(h) ((ULONG)(ULONG_PTR)(h))
#define HandleToUlong(h) HandleToULong(h)
#define HandleToLong(h) ((LONG)(LONG_PTR)(h))
#define ULongToHandle(ul) ((HANDLE)(ULONG_PTR)(ULONG)(ul))
#define UlongToHandle(ul) ULongToHandle(ul)
#define LongToHandle(l) ((HANDLE)(LONG_PTR)(LONG)(l))
#define PtrToUlong(p) ((ULONG)(ULONG_PTR)(p))
#define PtrToULong(p) PtrToUlong(p)
#define PtrToLong(p) ((LONG)(LONG_PTR)(p))
#define PtrToUint(p) ((UINT)(UINT_PTR)(p))
#define PtrToInt(p) ((INT)(INT_PTR)(p))
#define PtrToUshort(p) ((USHORT)(ULONG_PTR)(p))
#define UlongToPtr(ul) ((PVOID)(ULONG_PTR)(ULONG)(ul))
#define ULongToPtr(ul) UlongToPtr(ul)
#define LongToPtr(l) ((PVOID)(LONG_PTR)(LONG)(l))
#define UintToPtr(ui) ((PVOID)(UINT_PTR)(UINT)(ui))
#define IntToPtr(i) ((PVOID)(INT_PTR)(INT)(i))

#endif
