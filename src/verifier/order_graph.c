/*
 * order_graph.c - the graph of lock order (contract in order_graph.h).
 *
 * A circle is looked for from the new edge's end back to its beginning, breadth first, so that the
 * shortest one is found.  A place in the search is a node, with how it was come to (whether who came waits
 * for a share), and with which of the new edge's guards some edge so far lacked.
 */
#include "verifier/order_graph.h"

#include "host/memory.h"

#include <string.h>

#define HASH 1024
#define GUARD_SETS (1u << GRAPH_GUARDS)
#define PLACES_A_NODE (2 * GUARD_SETS)

struct node {
    uint64_t key;
    uint16_t next_hash; /* index plus one */
    uint16_t first;     /* edge that leaves it, index plus one */
    uint16_t group;     /* of nodes in one reported circle, 0: none */
    uint16_t visited;   /* bit per place, of the search `search` */
    uint32_t search;
};

HOST_KEPT static struct node nodes[GRAPH_NODES];
HOST_KEPT static uint16_t node_count;
HOST_KEPT static uint16_t node_hash[HASH];
HOST_KEPT static struct graph_edge edges[GRAPH_EDGES];
HOST_KEPT static uint16_t edge_count;
HOST_KEPT static uint16_t edge_hash[HASH];
HOST_KEPT static uint32_t searches;
HOST_KEPT static uint16_t groups;

/* The places of the search under way, in the order in which they were come to. */
struct place {
    uint16_t node, edge; /* the edge that led here */
    uint16_t shared;     /* who came by it waits for a share */
    uint16_t lacked;     /* guards of the new edge that were not held all the way */
    uint32_t before;     /* place */
};
HOST_KEPT static struct place places[GRAPH_NODES * PLACES_A_NODE];

/* ---- nodes and edges --------------------------------------------------------------------------- */

int graph_node(uint64_t key)
{
    uint16_t *slot = &node_hash[(key * 0x9E3779B97F4A7C15u) >> 54];
    for (uint16_t i = *slot; i != 0; i = nodes[i - 1].next_hash) {
        if (nodes[i - 1].key == key) {
            return i - 1;
        }
    }
    if (node_count == GRAPH_NODES) {
        return -1;
    }
    nodes[node_count] = (struct node){.key = key, .next_hash = *slot};
    *slot = ++node_count;
    return node_count - 1;
}

const struct graph_edge *graph_edge_at(uint16_t index)
{
    return &edges[index];
}

static uint16_t *hash_of(const struct graph_step *step)
{
    uint64_t key = (uint64_t)step->from << 32 | (uint64_t)step->to << 2 | (uint64_t)step->held_shared << 1 |
                   (uint64_t)step->wanted_shared;
    return &edge_hash[(key * 0x9E3779B97F4A7C15u) >> 54];
}

static struct graph_edge *find_edge(const struct graph_step *step)
{
    for (uint16_t i = *hash_of(step); i != 0; i = edges[i - 1].next_hash) {
        struct graph_edge *edge = &edges[i - 1];
        if (edge->from == step->from && edge->to == step->to && edge->held_shared == step->held_shared &&
            edge->wanted_shared == step->wanted_shared) {
            return edge;
        }
    }
    return NULL;
}

static void set_site(struct graph_site *site, const struct stack_trace *trace)
{
    site->depth = trace->depth < GRAPH_FRAMES ? trace->depth : GRAPH_FRAMES;
    memcpy(site->pc, trace->pc, site->depth * sizeof(site->pc[0]));
}

static struct graph_edge *make_edge(const struct graph_step *step)
{
    if (edge_count == GRAPH_EDGES) {
        return NULL;
    }
    uint16_t *slot = hash_of(step);
    struct node *from = &nodes[step->from];
    struct graph_edge *edge = &edges[edge_count++];
    edge->from = (uint16_t)step->from;
    edge->to = (uint16_t)step->to;
    edge->held_shared = step->held_shared;
    edge->wanted_shared = step->wanted_shared;
    edge->called_out = step->called_out;
    edge->guard_count = (uint8_t)step->guard_count;
    memcpy(edge->guards, step->guards, sizeof(edge->guards));
    set_site(&edge->held, step->held);
    set_site(&edge->wanted, step->wanted);
    edge->next_hash = *slot;
    *slot = edge_count;
    edge->next = from->first;
    from->first = edge_count;
    return edge;
}

static bool has_guard(const uint16_t *guards, unsigned count, uint16_t guard)
{
    for (unsigned i = 0; i < count; i++) {
        if (guards[i] == guard) {
            return true;
        }
    }
    return false;
}

