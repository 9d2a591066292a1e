/*
 * query.c - RtlQueryRegistryValues and the other registry functions that take a path.
 *
 * PASSIVE_LEVEL.  A driver's query routine is called in the caller's context.
 */
#include "ex/pool.h"
#include "ke/ddi.h"
#include "ke/fault.h"
#include "rtl/registry.h"
#include "rtl/unicode.h"

#include <string.h>

#define PATH_LONGEST 1024
#define NAME_LONGEST 256
#define RELATIVE_MASK 0xFFu

static const WCHAR *const registry_bases[] = {
    [RTL_REGISTRY_ABSOLUTE] = L"",
    [RTL_REGISTRY_SERVICES] = RTL_SERVICES_PATH L"\\",
    [RTL_REGISTRY_CONTROL] = RTL_CONTROL_PATH L"\\",
    [RTL_REGISTRY_WINDOWS_NT] = L"\\Registry\\Machine\\Software\\Microsoft\\Windows NT\\CurrentVersion\\",
    [RTL_REGISTRY_DEVICEMAP] = L"\\Registry\\Machine\\Hardware\\DeviceMap\\",
    [RTL_REGISTRY_USER] = L"\\Registry\\User\\.Default\\",
};

/* A path on the stack. */
struct path {
    UNICODE_STRING text;
    WCHAR buffer[PATH_LONGEST];
};

static NTSTATUS make_path(struct path *path, ULONG relative, PCWSTR rest)
{
    path->text = (UNICODE_STRING){0, sizeof(path->buffer), path->buffer};
    if (relative & RTL_REGISTRY_HANDLE || (relative & RELATIVE_MASK) >= RTL_NUMBER_OF(registry_bases)) {
        return STATUS_INVALID_PARAMETER;
    }
    RtlAppendUnicodeToString(&path->text, registry_bases[relative & RELATIVE_MASK]);
    return RtlAppendUnicodeToString(&path->text, rest);
}

static NTSTATUS find(ULONG relative, PCWSTR rest, struct rtl_key **key)
{
    struct path path;
    NTSTATUS status = make_path(&path, relative, rest);
    *key = NT_SUCCESS(status) ? rtl_key_find(&path.text) : NULL;
    return *key == NULL && NT_SUCCESS(status) ? STATUS_OBJECT_NAME_NOT_FOUND : status;
}

/* Whether there is that key.  STATUS_OBJECT_NAME_NOT_FOUND.  nf-wdm-rtlcheckregistrykey. */
NTSTATUS NTAPI RtlCheckRegistryKey(ULONG RelativeTo, PWSTR Path)
{
    ddi_enter(RtlCheckRegistryKey);
    struct rtl_key *key;
    return find(RelativeTo, Path, &key);
}

static NTSTATUS create(ULONG relative, PCWSTR rest, struct rtl_key **key)
{
    struct path path;
    bool created;
    NTSTATUS status = make_path(&path, relative, rest);
    *key = NT_SUCCESS(status) ? rtl_key_create(&path.text, &created) : NULL;
    return *key == NULL && NT_SUCCESS(status) ? STATUS_OBJECT_NAME_INVALID : status;
}

/* Makes a key.  nf-wdm-rtlcreateregistrykey. */
NTSTATUS NTAPI RtlCreateRegistryKey(ULONG RelativeTo, PWSTR Path)
{
    ddi_enter(RtlCreateRegistryKey);
    if (ddi_fails(RtlCreateRegistryKey)) {
        return STATUS_INSUFFICIENT_RESOURCES;
    }
    struct rtl_key *key;
    return create(RelativeTo, Path, &key);
}

/* Sets a value, and makes its key if need be.  nf-wdm-rtlwriteregistryvalue. */
NTSTATUS NTAPI RtlWriteRegistryValue(ULONG RelativeTo, PCWSTR Path, PCWSTR ValueName, ULONG ValueType,
                                     PVOID ValueData, ULONG ValueLength)
{
    ddi_enter(RtlWriteRegistryValue);
    if (ddi_fails(RtlWriteRegistryValue)) {
        return STATUS_INSUFFICIENT_RESOURCES;
    }
    UNICODE_STRING name;
    struct rtl_key *key;
    NTSTATUS status = create(RelativeTo, Path, &key);
    RtlInitUnicodeString(&name, ValueName);
    if (NT_SUCCESS(status) && !rtl_value_write(key, &name, ValueType, ValueData, ValueLength)) {
        status = STATUS_INSUFFICIENT_RESOURCES;
    }
    return status;
}

