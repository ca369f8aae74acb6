/*
 * Device memory whose content a function makes (devmem.h): what of it differs from another
 * description, and the numbers that collectives carry.
 */
#include "devmem.h"
#include "../../kernels/values.h"

#include <string.h>

/* ---- comparing ---- */

static bool alike(const struct dev_made *a, const struct dev_made *b)
{
	return a->make == b->make && a->origin == b->origin &&
	       !memcmp(a->arg, b->arg, sizeof(a->arg));
}

bool dev_is_made(const struct dev *d, size_t at, size_t bytes, const struct dev_made *m)
{
	struct dev_made is;

	for (size_t n, end = at + bytes; at < end; at += n) {
		n = dev_part(d, at, end - at, &is);
		if (!alike(&is, m))
			return false;
	}
	return true;
}

/* Adds what differs of n bytes, whole units, of which the first lies at `offset`. */
static void compare(const char *got, const char *right, size_t n, size_t unit, size_t offset,
		    struct pattern_diff *diff)
{
	for (size_t i = 0; i < n; i += unit) {
		if (!memcmp(got + i, right + i, unit))
			continue;
		diff->bytes += unit;
		if (offset + i < diff->first)
			diff->first = offset + i;
	}
}

void dev_check_made(const struct dev *d, size_t at, size_t bytes, const struct dev_made *want,
		    size_t unit, size_t base, struct pattern_diff *diff)
{
	char got[4096], right[4096];
	struct dev_made is;

	for (size_t done = 0, n; done < bytes; done += n) {
		n = dev_part(d, at + done, bytes - done, &is) / unit * unit;
		if (n && alike(&is, want))
			continue;
		n = n < unit ? unit : n < sizeof(got) ? n : sizeof(got);
		dev_read(d, at + done, got, n);
		want->make(right, at + done - want->origin, n, want->arg);
		compare(got, right, n, unit, base + done, diff);
	}
}

/* ---- numbers of values.h ---- */

/* From any byte of one on. arg: seed; first rank and how many. */
static void values_bytes(void *dst, size_t offset, size_t bytes, const uint64_t *arg)
{
	char *to = dst;

	while (bytes) {
		float v = values_sum(offset / 4, (uint32_t)arg[0], (uint32_t)(arg[1] >> 32),
				     (uint32_t)arg[1]);
		size_t in = offset % 4, n = bytes < 4 - in ? bytes : 4 - in;

		memcpy(to, (const char *)&v + in, n);
		to += n;
		offset += n;
		bytes -= n;
	}
}

static struct dev_made made_of(size_t at, const struct sim_values *v)
{
	return (struct dev_made){.make = values_bytes,
				 .arg = {v->seed, (uint64_t)v->first << 32 | v->count},
				 .origin = at - v->start * 4};
}

void dev_values(struct dev *d, size_t at, size_t bytes, const struct sim_values *v)
{
	struct dev_made m = made_of(at, v);

	dev_make(d, at, bytes, &m);
}

bool dev_is_values(const struct dev *d, size_t at, size_t bytes, struct sim_values *v)
{
	struct dev_made m;

	if (dev_part(d, at, bytes, &m) < bytes || m.make != values_bytes)
		return false;
	*v = (struct sim_values){.start = (at - m.origin) / 4,
				 .seed = (uint32_t)m.arg[0],
				 .first = (uint32_t)(m.arg[1] >> 32),
				 .count = (uint32_t)m.arg[1]};
	return true;
}

void dev_check_values(const struct dev *d, size_t at, size_t bytes, const struct sim_values *v,
		      size_t base, struct pattern_diff *diff)
{
	struct dev_made m = made_of(at, v);

	dev_check_made(d, at, bytes, &m, 4, base, diff);
}
