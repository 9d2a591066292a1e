/*
 * lock.pml - the spin lock of src/ke/lockword.h and lockwait.h, at the grain of its single memory accesses.
 *
 * A processor's plain stores lie in its store buffer, in their order, until they are written to memory, at
 * any time; its loads see them first (x86's total store order).  A locked instruction empties the buffer of
 * its own processor, the host's barrier one processor's after another.  A processor may stop between any
 * two steps for as long as it likes.  Names are those of the C code, without lockword_.
 *
 * Macros choose the configuration (CMakeLists.txt):
 *   N, ENTRIES, DEPTH       processors (2, 3), entries of each, stores in a buffer
 *   ACQUIRE, TRY, FIRST     ways in: any of those given (ACQUIRE if none is)
 *   CLAIM                   who entered a shared lock may claim it; without, it is nobody's from the start
 *   OWNED                   the lock is processor 0's when it begins
 *   ISR                     an interrupt on processor 0, at any time, takes a second lock, as processor 1 does
 *   TRY_ISR                 the same, but it tries the first lock
 *   LIFE                    the last one out frees the memory of the lock: nothing may be stored there then
 * BREAK_... takes one line out each (CMakeLists.txt says which).
 *
 * Left out: how long somebody spins (to look again is to look later) and doubt.  Who sleeps in the queue for
 * ever is a deadlock here; for the next one see sleep().  Tickets count modulo 4.
 */
#ifndef N
#define N 2
#endif
#ifndef ENTRIES
#define ENTRIES 2
#endif
#ifndef DEPTH
#define DEPTH 3
#endif
#if !defined(ACQUIRE) && !defined(TRY) && !defined(FIRST)
#define ACQUIRE
#endif
#ifdef ISR
#define LOCKS 2
#else
#define LOCKS 1
#endif

#define NESTED (context == N)

/* ---- the word -------------------------------------------------------------------------------------- */

/* The low half: locked, wanted, bias (processor + 1), request (processor + 1, or SHARE). */
#define LOCKED 1
#define WANTED 2
#define SHARE 4
#define BIAS(low) (((low) >> 2) & 3)
#define REQUEST(low) ((low) >> 4)
#define BIASED(n) (((n) + 1) << 2)
#define ASKED(request) ((request) << 4)

#define FREE(n) (((n) + 1) << 2 | 1)
#define INSIDE(n) (((n) + 1) << 2 | 2)
#define GONE(n) (((n) + 1) << 2 | 3)
#define NUMBER(owner) (((owner) >> 2) - 1)
#define KIND(owner) ((owner) & 3)

#ifdef OWNED
byte low[LOCKS] = BIASED(0);
byte owner[LOCKS] = FREE(0);
#else
byte low[LOCKS], owner[LOCKS];
#endif
byte turn[LOCKS], last[LOCKS];
bit raised[N]; /* IRQL is DISPATCH_LEVEL or above */

/* ---- store buffers ---------------------------------------------------------------------------------- */

#define OWNER 1
#define UNLOCKED 2
#define IRQL 3
#define STORE(place, l, value) ((place) << 5 | (l) << 4 | (value))

byte buffer[N * DEPTH];
byte stored[N];

bit freed;

/* The oldest store of processor p reaches memory.  The parts of one step. */
inline write_oldest(p)
{
    oldest = buffer[(p) * DEPTH];
    which = (oldest >> 4) & 1;
    if
    :: oldest >> 5 == OWNER -> assert(!freed); owner[which] = oldest & 15
    :: oldest >> 5 == UNLOCKED -> assert(!freed); low[which] = 0
    :: oldest >> 5 == IRQL -> raised[p] = oldest & 1
    fi;
    stored[p]--;
    i = 0;
    do
    :: i < stored[p] -> buffer[(p) * DEPTH + i] = buffer[(p) * DEPTH + i + 1]; i++
    :: else -> break
    od;
    buffer[(p) * DEPTH + i] = 0;
    oldest = 0; which = 0; i = 0
}