/* Removes a value.  STATUS_OBJECT_NAME_NOT_FOUND.  nf-wdm-rtldeleteregistryvalue. */
NTSTATUS NTAPI RtlDeleteRegistryValue(ULONG RelativeTo, PCWSTR Path, PCWSTR ValueName)
{
    ddi_enter(RtlDeleteRegistryValue);
    UNICODE_STRING name;
    struct rtl_key *key;
    NTSTATUS status = find(RelativeTo, Path, &key);
    RtlInitUnicodeString(&name, ValueName);
    if (NT_SUCCESS(status) && !rtl_value_delete(key, &name)) {
        status = STATUS_OBJECT_NAME_NOT_FOUND;
    }
    return status;
}

/* ---- RtlQueryRegistryValues ----------------------------------------------------------------------- */

/* A value on its way to the driver. */
struct found {
    PWSTR name;
    ULONG type;
    char *data; /* closed by two zero bytes beyond its length */
    ULONG length;
};

static bool is_string(ULONG type)
{
    return type == REG_SZ || type == REG_EXPAND_SZ || type == REG_MULTI_SZ;
}

/* A string goes into the UNICODE_STRING that EntryContext points to, whose buffer is allocated when it has
 * none. */
static NTSTATUS store_string(const struct found *found, UNICODE_STRING *to)
{
    ULONG length = found->length;
    if (found->type != REG_MULTI_SZ && length >= sizeof(WCHAR) && found->data[length - 1] == 0 &&
        found->data[length - 2] == 0) {
        length -= sizeof(WCHAR);
    }
    if (length > UNICODE_STRING_MAX_BYTES - sizeof(WCHAR)) {
        return STATUS_BUFFER_TOO_SMALL;
    }
    if (to->Buffer == NULL) {
        to->MaximumLength = (USHORT)(length + sizeof(WCHAR));
        to->Buffer = ex_pool_allocate(to->MaximumLength, RTL_STRING_TAG, 0, OBJECT_POOL, NULL);
        if (to->Buffer == NULL) {
            return STATUS_NO_MEMORY;
        }
    }
    if (length > to->MaximumLength) {
        return STATUS_BUFFER_TOO_SMALL;
    }
    memcpy(to->Buffer, found->data, length);
    to->Length = (USHORT)length;
    if (length + sizeof(WCHAR) <= to->MaximumLength) {
        to->Buffer[length / sizeof(WCHAR)] = UNICODE_NULL;
    }
    return STATUS_SUCCESS;
}

/* Other data: up to a ULONG as it is; longer into a buffer that begins with its size, negative for the data
 * alone. */
static NTSTATUS store_binary(const struct found *found, void *to)
{
    if (found->length <= sizeof(ULONG)) {
        memcpy(to, found->data, found->length);
        return STATUS_SUCCESS;
    }
    LONG size;
    memcpy(&size, to, sizeof(size));
    if (size < 0) {
        if (found->length > 0u - (ULONG)size) {
            return STATUS_BUFFER_TOO_SMALL;
        }
        memcpy(to, found->data, found->length);
        return STATUS_SUCCESS;
    }
    if (found->length + 2 * sizeof(ULONG) > (ULONG)size) {
        return STATUS_BUFFER_TOO_SMALL;
    }
    memcpy(to, &found->length, sizeof(ULONG));
    memcpy((char *)to + sizeof(ULONG), &found->type, sizeof(ULONG));
    memcpy((char *)to + 2 * sizeof(ULONG), found->data, found->length);
    return STATUS_SUCCESS;
}

static NTSTATUS call_routine(const RTL_QUERY_REGISTRY_TABLE *entry, const struct found *found, PVOID context)
{
    NTSTATUS status = entry->QueryRoutine(found->name, found->type, found->data, found->length, context,
                                          entry->EntryContext);
    return status == STATUS_BUFFER_TOO_SMALL ? STATUS_SUCCESS : status;
}

