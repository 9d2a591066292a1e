/*
 * barrier.c - a memory barrier on every host thread of the process at once (membarrier).
 */
#include "host/host.h"

#include <linux/membarrier.h>
#include <stdlib.h>
#include <sys/syscall.h>
#include <unistd.h>

bool host_barrier_there;

static long membarrier(int command)
{
    return syscall(SYS_membarrier, command, 0, 0);
}

/* While there is one thread: later it would wait for all of them. */
static __attribute__((constructor)) void barrier_register(void)
{
    host_barrier_there =
        getenv("UNDIS_NO_MEMBARRIER") == NULL && membarrier(MEMBARRIER_CMD_REGISTER_PRIVATE_EXPEDITED) == 0;
}

void host_barrier(void)
{
    if (membarrier(MEMBARRIER_CMD_PRIVATE_EXPEDITED) != 0 &&
        (membarrier(MEMBARRIER_CMD_REGISTER_PRIVATE_EXPEDITED) != 0 || /* a child of fork may have to */
         membarrier(MEMBARRIER_CMD_PRIVATE_EXPEDITED) != 0)) {
        abort(); /* who relies on it would go on without mutual exclusion */
    }
}
