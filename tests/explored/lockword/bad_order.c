/*
 * The owner looks whether it is asked before it says that it is inside.
 */
#define OWNER_LOOKS_FIRST
#include "story.h"
