/*
 * list.c - who is there: what a package brings is left out when the build did not find it.
 */
#include "contender.h"

#include <string.h>

#define CONTENDERS_ALWAYS(X)                                                                                 \
    X(bare)                                                                                                  \
    X(pthread_spin)                                                                                          \
    X(pthread_mutex) X(ndis) X(ndis_dpr) X(ndis_queued) X(pthread_rwlock) X(ndis_rw) X(ndis_rw_dpr)
#if BENCH_CK
#define CONTENDERS_CK(X) X(ck_fas) X(ck_ticket) X(ck_mcs) X(ck_clh) X(ck_rwlock) X(ck_pflock)
#else
#define CONTENDERS_CK(X)
#endif
#if BENCH_DPDK
#define CONTENDERS_DPDK(X) X(dpdk_spin) X(dpdk_ticket) X(dpdk_mcs) X(dpdk_rwlock)
#else
#define CONTENDERS_DPDK(X)
#endif
#define CONTENDERS(X) CONTENDERS_ALWAYS(X) CONTENDERS_CK(X) CONTENDERS_DPDK(X)

#define DECLARE(id) extern const struct contender contender_##id;
CONTENDERS(DECLARE)

#define ENTER(id) &contender_##id,
const struct contender *const contenders[] = {CONTENDERS(ENTER)};
const unsigned contender_count = sizeof(contenders) / sizeof(contenders[0]);

const struct contender *contender_named(const char *name)
{
    for (unsigned i = 0; i < contender_count; i++) {
        if (strcmp(contenders[i]->name, name) == 0) {
            return contenders[i];
        }
    }
    return NULL;
}
