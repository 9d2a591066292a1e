/*
 * wdm.h - the kernel interface for WDM drivers: everything under wdm/.
 */
#ifndef UNDIS_WDM_H
#define UNDIS_WDM_H

#define _WDM_INCLUDED_

#include "excpt.h"
#include "ntdef.h"

#include "wdm/list.h"
#include "wdm/intrin.h"
#include "wdm/dispatcher.h"
#include "wdm/ke.h"
#include "wdm/ex.h"
#include "wdm/callback.h"
#include "wdm/mm.h"
#include "wdm/cm.h"
#include "wdm/register.h"
#include "wdm/power.h"
#include "wdm/ob.h"
#include "wdm/rtl.h"
#include "wdm/irp.h"
#include "wdm/io.h"
#include "wdm/interrupt.h"

#endif
