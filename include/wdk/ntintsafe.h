/*
 * ntintsafe.h - conversions and arithmetic that say when a value does not fit.
 *
 * On overflow the result is the type's error value (all ones) and STATUS_INTEGER_OVERFLOW is returned.
 */
#ifndef UNDIS_NTINTSAFE_H
#define UNDIS_NTINTSAFE_H

#include "ntdef.h"

EXTERN_C_START

#define UNDIS_SAFE_ARITHMETIC(name, type)                                                                    \
    UNDIS_INLINE NTSTATUS Rtl##name##Add(type a, type b, type *result)                                       \
    {                                                                                                        \
        if (__builtin_add_overflow(a, b, result)) {                                                          \
            *result = (type)-1;                                                                              \
            return STATUS_INTEGER_OVERFLOW;                                                                  \
        }                                                                                                    \
        return STATUS_SUCCESS;                                                                               \
    }                                                                                                        \
    UNDIS_INLINE NTSTATUS Rtl##name##Sub(type a, type b, type *result)                                       \
    {                                                                                                        \
        if (__builtin_sub_overflow(a, b, result)) {                                                          \
            *result = (type)-1;                                                                              \
            return STATUS_INTEGER_OVERFLOW;                                                                  \
        }                                                                                                    \
        return STATUS_SUCCESS;                                                                               \
    }                                                                                                        \
    UNDIS_INLINE NTSTATUS Rtl##name##Mult(type a, type b, type *result)                                      \
    {                                                                                                        \
        if (__builtin_mul_overflow(a, b, result)) {                                                          \
            *result = (type)-1;                                                                              \
            return STATUS_INTEGER_OVERFLOW;                                                                  \
        }                                                                                                    \
        return STATUS_SUCCESS;                                                                               \
    }

#define UNDIS_SAFE_CONVERT(from_name, from, to_name, to)                                                     \
    UNDIS_INLINE NTSTATUS Rtl##from_name##To##to_name(from value, to *result)                                \
    {                                                                                                        \
        if (__builtin_add_overflow(value, (from)0, result)) {                                                \
            *result = (to)-1;                                                                                \
            return STATUS_INTEGER_OVERFLOW;                                                                  \
        }                                                                                                    \
        return STATUS_SUCCESS;                                                                               \
    }

UNDIS_SAFE_ARITHMETIC(UChar, UCHAR)
UNDIS_SAFE_ARITHMETIC(Char, CHAR)
UNDIS_SAFE_ARITHMETIC(Short, SHORT)
UNDIS_SAFE_ARITHMETIC(UShort, USHORT)
UNDIS_SAFE_ARITHMETIC(Int, INT)
UNDIS_SAFE_ARITHMETIC(UInt, UINT)
UNDIS_SAFE_ARITHMETIC(Long, LONG)
UNDIS_SAFE_ARITHMETIC(ULong, ULONG)
UNDIS_SAFE_ARITHMETIC(UInt8, UCHAR)
UNDIS_SAFE_ARITHMETIC(UInt16, USHORT)
UNDIS_SAFE_ARITHMETIC(UInt32, ULONG)
UNDIS_SAFE_ARITHMETIC(UInt64, ULONGLONG)
UNDIS_SAFE_ARITHMETIC(LongLong, LONGLONG)
UNDIS_SAFE_ARITHMETIC(ULongLong, ULONGLONG)
UNDIS_SAFE_ARITHMETIC(SizeT, SIZE_T)
UNDIS_SAFE_ARITHMETIC(ULongPtr, ULONG_PTR)
UNDIS_SAFE_ARITHMETIC(LongPtr, LONG_PTR)
UNDIS_SAFE_ARITHMETIC(DWord, DWORD)

