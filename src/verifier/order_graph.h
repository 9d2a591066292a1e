/*
 * order_graph.h - which locks were acquired while which others were held, and whether that goes round in a
 * circle.
 *
 * A node is a class of locks (all that were made at one place), or one lock, where locks of one class were
 * nested in each other.  An edge says: a lock of `to` was waited for while one of `from` was held.  It knows
 * whether the lock that was held, and the one that was waited for, were shared: who asks for a share does
 * not wait for a share.  And it knows the guards: locks that were held exclusively each time; a circle
 * all of whose edges have one in common can never close.
 *
 * The graph survives the executions of the explored engine: what one has shown holds in all (host/memory.h).
 * A new edge, or one that has lost a guard, is the only occasion for a search.
 *
 * Not guaranteed: anything of locks and orders beyond GRAPH_NODES and GRAPH_EDGES.
 */
#ifndef UNDIS_VERIFIER_ORDER_GRAPH_H
#define UNDIS_VERIFIER_ORDER_GRAPH_H

#include "report/finding.h"

#define GRAPH_NODES 2048
#define GRAPH_EDGES 4096
#define GRAPH_FRAMES 12
#define GRAPH_GUARDS 2  /* of an edge that are remembered: more only make a circle look open */
#define GRAPH_CIRCLE 16 /* edges of a circle that are told */

struct graph_site {
    unsigned depth;
    uintptr_t pc[GRAPH_FRAMES];
};

struct graph_edge {
    uint16_t from, to;
    uint16_t next;      /* of those that leave `from`: index plus one, 0 for none */
    uint16_t next_hash; /* of those with the same hash */
    bool held_shared, wanted_shared;
    bool called_out; /* between the two lay a call that NDIS made one of another driver */
    uint8_t guard_count;
    uint16_t guards[GRAPH_GUARDS];
    struct graph_site held, wanted; /* where each was acquired, when this was seen first */
};

struct graph_circle {
    unsigned count; /* edges, at most GRAPH_CIRCLE of them here; the first one is the new one */
    uint16_t edges[GRAPH_CIRCLE];
};

/* The node of that key (not 0), made when there is none; -1: no room. */
int graph_node(uint64_t key);

/* What was seen.  guards: nodes, sorted by no rule. */
struct graph_step {
    int from, to;
    bool held_shared, wanted_shared, called_out;
    unsigned guard_count;
    uint16_t guards[GRAPH_GUARDS];
    const struct stack_trace *held, *wanted;
};

/* Nothing can be learnt from that any more. */
bool graph_is_settled(const struct graph_step *step);
/* Adds what was seen; true when it closes a circle through nodes that are not all in one known already. */
bool graph_add(const struct graph_step *step, struct graph_circle *circle);

const struct graph_edge *graph_edge_at(uint16_t index);
/* Are both in one circle that was reported? */
bool graph_is_known(int a, int b);

#endif
