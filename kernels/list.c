/* The table of benchmarks, made from list.h. */
#include "list_table.h"

#include <string.h>

#define BENCH(name) extern const struct bench bench_##name;
#include "list.h"
#undef BENCH

const struct bench *const bench_list[] = {
#define BENCH(name) &bench_##name,
#include "list.h"
#undef BENCH
	NULL,
};

const struct bench *bench_find(const char *name)
{
	for (size_t i = 0; bench_list[i]; i++) {
		if (!strcmp(bench_list[i]->name, name))
			return bench_list[i];
	}
	return NULL;
}
