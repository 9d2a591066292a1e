/*
 * lockword.h - the spin lock in a KSPIN_LOCK (spec section 2): who may enter, who waits, who is next.
 *
 * Eight bytes, little-endian; all zero is a free lock that nobody has used.
 *
 *   0 locked    1: held by a processor that took it with a compare-and-exchange ("shared")
 *   1 wanted    1: whoever is next sleeps and must be woken, and nobody else may take it
 *   2 bias      whose lock this is: LOCKWORD_FREE of a processor; 0: nobody's
 *   3 request   what the next one asks the processor in `bias` for
 *   4 owner     the processor in `bias` writes here whether it is inside: by plain stores, it alone
 *   5 doubt     how often a bias was wrong: exponent of how rarely it is tried
 *   6 turn      of those who wait, the ticket of the one who is next
 *   7 last      the next ticket to be given out
 *
 * A lock that one processor uses is biased to it: it enters by a plain store to `owner` and a look at `bias`
 * and `request`, and leaves by a look and a store; there is no locked instruction and no fence.  A lock that
 * several use is entered by one compare-and-exchange and left by one plain store.  Those who find it held
 * take a ticket; one of them, the next one, looks at the word, the others sleep.  What the next one does
 * depends on what he sees:
 *
 *   shared          spins, then marks the word as wanted and sleeps until it is released
 *   biased, in use  watches for some microseconds and then asks for a lease: at its next entry or exit the
 *                   owner hands the bias over.  So a lock that many fight for stays with each of them for a
 *                   while, at the price of an uncontended one, and goes round in the order of the tickets
 *   biased, idle    asks for it to be shared; an owner that does not answer has it taken away
 *
 * Memory order.  Entry acquires, exit releases: x86 has both for nothing, elsewhere they are said.  One place
 * needs a store before a load and has no fence between them: an entering owner stores `owner` = inside, then
 * loads `bias` and `request`; the next one stores `request`, then loads `owner`.  The next one has
 * lockword_barrier() between the two, which is a fence at some point of every thread's program.  If that
 * point is before the owner's load, the load sees the request; else it is after the owner's store, and the
 * next one sees that.  So never do both miss each other.
 *
 * An exit ends with the store or the exchange that releases: the lock's memory may be gone right after it.
 * So the owner looks for a request before it lets go, and who leaves a shared lock at `wanted`.  What comes
 * between the look and the store is overlooked: therefore the next one never sleeps without a limit.  The
 * store that ends a shared hold is of all four bytes, so a `wanted` that came in between is gone with it.
 *
 * An owner that was stopped between its look at `owner` and its store may write "inside" long after the lock
 * was taken from it.  It then finds another bias, and takes its word back.  Until it has, `owner` is no use
 * to somebody else.  It has when `owner` is 0, which it writes itself, at DISPATCH_LEVEL, below which there
 * is no other entry of that processor under way; or when its IRQL was seen below DISPATCH_LEVEL after the
 * word stopped saying FREE and a barrier (LOCKWORD_GONE): the whole entry lies at DISPATCH_LEVEL or above.
 *
 * tests/model/lock.pml is the same in Promela, checked by Spin; tests/explored/lockword runs this file on the
 * explored engine with store buffers.  Whoever includes it defines first what it stands on: lockword_me here,
 * the rest in lockwait.h (src/ke/lockhost.h is the library's).
 */
#ifndef UNDIS_KE_LOCKWORD_H
#define UNDIS_KE_LOCKWORD_H

#include <undis/free/lockword.h>

#endif
