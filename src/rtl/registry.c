/*
 * registry.c - the store of registry.h.
 */
#include "rtl/registry.h"
#include "host/memory.h"

#include <string.h>

struct rtl_value {
    struct rtl_value *next;
    UNICODE_STRING name; /* its characters follow the structure */
    ULONG type;
    size_t length;
    void *data;
};

struct rtl_key {
    struct rtl_key *next;
    struct rtl_value *values;
    UNICODE_STRING path; /* its characters follow the structure */
};

static const UNICODE_STRING registry_root = RTL_CONSTANT_STRING(L"\\Registry");
static struct ke_guard registry_guard;
static struct rtl_key *keys;

/* Without the backslash that some callers leave at the end. */
static UNICODE_STRING trimmed(PCUNICODE_STRING path)
{
    UNICODE_STRING result = *path;
    while (result.Length >= sizeof(WCHAR) && result.Buffer[result.Length / sizeof(WCHAR) - 1] == '\\') {
        result.Length -= sizeof(WCHAR);
    }
    return result;
}

static bool lies_under(const UNICODE_STRING *path, const UNICODE_STRING *parent)
{
    return path->Length > parent->Length && RtlPrefixUnicodeString(parent, path, TRUE) &&
           path->Buffer[parent->Length / sizeof(WCHAR)] == '\\';
}

static struct rtl_key *add_key(const UNICODE_STRING *path)
{
    struct rtl_key *key = host_allocate(sizeof(*key) + path->Length);
    if (key != NULL) {
        memcpy(key + 1, path->Buffer, path->Length);
        key->path = (UNICODE_STRING){path->Length, path->Length, (PWCH)(key + 1)};
        key->next = keys;
        keys = key;
    }
    return key;
}

static struct rtl_key *find_key(const UNICODE_STRING *path)
{
    bool parent = false;
    for (struct rtl_key *key = keys; key != NULL; key = key->next) {
        if (RtlEqualUnicodeString(&key->path, path, TRUE)) {
            return key;
        }
        parent = parent || lies_under(&key->path, path);
    }
    return parent ? add_key(path) : NULL;
}

struct rtl_key *rtl_key_find(PCUNICODE_STRING path)
{
    UNICODE_STRING wanted = trimmed(path);
    KIRQL old = ke_guard_enter(&registry_guard);
    struct rtl_key *key = find_key(&wanted);
    ke_guard_leave(&registry_guard, old);
    return key;
}

struct rtl_key *rtl_key_create(PCUNICODE_STRING path, bool *created)
{
    UNICODE_STRING wanted = trimmed(path);
    if (!lies_under(&wanted, &registry_root)) {
        return NULL;
    }
    KIRQL old = ke_guard_enter(&registry_guard);
    struct rtl_key *key = find_key(&wanted);
    *created = key == NULL;
    if (key == NULL) {
        key = add_key(&wanted);
    }
    ke_guard_leave(&registry_guard, old);
    return key;
}

PCUNICODE_STRING rtl_key_path(const struct rtl_key *key)
{
    return &key->path;
}

/* Under the guard.  The link that leads to the value, or to where a new one goes. */
static struct rtl_value **find_value(struct rtl_key *key, PCUNICODE_STRING name)
{
    struct rtl_value **link = &key->values;
    while (*link != NULL && !RtlEqualUnicodeString(&(*link)->name, name, TRUE)) {
        link = &(*link)->next;
    }
    return link;
}

bool rtl_value_read(struct rtl_key *key, PCUNICODE_STRING name, ULONG *type, void *to, size_t room,
                    size_t *length)
{
    KIRQL old = ke_guard_enter(&registry_guard);
    const struct rtl_value *value = *find_value(key, name);
    if (value != NULL) {
        *type = value->type;
        *length = value->length;
        memcpy(to, value->data, value->length < room ? value->length : room);
    }
    ke_guard_leave(&registry_guard, old);
    return value != NULL;
}

bool rtl_value_name(struct rtl_key *key, size_t index, UNICODE_STRING *to)
{
    KIRQL old = ke_guard_enter(&registry_guard);
    const struct rtl_value *value = key->values;
    while (value != NULL && index-- > 0) {
        value = value->next;
    }
    if (value != NULL) {
        RtlCopyUnicodeString(to, &value->name);
    }
    ke_guard_leave(&registry_guard, old);
    return value != NULL;
}

bool rtl_value_write(struct rtl_key *key, PCUNICODE_STRING name, ULONG type, const void *data, size_t length)
{
    if (length > RTL_VALUE_LARGEST) {
        return false;
    }
    KIRQL old = ke_guard_enter(&registry_guard);
    struct rtl_value **link = find_value(key, name), *value = *link;
    void *copy = host_allocate(length);
    if (copy != NULL && value == NULL && (value = host_allocate(sizeof(*value) + name->Length)) != NULL) {
        memcpy(value + 1, name->Buffer, name->Length);
        value->name = (UNICODE_STRING){name->Length, name->Length, (PWCH)(value + 1)};
        *link = value;
    }
    bool done = copy != NULL && value != NULL;
    if (done) {
        memcpy(copy, data, length);
        host_free(value->data);
        value->data = copy;
        value->type = type;
        value->length = length;
    } else {
        host_free(copy);
    }
    ke_guard_leave(&registry_guard, old);
    return done;
}

bool rtl_value_delete(struct rtl_key *key, PCUNICODE_STRING name)
{
    KIRQL old = ke_guard_enter(&registry_guard);
    struct rtl_value **link = find_value(key, name), *value = *link;
    if (value != NULL) {
        *link = value->next;
        host_free(value->data);
        host_free(value);
    }
    ke_guard_leave(&registry_guard, old);
    return value != NULL;
}