inline write_all(p)
{
    do
    :: stored[p] != 0 -> write_oldest(p)
    :: else -> break
    od
}

inline put(place, value)
{
    d_step {
        stored[me] < DEPTH -> buffer[me * DEPTH + stored[me]] = STORE(place, l, value);
        stored[me]++
    }
}

inline find(to, place, value)
{
    i = 0;
    do
    :: i < stored[me] ->
        if
        :: buffer[me * DEPTH + i] >> 4 == ((place) << 1 | l) -> to = value
        :: else
        fi;
        i++
    :: else -> break
    od;
    i = 0
}

inline see_owner(to)
{
    to = owner[l];
    find(to, OWNER, buffer[me * DEPTH + i] & 15)
}

inline see_low(to)
{
    to = low[l];
    find(to, UNLOCKED, 0)
}

inline get_owner(to) { d_step { see_owner(to) } }
inline get_low(to) { d_step { see_low(to) } }

/* Compare-and-exchange of the low half. */
inline swap(expected, value)
{
    d_step {
        write_all(me);
        if
        :: low[l] == (expected) -> assert(!freed); low[l] = value; ok = true
        :: else -> ok = false
        fi
    }
}

inline barrier()
{
    d_step { write_all(me); others = ((1 << N) - 1) & ~(1 << me) }
    do
    :: others & 1 -> d_step { write_all(0); others = others & ~1 }
    :: others & 2 -> d_step { write_all(1); others = others & ~2 }
#if N > 2
    :: others & 4 -> d_step { write_all(2); others = others & ~4 }
#endif
    :: others == 0 -> break
    od
}

/* ---- sleep and wake in the host -------------------------------------------------------------------- */

#define ON_LOW 1
#define IN_BED 2

byte asleep[N + 1];    /* of each context: what it sleeps on */
byte sleeps_at[N + 1]; /* and of which lock */

/*
 * The next one sleeps on the low half while it is what he has seen, and with a limit, because an exit may
 * overlook him.  The limit ends when nobody else can do anything: what he then finds must let him in.
 */
inline sleep()
{
    assert(!late);
    d_step {
        see_low(now);
        if
        :: now == seen -> asleep[context] = ON_LOW; sleeps_at[context] = l
        :: else
        fi;
        now = 0
    }
    if
    :: asleep[context] == 0
    :: timeout -> asleep[context] = 0; sleeps_at[context] = 0; late = true
    fi
}

inline wake_all(on)
{
    i = 0;
    do
    :: i <= N ->
        if
        :: asleep[i] == (on) && sleeps_at[i] == l -> asleep[i] = 0; sleeps_at[i] = 0
        :: else
        fi;
        i++
    :: else -> break
    od;
    i = 0
}

/* The host's wake begins with a full fence. */
inline wake_next()
{
    if
    :: seen & WANTED ->
        d_step { write_all(me); wake_all(ON_LOW) }
    :: else
    fi
}

/* All tickets of a lock in one bed, as when the hash is unkind. */
byte sleepers[LOCKS], sequence[LOCKS];

inline sleep_in_queue()
{
#ifndef BREAK_BED_COUNT
    d_step { write_all(me); sleepers[l]++ }
#endif
    seen = sequence[l];
    if
    :: turn[l] == mine
    :: turn[l] != mine ->
        d_step {
            if
            :: sequence[l] == seen -> asleep[context] = IN_BED; sleeps_at[context] = l
            :: else
            fi
        }
        asleep[context] == 0
    fi;
#ifdef BREAK_BED_COUNT
    d_step { write_all(me); sleepers[l]++ }
#endif
    d_step { write_all(me); sleepers[l]-- }
    seen = 0
}

