/* The causes that hints know (hints_causes.c). Inner header of hints.c. */
#ifndef ASSAY_JUDGE_HINTS_H
#define ASSAY_JUDGE_HINTS_H

#include <stdbool.h>
#include <stddef.h>

/* Which side a difference is to the disadvantage of. */
enum loser { NOBODY, SIDE_A, SIDE_B, EITHER };
typedef enum loser loser_fn(const char *a, const char *b);

struct cause {
	const char *topic;
	const char *key;      /* pattern of the difference's key */
	loser_fn *loser;      /* must name a side */
	const char *explains; /* patterns of metric keys, space between them */
	bool alone;	      /* worth telling even where no metric is worse */
	const char *also; /* key of another difference, told behind the cause where it is there */
	/* {who} is the losing side, {value} its value, {other} {its} the other side's name and
	 * value, {name} the last part of the key, {also} the losing side's value of `also` */
	const char *cause, *told_also, *check;
};

/* The table, its last row with .topic == NULL. */
extern const struct cause hints_causes[];

#endif
