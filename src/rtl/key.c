/*
 * key.c - registry keys by handle: ZwOpenKey, ZwCreateKey, ZwQueryValueKey, ZwSetValueKey, ZwDeleteValueKey.
 *
 * PASSIVE_LEVEL.
 */
#include "ex/pool.h"
#include "ke/ddi.h"
#include "ke/fault.h"
#include "ob/ob.h"
#include "rtl/registry.h"

#include <string.h>

#define KEY_TAG 0x2079654Bu /* 'Key ' */
#define PATH_LONGEST 1024   /* characters */

/* What a handle refers to. */
struct key_object {
    struct rtl_key *key;
};

static void destroy_key(void *object)
{
    ex_pool_free(object, KEY_TAG, OBJECT_HANDLE);
}

static struct _OBJECT_TYPE key_type = {"Key", destroy_key};

static NTSTATUS key_of(HANDLE handle, struct rtl_key **key)
{
    void *object;
    NTSTATUS status = ob_handle_reference(handle, &key_type, &object);
    if (NT_SUCCESS(status)) {
        *key = ((struct key_object *)object)->key; /* keys are for ever */
        ob_dereference(object);
    }
    return status;
}

/* The full path that the attributes name. */
static NTSTATUS full_path(const OBJECT_ATTRIBUTES *attributes, UNICODE_STRING *path)
{
    path->Length = 0;
    if (attributes->RootDirectory != NULL) {
        struct rtl_key *root;
        NTSTATUS status = key_of(attributes->RootDirectory, &root);
        if (!NT_SUCCESS(status)) {
            return status;
        }
        RtlCopyUnicodeString(path, rtl_key_path(root));
        if (attributes->ObjectName != NULL && attributes->ObjectName->Length != 0) {
            RtlAppendUnicodeToString(path, L"\\");
        }
    }
    if (attributes->ObjectName == NULL) {
        return attributes->RootDirectory != NULL ? STATUS_SUCCESS : STATUS_OBJECT_NAME_INVALID;
    }
    return RtlAppendUnicodeStringToString(path, attributes->ObjectName);
}

static NTSTATUS open_handle(struct rtl_key *key, HANDLE *handle)
{
    struct key_object *object = ex_pool_allocate(sizeof(*object), KEY_TAG, 0, OBJECT_HANDLE, &key_type);
    if (object == NULL) {
        return STATUS_INSUFFICIENT_RESOURCES;
    }
    object->key = key;
    if (!ob_insert(object, &key_type)) {
        destroy_key(object);
        return STATUS_INSUFFICIENT_RESOURCES;
    }
    NTSTATUS status = ob_handle_open(object, &key_type, handle);
    ob_dereference(object);
    return status;
}

/* Opens a key.  STATUS_OBJECT_NAME_NOT_FOUND, STATUS_INVALID_HANDLE, STATUS_OBJECT_NAME_INVALID.
 * nf-wdm-zwopenkey. */
NTSTATUS NTAPI ZwOpenKey(PHANDLE KeyHandle, ACCESS_MASK DesiredAccess, POBJECT_ATTRIBUTES ObjectAttributes)
{
    ddi_enter(ZwOpenKey);
    if (ddi_fails(ZwOpenKey)) {
        return STATUS_INSUFFICIENT_RESOURCES;
    }
    (void)DesiredAccess;
    WCHAR buffer[PATH_LONGEST];
    UNICODE_STRING path = {0, sizeof(buffer), buffer};
    NTSTATUS status = full_path(ObjectAttributes, &path);
    if (!NT_SUCCESS(status)) {
        return status;
    }
    struct rtl_key *key = rtl_key_find(&path);
    return key != NULL ? open_handle(key, KeyHandle) : STATUS_OBJECT_NAME_NOT_FOUND;
}

/* Opens a key, made when there is none; *Disposition says which.  nf-wdm-zwcreatekey. */
NTSTATUS NTAPI ZwCreateKey(PHANDLE KeyHandle, ACCESS_MASK DesiredAccess, POBJECT_ATTRIBUTES ObjectAttributes,
                           ULONG TitleIndex, PUNICODE_STRING Class, ULONG CreateOptions, PULONG Disposition)
{
    ddi_enter(ZwCreateKey);
    if (ddi_fails(ZwCreateKey)) {
        return STATUS_INSUFFICIENT_RESOURCES;
    }
    (void)DesiredAccess, (void)TitleIndex, (void)Class, (void)CreateOptions;
    const ULONG created_new = 1, opened_existing = 2;
    WCHAR buffer[PATH_LONGEST];
    UNICODE_STRING path = {0, sizeof(buffer), buffer};
    bool created = false;
    NTSTATUS status = full_path(ObjectAttributes, &path);
    if (!NT_SUCCESS(status)) {
        return status;
    }
    struct rtl_key *key = rtl_key_create(&path, &created);
    if (key == NULL) {
        return STATUS_OBJECT_NAME_INVALID;
    }
    if (Disposition != NULL) {
        *Disposition = created ? created_new : opened_existing;
    }
    return open_handle(key, KeyHandle);
}

/* Where the data lies in that form of information, and what precedes the name; 0 for a form that is not
 * known. */
