/*
 * small_protocol.h - the protocol of a small life and the far end of its wire, for small_parts.c.
 */
#ifndef UNDIS_SCENARIO_SMALL_PROTOCOL_H
#define UNDIS_SCENARIO_SMALL_PROTOCOL_H

#include "scenario/small_parts.h"

bool protocol_bind(struct small_end *end);
void protocol_unbind(struct small_end *end);
bool protocol_filter_set(struct small_end *end);

/* The NET_BUFFER_LISTs of all sends; false: no memory. */
bool protocol_make_sends(struct small *small);
void protocol_free_sends(struct small *small);
/* Was every send completed once and rightly?  The adapter is paused. */
void protocol_verify(struct small *small);

/* The wire's callbacks; context: the life. */
size_t small_wire_next(void *context, uint8_t *frame);
bool small_wire_offers(void *context);
void small_wire_sent(void *context, const uint8_t *frame, size_t length);

#endif
