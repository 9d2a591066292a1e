/*
 * plain.c - DriverEntry, what it started, DriverUnload (the ends are in body.c).
 */
#include "scenario/plain.h"

#include "ke/run.h"

#define DEFAULT_LIMIT_SECONDS 10.0

bool plain_run(double limit_seconds)
{
    double limit = limit_seconds > 0 ? limit_seconds : DEFAULT_LIMIT_SECONDS;
    return ke_settle((uint64_t)(limit * 1e9));
}
