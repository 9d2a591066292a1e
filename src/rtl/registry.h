/*
 * registry.h - a small registry in memory: keys by full path, each with values.
 *
 * Keys are never removed, so a pointer to one stays good.  Names are compared without regard to case.
 */
#ifndef UNDIS_RTL_REGISTRY_H
#define UNDIS_RTL_REGISTRY_H

#include "ke/processor.h"

#include <stdbool.h>
#include <stddef.h>

struct rtl_key;

#define RTL_SERVICES_PATH L"\\Registry\\Machine\\System\\CurrentControlSet\\Services"
#define RTL_CONTROL_PATH L"\\Registry\\Machine\\System\\CurrentControlSet\\Control"

/* The longest value that is kept, in bytes. */
#define RTL_VALUE_LARGEST 65536

/* The key of that path, or NULL.  A key that others lie under is there too. */
struct rtl_key *rtl_key_find(PCUNICODE_STRING path);

/* The same, made when there is none; *created tells.  NULL when memory is short or the path does not start
 * with \Registry. */
struct rtl_key *rtl_key_create(PCUNICODE_STRING path, bool *created);

PCUNICODE_STRING rtl_key_path(const struct rtl_key *key);

/* Copies a value out, at most `room` bytes of it; *length is what it has.  False when there is none of that
 * name. */
bool rtl_value_read(struct rtl_key *key, PCUNICODE_STRING name, ULONG *type, void *to, size_t room,
                    size_t *length);

/* The name of the value with that index, in the order of their making, or false.  to->MaximumLength bounds
 * the copy. */
bool rtl_value_name(struct rtl_key *key, size_t index, UNICODE_STRING *to);

/* False when memory is short or the value too long. */
bool rtl_value_write(struct rtl_key *key, PCUNICODE_STRING name, ULONG type, const void *data, size_t length);
bool rtl_value_delete(struct rtl_key *key, PCUNICODE_STRING name);

#endif
