/*
 * configuration.c - an adapter's registry parameters, kept in memory; a scenario or a test fills them.
 */
#include "ke/ddi.h"
#include "ke/fault.h"
#include "ndis/adapter.h"

#include <stdio.h>
#include <string.h>

struct ndis_parameter {
    struct ndis_parameter *next;
    WCHAR name[ADAPTER_PARAMETER_NAME];
    USHORT name_length; /* bytes */
    NDIS_PARAMETER_TYPE type;
    ULONG integer;
    USHORT length; /* bytes of data */
    unsigned char *data;
};

/* What NdisReadConfiguration has handed out lives until the handle is closed. */
struct handed_out {
    struct handed_out *next;
    NDIS_CONFIGURATION_PARAMETER parameter;
    unsigned char data[];
};

struct ndis_configuration {
    uint32_t signature;
    struct ndis_adapter *adapter; /* NULL: a driver's key, which is empty */
    struct handed_out *handed_out;
};

static WCHAR fold(WCHAR c)
{
    return c >= 'a' && c <= 'z' ? (WCHAR)(c - 'a' + 'A') : c;
}

static bool same_name(const struct ndis_parameter *parameter, const UNICODE_STRING *name)
{
    if (parameter->name_length != name->Length) {
        return false;
    }
    for (USHORT i = 0; i < name->Length / sizeof(WCHAR); i++) {
        if (fold(parameter->name[i]) != fold(name->Buffer[i])) {
            return false;
        }
    }
    return true;
}

static struct ndis_parameter *find(struct ndis_adapter *adapter, const UNICODE_STRING *name)
{
    struct ndis_parameter *parameter = adapter == NULL ? NULL : adapter->parameters;
    while (parameter != NULL && !same_name(parameter, name)) {
        parameter = parameter->next;
    }
    return parameter;
}

/* The parameter of that name, made when there is none; NULL when memory is short or the name too long. */
static struct ndis_parameter *find_or_add(struct ndis_adapter *adapter, const UNICODE_STRING *name)
{
    struct ndis_parameter *parameter = find(adapter, name);
    if (parameter != NULL || name->Length > sizeof parameter->name) {
        return parameter;
    }
    parameter = ke_allocate(sizeof *parameter);
    if (parameter != NULL) {
        memcpy(parameter->name, name->Buffer, name->Length);
        parameter->name_length = name->Length;
        parameter->next = adapter->parameters;
        adapter->parameters = parameter;
    }
    return parameter;
}

static bool set_data(struct ndis_parameter *parameter, NDIS_PARAMETER_TYPE type, const void *data,
                     USHORT length)
{
    unsigned char *copy = ke_allocate((size_t)length + sizeof(WCHAR));
    if (copy == NULL) {
        return false;
    }
    memcpy(copy, data, length);
    ke_free(parameter->data);
    parameter->type = type;
    parameter->data = copy;
    parameter->length = length;
    return true;
}

static UNICODE_STRING widen(const char *text, WCHAR *wide, size_t room)
{
    size_t length = strlen(text);
    length = length < room ? length : room;
    for (size_t i = 0; i < length; i++) {
        wide[i] = (WCHAR)(unsigned char)text[i];
    }
    USHORT bytes = (USHORT)(length * sizeof(WCHAR));
    return (UNICODE_STRING){.Length = bytes, .MaximumLength = bytes, .Buffer = wide};
}

bool adapter_parameter_set_integer(struct ndis_adapter *adapter, const char *name, ULONG value)
{
    WCHAR wide[ADAPTER_PARAMETER_NAME];
    UNICODE_STRING key = widen(name, wide, ADAPTER_PARAMETER_NAME);
    struct ndis_parameter *parameter = find_or_add(adapter, &key);
    if (parameter == NULL) {
        return false;
    }
    parameter->type = NdisParameterInteger;
    parameter->integer = value;
    return true;
}

bool adapter_parameter_set_string(struct ndis_adapter *adapter, const char *name, const char *value)
{
    WCHAR wide[ADAPTER_PARAMETER_NAME], text[ADAPTER_PARAMETER_TEXT];
    UNICODE_STRING key = widen(name, wide, ADAPTER_PARAMETER_NAME);
    struct ndis_parameter *parameter = find_or_add(adapter, &key);
    UNICODE_STRING data = widen(value, text, ADAPTER_PARAMETER_TEXT);
    return parameter != NULL && set_data(parameter, NdisParameterString, data.Buffer, data.Length);
}

