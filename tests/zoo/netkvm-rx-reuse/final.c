/*
 * netkvm, 2014-10: who holds the lock gives the buffer back without taking it.
 *
 * https://github.com/virtio-win/kvm-guest-drivers-windows/commit/021a9142f44e2ec068f00169cc820a86b7291d6c
 * Verdict: clean.
 */
#include "story.h"

static VOID Discard(struct Buffer *Buffer)
{
    ReuseNoLock(Buffer);
}
