/*
 * pdo.c - physical device objects (contract in pdo.h).
 */
#include "io/pdo.h"

#include "ke/memory.h"

#define MESSAGE_ADDRESS 0xFEE00000u /* where messages are written to; nothing decodes it here */

static struct ke_guard pdos_guard;
static struct io_pdo *pdos;

void io_pdo_add(struct io_pdo *pdo, struct device *device, ULONG number)
{
    pdo->object.Type = IO_TYPE_DEVICE;
    pdo->object.Size = sizeof(DEVICE_OBJECT);
    pdo->object.StackSize = 1;
    pdo->device = device;
    pdo->number = number;
    KIRQL old = ke_guard_enter(&pdos_guard);
    pdo->next = pdos;
    pdos = pdo;
    ke_guard_leave(&pdos_guard, old);
}

void io_pdo_remove(struct io_pdo *pdo)
{
    KIRQL old = ke_guard_enter(&pdos_guard);
    struct io_pdo **link = &pdos;
    while (*link != NULL && *link != pdo) {
        link = &(*link)->next;
    }
    if (*link != NULL) {
        *link = pdo->next;
    }
    ke_guard_leave(&pdos_guard, old);
}

struct io_pdo *io_pdo_of(const DEVICE_OBJECT *object)
{
    KIRQL old = ke_guard_enter(&pdos_guard);
    struct io_pdo *pdo = pdos;
    while (pdo != NULL && &pdo->object != object) {
        pdo = pdo->next;
    }
    ke_guard_leave(&pdos_guard, old);
    return pdo;
}

struct ke_line *io_pdo_line(const struct io_pdo *pdo, ULONG vector, bool *message)
{
    const struct device *device = pdo->device;
    unsigned messages = device == NULL ? 0 : device->messages.granted;
    for (unsigned i = 0; i < messages; i++) {
        if (ke_line_vector(device->messages.lines[i]) == vector) {
            *message = true;
            return device->messages.lines[i];
        }
    }
    *message = false;
    return device != NULL && messages == 0 && ke_line_vector(device->line) == vector ? device->line : NULL;
}

struct ke_line *io_line_of_vector(ULONG vector, bool *message)
{
    struct ke_line *line = NULL;
    KIRQL old = ke_guard_enter(&pdos_guard);
    for (struct io_pdo *pdo = pdos; pdo != NULL && line == NULL; pdo = pdo->next) {
        line = io_pdo_line(pdo, vector, message);
    }
    ke_guard_leave(&pdos_guard, old);
    return line;
}

IO_INTERRUPT_MESSAGE_INFO *io_messages_describe(const struct device *device, unsigned count)
{
    const struct device_messages *messages = &device->messages;
    IO_INTERRUPT_MESSAGE_INFO *table = ke_allocate(FIELD_OFFSET(IO_INTERRUPT_MESSAGE_INFO, MessageInfo) +
                                                   count * sizeof(table->MessageInfo[0]));
    if (table == NULL) {
        return NULL;
    }
    table->MessageCount = count;
    for (unsigned i = 0; i < count; i++) {
        IO_INTERRUPT_MESSAGE_INFO_ENTRY *entry = &table->MessageInfo[i];
        entry->MessageAddress.QuadPart = MESSAGE_ADDRESS;
        entry->TargetProcessorSet = messages->targets[i] & KeQueryActiveProcessors();
        entry->MessageData = ke_line_vector(messages->lines[i]);
        entry->Vector = ke_line_vector(messages->lines[i]);
        entry->Irql = ke_line_irql(messages->lines[i]);
        entry->Mode = Latched;
        entry->Polarity = InterruptActiveHigh;
        table->UnifiedIrql = entry->Irql > table->UnifiedIrql ? entry->Irql : table->UnifiedIrql;
    }
    return table;
}
