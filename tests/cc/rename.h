#define CONFLICT_SEEN
#include <ntddk.h>
#define Value ValueAsDeclared
#include "conflict.h"
#undef Value