static size_t data_offset(KEY_VALUE_INFORMATION_CLASS form, size_t name_length)
{
    switch (form) {
    case KeyValueBasicInformation:
        return offsetof(KEY_VALUE_BASIC_INFORMATION, Name) + name_length;
    case KeyValueFullInformation:
        return (offsetof(KEY_VALUE_FULL_INFORMATION, Name) + name_length + 3) & ~(size_t)3;
    case KeyValuePartialInformation:
        return offsetof(KEY_VALUE_PARTIAL_INFORMATION, Data);
    default:
        return 0;
    }
}

static size_t fixed_part(KEY_VALUE_INFORMATION_CLASS form)
{
    return data_offset(form, 0);
}

static void write_header(KEY_VALUE_INFORMATION_CLASS form, void *to, ULONG type, size_t length,
                         PCUNICODE_STRING name, size_t room)
{
    KEY_VALUE_FULL_INFORMATION *full = to;
    KEY_VALUE_BASIC_INFORMATION *basic = to;
    KEY_VALUE_PARTIAL_INFORMATION *partial = to;
    WCHAR *name_at = NULL;
    full->TitleIndex = 0; /* the first two fields are the same in all forms */
    full->Type = type;
    if (form == KeyValuePartialInformation) {
        partial->DataLength = (ULONG)length;
    } else if (form == KeyValueBasicInformation) {
        basic->NameLength = name->Length;
        name_at = basic->Name;
    } else {
        full->DataOffset = (ULONG)data_offset(form, name->Length);
        full->DataLength = (ULONG)length;
        full->NameLength = name->Length;
        name_at = full->Name;
    }
    size_t before = name_at != NULL ? (size_t)((char *)name_at - (char *)to) : 0;
    if (name_at != NULL && room > before) {
        memcpy(name_at, name->Buffer, name->Length < room - before ? name->Length : room - before);
    }
}

/*
 * Describes a value.  STATUS_OBJECT_NAME_NOT_FOUND; STATUS_BUFFER_TOO_SMALL when not even the fixed part
 * fits, STATUS_BUFFER_OVERFLOW when the rest does not; *ResultLength is what it takes.
 * nf-wdm-zwqueryvaluekey.
 */
NTSTATUS NTAPI ZwQueryValueKey(HANDLE KeyHandle, PUNICODE_STRING ValueName,
                               KEY_VALUE_INFORMATION_CLASS KeyValueInformationClass,
                               PVOID KeyValueInformation, ULONG Length, PULONG ResultLength)
{
    ddi_enter(ZwQueryValueKey);
    if (ddi_fails(ZwQueryValueKey)) {
        return STATUS_INSUFFICIENT_RESOURCES;
    }
    struct rtl_key *key = NULL;
    ULONG type;
    size_t length;
    char none;
    KEY_VALUE_INFORMATION_CLASS form = KeyValueInformationClass;
    NTSTATUS status = key_of(KeyHandle, &key);
    if (!NT_SUCCESS(status)) {
        return status;
    }
    size_t offset = data_offset(form, ValueName->Length);
    if (offset == 0) {
        return STATUS_INVALID_PARAMETER;
    }
    bool with_data = form != KeyValueBasicInformation;
    size_t room = with_data && Length > offset ? Length - offset : 0;
    void *to = room != 0 ? (char *)KeyValueInformation + offset : &none;
    if (!rtl_value_read(key, ValueName, &type, to, room, &length)) {
        return STATUS_OBJECT_NAME_NOT_FOUND;
    }
    *ResultLength = (ULONG)(offset + (with_data ? length : 0));
    if (Length < fixed_part(form)) {
        return STATUS_BUFFER_TOO_SMALL;
    }
    write_header(form, KeyValueInformation, type, length, ValueName, Length);
    return Length < *ResultLength ? STATUS_BUFFER_OVERFLOW : STATUS_SUCCESS;
}

/* Sets a value.  STATUS_INVALID_HANDLE, STATUS_INSUFFICIENT_RESOURCES.  nf-wdm-zwsetvaluekey. */
NTSTATUS NTAPI ZwSetValueKey(HANDLE KeyHandle, PUNICODE_STRING ValueName, ULONG TitleIndex, ULONG Type,
                             PVOID Data, ULONG DataSize)
{
    ddi_enter(ZwSetValueKey);
    if (ddi_fails(ZwSetValueKey)) {
        return STATUS_INSUFFICIENT_RESOURCES;
    }
    (void)TitleIndex;
    struct rtl_key *key = NULL;
    NTSTATUS status = key_of(KeyHandle, &key);
    if (NT_SUCCESS(status) && !rtl_value_write(key, ValueName, Type, Data, DataSize)) {
        status = STATUS_INSUFFICIENT_RESOURCES;
    }
    return status;
}

/* Removes a value.  STATUS_OBJECT_NAME_NOT_FOUND.  nf-ntddk-zwdeletevaluekey. */
NTSTATUS NTAPI ZwDeleteValueKey(HANDLE KeyHandle, PUNICODE_STRING ValueName)
{
    ddi_enter(ZwDeleteValueKey);
    struct rtl_key *key = NULL;
    NTSTATUS status = key_of(KeyHandle, &key);
    if (NT_SUCCESS(status) && !rtl_value_delete(key, ValueName)) {
        status = STATUS_OBJECT_NAME_NOT_FOUND;
    }
    return status;
}
