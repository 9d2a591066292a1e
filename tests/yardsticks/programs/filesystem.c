/*
 * filesystem.c - N threads create a file each: an inode of their own, under its lock, and the first free
 * block from one that the inode's number gives, each under its lock (Flanagan and Godefroid, POPL 2005).
 * Blocks are fewer than inodes: from 14 threads on, two of them want the same block first.
 */
#include "yardstick.h"

#include <ntddk.h>

#define INODES 32
#define BLOCKS 26

static KSPIN_LOCK inode_lock[INODES], block_lock[BLOCKS];
static int inode[INODES], busy[BLOCKS];

static void take_block(int i)
{
    for (int block = i * 2 % BLOCKS;; block = (block + 1) % BLOCKS) {
        KeAcquireSpinLockAtDpcLevel(&block_lock[block]);
        int taken = busy[block];
        if (!taken) {
            busy[block] = 1;
            inode[i] = block + 1;
        }
        KeReleaseSpinLockFromDpcLevel(&block_lock[block]);
        if (!taken) {
            return;
        }
    }
}

static void creator(void *argument)
{
    int i = number_of(argument) % INODES;
    KIRQL irql;
    KeAcquireSpinLock(&inode_lock[i], &irql);
    if (inode[i] == 0) {
        take_block(i);
    }
    KeReleaseSpinLock(&inode_lock[i], irql);
}

void undis_scenario(void)
{
    for (unsigned i = 0; i < N; i++) {
        start(i, creator);
    }
}
