/*
 * specstrings.h - annotations for static analysers: empty here, see sal.h.
 */
#ifndef UNDIS_SPECSTRINGS_H
#define UNDIS_SPECSTRINGS_H

#include "sal.h"

#endif
