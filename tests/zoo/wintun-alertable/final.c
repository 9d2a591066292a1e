/*
 * wintun since 2026-02: a full barrier on both sides.
 *
 * https://github.com/WireGuard/wintun/commit/ec0a6b98456fe1ba52567bb2add4bbf5f64315a1
 * Verdict: complete, also with --memory tso.
 */
#include "story.h"

static VOID ProducerBarrier(VOID)
{
    MemoryBarrier();
}

static VOID ConsumerBarrier(VOID)
{
    MemoryBarrier();
}
