/*
 * A barrier on one side only is none.
 *
 * https://github.com/WireGuard/wintun/commit/ec0a6b98456fe1ba52567bb2add4bbf5f64315a1
 * Verdict: complete; Deadlock with --memory tso.
 */
#include "story.h"

static VOID ProducerBarrier(VOID)
{
}

static VOID ConsumerBarrier(VOID)
{
    MemoryBarrier();
}
