/*
 * wintun, before 2026-02: both sides store and then load, and nothing keeps an x86 processor from loading
 * first.  Each may see the other's old value, and the consumer sleeps although there is a packet.
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
}
