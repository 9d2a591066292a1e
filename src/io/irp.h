/*
 * irp.h - requests that somebody waits for, from outside a driver or from IoBuildXxx.
 */
#ifndef UNDIS_IO_IRP_H
#define UNDIS_IO_IRP_H

#include "ke/processor.h"

/* The last step of a request's completion: writes back what the requester waits for and frees the request. */
void io_request_finish(PIRP irp);

/*
 * What a user program can do to a device; PASSIVE_LEVEL, each waits for its request's end.  `name` is a
 * device name or a link.  The file stays open until io_file_close.
 */
NTSTATUS io_file_open(PCUNICODE_STRING name, PFILE_OBJECT *file);
NTSTATUS io_file_control(PFILE_OBJECT file, ULONG code, const void *input, ULONG input_length, void *output,
                         ULONG output_length, ULONG_PTR *information);
NTSTATUS io_file_read(PFILE_OBJECT file, void *buffer, ULONG length, ULONG_PTR *information);
NTSTATUS io_file_write(PFILE_OBJECT file, const void *buffer, ULONG length, ULONG_PTR *information);
void io_file_close(PFILE_OBJECT file);

#endif
