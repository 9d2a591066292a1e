/*
 * netkvm, before 2014-10: the walk of the receive ring holds the queue's lock.  A frame that is too short to
 * be analysed is given back with the function that everybody uses, and that takes the lock.  It needs a bad
 * frame, so it shows at a customer's.
 *
 * https://github.com/virtio-win/kvm-guest-drivers-windows/commit/021a9142f44e2ec068f00169cc820a86b7291d6c
 * Verdict: SpinLockRecursive, with both places that acquire.
 */
#include "story.h"

static VOID Discard(struct Buffer *Buffer)
{
    Reuse(Buffer);
}
