/*
 * perform.h - does what a context of a shape does (shapes.h), in a driver or in a test.
 */
#ifndef UNDIS_TESTS_MATRIX_PERFORM_H
#define UNDIS_TESTS_MATRIX_PERFORM_H

#include <ndis.h>

#include "shapes.h"

struct shape_locks {
    NDIS_SPIN_LOCK spin[SHAPE_LOCKS];
    PNDIS_RW_LOCK_EX rw[SHAPE_LOCKS];
};

/* Locks that are alike in nothing but the place where they are made are told apart by it: this is one. */
static VOID MakeLocks(struct shape_locks *Locks)
{
    for (ULONG i = 0; i < SHAPE_LOCKS; i++) {
        NdisAllocateSpinLock(&Locks->spin[i]);
        Locks->rw[i] = NdisAllocateRWLock(NULL);
    }
}

static VOID UnmakeLocks(struct shape_locks *Locks)
{
    for (ULONG i = 0; i < SHAPE_LOCKS; i++) {
        NdisFreeSpinLock(&Locks->spin[i]);
        NdisFreeRWLock(Locks->rw[i]);
    }
}

/* The lock states of one context: the newest acquisition of a lock is released first. */
struct states {
    LOCK_STATE_EX of[SHAPE_LOCKS][2];
    ULONG depth[SHAPE_LOCKS];
};

/* After one release too many the last state is used once more. */
static LOCK_STATE_EX *NewestState(struct states *States, ULONG Lock)
{
    States->depth[Lock] -= States->depth[Lock] > 0;
    return &States->of[Lock][States->depth[Lock]];
}

static VOID PerformRw(struct shape_locks *Locks, struct states *States, char What, ULONG Lock)
{
    switch (What) {
    case 'r':
        NdisAcquireRWLockRead(Locks->rw[Lock], &States->of[Lock][States->depth[Lock]++], 0);
        break;
    case 'w':
        NdisAcquireRWLockWrite(Locks->rw[Lock], &States->of[Lock][States->depth[Lock]++], 0);
        break;
    default:
        NdisReleaseRWLock(Locks->rw[Lock], NewestState(States, Lock));
        break;
    }
}

static VOID PerformSpin(struct shape_locks *Locks, BOOLEAN Dpr, char Lock)
{
    if (Lock >= 'a') {
        NDIS_SPIN_LOCK *lock = &Locks->spin[Lock - 'a'];
        if (Dpr) {
            NdisDprReleaseSpinLock(lock);
        } else {
            NdisReleaseSpinLock(lock);
        }
    } else {
        NDIS_SPIN_LOCK *lock = &Locks->spin[Lock - 'A'];
        if (Dpr) {
            NdisDprAcquireSpinLock(lock);
        } else {
            NdisAcquireSpinLock(lock);
        }
    }
}

/* One word of a context's text. */
static VOID PerformWord(struct shape_locks *Locks, struct states *States, const char *Word)
{
    KIRQL old;
    switch (Word[0]) {
    case '.':
        PerformSpin(Locks, TRUE, Word[1]);
        break;
    case '!':
        NdisAllocateSpinLock(&Locks->spin[Word[1] - 'A']);
        break;
    case '+':
        KeRaiseIrql(DISPATCH_LEVEL, &old);
        break;
    case '-':
        KeLowerIrql(PASSIVE_LEVEL);
        break;
    case 'r':
    case 'w':
    case 'u':
        PerformRw(Locks, States, Word[0], (ULONG)(Word[1] - 'P'));
        break;
    default:
        PerformSpin(Locks, FALSE, Word[0]);
        break;
    }
}

static VOID Perform(struct shape_locks *Locks, const char *Context)
{
    struct states states = {0};
    for (const char *word = Context + 1; *word != '\0';) {
        if (*word == ' ') {
            word++;
            continue;
        }
        PerformWord(Locks, &states, word);
        while (*word != ' ' && *word != '\0') {
            word++;
        }
    }
}

#endif