inline wake_in_queue()
{
    if
    :: sleepers[l] == 0
    :: sleepers[l] != 0 ->
#ifndef BREAK_BED_SEQUENCE
        d_step { write_all(me); sequence[l] = (sequence[l] + 1) % 8 }
#endif
        d_step { write_all(me); wake_all(IN_BED) }
    fi
}

/* ---- in and out -------------------------------------------------------------------------------------- */

mtype = {ENTERED, LOST, REFUSED};

inline enter()
{
#ifdef BREAK_LOOK_FIRST
    get_low(seen);
#endif
    get_owner(o);
    if
    :: o == FREE(me) ->
        put(OWNER, INSIDE(me));
#ifndef BREAK_LOOK_FIRST
        get_low(seen);
#endif
        result = (seen >> 2 == BIASED(me) >> 2 -> ENTERED : LOST)
    :: else ->
        swap(0, LOCKED);
        result = (ok -> ENTERED : REFUSED)
    fi
}

/* What the owner's answer makes of a word that asks it for something. */
#define ANSWER(low) (REQUEST(low) == SHARE -> WANTED : REQUEST(low) << 2)

/* In an interrupt that may have come between another entry's look and its store, nothing is given away. */
inline undo()
{
    if
#ifndef BREAK_UNDO_NESTED
    :: NESTED -> put(OWNER, FREE(me))
#endif
    :: else ->
        put(OWNER, 0);
        do
        :: get_low(seen);
            if
            :: BIAS(seen) != me + 1 -> break
            :: else ->
                swap(seen, ANSWER(seen));
                if
                :: !ok
                :: ok -> wake_next(); break
                fi
            fi
        od
    fi
}

/* The owner's exit.  The last thing it does to the word is what lets it go. */
inline leave_as_owner()
{
    do
    :: d_step { see_low(seen); see_owner(o); ok = true }
        if
        :: BIAS(seen) != me + 1 || o != INSIDE(me) -> ok = false; break
        :: BIAS(seen) == me + 1 && o == INSIDE(me) && (REQUEST(seen) == 0 || NESTED) ->
            put(OWNER, FREE(me));
            break
        :: else ->
            /* 64 bits at once; tickets may have changed as well, then it is tried again */
            d_step {
                write_all(me);
                if
                :: low[l] == seen && owner[l] == INSIDE(me) ->
                    assert(!freed);
                    low[l] = ANSWER(seen);
                    owner[l] = 0
                :: else -> ok = false
                fi
            }
            if
            :: ok -> wake_next(); break
            :: else
            fi
        fi
    od
}

inline leave_slowly()
{
    leave_as_owner();
    if
    :: ok
    :: else ->
        d_step { write_all(me); assert(!freed && (low[l] & LOCKED)); seen = low[l]; low[l] = seen & ~LOCKED }
        wake_next()
    fi
}

inline leave()
{
    d_step { see_owner(o); busy[l] = false }
    if
    :: o == INSIDE(me) ->
#ifdef BREAK_LEAVE_FREES_FIRST
        put(OWNER, FREE(me));
        get_low(seen);
        if
        :: seen >> 2 == BIASED(me) >> 2
        :: else -> undo()
        fi
#else
        get_low(seen);
        if
        :: seen >> 2 == BIASED(me) >> 2 -> put(OWNER, FREE(me))
        :: else -> leave_slowly()
        fi
#endif
    :: else ->
        get_low(seen);
        if
        :: seen == LOCKED -> put(UNLOCKED, 0) /* all of the low half: a WANTED that came since is wiped out */
        :: else -> leave_slowly()
        fi
    fi
}

