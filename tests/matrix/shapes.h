/*
 * shapes.h - what two to four contexts do with a few locks, and what that deserves: lockdep's self-tests
 * (lib/locking-selftest.c of Linux, by their names) in this DDI's terms.  A hard interrupt is an ISR, a soft
 * one a DPC, a lock that is taken with interrupts on is one that is taken below DISPATCH_LEVEL.
 *
 * shapes.c runs the contexts one after the other in every order, driver.c leaves their order to the explored
 * engine.
 *
 * A context is a letter and what it does.
 *   T thread   D DPC   I ISR
 *   A a        NdisAcquireSpinLock, NdisReleaseSpinLock of lock A; so for B, C, D
 *   .A .a      NdisDprAcquireSpinLock, NdisDprReleaseSpinLock
 *   !A         NdisAllocateSpinLock once more
 *   rP wP uP   NdisAcquireRWLockRead, Write, NdisReleaseRWLock (the newest of it) of lock P; so for Q, R, S
 *   + -        KeRaiseIrql to DISPATCH_LEVEL, KeLowerIrql to PASSIVE_LEVEL
 *
 * What is found: in any order one after the other; explored, all on one processor, each on one of its own. ""
 * is silence, and explored the end of the search.
 */
#ifndef UNDIS_TESTS_MATRIX_SHAPES_H
#define UNDIS_TESTS_MATRIX_SHAPES_H

#define SHAPE_CONTEXTS 4
#define SHAPE_LOCKS 4

struct shape {
    const char *name;
    const char *contexts[SHAPE_CONTEXTS];
    const char *sequential, *same, *other;
};

/* One verdict for everything. */
#define ALWAYS(rule) rule, rule, rule
/* A circle: it closes only where the contexts can overlap. */
#define CIRCLE "LockOrder", "LockOrder", "Deadlock"
#define SILENT "", "", ""

