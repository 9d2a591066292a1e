/*
 * name.c - the object directory: one flat table of full names such as \Device\Unic0 and of symbolic links.
 *
 * There are no sub-directories to open or list, and no security.
 */
#include "ob/ob.h"
#include "host/memory.h"

#include <string.h>

#define NAME_LINKS_FOLLOWED 8

struct name_entry {
    struct name_entry *next;
    void *object;          /* NULL: a symbolic link */
    UNICODE_STRING target; /* of a link */
    UNICODE_STRING name;
    WCHAR buffer[]; /* name, then target */
};

static HOST_HOT struct ke_guard name_guard = {0};
static HOST_HOT struct name_entry *names = NULL;

/* \DosDevices and \GLOBAL?? are other names of \??. */
static const struct {
    UNICODE_STRING alias;
    ULONG characters;
} name_aliases[] = {
    {RTL_CONSTANT_STRING(L"\\DosDevices\\"), 12},
    {RTL_CONSTANT_STRING(L"\\GLOBAL??\\"), 10},
};
static const UNICODE_STRING name_dos_directory = RTL_CONSTANT_STRING(L"\\??\\");

/* Splits a name into directory and rest, so that aliases of one directory compare equal. */
static void split(PCUNICODE_STRING name, PCUNICODE_STRING *directory, UNICODE_STRING *rest)
{
    static const UNICODE_STRING none = {0, 0, NULL};
    *directory = &none;
    *rest = *name;
    ULONG skip = 0;
    for (size_t i = 0; i < RTL_NUMBER_OF(name_aliases); i++) {
        if (RtlPrefixUnicodeString(&name_aliases[i].alias, name, TRUE)) {
            skip = name_aliases[i].characters;
        }
    }
    if (RtlPrefixUnicodeString(&name_dos_directory, name, TRUE)) {
        skip = name_dos_directory.Length / sizeof(WCHAR);
    }
    if (skip != 0) {
        *directory = &name_dos_directory;
        rest->Buffer += skip;
        rest->Length -= (USHORT)(skip * sizeof(WCHAR));
        rest->MaximumLength = rest->Length;
    }
}

static bool same_name(PCUNICODE_STRING one, PCUNICODE_STRING other)
{
    PCUNICODE_STRING one_directory, other_directory;
    UNICODE_STRING one_rest, other_rest;
    split(one, &one_directory, &one_rest);
    split(other, &other_directory, &other_rest);
    return one_directory == other_directory && RtlEqualUnicodeString(&one_rest, &other_rest, TRUE);
}

static struct name_entry **find(PCUNICODE_STRING name)
{
    struct name_entry **link = &names;
    while (*link != NULL && !same_name(&(*link)->name, name)) {
        link = &(*link)->next;
    }
    return link;
}

static bool is_valid(PCUNICODE_STRING name)
{
    return name != NULL && name->Buffer != NULL && name->Length >= 2 * sizeof(WCHAR) &&
           name->Length % sizeof(WCHAR) == 0 && name->Buffer[0] == L'\\';
}

static UNICODE_STRING copy_into(WCHAR *buffer, PCUNICODE_STRING source)
{
    memcpy(buffer, source->Buffer, source->Length);
    return (UNICODE_STRING){source->Length, source->Length, buffer};
}

static NTSTATUS insert(PCUNICODE_STRING name, void *object, PCUNICODE_STRING target)
{
    if (!is_valid(name) || (target != NULL && !is_valid(target))) {
        return STATUS_OBJECT_NAME_INVALID;
    }
    NTSTATUS status = STATUS_SUCCESS;
    KIRQL old = ke_guard_enter(&name_guard);
    struct name_entry *entry = NULL;
    if (*find(name) != NULL) {
        status = STATUS_OBJECT_NAME_COLLISION;
    } else if ((entry = host_allocate(sizeof(*entry) + name->Length + (target ? target->Length : 0))) ==
               NULL) {
        status = STATUS_INSUFFICIENT_RESOURCES;
    } else {
        entry->object = object;
        entry->name = copy_into(entry->buffer, name);
        if (target != NULL) {
            entry->target = copy_into(entry->buffer + name->Length / sizeof(WCHAR), target);
        }
        entry->next = names;
        names = entry;
    }
    ke_guard_leave(&name_guard, old);
    return status;
}

NTSTATUS ob_name_insert(PCUNICODE_STRING name, void *object)
{
    return insert(name, object, NULL);
}

NTSTATUS ob_name_link(PCUNICODE_STRING name, PCUNICODE_STRING target)
{
    return target != NULL ? insert(name, NULL, target) : STATUS_OBJECT_NAME_INVALID;
}

static void remove_at(struct name_entry **link)
{
    struct name_entry *entry = *link;
    *link = entry->next;
    host_free(entry);
}

NTSTATUS ob_name_unlink(PCUNICODE_STRING name)
{
    if (!is_valid(name)) {
        return STATUS_OBJECT_NAME_INVALID;
    }
    NTSTATUS status = STATUS_OBJECT_NAME_NOT_FOUND;
    KIRQL old = ke_guard_enter(&name_guard);
    struct name_entry **link = find(name);
    if (*link != NULL && (*link)->object == NULL) {
        remove_at(link);
        status = STATUS_SUCCESS;
    }
    ke_guard_leave(&name_guard, old);
    return status;
}

void ob_name_remove(const void *object)
{
    KIRQL old = ke_guard_enter(&name_guard);
    struct name_entry **link = &names;
    while (*link != NULL) {
        if ((*link)->object == object) {
            remove_at(link);
        } else {
            link = &(*link)->next;
        }
    }
    ke_guard_leave(&name_guard, old);
}

void *ob_name_reference(PCUNICODE_STRING name)
{
    void *object = NULL;
    if (!is_valid(name)) {
        return NULL;
    }
    KIRQL old = ke_guard_enter(&name_guard);
    struct name_entry *entry = *find(name);
    for (int i = 0; entry != NULL && entry->object == NULL && i < NAME_LINKS_FOLLOWED; i++) {
        entry = *find(&entry->target);
    }
    if (entry != NULL && entry->object != NULL && ob_reference(entry->object)) {
        object = entry->object;
    }
    ke_guard_leave(&name_guard, old);
    return object;
}
