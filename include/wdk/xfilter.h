/*
 * xfilter.h - Ethernet addresses: comparing and classifying.
 */
#ifndef UNDIS_XFILTER_H
#define UNDIS_XFILTER_H

#include "ntdef.h"

#define ETH_LENGTH_OF_ADDRESS 6
#define ETH_IS_BROADCAST(Address)                                                                            \
    ((((PUCHAR)(Address))[0] == 0xff) && (((PUCHAR)(Address))[1] == 0xff) &&                                 \
     (((PUCHAR)(Address))[2] == 0xff) && (((PUCHAR)(Address))[3] == 0xff) &&                                 \
     (((PUCHAR)(Address))[4] == 0xff) && (((PUCHAR)(Address))[5] == 0xff))
#define ETH_IS_MULTICAST(Address) ((BOOLEAN)(((PUCHAR)(Address))[0] & 0x01))
#define ETH_COPY_NETWORK_ADDRESS(Destination, Source) memcpy((Destination), (Source), ETH_LENGTH_OF_ADDRESS)
/* *Result is 0 when the addresses are equal, 1 when A is greater than B, -1 otherwise. */
#define ETH_COMPARE_NETWORK_ADDRESSES(A, B, Result)                                                          \
    do {                                                                                                     \
        int undis_order = memcmp((A), (B), ETH_LENGTH_OF_ADDRESS);                                           \
        *(Result) = undis_order < 0 ? -1 : undis_order > 0;                                                  \
    } while (0)
#define ETH_COMPARE_NETWORK_ADDRESSES_EQ(A, B, Result)                                                       \
    (*(Result) = (memcmp((A), (B), ETH_LENGTH_OF_ADDRESS) != 0))

#endif