/* Each string of a REG_MULTI_SZ by itself. */
static NTSTATUS call_for_each_string(const RTL_QUERY_REGISTRY_TABLE *entry, const struct found *found,
                                     PVOID context)
{
    NTSTATUS status = STATUS_SUCCESS;
    for (ULONG at = 0; at + sizeof(WCHAR) <= found->length && NT_SUCCESS(status);) {
        struct found one = {found->name, REG_SZ, found->data + at, 0};
        one.length = (ULONG)((wcslen((const wchar_t *)(void *)one.data) + 1) * sizeof(WCHAR));
        if (one.length == sizeof(WCHAR)) {
            break;
        }
        status = call_routine(entry, &one, context);
        at += one.length;
    }
    return status;
}

static NTSTATUS deliver(const RTL_QUERY_REGISTRY_TABLE *entry, const struct found *found, PVOID context)
{
    if (entry->Flags & RTL_QUERY_REGISTRY_DIRECT) {
        if (entry->Flags & RTL_QUERY_REGISTRY_TYPECHECK &&
            entry->DefaultType >> RTL_QUERY_REGISTRY_TYPECHECK_SHIFT != found->type) {
            return STATUS_OBJECT_TYPE_MISMATCH;
        }
        return is_string(found->type) ? store_string(found, entry->EntryContext)
                                      : store_binary(found, entry->EntryContext);
    }
    if (found->type == REG_MULTI_SZ && !(entry->Flags & RTL_QUERY_REGISTRY_NOEXPAND)) {
        return call_for_each_string(entry, found, context);
    }
    return call_routine(entry, found, context);
}

/* Reads a value into new memory; NULL when there is none or memory is short. */
static char *read_value(struct rtl_key *key, PCUNICODE_STRING name, ULONG *type, ULONG *length)
{
    size_t size = 0;
    char none;
    if (!rtl_value_read(key, name, type, &none, 0, &size)) {
        return NULL;
    }
    char *data = ex_pool_allocate(size + 2 * sizeof(WCHAR), RTL_STRING_TAG, EX_POOL_ZERO, OBJECT_POOL,
                                  &registry_bases);
    size_t now = size;
    if (data != NULL && rtl_value_read(key, name, type, data, size, &now)) {
        *length = (ULONG)(now < size ? now : size);
    }
    return data;
}

/* Delivers one value; false when there is none of that name. */
static bool query_one(struct rtl_key *key, const RTL_QUERY_REGISTRY_TABLE *entry, PCUNICODE_STRING name,
                      PVOID context, NTSTATUS *status)
{
    struct found found = {.name = name->Buffer};
    found.data = read_value(key, name, &found.type, &found.length);
    if (found.data == NULL) {
        return false;
    }
    *status = deliver(entry, &found, context);
    ex_pool_free(found.data, RTL_STRING_TAG, OBJECT_POOL);
    if (NT_SUCCESS(*status) && entry->Flags & RTL_QUERY_REGISTRY_DELETE) {
        (void)rtl_value_delete(key, name);
    }
    return true;
}

/* What the table says should stand in for a value that is missing. */
static NTSTATUS deliver_default(const RTL_QUERY_REGISTRY_TABLE *entry, PVOID context)
{
    ULONG type = entry->DefaultType & 0xFF;
    if (entry->Flags & RTL_QUERY_REGISTRY_REQUIRED) {
        return STATUS_OBJECT_NAME_NOT_FOUND;
    }
    if (type == REG_NONE) {
        return STATUS_SUCCESS;
    }
    struct found found = {entry->Name, type, entry->DefaultData, entry->DefaultLength};
    if (found.length == 0 && is_string(type) && found.data != NULL) {
        const WCHAR *text = entry->DefaultData;
        do {
            found.length += (ULONG)((wcslen(text + found.length / sizeof(WCHAR)) + 1) * sizeof(WCHAR));
        } while (type == REG_MULTI_SZ && text[found.length / sizeof(WCHAR)] != 0);
    }
    RTL_QUERY_REGISTRY_TABLE unchecked = *entry;
    unchecked.Flags &= ~(ULONG)RTL_QUERY_REGISTRY_TYPECHECK;
    return deliver(&unchecked, &found, context);
}