/* Who holds it as a shared one takes it for himself. */
inline claim()
{
    get_owner(o);
    get_low(seen);
    if
    :: seen != LOCKED
    :: else ->
        ok = true;
#ifndef BREAK_CLAIM_GONE
        if
        :: o == 0 || NUMBER(o) == me
        :: o != 0 && NUMBER(o) != me && KIND(o) == 2 -> ok = false
        :: o != 0 && NUMBER(o) != me && KIND(o) != 2 ->
#ifndef BREAK_CLAIM_MARK
            d_step {
                if
                :: KIND(o) == 1 ->
                    write_all(me);
                    if
                    :: owner[l] == o -> owner[l] = o | 3
                    :: else -> ok = false
                    fi
                :: else
                fi
            }
#endif
            if
            :: !ok
            :: else ->
#ifndef BREAK_CLAIM_BARRIER
                barrier();
#endif
#ifndef BREAK_CLAIM_IRQL
                ok = !raised[NUMBER(o)];
#endif
#ifndef BREAK_CLAIM_AGAIN
                get_owner(o);
                ok = ok && KIND(o) == 3
#else
                skip
#endif
            fi
        fi;
#endif
        if
        :: !ok
        :: else ->
            put(OWNER, INSIDE(me));
            swap(LOCKED, BIASED(me));
            if
            :: ok
            :: else -> put(OWNER, 0)
            fi
        fi
    fi
}

/* ---- waiting ----------------------------------------------------------------------------------------- */

inline queue_on()
{
    d_step { write_all(me); assert(!freed); turn[l] = (turn[l] + 1) % 4; mine = turn[l] }
    if
    :: last[l] == mine
    :: last[l] != mine ->
#ifdef BREAK_QUEUE_WAKE
        skip
#else
        wake_in_queue()
#endif
    fi;
    mine = 0
}

/* `queued` is what the one who came by enter_first is judged by. */
inline take_ticket()
{
    mine = last[l];
    last[l] = (last[l] + 1) % 4;
    queued[l] = queued[l] | 1 << context
}

inline is_out_of_queue()
{
    queued[l] = queued[l] & ~(1 << context);
#ifdef FIRST
    i = 0;
    do
    :: i <= N -> ahead[i] = ahead[i] & ~(1 << context); i++
    :: else -> break
    od;
    i = 0
#endif
}

inline await_exit()
{
    if
    :: !(seen & WANTED) -> swap(seen, seen | WANTED); fenced = fenced && !ok
    :: else -> sleep()
    fi
}

inline await_answer()
{
    if
#ifdef BREAK_ANSWER_BARRIER
    :: !fenced -> fenced = true
#else
    :: !fenced -> barrier(); fenced = true
#endif
    :: else ->
        get_owner(o);
        if
#ifdef BREAK_ANSWER_OWNER
        :: true -> swap(seen, LOCKED); entered = ok
#endif
        :: o != INSIDE(BIAS(seen) - 1) -> swap(seen, LOCKED); entered = ok
        :: o == INSIDE(BIAS(seen) - 1) && !(seen & WANTED) ->
            swap(seen, seen | WANTED);
            fenced = fenced && !ok
        :: o == INSIDE(BIAS(seen) - 1) && (seen & WANTED) -> sleep()
        fi
    fi
}

inline look()
{
    get_low(seen);
    if
    :: BIAS(seen) == 0 && (seen & LOCKED) -> await_exit()
    :: BIAS(seen) == 0 && !(seen & LOCKED) -> swap(seen, LOCKED); entered = ok
    :: BIAS(seen) == me + 1 ->
        get_owner(o);
        assert(asked == me + 1 || o == FREE(me)); /* else it would ask itself */
        put(OWNER, INSIDE(me));
        entered = true
    :: BIAS(seen) != 0 && BIAS(seen) != me + 1 && REQUEST(seen) == 0 ->
        if
        :: asked = me + 1 /* it was often seen inside */
        :: asked = SHARE
        fi;
        swap(seen, seen | ASKED(asked));
        fenced = fenced && !ok
    :: BIAS(seen) != 0 && BIAS(seen) != me + 1 && REQUEST(seen) != 0 -> await_answer()
    fi
}

