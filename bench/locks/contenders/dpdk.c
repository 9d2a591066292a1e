/*
 * dpdk.c - DPDK's locks.  They are inline: nothing of DPDK is linked or started.
 */
#include "contender.h"

#include <rte_mcslock.h>
#include <rte_rwlock.h>
#include <rte_spinlock.h>
#include <rte_ticketlock.h>

static rte_spinlock_t spin __attribute__((aligned(128)));
static rte_ticketlock_t ticket __attribute__((aligned(128)));
static rte_mcslock_t *mcs __attribute__((aligned(128)));
static rte_rwlock_t rwlock __attribute__((aligned(128)));

static void reset(void)
{
    rte_spinlock_init(&spin);
    rte_ticketlock_init(&ticket);
    mcs = NULL;
    rte_rwlock_init(&rwlock);
}

CONTENDER_LOOPS(dpdk_spin, , rte_spinlock_lock(&spin), gate_count(), rte_spinlock_unlock(&spin))
CONTENDER(dpdk_spin, "DPDK spin", "libdpdk-dev", SPIN_LOCK, ON_HOST, reset);
CONTENDER_LOOPS(dpdk_ticket, , rte_ticketlock_lock(&ticket), gate_count(), rte_ticketlock_unlock(&ticket))
CONTENDER(dpdk_ticket, "DPDK ticket", "libdpdk-dev", SPIN_LOCK, ON_HOST, reset);
CONTENDER_LOOPS(dpdk_mcs, rte_mcslock_t node, rte_mcslock_lock(&mcs, &node), gate_count(),
                rte_mcslock_unlock(&mcs, &node))
CONTENDER(dpdk_mcs, "DPDK mcs", "libdpdk-dev", SPIN_LOCK, ON_HOST, reset);
RW_LOOPS(dpdk_rwlock, , rte_rwlock_read_lock(&rwlock), rte_rwlock_read_unlock(&rwlock),
         rte_rwlock_write_lock(&rwlock), rte_rwlock_write_unlock(&rwlock))
CONTENDER(dpdk_rwlock, "DPDK rwlock", "libdpdk-dev", RW_LOCK, ON_HOST, reset);
