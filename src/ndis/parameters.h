/*
 * parameters.h - what every adapter finds in its registry key from the start: given from outside, before the
 * machine runs.
 */
#ifndef UNDIS_NDIS_PARAMETERS_H
#define UNDIS_NDIS_PARAMETERS_H

/* The longest name and text of a parameter, in characters. */
#define ADAPTER_PARAMETER_NAME 64
#define ADAPTER_PARAMETER_TEXT 256

/* "NAME=TEXT", which must outlive the machine; adapters that are made from now on have them. */
void adapter_parameters_preset(const char *const *texts, unsigned count);

#endif