inline wait()
{
    d_step { write_all(me); assert(!freed); take_ticket() }
    do
    :: turn[l] == mine -> break
    :: turn[l] != mine -> sleep_in_queue()
    od;
    mine = 0;
    do
    :: entered -> break
    :: else -> look()
    od;
    asked = 0; fenced = false; entered = false; late = false;
    result = ENTERED
}

/* ---- other ways in ----------------------------------------------------------------------------------- */

/* As the one who is next: takes it when nobody is inside, else takes every word back. */
inline take_unless_held()
{
    do
    :: get_low(seen);
        if
        :: BIAS(seen) == 0 && (seen & LOCKED) -> result = REFUSED; break
        :: BIAS(seen) == 0 && !(seen & LOCKED) ->
            swap(seen, LOCKED);
            if
            :: ok -> result = ENTERED; break
            :: else
            fi
        :: BIAS(seen) != 0 ->
            get_owner(o);
            if
            :: o == INSIDE(BIAS(seen) - 1) && REQUEST(seen) == 0 -> result = REFUSED; break
            :: o == INSIDE(BIAS(seen) - 1) && REQUEST(seen) != 0 ->
                swap(seen, seen & 15);
                if
                :: ok -> result = REFUSED; break
                :: else
                fi
            :: o != INSIDE(BIAS(seen) - 1) && REQUEST(seen) == 0 ->
                swap(seen, seen | ASKED(SHARE));
                if
#ifdef BREAK_TRY_BARRIER
                :: ok
#else
                :: ok -> barrier()
#endif
                :: else
                fi
            :: o != INSIDE(BIAS(seen) - 1) && REQUEST(seen) != 0 ->
                swap(seen, LOCKED);
                if
                :: ok -> result = ENTERED; break
                :: else
                fi
            fi
        fi
    od
}

inline try_slowly()
{
    d_step { mine = turn[l]; ok = turn[l] == last[l] }
    get_low(seen);
    if
    :: !ok || (BIAS(seen) == 0 && (seen & LOCKED)) -> result = REFUSED
    :: else ->
        get_owner(o);
        if
        :: BIAS(seen) != 0 && o == INSIDE(BIAS(seen) - 1) -> result = REFUSED
        :: else ->
            d_step {
                write_all(me);
                ok = turn[l] == mine && last[l] == mine;
                if
                :: ok -> take_ticket()
                :: else
                fi
            }
            if
            :: !ok -> result = REFUSED
            :: else ->
                mine = 0;
                take_unless_held();
                skip;
                d_step { is_out_of_queue() }
                queue_on()
            fi
        fi
    fi;
    mine = 0
}

inline enter_first()
{
    get_owner(o);
    if
    :: o == FREE(me) ->
        put(OWNER, INSIDE(me));
        get_low(seen);
        if
        :: seen >> 2 != BIASED(me) >> 2 -> result = LOST
        :: else ->
            /* `turn` is loaded before `last` */
            mine = turn[l];
            ok = mine == last[l];
            mine = 0;
            if
#ifdef BREAK_FIRST
            :: true -> result = ENTERED
#endif
            :: ok -> result = ENTERED
            :: else ->
                put(OWNER, FREE(me));
                get_low(seen);
                result = (seen >> 2 == BIASED(me) >> 2 -> REFUSED : LOST)
            fi
        fi
    :: else ->
        d_step {
            see_low(seen);
            ok = seen == 0 && turn[l] == last[l];
            mine = turn[l]
        }
        if
        :: !ok -> result = REFUSED
        :: else ->
            d_step {
                write_all(me);
                ok = low[l] == 0 && owner[l] == o && turn[l] == mine && last[l] == mine;
                if
                :: ok -> low[l] = LOCKED
                :: else
                fi
            }
            result = (ok -> ENTERED : REFUSED)
        fi;
        mine = 0
    fi
}

/* ---- who uses it ------------------------------------------------------------------------------------- */

