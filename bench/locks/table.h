/*
 * table.h - the results as text: a table a measure, a row a contender, a column a number of processors.
 */
#ifndef UNDIS_BENCH_TABLE_H
#define UNDIS_BENCH_TABLE_H

void table_print(void);

#endif
