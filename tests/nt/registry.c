/*
 * registry.c - the registry in memory: by path, by handle, by query table.
 */
#include <ntddk.h>

#include "check.h"
#include "driver.h"

static WCHAR path[] = L"unictest\\Parameters";

static void put(PCWSTR name, ULONG type, const void *data, ULONG length)
{
    CHECK_EQ(RtlWriteRegistryValue(RTL_REGISTRY_SERVICES, path, name, type, (PVOID)(uintptr_t)data, length),
             STATUS_SUCCESS);
}

static void put_sample_values(void)
{
    ULONG number = 42;
    put(L"Number", REG_DWORD, &number, sizeof(number));
    put(L"Text", REG_SZ, L"hello", 12);
    put(L"Blob", REG_BINARY, "0123456789", 10);
    put(L"Many", REG_MULTI_SZ, L"one\0two\0three\0", 30);
}

static void by_path(void *argument)
{
    (void)argument;
    static WCHAR unknown[] = L"nobody";
    CHECK_EQ(RtlCheckRegistryKey(RTL_REGISTRY_SERVICES, unknown), STATUS_OBJECT_NAME_NOT_FOUND);
    CHECK_EQ(RtlCheckRegistryKey(77, unknown), STATUS_INVALID_PARAMETER);
    CHECK_EQ(RtlCreateRegistryKey(RTL_REGISTRY_SERVICES, unknown), STATUS_SUCCESS);
    CHECK_EQ(RtlCheckRegistryKey(RTL_REGISTRY_SERVICES, unknown), STATUS_SUCCESS);
    static WCHAR elsewhere[] = L"\\Somewhere\\else";
    CHECK_EQ(RtlCreateRegistryKey(RTL_REGISTRY_ABSOLUTE, elsewhere), STATUS_OBJECT_NAME_INVALID);
    put_sample_values();
    static WCHAR parent[] = L"UNICTEST\\";
    CHECK_EQ(RtlCheckRegistryKey(RTL_REGISTRY_SERVICES, parent), STATUS_SUCCESS);
    CHECK_EQ(RtlDeleteRegistryValue(RTL_REGISTRY_SERVICES, path, L"number"), STATUS_SUCCESS);
    CHECK_EQ(RtlDeleteRegistryValue(RTL_REGISTRY_SERVICES, path, L"number"), STATUS_OBJECT_NAME_NOT_FOUND);
    /* A loaded driver's key is there. */
    static WCHAR service[] = L"regtest";
    CHECK_EQ(RtlCheckRegistryKey(RTL_REGISTRY_SERVICES, service), STATUS_OBJECT_NAME_NOT_FOUND);
    PDRIVER_OBJECT driver = make_driver("regtest");
    CHECK_EQ(RtlCheckRegistryKey(RTL_REGISTRY_ABSOLUTE, io_driver_registry_path(driver)->Buffer),
             STATUS_SUCCESS);
    io_driver_delete(driver);
}

