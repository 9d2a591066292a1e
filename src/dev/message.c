/*
 * message.c - message-signalled interrupts of devices: MSI and MSI-X (contract in device.h).
 *
 * A message is an edge-triggered line of its own that nobody shares.  Each has a level of its own, one above
 * the other, so that one message's service routine may break into another's.  With MSI any processor takes a
 * message; with MSI-X message n goes to processor n, so that a driver has one for each.
 */
#include "dev/device.h"

#include "ke/step.h"

#define HIGHEST_DIRQL 11

static unsigned grant(const struct device_messages *messages)
{
    unsigned wanted = messages->wanted < DEVICE_MESSAGES ? messages->wanted : DEVICE_MESSAGES, power = 1;
    if (messages->signalling == DEVICE_BY_LINE || wanted == 0) {
        return 0;
    }
    while (power * 2 <= wanted) {
        power *= 2;
    }
    return messages->signalling == DEVICE_BY_MSI ? power : wanted;
}

bool device_messages_create(struct device *device, KIRQL dirql)
{
    struct device_messages *messages = &device->messages;
    unsigned count = grant(messages);
    for (unsigned i = 0; i < count; i++) {
        bool aimed = messages->signalling == DEVICE_BY_MSIX;
        KIRQL level = dirql + i < HIGHEST_DIRQL ? (KIRQL)(dirql + i) : HIGHEST_DIRQL;
        messages->targets[i] = aimed ? (KAFFINITY)1 << i % ke_processor_count : ~(KAFFINITY)0;
        messages->table[i] = (uint8_t)i;
        messages->lines[i] = ke_line_create_in(device->line, device->operations->name, level,
                                               KE_EDGE_TRIGGERED, messages->targets[i]);
        if (messages->lines[i] == NULL) {
            device_messages_destroy(device);
            return false;
        }
    }
    messages->granted = count;
    return true;
}

void device_messages_destroy(struct device *device)
{
    struct device_messages *messages = &device->messages;
    messages->enabled = false;
    messages->granted = 0;
    for (unsigned i = 0; i < DEVICE_MESSAGES; i++) {
        if (messages->lines[i] != NULL) {
            ke_line_destroy(messages->lines[i]);
            messages->lines[i] = NULL;
        }
    }
}

void device_aim_message(struct device *device, unsigned message, KAFFINITY targets)
{
    device->messages.targets[message] = targets;
    ke_line_aim(device->messages.lines[message], targets);
}

void device_withhold_messages(struct device *device)
{
    device->messages.granted = 0;
}

bool device_signals_messages(const struct device *device)
{
    return device->messages.enabled;
}

/* Under the guard: the line of the entry's message, NULL when it must wait. */
static struct ke_line *take_signal(struct device_messages *messages, unsigned entry)
{
    uint32_t bit = 1u << entry;
    if (!messages->enabled || (messages->masked & bit) != 0) {
        messages->pending |= bit;
        return NULL;
    }
    messages->pending &= ~bit;
    return messages->lines[messages->table[entry]];
}

void device_signal(struct device *device, unsigned entry)
{
    struct device_messages *messages = &device->messages;
    KIRQL old = ke_guard_enter_quietly(&messages->guard);
    struct ke_line *line = take_signal(messages, entry);
    ke_guard_leave(&messages->guard, old);
    if (line != NULL) {
        ke_line_assert(line);
    }
}

void device_enable_messages(struct device *device, bool enabled)
{
    struct device_messages *messages = &device->messages;
    ke_about_to_change_both(device, device->line);
    KIRQL old = ke_guard_enter_quietly(&messages->guard);
    messages->enabled = enabled;
    messages->masked = messages->pending = 0;
    for (unsigned i = 0; i < DEVICE_MESSAGES; i++) {
        messages->table[i] = (uint8_t)i;
    }
    ke_guard_leave(&messages->guard, old);
    if (device->operations->signalling_changed != NULL) {
        device->operations->signalling_changed(device);
    }
}

bool device_configure_entry(struct device *device, enum device_table_operation operation, unsigned entry,
                            unsigned message)
{
    struct device_messages *messages = &device->messages;
    struct ke_line *line = NULL;
    if (messages->signalling != DEVICE_BY_MSIX || entry >= messages->granted ||
        (operation == DEVICE_ENTRY_SET && message >= messages->granted)) {
        return false;
    }
    ke_about_to_change_both(device, device->line);
    KIRQL old = ke_guard_enter_quietly(&messages->guard);
    if (operation == DEVICE_ENTRY_SET) {
        messages->table[entry] = (uint8_t)message;
    } else if (operation == DEVICE_ENTRY_MASK) {
        messages->masked |= 1u << entry;
    } else {
        messages->masked &= ~(1u << entry);
        line = (messages->pending >> entry & 1) != 0 ? take_signal(messages, entry) : NULL;
    }
    ke_guard_leave(&messages->guard, old);
    if (line != NULL) {
        ke_line_assert(line);
    }
    return true;
}