/* What every adapter has from the start. */
static const char *const *preset;
static unsigned preset_count;

void adapter_parameters_preset(const char *const *texts, unsigned count)
{
    preset = texts;
    preset_count = count;
}

bool adapter_parameters_set_preset(struct ndis_adapter *adapter)
{
    bool done = true;
    for (unsigned i = 0; i < preset_count && done; i++) {
        char name[ADAPTER_PARAMETER_NAME + 1];
        const char *equals = strchr(preset[i], '=');
        snprintf(name, sizeof name, "%.*s", (int)(equals - preset[i]), preset[i]);
        done = adapter_parameter_set_string(adapter, name, equals + 1);
    }
    return done;
}

bool adapter_parameters_begin(struct ndis_adapter *adapter)
{
    char id[40];
    snprintf(id, sizeof id, "{6E646973-0000-4000-8000-%012lX}", (unsigned long)adapter->index);
    return adapter_parameter_set_string(adapter, "NetCfgInstanceId", id) &&
           adapter_parameters_set_preset(adapter);
}

void adapter_parameters_free(struct ndis_adapter *adapter)
{
    while (adapter->parameters != NULL) {
        struct ndis_parameter *parameter = adapter->parameters;
        adapter->parameters = parameter->next;
        ke_free(parameter->data);
        ke_free(parameter);
    }
}

static struct ndis_configuration *configuration_of(NDIS_HANDLE handle)
{
    struct ndis_configuration *configuration = handle;
    if (configuration == NULL || configuration->signature != NDIS_SIGNATURE_CONFIGURATION) {
        ke_bugcheck(BUGCODE_NDIS_DRIVER, 0x21, 0, (ULONG_PTR)configuration, 0);
    }
    return configuration;
}

/*
 * Opens the parameters of an adapter (or of a driver, which has none here).  PASSIVE_LEVEL.
 * NDIS_STATUS_RESOURCES when memory is short.  nf-ndis-ndisopenconfigurationex.
 */
NDIS_STATUS NdisOpenConfigurationEx(PNDIS_CONFIGURATION_OBJECT ConfigObject, PNDIS_HANDLE ConfigurationHandle)
{
    ddi_enter(NdisOpenConfigurationEx);
    if (ddi_fails(NdisOpenConfigurationEx)) {
        return NDIS_STATUS_RESOURCES;
    }
    if (ConfigObject->Header.Type != NDIS_OBJECT_TYPE_CONFIGURATION_OBJECT ||
        ConfigObject->NdisHandle == NULL) {
        return NDIS_STATUS_FAILURE;
    }
    struct ndis_configuration *configuration = ke_allocate(sizeof *configuration);
    if (configuration == NULL) {
        return NDIS_STATUS_RESOURCES;
    }
    configuration->signature = NDIS_SIGNATURE_CONFIGURATION;
    configuration->adapter = adapter_of(ConfigObject->NdisHandle);
    event_send(EVENT_OBJECT_CREATE, configuration, OBJECT_CONFIGURATION, sizeof *configuration, 0,
               (uintptr_t)ConfigObject->NdisHandle);
    *ConfigurationHandle = configuration;
    return NDIS_STATUS_SUCCESS;
}

/* Closes the handle; what was read through it is gone.  PASSIVE_LEVEL.  nf-ndis-ndiscloseconfiguration. */
VOID NdisCloseConfiguration(NDIS_HANDLE ConfigurationHandle)
{
    ddi_enter(NdisCloseConfiguration);
    struct ndis_configuration *configuration = configuration_of(ConfigurationHandle);
    event_send(EVENT_OBJECT_DESTROY, configuration, OBJECT_CONFIGURATION, 0, 0, 0);
    while (configuration->handed_out != NULL) {
        struct handed_out *gone = configuration->handed_out;
        configuration->handed_out = gone->next;
        ke_free(gone);
    }
    configuration->signature = NDIS_SIGNATURE_DEAD;
    ke_free(configuration);
}

/* The number that a string spells, as NDIS converts it; base 10, or 16 for hexadecimal. */
static bool parse(const struct ndis_parameter *parameter, ULONG base, ULONG *value)
{
    const WCHAR *text = (const WCHAR *)(const void *)parameter->data;
    ULONG result = 0;
    for (USHORT i = 0; i < parameter->length / sizeof(WCHAR); i++) {
        ULONG digit = text[i] >= '0' && text[i] <= '9'               ? (ULONG)(text[i] - '0')
                      : fold(text[i]) >= 'A' && fold(text[i]) <= 'F' ? (ULONG)(fold(text[i]) - 'A') + 10
                                                                     : base;
        if (digit >= base) {
            return false;
        }
        result = result * base + digit;
    }
    *value = result;
    return parameter->length != 0;
}

