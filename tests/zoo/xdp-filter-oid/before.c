/*
 * xdp, before 2022-05: the handler does its work where it is called.
 *
 * https://github.com/microsoft/xdp-for-windows/commit/6735b41102de7ca559d5bc276ba27a6efc95c2f9
 * Verdict: WaitAtDispatch.
 */
#include "story.h"

static VOID OidRequest(VOID)
{
    InspectAndComplete();
}