/* clang-format off */
static const struct shape shapes[] = {
    /* ---- spin locks, threads ---- */
    {"AA", {"T A A a a"}, ALWAYS("SpinLockRecursive")},
    {"ABBA", {"T A B b a", "T B A a b"}, CIRCLE},
    {"ABBCCA", {"T A B b a", "T B C c b", "T C A a c"}, CIRCLE},
    {"ABCABC", {"T A B b a", "T C A a c", "T B C c b"}, CIRCLE},
    {"ABBCCDDA", {"T A B b a", "T B C c b", "T C D d c", "T D A a d"}, CIRCLE},
    {"ABCDBDDA", {"T A B b a", "T C D d c", "T B D d b", "T D A a d"}, CIRCLE},
    {"ABCDBCDA", {"T A B b a", "T C D d c", "T B C c b", "T D A a d"}, CIRCLE},
    {"double-unlock", {"T + .A .a .a -"}, ALWAYS("SpinLockNotOwned")},
    {"init-held", {"T A !A a"}, ALWAYS("SpinLockReallocated")},
    {"ABAB", {"T A B b a", "T A B b a"}, SILENT},
    {"ABBCAC", {"T A B b a", "T B C c b", "T A C c a"}, SILENT},
    {"guarded-ABBA", {"T C A B b a c", "T C B A a b c"}, SILENT},
    /* ---- spin locks, DPCs; thread and DPC ---- */
    {"dpc-AA", {"D .A .A .a .a"}, ALWAYS("SpinLockRecursive")},
    {"dpc-ABBA", {"D .A .B .b .a", "D .B .A .a .b"}, CIRCLE},
    {"dpc-ABBCCA", {"D .A .B .b .a", "D .B .C .c .b", "D .C .A .a .c"}, CIRCLE},
    {"dpc-ABAB", {"D .A .B .b .a", "D .A .B .b .a"}, SILENT},
    {"dpc-raised-ABBA", {"D A B b a", "D B A a b"}, CIRCLE},
    {"dpc-double-unlock", {"D .A .a .a"}, ALWAYS("SpinLockNotOwned")},
    {"dpc-init-held", {"D .A !A .a"}, ALWAYS("SpinLockReallocated")},
    {"thread-dpc-ABBA", {"T A B b a", "D .B .A .a .b"}, CIRCLE},
    {"thread-dpc-ABBCCA", {"T A B b a", "D .B .C .c .b", "T C A a c"}, CIRCLE},
    {"thread-dpc-ABAB", {"T A B b a", "D .A .B .b .a"}, SILENT},
    {"thread-dpc-out-of-order", {"T A B a b", "D .A .a"}, ALWAYS("SpinLockReleaseOrder")},
    {"dpc-out-of-order", {"D .A .B .a .b", "D .A .B .a .b"}, SILENT},
    {"thread-dpc-flavour", {"T A .a", "D .A .a"}, ALWAYS("SpinLockFlavor")},
    /* ---- irqsafe, soft: a DPC takes the lock ---- */
    {"soft-on-safe-A", {"T .A .a", "D .A .a"}, ALWAYS("SpinLockBelowDispatch")},
    {"soft-off-safe-A", {"T A a", "D .A .a"}, SILENT},
    {"soft-raised-safe-A", {"T + .A .a -", "D .A .a"}, SILENT},
    {"soft-safe-A-enable", {"T A - a", "D .A .a"}, ALWAYS("SpinLockHeldBelowDispatch")},
    {"soft-safe-A-raised-enable", {"T + .A - .a", "D .A .a"}, ALWAYS("SpinLockHeldBelowDispatch")},
    {"soft-safe-A-unsafe-B-1", {"T A B b a", "T .B .b", "D .A .a"}, ALWAYS("SpinLockBelowDispatch")},
    {"soft-safe-A-safe-B-1", {"T A B b a", "T B b", "D .A .a"}, SILENT},
    {"soft-safe-A-unsafe-B-2", {"T B b", "D .A .B .b .a", "T .B .b"}, ALWAYS("SpinLockBelowDispatch")},
    {"soft-safe-A-safe-B-2", {"T B b", "D .A .B .b .a", "T A B b a"}, SILENT},
    {"soft-inversion", {"T B A a b", "T B b", "D .A .B .b .a"}, CIRCLE},
    {"soft-no-inversion", {"T A B b a", "T B b", "D .A .B .b .a"}, SILENT},
    /* ---- irqsafe, hard: an ISR takes the lock, which it may not at all ---- */
    {"hard-on-safe-A", {"T .A .a", "I A a"}, "SpinLockBelowDispatch SpinLockAboveDispatch", 0, 0},
    {"hard-off-safe-A", {"T A a", "I A a"}, "SpinLockAboveDispatch", 0, 0},
    {"hard-off-safe-A-dpr", {"T A a", "I .A .a"}, "SpinLockAboveDispatch", 0, 0},
    {"hard-dpc-safe-A", {"D .A .a", "I .A .a"}, "SpinLockAboveDispatch", 0, 0},
    {"hard-safe-A-enable", {"T A - a", "I A a"}, "SpinLockHeldBelowDispatch SpinLockAboveDispatch", 0, 0},
    {"hard-safe-A-unsafe-B-1", {"T A B b a", "T B b", "I A a"}, "SpinLockAboveDispatch", 0, 0},
    {"hard-safe-A-unsafe-B-2", {"T B b", "I A B b a", "T A B b a"}, "SpinLockAboveDispatch", 0, 0},
    {"hard-inversion", {"T A B b a", "D .B .b", "I A a"}, "SpinLockAboveDispatch", 0, 0},
    {"hard-soft-AB", {"T A B b a", "D .A .B .b .a", "I"}, "", 0, 0},
    {"hard-read", {"T wP uP", "I rP uP"}, "SpinLockAboveDispatch", 0, 0},
    {"hard-write", {"D rP uP", "I wP uP"}, "SpinLockAboveDispatch", 0, 0},
    /* ---- NDIS_RW_LOCK_EX: a processor that writes may write again (RW-9), unlike Linux's ---- */
    {"w-AA", {"T wP wP uP uP"}, SILENT},
    {"r-AA", {"T rP rP uP uP"}, SILENT},
    {"rw-AA", {"T rP wP uP uP"}, ALWAYS("SpinLockRecursive")},
    {"wr-AA", {"T wP rP uP uP"}, SILENT},
    {"w-ABBA", {"T wP wQ uQ uP", "T wQ wP uP uQ"}, CIRCLE},
    {"w-ABBCCA", {"T wP wQ uQ uP", "T wQ wR uR uQ", "T wR wP uP uR"}, CIRCLE},
    {"w-ABCABC", {"T wP wQ uQ uP", "T wR wP uP uR", "T wQ wR uR uQ"}, CIRCLE},
    {"w-ABBCCDDA", {"T wP wQ uQ uP", "T wQ wR uR uQ", "T wR wS uS uR", "T wS wP uP uS"}, CIRCLE},
    {"w-ABCDBDDA", {"T wP wQ uQ uP", "T wR wS uS uR", "T wQ wS uS uQ", "T wS wP uP uS"}, CIRCLE},
    {"w-ABCDBCDA", {"T wP wQ uQ uP", "T wR wS uS uR", "T wQ wR uR uQ", "T wS wP uP uS"}, CIRCLE},
    {"r-ABBA", {"T rP rQ uQ uP", "T rQ rP uP uQ"}, SILENT},
    {"r-ABBCCA", {"T rP rQ uQ uP", "T rQ rR uR uQ", "T rR rP uP uR"}, SILENT},
    {"w-double-unlock", {"T + wP uP uP -"}, ALWAYS("SpinLockNotOwned")},
    {"r-double-unlock", {"T + rP uP uP -"}, ALWAYS("SpinLockNotOwned")},
    {"rlock-ABBA1", {"T rP A a uP", "T A wP uP a"}, CIRCLE},
    {"rlock-ABBA2", {"T rP A a uP", "T A rP uP a"}, SILENT},
    {"rlock-ABBA3", {"T wP A a uP", "T A rP uP a"}, CIRCLE},
    {"rlock-chain-ABBA1", {"T rP A a uP", "T A rP uP a", "T A wP uP a"}, CIRCLE},
    {"W1R2-W2R3-W3R1", {"T wP rQ uQ uP", "T wQ rR uR uQ", "T wR rP uP uR"}, CIRCLE},
    {"W1W2-R2R3-W3R1", {"T wP wQ uQ uP", "T rQ rR uR uQ", "T wR rP uP uR"}, CIRCLE},
    {"W1W2-R2R3-R3W1", {"T wP wQ uQ uP", "T rQ rR uR uQ", "T rR wP uP uR"}, SILENT},
    {"W1R2-R2R3-W3W1", {"T wP rQ uQ uP", "T rQ rR uR uQ", "T wR wP uP uR"}, SILENT},
    {"dpc-w-ABBA", {"D wP wQ uQ uP", "D wQ wP uP uQ"}, CIRCLE},
    {"dpc-r-recursion", {"T rP uP", "D rP rP uP uP"}, SILENT},
    {"thread-dpc-rw-ABBA", {"T rP A a uP", "D .A wP uP .a"}, CIRCLE},
    {"thread-dpc-rw-ABAB", {"T rP A a uP", "D rP .A .a uP"}, SILENT},
    {"rw-enable", {"T wP - uP", "D rP uP"}, ALWAYS("SpinLockHeldBelowDispatch")},
};
/* clang-format on */

#define SHAPE_COUNT (sizeof shapes / sizeof shapes[0])

#endif
