/*
 * specstrings_strict.h - annotations for static analysers: empty here, see sal.h.
 */
#ifndef UNDIS_SPECSTRINGS_STRICT_H
#define UNDIS_SPECSTRINGS_STRICT_H

#include "sal.h"

#endif
