/*
 * explored.c - what must be found, and what must not, when the engine sees every access (CASE chooses).
 */
#include <ntddk.h>
#include <undis/explore.h>

struct wide {
    LONG number[13];
};

static struct wide shared, other;
static LONG counter, copied;
static EX_SPIN_LOCK lock;
static CHAR text[64];

#if CASE == 1 /* a lost update: both bodies read before either writes */

static void one(void *argument)
{
    (void)argument;
    counter++;
}
#define two one
#define HOLDS (counter == 2)

#elif CASE == 2 /* the copy of a structure is no single step: a store may fall between its two halves */

static void one(void *argument)
{
    (void)argument;
    other = shared;
}
static void two(void *argument)
{
    (void)argument;
    shared.number[0] = 1;
    copied = other.number[1];
    other.number[1] = 7;
}
/* Not: the store was not seen, and yet the copy came last. */
#define HOLDS (!(other.number[0] == 0 && other.number[1] == 0 && copied == 0))

#elif CASE == 3 /* memset by a library function against a plain store */

static void one(void *argument)
{
    (void)argument;
    RtlZeroMemory(&shared, sizeof shared);
}
static void two(void *argument)
{
    (void)argument;
    shared.number[12] = 1;
}
#define HOLDS (shared.number[12] == 1)

#elif CASE == 4 || CASE == 5 /* readers do not exclude each other, a writer excludes all */

static void one(void *argument)
{
    KIRQL irql = CASE == 4 ? ExAcquireSpinLockShared(&lock) : ExAcquireSpinLockExclusive(&lock);
    (void)argument;
    counter++;
    if (CASE == 4) {
        ExReleaseSpinLockShared(&lock, irql);
    } else {
        ExReleaseSpinLockExclusive(&lock, irql);
    }
}
#define two one
#define HOLDS (counter == 2)

#elif CASE == 6 /* a reader waits for the writer */

static void one(void *argument)
{
    KIRQL irql = ExAcquireSpinLockExclusive(&lock);
    (void)argument;
    shared.number[0] = 1;
    shared.number[1] = 1;
    ExReleaseSpinLockExclusive(&lock, irql);
}
static void two(void *argument)
{
    KIRQL irql = ExAcquireSpinLockShared(&lock);
    (void)argument;
    copied = shared.number[0] - shared.number[1];
    ExReleaseSpinLockShared(&lock, irql);
}
#define HOLDS (copied == 0)

#elif CASE == 7 /* a string that is copied while it changes */

static void one(void *argument)
{
    CHAR copy[64];
    (void)argument;
    strcpy(copy, text);
    copied = strlen(copy) == 2;
}
static void two(void *argument)
{
    (void)argument;
    text[0] = 'a';
    text[1] = 'b';
}
#define HOLDS (copied == 0)

#endif

static void check(void *argument)
{
    (void)argument;
    undis_assert(HOLDS);
}

void undis_scenario(void)
{
    (void)&shared, (void)&other, (void)&counter, (void)&copied, (void)&lock, (void)&text;
    undis_thread(0, one, NULL);
    undis_thread(1, two, NULL);
    undis_at_end(check, NULL);
}
