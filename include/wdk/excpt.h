/*
 * excpt.h - structured exception handling: the names are in undis_dialect.h; C has short ones too.
 */
#ifndef UNDIS_EXCPT_H
#define UNDIS_EXCPT_H

#include "undis_dialect.h"

/* "leave" is not among them: __leave has no meaning here. */
#if defined(UNDIS_DRIVER) && !defined(__cplusplus)
#define try __try
#define except __except
#define finally __finally
#endif

#endif