/* Leaves the guards that were held this time too; true when one went. */
static bool drop_guards(struct graph_edge *edge, const struct graph_step *step)
{
    uint8_t kept = 0, before = edge->guard_count;
    for (uint8_t i = 0; i < before; i++) {
        if (has_guard(step->guards, step->guard_count, edge->guards[i])) {
            edge->guards[kept++] = edge->guards[i];
        }
    }
    edge->guard_count = kept;
    return kept != before;
}

/* ---- circles ----------------------------------------------------------------------------------- */

struct search {
    const struct graph_edge *closing;
    uint32_t head, tail;
};

static void arrive(struct search *search, const struct graph_edge *edge, uint16_t lacked, uint32_t before)
{
    struct node *node = &nodes[edge->to];
    unsigned bit = (edge->wanted_shared ? GUARD_SETS : 0) + lacked;
    if (node->search != searches) {
        node->search = searches;
        node->visited = 0;
    }
    if ((node->visited >> bit & 1) == 0) {
        node->visited |= (uint16_t)(1u << bit);
        places[search->tail++] = (struct place){.node = edge->to,
                                                .edge = (uint16_t)(edge - edges),
                                                .shared = edge->wanted_shared,
                                                .lacked = lacked,
                                                .before = before};
    }
}

/* The new edge's guards that this edge lacks as well. */
static uint16_t lacking(const struct search *search, const struct graph_edge *edge)
{
    uint16_t lacked = 0;
    for (unsigned i = 0; i < search->closing->guard_count; i++) {
        if (!has_guard(edge->guards, edge->guard_count, search->closing->guards[i])) {
            lacked |= (uint16_t)(1u << i);
        }
    }
    return lacked;
}

/* Is the search back at its beginning, by a way on which everybody waits for the next and no guard is common?
 */
static bool is_closed(const struct search *search, const struct place *at)
{
    unsigned all = (1u << search->closing->guard_count) - 1;
    return at->node == search->closing->from && !(at->shared && search->closing->held_shared) &&
           at->lacked == all;
}

static void tell(const struct search *search, uint32_t at, struct graph_circle *circle)
{
    uint16_t backwards[GRAPH_CIRCLE];
    unsigned count = 0;
    for (; places[at].edge != (uint16_t)(search->closing - edges); at = places[at].before) {
        if (count < GRAPH_CIRCLE - 1) {
            backwards[count++] = places[at].edge;
        }
    }
    circle->edges[0] = (uint16_t)(search->closing - edges);
    circle->count = count + 1;
    for (unsigned i = 0; i < count; i++) {
        circle->edges[i + 1] = backwards[count - 1 - i];
    }
}

static bool find_circle(const struct graph_edge *closing, struct graph_circle *circle)
{
    struct search search = {.closing = closing};
    if (nodes[closing->to].first == 0) {
        return false;
    }
    searches++;
    arrive(&search, closing, 0, 0);
    for (; search.head < search.tail; search.head++) {
        struct place at = places[search.head];
        if (is_closed(&search, &at)) {
            tell(&search, search.head, circle);
            return true;
        }
        for (uint16_t i = nodes[at.node].first; i != 0; i = edges[i - 1].next) {
            const struct graph_edge *edge = &edges[i - 1];
            if (!(at.shared && edge->held_shared)) {
                arrive(&search, edge, at.lacked | lacking(&search, edge), search.head);
            }
        }
    }
    return false;
}

/* One defect is one finding: all circles through the same locks are one.  True: some were in none. */
static bool note_group(const struct graph_circle *circle)
{
    uint16_t group = nodes[edges[circle->edges[0]].from].group;
    bool news = group == 0;
    for (unsigned i = 0; i < circle->count && !news; i++) {
        news = nodes[edges[circle->edges[i]].from].group != group;
    }
    if (news) {
        groups++;
        for (unsigned i = 0; i < circle->count; i++) {
            nodes[edges[circle->edges[i]].from].group = groups;
        }
    }
    return news;
}

bool graph_is_settled(const struct graph_step *step)
{
    const struct graph_edge *edge = find_edge(step);
    return edge != NULL && edge->guard_count == 0;
}

bool graph_add(const struct graph_step *step, struct graph_circle *circle)
{
    struct graph_edge *edge = find_edge(step);
    if (edge != NULL) {
        if (!drop_guards(edge, step)) {
            return false;
        }
    } else {
        edge = make_edge(step);
    }
    return edge != NULL && find_circle(edge, circle) && note_group(circle);
}

bool graph_is_known(int a, int b)
{
    return a >= 0 && b >= 0 && nodes[a].group != 0 && nodes[a].group == nodes[b].group;
}
