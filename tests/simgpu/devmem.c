/*
 * Device memory: see devmem.h. A sorted list of extents covers each allocation: bytes in the
 * store, one byte repeated, a part of a pattern that started at some origin, or of what a function
 * makes (devmem_made.c).
 */
#include "devmem.h"
#include "pattern_sim.h"
#include "sim.h"

#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>

enum content { STORED, REPEATED, PATTERN, MADE };

struct extent {
	size_t at, bytes;
	enum content content;
	uint8_t value;
	uint32_t seed;
	size_t origin;	      /* where element 0 would lie; may be before the allocation (wraps) */
	struct dev_made made; /* MADE, but for its origin */
};

struct dev {
	char *store; /* as large as the allocation; pages appear when written */
	size_t bytes;
	struct extent *v;
	size_t n, cap;
	bool patterned; /* whether seed and origin, of the last pattern, are there */
	uint32_t seed;
	size_t origin;
};

struct dev *dev_new(size_t bytes)
{
	struct dev *d = calloc(1, sizeof(*d));

	if (!d)
		return NULL;
	d->bytes = bytes;
	d->cap = 16;
	d->v = calloc(d->cap, sizeof(*d->v));
	if (!d->v || sim_map(bytes, &d->store)) {
		free(d->v);
		free(d);
		return NULL;
	}
	d->v[0] = (struct extent){.bytes = bytes, .content = STORED};
	d->n = 1;
	return d;
}

void dev_free(struct dev *d)
{
	munmap(d->store, d->bytes);
	free(d->v);
	free(d);
}

/* ---- the list ---- */

static size_t end_of(const struct extent *x)
{
	return x->at + x->bytes;
}

static bool same_content(const struct extent *a, const struct extent *b)
{
	return a->content == b->content &&
	       (a->content == STORED || (a->content == REPEATED && a->value == b->value) ||
		(a->content == PATTERN && a->seed == b->seed && a->origin == b->origin) ||
		(a->content == MADE && a->origin == b->origin && a->made.make == b->made.make &&
		 !memcmp(a->made.arg, b->made.arg, sizeof(a->made.arg))));
}

static void append(struct extent *v, size_t *n, struct extent x)
{
	if (!x.bytes)
		return;
	if (*n && same_content(&v[*n - 1], &x))
		v[*n - 1].bytes += x.bytes;
	else
		v[(*n)++] = x;
}

/* The extent replaces what was in its place. */
static void put(struct dev *d, struct extent x)
{
	struct extent *v = calloc(d->n + 2, sizeof(*v));
	size_t n = 0, i = 0;

	if (!v)
		abort();
	for (; i < d->n && d->v[i].at < x.at; i++) {
		struct extent before = d->v[i];

		if (end_of(&before) > x.at)
			before.bytes = x.at - before.at;
		append(v, &n, before);
	}
	append(v, &n, x);
	for (i = 0; i < d->n; i++) {
		struct extent after = d->v[i];
		size_t end = end_of(&after);

		if (end <= end_of(&x))
			continue;
		if (after.at < end_of(&x))
			after.at = end_of(&x);
		after.bytes = end - after.at;
		append(v, &n, after);
	}
	free(d->v);
	d->v = v;
	d->n = n;
}

/* ---- content ---- */

void dev_set(struct dev *d, size_t at, size_t bytes, uint8_t value)
{
	put(d, (struct extent){.at = at, .bytes = bytes, .content = REPEATED, .value = value});
}

static void put_pattern(struct dev *d, size_t at, size_t bytes)
{
	put(d, (struct extent){.at = at,
			       .bytes = bytes,
			       .content = PATTERN,
			       .seed = d->seed,
			       .origin = d->origin});
}

void dev_pattern(struct dev *d, size_t at, size_t bytes, uint32_t seed)
{
	d->patterned = true;
	d->seed = seed;
	d->origin = at;
	put_pattern(d, at, bytes);
}

void dev_write(struct dev *d, size_t at, const void *src, size_t bytes)
{
	if (d->patterned && at >= d->origin && part_equal(src, at - d->origin, bytes, d->seed)) {
		put_pattern(d, at, bytes);
		return;
	}
	memcpy(d->store + at, src, bytes);
	put(d, (struct extent){.at = at, .bytes = bytes, .content = STORED});
}

static void read_extent(const struct dev *d, const struct extent *x, size_t at, void *dst,
			size_t bytes)
{
	if (x->content == STORED)
		memcpy(dst, d->store + at, bytes);
	else if (x->content == REPEATED)
		memset(dst, x->value, bytes);
	else if (x->content == MADE)
		x->made.make(dst, at - x->origin, bytes, x->made.arg);
	else
		part_fill(dst, at - x->origin, bytes, x->seed);
}

