/*
 * assumes.c - of no interest but for one of three choices, and wrong in none.
 */
#include <undis/explore.h>

void undis_scenario(void)
{
    unsigned choice = undis_choose(3);
    undis_assume(choice == 3);
    undis_assert(choice == 3);
}