static void by_handle(void *argument)
{
    (void)argument;
    HANDLE services, key;
    OBJECT_ATTRIBUTES attributes;
    ULONG length = 0, disposition = 0;
    UCHAR buffer[128];
    UNICODE_STRING root = RTL_CONSTANT_STRING(L"\\Registry\\Machine\\System\\CurrentControlSet\\Services"),
                   below = RTL_CONSTANT_STRING(L"unictest\\Parameters"), text = RTL_CONSTANT_STRING(L"TEXT"),
                   none = RTL_CONSTANT_STRING(L"None");
    put_sample_values();
    InitializeObjectAttributes(&attributes, &root, OBJ_KERNEL_HANDLE | OBJ_CASE_INSENSITIVE, NULL, NULL);
    CHECK_EQ(ZwOpenKey(&services, KEY_READ, &attributes), STATUS_SUCCESS);
    InitializeObjectAttributes(&attributes, &none, OBJ_KERNEL_HANDLE, services, NULL);
    CHECK_EQ(ZwOpenKey(&key, KEY_READ, &attributes), STATUS_OBJECT_NAME_NOT_FOUND);
    InitializeObjectAttributes(&attributes, &below, OBJ_KERNEL_HANDLE, services, NULL);
    CHECK_EQ(ZwCreateKey(&key, KEY_READ, &attributes, 0, NULL, REG_OPTION_VOLATILE, &disposition),
             STATUS_SUCCESS);
    CHECK_EQ(disposition, 2);
    CHECK_EQ(ZwQueryValueKey(key, &none, KeyValuePartialInformation, buffer, sizeof(buffer), &length),
             STATUS_OBJECT_NAME_NOT_FOUND);
    CHECK_EQ(ZwQueryValueKey(key, &text, KeyValuePartialInformation, NULL, 0, &length),
             STATUS_BUFFER_TOO_SMALL);
    CHECK_EQ(length, 24);
    memset(buffer, 0xEE, sizeof(buffer));
    CHECK_EQ(ZwQueryValueKey(key, &text, KeyValuePartialInformation, buffer, 20, &length),
             STATUS_BUFFER_OVERFLOW);
    CHECK_EQ(buffer[20], 0xEE);
    CHECK_EQ(ZwQueryValueKey(key, &text, KeyValuePartialInformation, buffer, 24, &length), STATUS_SUCCESS);
    PKEY_VALUE_PARTIAL_INFORMATION partial = (PVOID)buffer;
    CHECK_EQ(partial->Type, REG_SZ);
    CHECK_EQ(partial->DataLength, 12);
    CHECK(memcmp(partial->Data, L"hello", 12) == 0);
    CHECK_EQ(ZwQueryValueKey(key, &text, KeyValueFullInformation, buffer, sizeof(buffer), &length),
             STATUS_SUCCESS);
    PKEY_VALUE_FULL_INFORMATION full = (PVOID)buffer;
    CHECK_EQ(full->NameLength, 8);
    CHECK(memcmp(full->Name, L"TEXT", 8) == 0);
    CHECK(memcmp(buffer + full->DataOffset, L"hello", 12) == 0);
    CHECK_EQ(ZwSetValueKey(key, &none, 0, REG_BINARY, "xy", 2), STATUS_SUCCESS);
    CHECK_EQ(ZwDeleteValueKey(key, &none), STATUS_SUCCESS);
    CHECK_EQ(ZwDeleteValueKey(key, &none), STATUS_OBJECT_NAME_NOT_FOUND);
    CHECK_EQ(ZwClose(key), STATUS_SUCCESS);
    CHECK_EQ(ZwClose(services), STATUS_SUCCESS);
    CHECK_EQ(ZwSetValueKey(key, &none, 0, REG_BINARY, "xy", 2), STATUS_INVALID_HANDLE);
}

static unsigned calls;
static WCHAR seen[64];

static NTSTATUS collect(PWSTR name, ULONG type, PVOID data, ULONG length, PVOID context, PVOID entry_context)
{
    CHECK_PTR(context, &calls);
    CHECK_PTR(entry_context, &seen);
    CHECK(name == NULL ? type == REG_NONE && data == NULL && length == 0 : type != REG_NONE);
    if (type == REG_SZ) {
        wcscat(seen, data);
    }
    calls++;
    return STATUS_SUCCESS;
}

static NTSTATUS fail(PWSTR name, ULONG type, PVOID data, ULONG length, PVOID context, PVOID entry_context)
{
    (void)name, (void)type, (void)data, (void)length, (void)context, (void)entry_context;
    return STATUS_UNSUCCESSFUL;
}

