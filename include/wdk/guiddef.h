/*
 * guiddef.h - GUIDs.  DEFINE_GUID declares, or defines after initguid.h has been included.
 */
#ifndef UNDIS_GUIDDEF_H
#define UNDIS_GUIDDEF_H

#include <string.h>

typedef struct _GUID {
    unsigned int Data1;
    unsigned short Data2;
    unsigned short Data3;
    unsigned char Data4[8];
} GUID;
typedef GUID *LPGUID, *PGUID;
typedef const GUID *LPCGUID, *PCGUID;
typedef GUID IID, CLSID;

#ifdef __cplusplus
#define REFGUID const GUID &
#define UNDIS_GUID_EXTERN extern "C"
#else
#define REFGUID const GUID *
#define UNDIS_GUID_EXTERN extern
#endif
#define REFIID REFGUID

#ifdef __cplusplus
static inline int UndisGuidsEqual(const GUID &a, const GUID &b)
{
    return memcmp(&a, &b, sizeof(GUID)) == 0;
}
#define IsEqualGUID(a, b) UndisGuidsEqual((a), (b))
static inline bool operator==(const GUID &a, const GUID &b)
{
    return UndisGuidsEqual(a, b) != 0;
}
static inline bool operator!=(const GUID &a, const GUID &b)
{
    return UndisGuidsEqual(a, b) == 0;
}
#else
#define IsEqualGUID(a, b) (memcmp((a), (b), sizeof(GUID)) == 0)
#endif
#define IsEqualIID(a, b) IsEqualGUID(a, b)

#endif

/* Outside of the guard: initguid.h asks for the defining form later. */
#undef DEFINE_GUID
#ifdef INITGUID
#define DEFINE_GUID(name, l, w1, w2, b1, b2, b3, b4, b5, b6, b7, b8)                                         \
    UNDIS_GUID_EXTERN __attribute__((__weak__)) const GUID name;                                             \
    const GUID name = {l, w1, w2, {b1, b2, b3, b4, b5, b6, b7, b8}}
#else
#define DEFINE_GUID(name, l, w1, w2, b1, b2, b3, b4, b5, b6, b7, b8) UNDIS_GUID_EXTERN const GUID name
#endif
