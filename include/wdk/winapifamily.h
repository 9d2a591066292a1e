/*
 * winapifamily.h - which part of the API a header may declare: all of it.
 */
#ifndef UNDIS_WINAPIFAMILY_H
#define UNDIS_WINAPIFAMILY_H

#define WINAPI_PARTITION_DESKTOP 1
#define WINAPI_PARTITION_SYSTEM 1
#define WINAPI_PARTITION_APP 1
#define WINAPI_PARTITION_GAMES 1
#define WINAPI_PARTITION_PKG_PCIDEVICE 1
#define WINAPI_FAMILY_PARTITION(Partitions) (Partitions)

#endif
