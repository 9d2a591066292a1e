/*
 * The lock as it is, with leases and (-DNO_LEASE) without.
 */
#include "story.h"