static bool is_number(NDIS_PARAMETER_TYPE type)
{
    return type == NdisParameterInteger || type == NdisParameterHexInteger;
}

static NDIS_STATUS fill(struct handed_out *out, const struct ndis_parameter *from, NDIS_PARAMETER_TYPE type)
{
    out->parameter.ParameterType = type;
    if (is_number(type)) {
        ULONG value = from->integer;
        if (!is_number(from->type) && !parse(from, type == NdisParameterHexInteger ? 16 : 10, &value)) {
            return NDIS_STATUS_FAILURE;
        }
        out->parameter.ParameterData.IntegerData = value;
        return NDIS_STATUS_SUCCESS;
    }
    if (is_number(from->type)) {
        return NDIS_STATUS_FAILURE;
    }
    memcpy(out->data, from->data, from->length);
    if (type == NdisParameterBinary) {
        out->parameter.ParameterData.BinaryData.Length = from->length;
        out->parameter.ParameterData.BinaryData.Buffer = out->data;
    } else {
        out->parameter.ParameterData.StringData = (UNICODE_STRING){
            .Length = from->length,
            .MaximumLength = (USHORT)(from->length + sizeof(WCHAR)),
            .Buffer = (WCHAR *)(void *)out->data,
        };
    }
    return NDIS_STATUS_SUCCESS;
}

/*
 * Reads one parameter, converting between strings and integers as asked.  PASSIVE_LEVEL.  *Status is
 * NDIS_STATUS_FAILURE when it is missing or does not convert.  nf-ndis-ndisreadconfiguration.
 */
VOID NdisReadConfiguration(PNDIS_STATUS Status, PNDIS_CONFIGURATION_PARAMETER *ParameterValue,
                           NDIS_HANDLE ConfigurationHandle, PNDIS_STRING Keyword,
                           NDIS_PARAMETER_TYPE ParameterType)
{
    ddi_enter(NdisReadConfiguration);
    if (ddi_fails(NdisReadConfiguration)) {
        *Status = NDIS_STATUS_RESOURCES;
        *ParameterValue = NULL;
        return;
    }
    struct ndis_configuration *configuration = configuration_of(ConfigurationHandle);
    const struct ndis_parameter *parameter = find(configuration->adapter, Keyword);
    *ParameterValue = NULL;
    *Status = NDIS_STATUS_FAILURE;
    if (parameter == NULL) {
        return;
    }
    struct handed_out *out = ke_allocate(sizeof *out + parameter->length + sizeof(WCHAR));
    if (out == NULL) {
        *Status = NDIS_STATUS_RESOURCES;
        return;
    }
    *Status = fill(out, parameter, ParameterType);
    if (*Status != NDIS_STATUS_SUCCESS) {
        ke_free(out);
        return;
    }
    out->next = configuration->handed_out;
    configuration->handed_out = out;
    *ParameterValue = &out->parameter;
}

/*
 * Writes one parameter.  PASSIVE_LEVEL.  NDIS_STATUS_RESOURCES when memory is short,
 * NDIS_STATUS_NOT_SUPPORTED for a driver's key.  nf-ndis-ndiswriteconfiguration.
 */
VOID NdisWriteConfiguration(PNDIS_STATUS Status, NDIS_HANDLE ConfigurationHandle, PNDIS_STRING Keyword,
                            PNDIS_CONFIGURATION_PARAMETER ParameterValue)
{
    ddi_enter(NdisWriteConfiguration);
    if (ddi_fails(NdisWriteConfiguration)) {
        *Status = NDIS_STATUS_RESOURCES;
        return;
    }
    struct ndis_configuration *configuration = configuration_of(ConfigurationHandle);
    if (configuration->adapter == NULL) {
        *Status = NDIS_STATUS_NOT_SUPPORTED;
        return;
    }
    struct ndis_parameter *parameter = find_or_add(configuration->adapter, Keyword);
    bool done = parameter != NULL;
    if (done && is_number(ParameterValue->ParameterType)) {
        parameter->type = ParameterValue->ParameterType;
        parameter->integer = ParameterValue->ParameterData.IntegerData;
    } else if (done && ParameterValue->ParameterType == NdisParameterBinary) {
        done = set_data(parameter, NdisParameterBinary, ParameterValue->ParameterData.BinaryData.Buffer,
                        ParameterValue->ParameterData.BinaryData.Length);
    } else if (done) {
        done = set_data(parameter, ParameterValue->ParameterType,
                        ParameterValue->ParameterData.StringData.Buffer,
                        ParameterValue->ParameterData.StringData.Length);
    }
    *Status = done ? NDIS_STATUS_SUCCESS : NDIS_STATUS_RESOURCES;
}

