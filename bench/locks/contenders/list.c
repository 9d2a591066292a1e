/*
 * list.c - who is there: what a package brings is left out when the build did not find it.
 */
#include "contender.h"

#include <stddef.h>

#define CONTENDERS_BARE(X) X(bare) X(called) X(empty) X(stores) X(call)
#define CONTENDERS_PTHREAD(X) X(pthread_spin) X(pthread_mutex) X(pthread_rwlock) X(pthread_list)
#define CONTENDERS_NDIS_LOCKS(X) X(ndis) X(ndis_dpr) X(ndis_queued) X(ndis_rw) X(ndis_rw_dpr)
#define CONTENDERS_INLINE(X)                                                                                 \
    X(ndis_inline) X(ndis_dpr_inline) X(ndis_rw_inline) X(ndis_rw_dpr_inline) X(ndis_irql)
#define CONTENDERS_NDIS(X)                                                                                   \
    CONTENDERS_NDIS_LOCKS(X) CONTENDERS_INLINE(X) X(ndis_list) X(ndis_slist) X(ndis_call)
#if BENCH_CK
#define CONTENDERS_CK(X) X(ck_fas) X(ck_ticket) X(ck_mcs) X(ck_clh) X(ck_rwlock) X(ck_pflock) X(ck_stack)
#else
#define CONTENDERS_CK(X)
#endif
#if BENCH_DPDK
#define CONTENDERS_DPDK(X) X(dpdk_spin) X(dpdk_ticket) X(dpdk_mcs) X(dpdk_rwlock)
#else
#define CONTENDERS_DPDK(X)
#endif
#if BENCH_URCU
#define CONTENDERS_URCU(X) X(urcu) X(urcu_stack)
#else
#define CONTENDERS_URCU(X)
#endif
#define CONTENDERS_PACKAGES(X) CONTENDERS_CK(X) CONTENDERS_DPDK(X) CONTENDERS_URCU(X)
#define CONTENDERS(X) CONTENDERS_BARE(X) CONTENDERS_PTHREAD(X) CONTENDERS_NDIS(X) CONTENDERS_PACKAGES(X)

#define DECLARE(id) extern const struct contender contender_##id;
CONTENDERS(DECLARE)

#define ENTER(id) &contender_##id,
const struct contender *const contenders[] = {CONTENDERS(ENTER)};
const unsigned contender_count = sizeof(contenders) / sizeof(contenders[0]);

const char *const contenders_left_out[] = {
#if !BENCH_CK
    "libck-dev",
#endif
#if !BENCH_DPDK
    "libdpdk-dev",
#endif
#if !BENCH_URCU
    "liburcu-dev",
#endif
    NULL};
