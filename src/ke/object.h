/*
 * object.h - between the files of src/ke: the types of dispatcher objects, as DISPATCHER_HEADER.Type.
 */
#ifndef UNDIS_KE_OBJECT_H
#define UNDIS_KE_OBJECT_H

/* The numbers are Windows' KOBJECTS; the last is ours: a thread's own time-out. */
enum ke_object {
    KE_NOTIFICATION_EVENT = 0,
    KE_SYNCHRONIZATION_EVENT = 1,
    KE_MUTANT = 2,
    KE_SEMAPHORE = 5,
    KE_NOTIFICATION_TIMER = 8,
    KE_SYNCHRONIZATION_TIMER = 9,
    KE_TIMEOUT = 31,
};

#endif
