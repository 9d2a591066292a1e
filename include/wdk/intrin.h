/*
 * intrin.h - compiler intrinsics: the subset that drivers use.
 */
#ifndef UNDIS_INTRIN_H
#define UNDIS_INTRIN_H

#include "wdm/intrin.h"

#endif