/* Calls fn for each part of an extent within [at, at + bytes). */
typedef void part_fn(const struct dev *d, const struct extent *x, size_t at, size_t bytes,
		     void *arg);
static void for_parts(const struct dev *d, size_t at, size_t bytes, part_fn *fn, void *arg)
{
	for (size_t i = 0; i < d->n; i++) {
		const struct extent *x = &d->v[i];
		size_t from = x->at > at ? x->at : at;
		size_t to = end_of(x) < at + bytes ? end_of(x) : at + bytes;

		if (from < to)
			fn(d, x, from, to - from, arg);
	}
}

struct target {
	char *dst;
	size_t at;
};

static void read_part(const struct dev *d, const struct extent *x, size_t at, size_t bytes,
		      void *arg)
{
	struct target *t = arg;

	read_extent(d, x, at, t->dst + (at - t->at), bytes);
}

void dev_read(const struct dev *d, size_t at, void *dst, size_t bytes)
{
	struct target t = {dst, at};

	for_parts(d, at, bytes, read_part, &t);
}

/* A part of an extent that lies at from_at goes to at. */
static void copy_part(struct dev *to, size_t at, const struct dev *from, struct extent x,
		      size_t from_at, size_t bytes)
{
	x.at = at;
	x.bytes = bytes;
	if (x.content == STORED)
		memmove(to->store + at, from->store + from_at, bytes);
	x.origin += at - from_at; /* modulo 2^64: the pattern may have begun before the target */
	if (x.content == PATTERN && x.origin <= at) {
		to->patterned = true;
		to->seed = x.seed;
		to->origin = x.origin;
	}
	put(to, x);
}

void dev_copy(struct dev *to, size_t at, const struct dev *from, size_t from_at, size_t bytes)
{
	size_t n = from->n;
	struct extent *v = calloc(n, sizeof(*v)); /* from may be to, whose list changes */

	if (!v)
		abort();
	memcpy(v, from->v, n * sizeof(*v));
	for (size_t i = 0; i < n; i++) {
		size_t first = v[i].at > from_at ? v[i].at : from_at, end = end_of(&v[i]);

		if (end > from_at + bytes)
			end = from_at + bytes;
		if (first < end)
			copy_part(to, at + (first - from_at), from, v[i], first, end - first);
	}
	free(v);
}

struct check {
	size_t origin;
	uint32_t seed;
	struct pattern_diff *diff;
};

static void check_block(const struct check *c, const uint8_t *p, size_t offset, size_t bytes)
{
	uint8_t want[4096];

	if (part_equal(p, offset, bytes, c->seed))
		return;
	part_fill(want, offset, bytes, c->seed);
	for (size_t i = 0; i < bytes; i++) {
		if (p[i] == want[i])
			continue;
		c->diff->bytes++;
		if (offset + i < c->diff->first)
			c->diff->first = offset + i;
	}
}

static void check_part(const struct dev *d, const struct extent *x, size_t at, size_t bytes,
		       void *arg)
{
	const struct check *c = arg;
	uint8_t block[4096];

	if (x->content == PATTERN && x->seed == c->seed && x->origin == c->origin)
		return;
	for (size_t done = 0; done < bytes; done += sizeof(block)) {
		size_t n = bytes - done < sizeof(block) ? bytes - done : sizeof(block);

		read_extent(d, x, at + done, block, n);
		check_block(c, block, at + done - c->origin, n);
	}
}

void dev_check(const struct dev *d, size_t at, size_t bytes, uint32_t seed,
	       struct pattern_diff *diff)
{
	struct check c = {at, seed, diff};

	for_parts(d, at, bytes, check_part, &c);
}

/* ---- what functions make ---- */

void dev_make(struct dev *d, size_t at, size_t bytes, const struct dev_made *m)
{
	put(d, (struct extent){
		       .at = at, .bytes = bytes, .content = MADE, .origin = m->origin, .made = *m});
}

size_t dev_part(const struct dev *d, size_t at, size_t bytes, struct dev_made *m)
{
	size_t i = 0, left;

	while (end_of(&d->v[i]) <= at) /* the list covers all */
		i++;
	*m = (struct dev_made){0};
	if (d->v[i].content == MADE) {
		*m = d->v[i].made;
		m->origin = d->v[i].origin;
	}
	left = end_of(&d->v[i]) - at;
	return left < bytes ? left : bytes;
}
