/*
 * `make prove`: prints the table of what must be shown, ends with 1 when a row does not hold.
 *
 *   prove [--brief] [--families=N] [--jobs=N] [--seed=N] [--only=TEXT] [--rule=MUTANT]
 *
 * --brief: few families, TAP, for make test. --rule puts a wrong rule in the shipped one's place,
 * to see the table fail.
 */
#include "prove.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#define FAMILIES       20000
#define FAMILIES_BRIEF 1000

static bool take(struct options *o, struct table *t, enum mutant *rule, const char *word)
{
	const char *v;

	if (!strcmp(word, "--brief")) {
		o->brief = true;
	} else if ((v = option_value(word, "--families"))) {
		o->families = (unsigned)strtoul(v, NULL, 10);
		return o->families >= 100;
	} else if ((v = option_value(word, "--jobs"))) {
		o->jobs = (unsigned)strtoul(v, NULL, 10);
		return o->jobs > 0;
	} else if ((v = option_value(word, "--seed"))) {
		o->seed = strtoull(v, NULL, 10);
	} else if ((v = option_value(word, "--only"))) {
		t->only = v;
	} else if ((v = option_value(word, "--rule"))) {
		*rule = SHIPPED;
		while (*rule < MUTANTS && strcmp(v, mutant_name(*rule)) != 0)
			++*rule;
		return *rule < MUTANTS;
	} else {
		return false;
	}
	return true;
}

int main(int argc, char **argv)
{
	struct options o = {.jobs = (unsigned)sysconf(_SC_NPROCESSORS_ONLN), .seed = 1};
	struct table t = {.o = &o};
	enum mutant rule = SHIPPED;
	struct timespec start, end;

	for (int i = 1; i < argc; i++) {
		if (!take(&o, &t, &rule, argv[i])) {
			fprintf(stderr, "prove: \"%s\" is not understood (see tests/prove)\n",
				argv[i]);
			return 2;
		}
	}
	if (!o.families)
		o.families = o.brief ? FAMILIES_BRIEF : FAMILIES;
	clock_gettime(CLOCK_MONOTONIC, &start);
	rows_gates(&t, rule);
	rows_screens(&t, rule);
	rows_sessions(&t);
	rows_median(&t);
	clock_gettime(CLOCK_MONOTONIC, &end);
	if (o.brief)
		printf("1..%u\n", t.rows);
	else
		printf("\n%u of %u claims hold; %u families, seed %llu, %ld s\n", t.rows - t.failed,
		       t.rows, o.families, (unsigned long long)o.seed,
		       (long)(end.tv_sec - start.tv_sec));
	return t.failed || !t.rows;
}