UNDIS_SAFE_CONVERT(UChar, UCHAR, Char, CHAR)
UNDIS_SAFE_CONVERT(UChar, UCHAR, Short, SHORT)
UNDIS_SAFE_CONVERT(UChar, UCHAR, UShort, USHORT)
UNDIS_SAFE_CONVERT(UChar, UCHAR, Int, INT)
UNDIS_SAFE_CONVERT(UChar, UCHAR, UInt, UINT)
UNDIS_SAFE_CONVERT(UChar, UCHAR, Long, LONG)
UNDIS_SAFE_CONVERT(UChar, UCHAR, ULong, ULONG)
UNDIS_SAFE_CONVERT(UChar, UCHAR, LongLong, LONGLONG)
UNDIS_SAFE_CONVERT(UChar, UCHAR, ULongLong, ULONGLONG)
UNDIS_SAFE_CONVERT(UChar, UCHAR, SizeT, SIZE_T)
UNDIS_SAFE_CONVERT(UChar, UCHAR, ULongPtr, ULONG_PTR)
UNDIS_SAFE_CONVERT(UChar, UCHAR, LongPtr, LONG_PTR)
UNDIS_SAFE_CONVERT(UChar, UCHAR, DWord, DWORD)
UNDIS_SAFE_CONVERT(Char, CHAR, UChar, UCHAR)
UNDIS_SAFE_CONVERT(Char, CHAR, Short, SHORT)
UNDIS_SAFE_CONVERT(Char, CHAR, UShort, USHORT)
UNDIS_SAFE_CONVERT(Char, CHAR, Int, INT)
UNDIS_SAFE_CONVERT(Char, CHAR, UInt, UINT)
UNDIS_SAFE_CONVERT(Char, CHAR, Long, LONG)
UNDIS_SAFE_CONVERT(Char, CHAR, ULong, ULONG)
UNDIS_SAFE_CONVERT(Char, CHAR, LongLong, LONGLONG)
UNDIS_SAFE_CONVERT(Char, CHAR, ULongLong, ULONGLONG)
UNDIS_SAFE_CONVERT(Char, CHAR, SizeT, SIZE_T)
UNDIS_SAFE_CONVERT(Char, CHAR, ULongPtr, ULONG_PTR)
UNDIS_SAFE_CONVERT(Char, CHAR, LongPtr, LONG_PTR)
UNDIS_SAFE_CONVERT(Char, CHAR, DWord, DWORD)
UNDIS_SAFE_CONVERT(Short, SHORT, UChar, UCHAR)
UNDIS_SAFE_CONVERT(Short, SHORT, Char, CHAR)
UNDIS_SAFE_CONVERT(Short, SHORT, UShort, USHORT)
UNDIS_SAFE_CONVERT(Short, SHORT, Int, INT)
UNDIS_SAFE_CONVERT(Short, SHORT, UInt, UINT)
UNDIS_SAFE_CONVERT(Short, SHORT, Long, LONG)
UNDIS_SAFE_CONVERT(Short, SHORT, ULong, ULONG)
UNDIS_SAFE_CONVERT(Short, SHORT, LongLong, LONGLONG)
UNDIS_SAFE_CONVERT(Short, SHORT, ULongLong, ULONGLONG)
UNDIS_SAFE_CONVERT(Short, SHORT, SizeT, SIZE_T)
UNDIS_SAFE_CONVERT(Short, SHORT, ULongPtr, ULONG_PTR)
UNDIS_SAFE_CONVERT(Short, SHORT, LongPtr, LONG_PTR)
UNDIS_SAFE_CONVERT(Short, SHORT, DWord, DWORD)
UNDIS_SAFE_CONVERT(UShort, USHORT, UChar, UCHAR)
UNDIS_SAFE_CONVERT(UShort, USHORT, Char, CHAR)
UNDIS_SAFE_CONVERT(UShort, USHORT, Short, SHORT)
UNDIS_SAFE_CONVERT(UShort, USHORT, Int, INT)
UNDIS_SAFE_CONVERT(UShort, USHORT, UInt, UINT)
UNDIS_SAFE_CONVERT(UShort, USHORT, Long, LONG)
UNDIS_SAFE_CONVERT(UShort, USHORT, ULong, ULONG)
UNDIS_SAFE_CONVERT(UShort, USHORT, LongLong, LONGLONG)
UNDIS_SAFE_CONVERT(UShort, USHORT, ULongLong, ULONGLONG)
UNDIS_SAFE_CONVERT(UShort, USHORT, SizeT, SIZE_T)
UNDIS_SAFE_CONVERT(UShort, USHORT, ULongPtr, ULONG_PTR)
UNDIS_SAFE_CONVERT(UShort, USHORT, LongPtr, LONG_PTR)
UNDIS_SAFE_CONVERT(UShort, USHORT, DWord, DWORD)
UNDIS_SAFE_CONVERT(Int, INT, UChar, UCHAR)
UNDIS_SAFE_CONVERT(Int, INT, Char, CHAR)
UNDIS_SAFE_CONVERT(Int, INT, Short, SHORT)
UNDIS_SAFE_CONVERT(Int, INT, UShort, USHORT)
UNDIS_SAFE_CONVERT(Int, INT, UInt, UINT)
UNDIS_SAFE_CONVERT(Int, INT, Long, LONG)
UNDIS_SAFE_CONVERT(Int, INT, ULong, ULONG)
UNDIS_SAFE_CONVERT(Int, INT, LongLong, LONGLONG)
UNDIS_SAFE_CONVERT(Int, INT, ULongLong, ULONGLONG)
UNDIS_SAFE_CONVERT(Int, INT, SizeT, SIZE_T)
UNDIS_SAFE_CONVERT(Int, INT, ULongPtr, ULONG_PTR)
UNDIS_SAFE_CONVERT(Int, INT, LongPtr, LONG_PTR)
UNDIS_SAFE_CONVERT(Int, INT, DWord, DWORD)
UNDIS_SAFE_CONVERT(UInt, UINT, UChar, UCHAR)
UNDIS_SAFE_CONVERT(UInt, UINT, Char, CHAR)
UNDIS_SAFE_CONVERT(UInt, UINT, Short, SHORT)
UNDIS_SAFE_CONVERT(UInt, UINT, UShort, USHORT)
UNDIS_SAFE_CONVERT(UInt, UINT, Int, INT)
UNDIS_SAFE_CONVERT(UInt, UINT, Long, LONG)
UNDIS_SAFE_CONVERT(UInt, UINT, ULong, ULONG)
UNDIS_SAFE_CONVERT(UInt, UINT, LongLong, LONGLONG)
UNDIS_SAFE_CONVERT(UInt, UINT, ULongLong, ULONGLONG)
UNDIS_SAFE_CONVERT(UInt, UINT, SizeT, SIZE_T)
UNDIS_SAFE_CONVERT(UInt, UINT, ULongPtr, ULONG_PTR)
UNDIS_SAFE_CONVERT(UInt, UINT, LongPtr, LONG_PTR)
UNDIS_SAFE_CONVERT(UInt, UINT, DWord, DWORD)
UNDIS_SAFE_CONVERT(Long, LONG, UChar, UCHAR)
UNDIS_SAFE_CONVERT(Long, LONG, Char, CHAR)
UNDIS_SAFE_CONVERT(Long, LONG, Short, SHORT)
UNDIS_SAFE_CONVERT(Long, LONG, UShort, USHORT)
UNDIS_SAFE_CONVERT(Long, LONG, Int, INT)
UNDIS_SAFE_CONVERT(Long, LONG, UInt, UINT)
UNDIS_SAFE_CONVERT(Long, LONG, ULong, ULONG)
UNDIS_SAFE_CONVERT(Long, LONG, LongLong, LONGLONG)
UNDIS_SAFE_CONVERT(Long, LONG, ULongLong, ULONGLONG)
UNDIS_SAFE_CONVERT(Long, LONG, SizeT, SIZE_T)
UNDIS_SAFE_CONVERT(Long, LONG, ULongPtr, ULONG_PTR)
UNDIS_SAFE_CONVERT(Long, LONG, LongPtr, LONG_PTR)
UNDIS_SAFE_CONVERT(Long, LONG, DWord, DWORD)
UNDIS_SAFE_CONVERT(ULong, ULONG, UChar, UCHAR)
UNDIS_SAFE_CONVERT(ULong, ULONG, Char, CHAR)
UNDIS_SAFE_CONVERT(ULong, ULONG, Short, SHORT)
UNDIS_SAFE_CONVERT(ULong, ULONG, UShort, USHORT)
UNDIS_SAFE_CONVERT(ULong, ULONG, Int, INT)
UNDIS_SAFE_CONVERT(ULong, ULONG, UInt, UINT)
UNDIS_SAFE_CONVERT(ULong, ULONG, Long, LONG)
UNDIS_SAFE_CONVERT(ULong, ULONG, LongLong, LONGLONG)
UNDIS_SAFE_CONVERT(ULong, ULONG, ULongLong, ULONGLONG)
UNDIS_SAFE_CONVERT(ULong, ULONG, SizeT, SIZE_T)
UNDIS_SAFE_CONVERT(ULong, ULONG, ULongPtr, ULONG_PTR)
UNDIS_SAFE_CONVERT(ULong, ULONG, LongPtr, LONG_PTR)
UNDIS_SAFE_CONVERT(ULong, ULONG, DWord, DWORD)
UNDIS_SAFE_CONVERT(LongLong, LONGLONG, UChar, UCHAR)
UNDIS_SAFE_CONVERT(LongLong, LONGLONG, Char, CHAR)
UNDIS_SAFE_CONVERT(LongLong, LONGLONG, Short, SHORT)
UNDIS_SAFE_CONVERT(LongLong, LONGLONG, UShort, USHORT)
UNDIS_SAFE_CONVERT(LongLong, LONGLONG, Int, INT)
UNDIS_SAFE_CONVERT(LongLong, LONGLONG, UInt, UINT)
UNDIS_SAFE_CONVERT(LongLong, LONGLONG, Long, LONG)
UNDIS_SAFE_CONVERT(LongLong, LONGLONG, ULong, ULONG)
UNDIS_SAFE_CONVERT(LongLong, LONGLONG, ULongLong, ULONGLONG)
UNDIS_SAFE_CONVERT(LongLong, LONGLONG, SizeT, SIZE_T)
UNDIS_SAFE_CONVERT(LongLong, LONGLONG, ULongPtr, ULONG_PTR)
UNDIS_SAFE_CONVERT(LongLong, LONGLONG, LongPtr, LONG_PTR)
UNDIS_SAFE_CONVERT(LongLong, LONGLONG, DWord, DWORD)
UNDIS_SAFE_CONVERT(ULongLong, ULONGLONG, UChar, UCHAR)
UNDIS_SAFE_CONVERT(ULongLong, ULONGLONG, Char, CHAR)
UNDIS_SAFE_CONVERT(ULongLong, ULONGLONG, Short, SHORT)
UNDIS_SAFE_CONVERT(ULongLong, ULONGLONG, UShort, USHORT)
UNDIS_SAFE_CONVERT(ULongLong, ULONGLONG, Int, INT)
UNDIS_SAFE_CONVERT(ULongLong, ULONGLONG, UInt, UINT)
UNDIS_SAFE_CONVERT(ULongLong, ULONGLONG, Long, LONG)
UNDIS_SAFE_CONVERT(ULongLong, ULONGLONG, ULong, ULONG)
UNDIS_SAFE_CONVERT(ULongLong, ULONGLONG, LongLong, LONGLONG)
UNDIS_SAFE_CONVERT(ULongLong, ULONGLONG, SizeT, SIZE_T)
UNDIS_SAFE_CONVERT(ULongLong, ULONGLONG, ULongPtr, ULONG_PTR)
UNDIS_SAFE_CONVERT(ULongLong, ULONGLONG, LongPtr, LONG_PTR)
UNDIS_SAFE_CONVERT(ULongLong, ULONGLONG, DWord, DWORD)
UNDIS_SAFE_CONVERT(SizeT, SIZE_T, UChar, UCHAR)
UNDIS_SAFE_CONVERT(SizeT, SIZE_T, Char, CHAR)
UNDIS_SAFE_CONVERT(SizeT, SIZE_T, Short, SHORT)
UNDIS_SAFE_CONVERT(SizeT, SIZE_T, UShort, USHORT)
UNDIS_SAFE_CONVERT(SizeT, SIZE_T, Int, INT)
UNDIS_SAFE_CONVERT(SizeT, SIZE_T, UInt, UINT)
UNDIS_SAFE_CONVERT(SizeT, SIZE_T, Long, LONG)
UNDIS_SAFE_CONVERT(SizeT, SIZE_T, ULong, ULONG)
UNDIS_SAFE_CONVERT(SizeT, SIZE_T, LongLong, LONGLONG)
UNDIS_SAFE_CONVERT(SizeT, SIZE_T, ULongLong, ULONGLONG)
UNDIS_SAFE_CONVERT(SizeT, SIZE_T, ULongPtr, ULONG_PTR)
UNDIS_SAFE_CONVERT(SizeT, SIZE_T, LongPtr, LONG_PTR)
UNDIS_SAFE_CONVERT(SizeT, SIZE_T, DWord, DWORD)
UNDIS_SAFE_CONVERT(ULongPtr, ULONG_PTR, UChar, UCHAR)
UNDIS_SAFE_CONVERT(ULongPtr, ULONG_PTR, Char, CHAR)
UNDIS_SAFE_CONVERT(ULongPtr, ULONG_PTR, Short, SHORT)
UNDIS_SAFE_CONVERT(ULongPtr, ULONG_PTR, UShort, USHORT)
UNDIS_SAFE_CONVERT(ULongPtr, ULONG_PTR, Int, INT)
UNDIS_SAFE_CONVERT(ULongPtr, ULONG_PTR, UInt, UINT)
UNDIS_SAFE_CONVERT(ULongPtr, ULONG_PTR, Long, LONG)
UNDIS_SAFE_CONVERT(ULongPtr, ULONG_PTR, ULong, ULONG)
UNDIS_SAFE_CONVERT(ULongPtr, ULONG_PTR, LongLong, LONGLONG)
UNDIS_SAFE_CONVERT(ULongPtr, ULONG_PTR, ULongLong, ULONGLONG)
UNDIS_SAFE_CONVERT(ULongPtr, ULONG_PTR, SizeT, SIZE_T)
UNDIS_SAFE_CONVERT(ULongPtr, ULONG_PTR, LongPtr, LONG_PTR)
UNDIS_SAFE_CONVERT(ULongPtr, ULONG_PTR, DWord, DWORD)
UNDIS_SAFE_CONVERT(LongPtr, LONG_PTR, UChar, UCHAR)
UNDIS_SAFE_CONVERT(LongPtr, LONG_PTR, Char, CHAR)
UNDIS_SAFE_CONVERT(LongPtr, LONG_PTR, Short, SHORT)
UNDIS_SAFE_CONVERT(LongPtr, LONG_PTR, UShort, USHORT)
UNDIS_SAFE_CONVERT(LongPtr, LONG_PTR, Int, INT)
UNDIS_SAFE_CONVERT(LongPtr, LONG_PTR, UInt, UINT)
UNDIS_SAFE_CONVERT(LongPtr, LONG_PTR, Long, LONG)
UNDIS_SAFE_CONVERT(LongPtr, LONG_PTR, ULong, ULONG)
UNDIS_SAFE_CONVERT(LongPtr, LONG_PTR, LongLong, LONGLONG)
UNDIS_SAFE_CONVERT(LongPtr, LONG_PTR, ULongLong, ULONGLONG)
UNDIS_SAFE_CONVERT(LongPtr, LONG_PTR, SizeT, SIZE_T)
UNDIS_SAFE_CONVERT(LongPtr, LONG_PTR, ULongPtr, ULONG_PTR)
UNDIS_SAFE_CONVERT(LongPtr, LONG_PTR, DWord, DWORD)
UNDIS_SAFE_CONVERT(DWord, DWORD, UChar, UCHAR)
UNDIS_SAFE_CONVERT(DWord, DWORD, Char, CHAR)
UNDIS_SAFE_CONVERT(DWord, DWORD, Short, SHORT)
UNDIS_SAFE_CONVERT(DWord, DWORD, UShort, USHORT)
UNDIS_SAFE_CONVERT(DWord, DWORD, Int, INT)
UNDIS_SAFE_CONVERT(DWord, DWORD, UInt, UINT)
UNDIS_SAFE_CONVERT(DWord, DWORD, Long, LONG)
UNDIS_SAFE_CONVERT(DWord, DWORD, ULong, ULONG)
UNDIS_SAFE_CONVERT(DWord, DWORD, LongLong, LONGLONG)
UNDIS_SAFE_CONVERT(DWord, DWORD, ULongLong, ULONGLONG)
UNDIS_SAFE_CONVERT(DWord, DWORD, SizeT, SIZE_T)
UNDIS_SAFE_CONVERT(DWord, DWORD, ULongPtr, ULONG_PTR)
UNDIS_SAFE_CONVERT(DWord, DWORD, LongPtr, LONG_PTR)

EXTERN_C_END

#endif
