/*
 * undis_dialect.h - makes gcc and clang on Linux read the C dialect that WDK sources are written in.
 *
 * Calling conventions and storage classes of MSVC become what they mean here.  A driver's sources see this
 * first (undis cc); undis's own sources get it through ntdef.h.  Not guaranteed: structured exception
 * handling - a __try body runs, its __except handler never does, a fault in the body is a finding.
 */
#ifndef UNDIS_DIALECT_H
#define UNDIS_DIALECT_H

#if !defined(__GNUC__)
#error "undis headers need gcc or clang"
#endif
#if !defined(__cplusplus) && __STDC_VERSION__ < 201112L
#error "undis headers need C11 or later"
#endif
#if __SIZEOF_WCHAR_T__ != 2
#error "compile with -fshort-wchar: WCHAR is 16 bits wide"
#endif
#if __SIZEOF_POINTER__ != 8
#error "undis simulates 64-bit Windows"
#endif

/* Calling conventions: x64 has one. */
#ifndef __cdecl
#define __cdecl
#endif
#ifndef __stdcall
#define __stdcall
#endif
#ifndef __fastcall
#define __fastcall
#endif
#ifndef __vectorcall
#define __vectorcall
#endif
#ifndef _cdecl
#define _cdecl
#endif
#ifndef _stdcall
#define _stdcall
#endif
#ifndef __clrcall
#define __clrcall
#endif

#ifndef __int8
#define __int8 char
#endif
#ifndef __int16
#define __int16 short
#endif
#ifndef __int32
#define __int32 int
#endif
#ifndef __int64
#define __int64 long long
#endif

#ifndef __ptr64
#define __ptr64
#endif
#ifndef __ptr32
#define __ptr32
#endif
#ifndef __w64
#define __w64
#endif
#ifndef __unaligned
#define __unaligned
#endif
#ifndef UNALIGNED
#define UNALIGNED
#endif

#if !defined(__clang__)
#define __forceinline __inline__ __attribute__((__always_inline__))
#endif
#ifndef _inline
#define _inline __inline__
#endif

/* __declspec(x): the argument is pasted, so that align(n) keeps its number.  What says nothing on ELF is
 * dropped. */
#undef __declspec
#define __declspec(attribute) UNDIS_DECLSPEC_##attribute
#define UNDIS_DECLSPEC_align(bytes) __attribute__((__aligned__(bytes)))
#define UNDIS_DECLSPEC_noreturn __attribute__((__noreturn__))
#define UNDIS_DECLSPEC_noinline __attribute__((__noinline__))
#define UNDIS_DECLSPEC_naked __attribute__((__naked__))
#define UNDIS_DECLSPEC_selectany __attribute__((__weak__))
#define UNDIS_DECLSPEC_deprecated
#define UNDIS_DECLSPEC_dllimport
#define UNDIS_DECLSPEC_dllexport
#define UNDIS_DECLSPEC_novtable
#define UNDIS_DECLSPEC_nothrow
#define UNDIS_DECLSPEC_noalias
#define UNDIS_DECLSPEC_restrict
#define UNDIS_DECLSPEC_safebuffers
#define UNDIS_DECLSPEC_guard(x)
#ifdef __cplusplus /* of classes and templates too: then the compilers refuse a section */
#define UNDIS_DECLSPEC_code_seg(x)
#else
#define UNDIS_DECLSPEC_code_seg(x) __attribute__((__section__(x), __noinline__))
#endif
#define UNDIS_DECLSPEC_allocate(x)
#define UNDIS_DECLSPEC_uuid(x)
#define UNDIS_DECLSPEC_thread __thread

#if defined(UNDIS_DRIVER)
/* Only in drivers: libstdc++ uses the name __try for itself. */
// clang-format off
#undef __try
#define __try if (1)
#undef __except
#define __except(filter) else if (((void)(filter), 0))
#undef __finally
#define __finally if (1)
// clang-format on
#define EXCEPTION_EXECUTE_HANDLER 1
#define EXCEPTION_CONTINUE_SEARCH 0
#define EXCEPTION_CONTINUE_EXECUTION (-1)
#define GetExceptionCode() 0
#define GetExceptionInformation() ((void *)0)
#define AbnormalTermination() 0
#define __assume(condition)                                                                                  \
    do {                                                                                                     \
        if (!(condition)) {                                                                                  \
            __builtin_unreachable();                                                                         \
        }                                                                                                    \
    } while (0)
#if !defined(__clang__)
#define __noop(...) ((void)0)
#define __debugbreak() __builtin_trap()
#endif
#endif

#ifndef C_ASSERT
#ifdef __cplusplus
#define C_ASSERT(condition) static_assert(condition, #condition)
#else
#define C_ASSERT(condition) _Static_assert(condition, #condition)
#endif
#endif
#ifndef static_assert
#ifndef __cplusplus
#define static_assert _Static_assert
#endif
#endif

#define UNDIS_INLINE static __inline__ __attribute__((__unused__))

/* `undis cc --instrument` gives __builtin_memcpy and its kin these names, which report what they access. */
#ifdef UNDIS_INSTRUMENTED
#include <string.h>
#endif

#endif
