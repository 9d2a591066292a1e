/*
 * netioapi.h - what the IP helper's interface is made of: addresses and interfaces.  Its functions and tables
 * belong to the TCP/IP stack, which is not here.
 */
#ifndef UNDIS_NETIOAPI_H
#define UNDIS_NETIOAPI_H

#include "ifdef.h"
#include "ws2def.h"
#include "ws2ipdef.h"

#endif
