/*
 * excpt.h - structured exception handling: the names are in undis_dialect.h.
 */
#ifndef UNDIS_EXCPT_H
#define UNDIS_EXCPT_H

#include "undis_dialect.h"

#endif