/* Opens a key below an opened one: an adapter's parameters have none.  PASSIVE_LEVEL.  *Status is
 * NDIS_STATUS_FAILURE.  nf-ndis-ndisopenconfigurationkeybyname. */
VOID NdisOpenConfigurationKeyByName(PNDIS_STATUS Status, NDIS_HANDLE ConfigurationHandle,
                                    PNDIS_STRING SubKeyName, PNDIS_HANDLE SubKeyHandle)
{
    ddi_enter(NdisOpenConfigurationKeyByName);
    if (ddi_fails(NdisOpenConfigurationKeyByName)) {
        *Status = NDIS_STATUS_RESOURCES;
        return;
    }
    (void)configuration_of(ConfigurationHandle), (void)SubKeyName;
    *SubKeyHandle = NULL;
    *Status = NDIS_STATUS_FAILURE;
}

/* The same by position.  PASSIVE_LEVEL.  nf-ndis-ndisopenconfigurationkeybyindex. */
VOID NdisOpenConfigurationKeyByIndex(PNDIS_STATUS Status, NDIS_HANDLE ConfigurationHandle, ULONG Index,
                                     PNDIS_STRING KeyName, PNDIS_HANDLE KeyHandle)
{
    ddi_enter(NdisOpenConfigurationKeyByIndex);
    if (ddi_fails(NdisOpenConfigurationKeyByIndex)) {
        *Status = NDIS_STATUS_RESOURCES;
        return;
    }
    (void)configuration_of(ConfigurationHandle), (void)Index, (void)KeyName;
    *KeyHandle = NULL;
    *Status = NDIS_STATUS_FAILURE;
}

/* The bytes that hexadecimal digits spell; separators are skipped. */
static UINT hex_bytes(const WCHAR *text, USHORT count, unsigned char *bytes, UINT room)
{
    UINT digits = 0;
    for (USHORT i = 0; i < count && digits / 2 < room; i++) {
        WCHAR c = fold(text[i]);
        unsigned value = c >= '0' && c <= '9'   ? (unsigned)(c - '0')
                         : c >= 'A' && c <= 'F' ? (unsigned)(c - 'A') + 10
                                                : 16;
        if (value < 16) {
            bytes[digits / 2] = (unsigned char)(digits % 2 == 0 ? value << 4 : bytes[digits / 2] | value);
            digits++;
        }
    }
    return digits / 2;
}

/*
 * Reads the address that an administrator set as NetworkAddress; it lives until the handle is closed.
 * PASSIVE_LEVEL.  NDIS_STATUS_FAILURE when there is none.  nf-ndis-ndisreadnetworkaddress.
 */
VOID NdisReadNetworkAddress(PNDIS_STATUS Status, PVOID *NetworkAddress, PUINT NetworkAddressLength,
                            NDIS_HANDLE ConfigurationHandle)
{
    ddi_enter(NdisReadNetworkAddress);
    if (ddi_fails(NdisReadNetworkAddress)) {
        *Status = NDIS_STATUS_RESOURCES;
        return;
    }
    static WCHAR keyword[] = {'N', 'e', 't', 'w', 'o', 'r', 'k', 'A', 'd', 'd', 'r', 'e', 's', 's'};
    UNICODE_STRING name = {.Length = sizeof keyword, .MaximumLength = sizeof keyword, .Buffer = keyword};
    NDIS_CONFIGURATION_PARAMETER *parameter;
    NdisReadConfiguration(Status, &parameter, ConfigurationHandle, &name, NdisParameterString);
    if (*Status != NDIS_STATUS_SUCCESS) {
        return;
    }
    const UNICODE_STRING *text = &parameter->ParameterData.StringData;
    unsigned char bytes[32];
    UINT length = hex_bytes(text->Buffer, text->Length / sizeof(WCHAR), bytes, sizeof bytes);
    if (length == 0) {
        *Status = NDIS_STATUS_FAILURE;
        return;
    }
    /* Two digits of text take four bytes: the address fits where its text was. */
    memcpy(text->Buffer, bytes, length);
    *NetworkAddress = text->Buffer;
    *NetworkAddressLength = length;
}
