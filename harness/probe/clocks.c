/* Locked SM clocks as a change that can be put back: see clocks.h. */
#include "clocks.h"
#include "nvml.h"
#include "nvml_clocks.h"
#include "../base/units.h"

#include <errno.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* NVML, opened once and held: a lock may go with its last client. */
static int open_nvml(void **own, struct nvml **n, struct err *e)
{
	int rc = *own ? 0 : nvml_open((struct nvml **)own, NULL, e);

	*n = *own;
	return rc;
}

static void close_nvml(void *own)
{
	nvml_close(own);
}

static int find(void **own, const char *address, struct nvml **n, unsigned *index, struct err *e)
{
	int rc = open_nvml(own, n, e), i = rc ? -1 : nvml_index(*n, address);

	if (!rc && i < 0)
		rc = err_set(e, ENODEV, "NVML has no GPU %s", address);
	*index = (unsigned)i;
	return rc;
}

static int take_mhz(const char *word, unsigned *mhz, struct err *e)
{
	uint64_t v = NVML_BASE;

	if (strcmp(word, "base") != 0 && (units_parse_u64(word, &v) || v < 1 || v > 100000))
		return err_set(e, EINVAL, "\"%s\" is no clock in MHz", word);
	*mhz = (unsigned)v;
	return 0;
}

static int take_range(const char *const *word, unsigned *min, unsigned *max, struct err *e)
{
	int rc = take_mhz(word[0], min, e);

	return rc ? rc : take_mhz(word[1], max, e);
}

static int lock(void **own, const char *const *word, size_t n, struct buf *answer, struct err *e)
{
	unsigned index, min = 0, max = 0, back[2];
	struct nvml *nvml;

	if (n != 3 && n != 5)
		return err_set(e, EINVAL, "clocks wants ADDRESS MIN MAX [RESTORE_MIN RESTORE_MAX]");
	int rc = take_range(word + 1, &min, &max, e);

	if (!rc && n == 5)
		rc = take_range(word + 3, &back[0], &back[1], e);
	if (!rc)
		rc = find(own, word[0], &nvml, &index, e);
	if (!rc)
		rc = nvml_lock_sm(nvml, index, min, max, e);
	if (!rc)
		buf_printf(answer, "%s: locked from %s to %s MHz", word[0], word[1], word[2]);
	return rc;
}

static int unlock(void **own, const char *const *word, size_t n, struct buf *answer, struct err *e)
{
	unsigned index, min = 0, max = 0;
	struct nvml *nvml;
	int rc = n == 5 ? take_range(word + 3, &min, &max, e) : 0;

	if (!rc)
		rc = find(own, word[0], &nvml, &index, e);
	if (!rc)
		rc = n == 5 ? nvml_lock_sm(nvml, index, min, max, e)
			    : nvml_unlock_sm(nvml, index, e);
	if (!rc && n == 5)
		buf_printf(answer, "SM clock of GPU %s: locked from %s to %s MHz again", word[0],
			   word[3], word[4]);
	else if (!rc)
		buf_printf(answer, "SM clock of GPU %s: unlocked", word[0]);
	return rc;
}

const struct change clocks_change = {
	.name = "clocks", .make = lock, .undo = unlock, .close = close_nvml};

/* ---- looking ---- */

static const char *const fields[] = {"clock_sm", "clock_sm_max", "clock_mem", "clock_mem_max"};

#define FIELDS (sizeof(fields) / sizeof(*fields))

static void put(struct buf *answer, const char *name, double v)
{
	char text[40];

	buf_printf(answer, "%s=%s ", name, isnan(v) ? "nan" : units_exact(text, sizeof(text), v));
}

static int look(void **own, const char *const *word, size_t n, struct buf *answer, struct err *e)
{
	unsigned index = 0, mhz[CLOCKS_MAX];
	struct nvml *nvml = NULL;
	int rc = n == 1 ? find(own, word[0], &nvml, &index, e)
			: err_set(e, EINVAL, "clocks-look wants ADDRESS");

	if (rc)
		return rc;
	for (size_t i = 0; i < FIELDS; i++) {
		double v = NAN;

		nvml_number(nvml, index, fields[i], &v);
		put(answer, fields[i], v);
	}
	put(answer, "capped", nvml_capped_s(nvml, index));
	size_t clocks = nvml_sm_clocks(nvml, index, mhz, CLOCKS_MAX);

	buf_puts(answer, "mhz=");
	for (size_t i = 0; i < clocks; i++)
		buf_printf(answer, "%s%u", i ? "," : "", mhz[i]);
	return 0;
}

const struct change clocks_look = {.name = "clocks-look", .make = look, .close = close_nvml};

int clocks_parse(struct clocks_seen *s, const char *answer, struct err *e)
{
	*s = (struct clocks_seen){.n = 0};
	if (sscanf(answer,
		   "clock_sm=%lf clock_sm_max=%lf clock_mem=%lf clock_mem_max=%lf capped=%lf",
		   &s->sm_hz, &s->sm_max_hz, &s->memory_hz, &s->memory_max_hz, &s->capped_s) != 5)
		return err_set(e, EPROTO, "the guard's answer is not to be understood: %s", answer);
	const char *list = strstr(answer, "mhz=");

	for (char *at = list ? (char *)list + 4 : "", *end; *at && s->n < CLOCKS_MAX;
	     at = end + (*end == ',')) {
		s->mhz[s->n] = (unsigned)strtoul(at, &end, 10);
		if (end == at)
			break;
		s->n++;
	}
	return 0;
}
