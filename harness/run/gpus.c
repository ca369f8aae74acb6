/* See gpus.h. */
#include "gpus.h"
#include "../base/buf.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

bool gpus_type(enum param_type t)
{
	return t == PARAM_GPU || t == PARAM_PEER || t == PARAM_GPUS;
}

int gpus_instance(const char *value, uint64_t *gpu, char mig[MIG_MAX])
{
	unsigned g, gi, ci;
	int n = 0;

	if (value[strspn(value, "0123456789:.")] != '\0' ||
	    sscanf(value, "%9u:%9u.%9u%n", &g, &gi, &ci, &n) != 3 || value[n])
		return -EINVAL;
	*gpu = g;
	snprintf(mig, MIG_MAX, "%u.%u", gi, ci);
	return 0;
}

void gpus_add(struct gpus *g, const char *value)
{
	uint64_t gpu;

	if (g->n < GPUS_MAX && !gpus_instance(value, &gpu, g->mig)) {
		g->gpu[g->n++] = (int)gpu;
		return;
	}
	while (*value >= '0' && *value <= '9' && g->n < GPUS_MAX) {
		g->gpu[g->n++] = atoi(value);
		value += strcspn(value, "+");
		value += *value == '+';
	}
}

char *gpus_members(const struct gpus *g)
{
	struct buf b = BUF_INIT;

	for (size_t i = 0; i < g->n; i++)
		buf_printf(&b, "%d,", g->gpu[i]);
	buf_puts(&b, "sum");
	return buf_steal(&b);
}
