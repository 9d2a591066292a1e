/*
 * The next one does not wait until every store buffer has been written out: he sees the owner outside whose
 * store still lies there.
 */
#define NO_BARRIER
#include "story.h"
