/*
 * initguid.h - from here on DEFINE_GUID defines the GUIDs instead of declaring them.
 *
 * No include guard: what counts is where it is included.
 */
#ifndef INITGUID
#define INITGUID
#endif
#include "guiddef.h"
