/*
 * concurrencysal.h - annotations for static analysers: empty here, see sal.h.
 */
#ifndef UNDIS_CONCURRENCYSAL_H
#define UNDIS_CONCURRENCYSAL_H

#include "sal.h"

#endif
