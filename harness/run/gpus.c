/* See gpus.h. */
#include "gpus.h"
#include "../base/buf.h"

#include <stdlib.h>
#include <string.h>

bool gpus_type(enum param_type t)
{
	return t == PARAM_GPU || t == PARAM_PEER || t == PARAM_GPUS;
}

void gpus_add(struct gpus *g, const char *value)
{
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
