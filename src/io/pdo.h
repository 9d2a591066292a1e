/*
 * pdo.h - physical device objects: what the bus driver has made for each adapter's device.
 */
#ifndef UNDIS_IO_PDO_H
#define UNDIS_IO_PDO_H

#include "dev/device.h"

struct io_pdo {
    DEVICE_OBJECT object;
    struct io_pdo *next;
    struct device *device; /* NULL: a device of the root enumerator, without hardware */
    ULONG number;
};

/* Puts it into the table of those that there are, and takes it out again.  <= DISPATCH_LEVEL. */
void io_pdo_add(struct io_pdo *pdo, struct device *device, ULONG number);
void io_pdo_remove(struct io_pdo *pdo);

/* NULL when the object is no physical device object. */
struct io_pdo *io_pdo_of(const DEVICE_OBJECT *object);
/* The line or message of that vector, of that device or of any; NULL: there is none.  *messages: it is a
 * message. */
struct ke_line *io_pdo_line(const struct io_pdo *pdo, ULONG vector, bool *message);
struct ke_line *io_line_of_vector(ULONG vector, bool *message);

/*
 * What a driver is shown of its messages (MS-12), without the interrupt objects; NULL: no memory.  ke_free
 * ends it.
 */
IO_INTERRUPT_MESSAGE_INFO *io_messages_describe(const struct device *device, unsigned count);

#endif