bit busy[LOCKS];    /* somebody is inside */
byte queued[LOCKS]; /* who has a ticket and is not inside */
byte ahead[N + 1];  /* of each who came by enter_first: who had one then, and is not inside */
byte references = N;
bit interrupted[N + N + 1]; /* by code that runs to its end before the processor goes on */

/* Of a context; all is reset after use, so as not to count as a difference. */
#define LOCALS                                                                                               \
    byte l, o, seen, mine, asked, others, i, now, oldest, which;                                             \
    bool ok, fenced, entered, late;                                                                           \
    mtype result = REFUSED

inline forget()
{
    d_step { o = 0; seen = 0; ok = false; result = REFUSED }
}

/* Inside: alone, and not before anybody who had a ticket when an enter_first began. */
inline inside()
{
    d_step {
        assert(!busy[l]);
        busy[l] = true;
        is_out_of_queue();
        assert(ahead[context] == 0)
    }
}

inline acquire()
{
    enter();
    if
    :: result == LOST -> undo(); wait(); inside(); queue_on()
    :: result == REFUSED -> wait(); inside(); queue_on()
    :: result == ENTERED -> inside()
    fi
}

inline acquire_first()
{
    ahead[context] = queued[l];
    enter_first();
    if
    :: result == LOST -> undo(); wait(); inside(); queue_on()
    :: result == REFUSED -> wait(); inside(); queue_on()
    :: result == ENTERED -> inside()
    fi
}

inline try()
{
    enter();
    if
    :: result == LOST -> undo(); try_slowly()
    :: result == REFUSED -> try_slowly()
    :: result == ENTERED
    fi;
    if
    :: result == ENTERED -> inside()
    :: else
    fi
}

inline pass_through()
{
    if
#ifdef ACQUIRE
    :: acquire()
#endif
#ifdef TRY
    :: try()
#endif
#ifdef FIRST
    :: acquire_first()
#endif
    fi;
    if
    :: result == ENTERED ->
#ifdef CLAIM
        if /* not when nested */
        :: claim()
        :: true
        fi;
#endif
#ifdef LIFE
        references--;
        mine = references;
#endif
        leave();
#ifdef LIFE
        if
        :: mine == 0 ->
            d_step { stored[me] == 0 -> freed = true }
            if
            :: low[0] = 0; owner[0] = 0 /* a new lock */
            :: low[0] = 127; owner[0] = 15
            :: true
            fi
        :: else
        fi;
        mine = 0
#endif
    :: else
    fi;
    forget()
}

#if defined(ISR) || defined(TRY_ISR)
active [N] proctype processor() provided (interrupted[_pid] == 0)
#else
active [N] proctype processor()
#endif
{
    LOCALS;
    byte me = _pid, context = _pid, entries;
    do
    :: entries < ENTRIES ->
#ifdef CLAIM
        put(IRQL, 1);
#endif
#if LOCKS == 2
        if
        :: l = 0
        :: me == 1 -> l = 1
        fi;
#endif
        pass_through();
progress:
        l = 0;
#ifdef CLAIM
        put(IRQL, 0);
#endif
        entries++
    :: else -> break
    od
}

active [N] proctype memory()
{
    byte oldest, which, i;
end:
    do
    :: d_step { stored[_pid - N] != 0 -> write_oldest(_pid - N) }
    od
}

#if defined(ISR) || defined(TRY_ISR)
/* Processor 0 is interrupted once.  Its IRQL goes back to what it was. */
active proctype service()
{
    LOCALS;
    byte me = 0, context = N;
    bit before;
    d_step {
        interrupted[0] = 1;
        before = raised[0];
        find(before, IRQL, buffer[me * DEPTH + i] & 1)
    }
    put(IRQL, 1);
#ifdef ISR
    l = 1;
    acquire();
#else
    try();
#endif
    if
    :: result == ENTERED -> leave()
    :: else
    fi;
    l = 0;
    forget();
    put(IRQL, before);
    interrupted[0] = 0
}
#endif

