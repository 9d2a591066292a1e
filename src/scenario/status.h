/*
 * status.h - names of NTSTATUS and NDIS_STATUS values.
 */
#ifndef UNDIS_SCENARIO_STATUS_H
#define UNDIS_SCENARIO_STATUS_H

#include <wdm.h>

/* "STATUS_UNSUCCESSFUL"; "unknown status" for a value that the headers do not name. */
const char *status_name(NTSTATUS status);

#endif
