/*
 * ndis.h - the NDIS 6 library's interface: miniport, protocol and filter drivers.
 */
#ifndef UNDIS_NDIS_H
#define UNDIS_NDIS_H

#define _NDIS_

#include "ntddk.h"

#include "ndis/version.h"
#include "ndis/status.h"
#include "ndis/types.h"
#include "ndis/lock.h"
#include "ndis/timer.h"
#include "ndis/config.h"
#include "ndis/nbl.h"
#include "ndis/nblpool.h"
#include "ntddndis.h"
#include "ndis/oid.h"
#include "ndis/offload.h"
#include "ndis/pnp.h"
#include "ndis/interrupt.h"
#include "ndis/poll.h"
#include "ndis/dma.h"
#include "ndis/miniport.h"
#include "ndis/protocol.h"
#include "ndis/filter.h"
#include "xfilter.h"

#endif
