/* Included as "sys\numbers.H". */
#pragma once
#define NUMBER_OF_THE_HEADER 42