/* Every value of the key. */
static NTSTATUS query_all(struct rtl_key *key, const RTL_QUERY_REGISTRY_TABLE *entry, PVOID context)
{
    NTSTATUS status = STATUS_SUCCESS;
    WCHAR buffer[NAME_LONGEST];
    UNICODE_STRING name = {0, sizeof(buffer) - sizeof(WCHAR), buffer};
    bool deletes = entry->Flags & RTL_QUERY_REGISTRY_DELETE;
    for (size_t index = 0; NT_SUCCESS(status) && rtl_value_name(key, index, &name);
         index += deletes ? 0 : 1) {
        buffer[name.Length / sizeof(WCHAR)] = UNICODE_NULL;
        (void)query_one(key, entry, &name, context, &status);
    }
    return status;
}

static bool is_malformed(const RTL_QUERY_REGISTRY_TABLE *entry)
{
    if (entry->Flags & RTL_QUERY_REGISTRY_DIRECT) {
        return entry->Name == NULL || entry->QueryRoutine != NULL || entry->Flags & RTL_QUERY_REGISTRY_SUBKEY;
    }
    return entry->QueryRoutine == NULL && !(entry->Flags & RTL_QUERY_REGISTRY_SUBKEY);
}

/* One entry; *key changes to a subkey or back to the top. */
static NTSTATUS process(const RTL_QUERY_REGISTRY_TABLE *entry, struct rtl_key *top, struct rtl_key **key,
                        PVOID context)
{
    if (is_malformed(entry)) {
        return STATUS_INVALID_PARAMETER;
    }
    if (entry->Flags & (RTL_QUERY_REGISTRY_SUBKEY | RTL_QUERY_REGISTRY_TOPKEY)) {
        *key = top;
    }
    if (entry->Flags & RTL_QUERY_REGISTRY_SUBKEY) {
        struct path path = {.text = {0, sizeof(path.buffer), path.buffer}};
        RtlCopyUnicodeString(&path.text, rtl_key_path(top));
        RtlAppendUnicodeToString(&path.text, L"\\");
        RtlAppendUnicodeToString(&path.text, entry->Name);
        *key = rtl_key_find(&path.text);
        if (*key == NULL) {
            return entry->Flags & RTL_QUERY_REGISTRY_REQUIRED ? STATUS_OBJECT_NAME_NOT_FOUND : STATUS_SUCCESS;
        }
        return entry->QueryRoutine != NULL ? query_all(*key, entry, context) : STATUS_SUCCESS;
    }
    if (entry->Flags & RTL_QUERY_REGISTRY_NOVALUE) {
        struct found nothing = {.type = REG_NONE};
        return call_routine(entry, &nothing, context);
    }
    if (entry->Name == NULL) {
        return *key != NULL ? query_all(*key, entry, context) : STATUS_SUCCESS;
    }
    UNICODE_STRING name;
    RtlInitUnicodeString(&name, entry->Name);
    NTSTATUS status = STATUS_SUCCESS;
    bool there = *key != NULL && query_one(*key, entry, &name, context, &status);
    return there ? status : deliver_default(entry, context);
}

/*
 * Hands the values that the table names to its routines or into its variables.  STATUS_OBJECT_NAME_NOT_FOUND,
 * STATUS_INVALID_PARAMETER for a malformed entry, STATUS_BUFFER_TOO_SMALL, STATUS_OBJECT_TYPE_MISMATCH, or
 * the first failure of a routine.  REG_EXPAND_SZ is never expanded; a key's handle is not accepted for Path.
 * nf-wdm-rtlqueryregistryvalues.
 */
NTSTATUS NTAPI RtlQueryRegistryValues(ULONG RelativeTo, PCWSTR Path, PRTL_QUERY_REGISTRY_TABLE QueryTable,
                                      PVOID Context, PVOID Environment)
{
    ddi_enter(RtlQueryRegistryValues);
    if (ddi_fails(RtlQueryRegistryValues)) {
        return STATUS_INSUFFICIENT_RESOURCES;
    }
    (void)Environment;
    struct rtl_key *top, *key;
    NTSTATUS status = find(RelativeTo, Path, &top);
    if (!NT_SUCCESS(status)) {
        return status == STATUS_OBJECT_NAME_NOT_FOUND && RelativeTo & RTL_REGISTRY_OPTIONAL ? STATUS_SUCCESS
                                                                                            : status;
    }
    key = top;
    const RTL_QUERY_REGISTRY_TABLE *entry = QueryTable;
    while (NT_SUCCESS(status) && (entry->QueryRoutine != NULL || entry->Name != NULL)) {
        status = process(entry++, top, &key, Context);
    }
    return status;
}