static void by_query_table(void *argument)
{
    (void)argument;
    ULONG number = 0, missing = 0;
    UNICODE_STRING text = {0};
    struct {
        LONG size;
        UCHAR rest[28];
    } blob = {.size = -(LONG)sizeof(blob)};
    ULONG seven = 7;
    put_sample_values();
    RTL_QUERY_REGISTRY_TABLE table[] = {
        {.Flags = RTL_QUERY_REGISTRY_DIRECT | RTL_QUERY_REGISTRY_TYPECHECK,
         .Name = L"number",
         .EntryContext = &number,
         .DefaultType = REG_DWORD << RTL_QUERY_REGISTRY_TYPECHECK_SHIFT},
        {.Flags = RTL_QUERY_REGISTRY_DIRECT, .Name = L"Text", .EntryContext = &text},
        {.Flags = RTL_QUERY_REGISTRY_DIRECT, .Name = L"Blob", .EntryContext = &blob},
        {.Flags = RTL_QUERY_REGISTRY_DIRECT,
         .Name = L"Missing",
         .EntryContext = &missing,
         .DefaultType = REG_DWORD,
         .DefaultData = &seven,
         .DefaultLength = sizeof(seven)},
        {.QueryRoutine = collect, .Name = L"Many", .EntryContext = seen},
        {.QueryRoutine = collect, .Flags = RTL_QUERY_REGISTRY_NOVALUE, .EntryContext = seen},
        {0},
    };
    CHECK_EQ(RtlQueryRegistryValues(RTL_REGISTRY_SERVICES, path, table, &calls, NULL), STATUS_SUCCESS);
    CHECK_EQ(number, 42);
    CHECK_EQ(missing, 7);
    CHECK_EQ(text.Length, 10);
    CHECK(memcmp(text.Buffer, L"hello", 12) == 0);
    RtlFreeUnicodeString(&text);
    CHECK(memcmp(&blob, "0123456789", 10) == 0);
    CHECK_EQ(calls, 4);
    CHECK(wcscmp(seen, L"onetwothree") == 0);

    RTL_QUERY_REGISTRY_TABLE all[] = {
        {.Flags = RTL_QUERY_REGISTRY_SUBKEY, .Name = L"Parameters"},
        {.QueryRoutine = collect,
         .Flags = RTL_QUERY_REGISTRY_NOEXPAND | RTL_QUERY_REGISTRY_DELETE,
         .EntryContext = seen},
        {0},
    };
    calls = 0;
    CHECK_EQ(RtlQueryRegistryValues(RTL_REGISTRY_SERVICES, L"unictest", all, &calls, NULL), STATUS_SUCCESS);
    CHECK_EQ(calls, 4);
    CHECK_EQ(RtlDeleteRegistryValue(RTL_REGISTRY_SERVICES, path, L"Text"), STATUS_OBJECT_NAME_NOT_FOUND);
}

static void query_errors(void *argument)
{
    (void)argument;
    ULONG number = 5;
    WCHAR small[2];
    UNICODE_STRING text = {0, sizeof(small), small};
    put_sample_values();
    struct {
        RTL_QUERY_REGISTRY_TABLE entry;
        NTSTATUS status;
    } cases[] = {
        {{.Flags = RTL_QUERY_REGISTRY_DIRECT | RTL_QUERY_REGISTRY_TYPECHECK,
          .Name = L"Number",
          .EntryContext = &number,
          .DefaultType = REG_SZ << RTL_QUERY_REGISTRY_TYPECHECK_SHIFT},
         STATUS_OBJECT_TYPE_MISMATCH},
        {{.Flags = RTL_QUERY_REGISTRY_DIRECT, .Name = L"Text", .EntryContext = &text},
         STATUS_BUFFER_TOO_SMALL},
        {{.Flags = RTL_QUERY_REGISTRY_DIRECT, .Name = L"Blob", .EntryContext = &number},
         STATUS_BUFFER_TOO_SMALL},
        {{.QueryRoutine = collect, .Flags = RTL_QUERY_REGISTRY_REQUIRED, .Name = L"Missing"},
         STATUS_OBJECT_NAME_NOT_FOUND},
        {{.QueryRoutine = collect, .Flags = RTL_QUERY_REGISTRY_DIRECT, .Name = L"Text"},
         STATUS_INVALID_PARAMETER},
        {{.QueryRoutine = fail, .Name = L"Text"}, STATUS_UNSUCCESSFUL},
        {{.QueryRoutine = collect, .Name = L"Missing"}, STATUS_SUCCESS},
    };
    for (size_t i = 0; i < RTL_NUMBER_OF(cases); i++) {
        RTL_QUERY_REGISTRY_TABLE table[] = {cases[i].entry, {0}};
        CHECK_EQ(RtlQueryRegistryValues(RTL_REGISTRY_SERVICES, path, table, NULL, NULL), cases[i].status);
        CHECK_EQ(number, 5);
    }
    RTL_QUERY_REGISTRY_TABLE table[] = {{0}};
    CHECK_EQ(RtlQueryRegistryValues(RTL_REGISTRY_SERVICES, L"nobody", table, NULL, NULL),
             STATUS_OBJECT_NAME_NOT_FOUND);
    CHECK_EQ(
        RtlQueryRegistryValues(RTL_REGISTRY_SERVICES | RTL_REGISTRY_OPTIONAL, L"nobody", table, NULL, NULL),
        STATUS_SUCCESS);
}

static const struct test_case cases[] = {
    CASE("registry.by-path", by_path, "", 1, BOTH),
    CASE("registry.by-handle", by_handle, "", 1, BOTH),
    CASE("registry.by-query-table", by_query_table, "", 1, BOTH),
    CASE("registry.query-errors", query_errors, "", 1, BOTH),
};

TEST_MAIN(cases)
