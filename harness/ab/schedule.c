/*
 * The schedule: see schedule.h. Every step gets the blocks of the first look; a step goes on,
 * whole, while a gate in it is undecided; then the steps with screens that moved are measured again
 * in fresh blocks. A block in which an undecided metric is not valid is measured again, both arms,
 * twice at most; what stays invalid is replaced by further blocks while there are any. A step of
 * which either arm did not pass for a reason of its own (not BUSY) is given up.
 */
#include "schedule.h"
#include "../base/mem.h"
#include "../base/rng.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

struct block {
	unsigned last;	/* highest attempt, + 1; 0: never measured */
	unsigned tries; /* attempts that both arms ended */
	bool whole;	/* the last attempt is one of them */
	bool wanted;
};

struct step_blocks {
	struct block block[AB_BLOCKS];
	bool given_up;
};

struct making {
	const struct plan *p;
	const struct comparison *c;
	struct step_blocks *step; /* by index in the plan */
	unsigned resumed;	  /* the least attempt: see bundle_resumed */
};

static void take_row(struct making *k, const struct step_row *r)
{
	if (r->step >= k->p->n || r->block >= AB_BLOCKS)
		return;
	struct block *b = &k->step[r->step].block[r->block];

	if (r->attempt + 1 > b->last) {
		b->last = r->attempt + 1;
		b->whole = false;
	} else if (r->attempt + 1 == b->last && !b->whole) { /* the other arm's row */
		b->whole = true;
		b->tries++;
	}
	k->step[r->step].given_up |= r->status != ST_PASS && r->status != ST_BUSY;
}

static bool may_repeat(const struct block *b)
{
	return b->last && (!b->whole || b->tries < AB_TRIES);
}

/* Marks blocks until `missing` more valid ones can be had: invalid ones again, then new ones. */
static void want(struct step_blocks *s, const bool *valid, unsigned from, size_t missing)
{
	for (unsigned i = from; i < from + COMPARE_CONFIRM && missing; i++) {
		struct block *b = &s->block[i];

		if (b->last && !valid[i] && may_repeat(b)) {
			b->wanted = true;
			missing--;
		}
	}
	for (unsigned i = from; i < from + COMPARE_CONFIRM && missing; i++) {
		if (!s->block[i].last) {
			s->block[i].wanted = true;
			missing--;
		}
	}
}

/* The blocks that count for a metric: those of its pairs, of a confirmation those that are whole.
 */
static unsigned find_valid(const struct compared *r, const struct step_blocks *s, unsigned from,
			   bool *valid)
{
	unsigned n = 0;

	memset(valid, 0, AB_BLOCKS * sizeof(*valid));
	for (size_t i = 0; i < r->pairs && !from; i++)
		if (r->pair[i].valid && r->pair[i].block < COMPARE_CONFIRM)
			valid[r->pair[i].block] = true;
	for (unsigned i = from; i < AB_BLOCKS && from; i++)
		valid[i] = s->block[i].whole;
	for (unsigned i = 0; i < AB_BLOCKS; i++)
		n += valid[i];
	return n;
}

/* Whether some block gave a number. A case need not emit every metric, and then more blocks won't.
 */
static bool has_number(const struct compared *r)
{
	for (size_t i = 0; i < r->pairs; i++)
		if (isfinite(r->pair[i].a) || isfinite(r->pair[i].b))
			return true;
	return false;
}

static void want_for(struct making *k, const struct compared *r, unsigned from)
{
	struct step_blocks *s = &k->step[r->step];
	bool valid[AB_BLOCKS];

	if (!has_number(r))
		return;
	unsigned n = find_valid(r, s, from, valid);
	if (r->decision.wants > n)
		want(s, valid, from, r->decision.wants - n);
}

static bool is_control(const struct making *k, size_t step)
{
	return !strcmp(k->p->step[step].row.bench, COMPARE_CONTROL);
}

/* The blocks that every step gets, and those of half-measured attempts. */
static void want_first_look(struct making *k)
{
	for (size_t i = 0; i < k->p->n; i++)
		for (unsigned b = 0; b < verdict_blocks[0] && !is_control(k, i); b++)
			k->step[i].block[b].wanted |= !k->step[i].block[b].whole;
}

static void want_rows(struct making *k, enum role role, unsigned from)
{
	for (size_t i = 0; i < k->c->n; i++) {
		const struct compared *r = &k->c->row[i];

		if (r->role == role && r->step < k->p->n && (role == ROLE_GATE || r->candidate))
			want_for(k, r, from);
	}
}

static void collect(struct schedule *out, const struct making *k)
{
	for (unsigned b = 0; b < AB_BLOCKS; b++) {
		for (size_t i = 0; i < k->p->n; i++) {
			const struct step_blocks *s = &k->step[i];
			unsigned next = s->block[b].last;

			if (!s->block[b].wanted || s->given_up || k->p->step[i].row.skip[0])
				continue;
			out->todo = mem_grow(out->todo, out->n, &out->cap, sizeof(*out->todo));
			out->todo[out->n++] =
				(struct todo){.step = (unsigned)i,
					      .block = b,
					      .attempt = next > k->resumed ? next : k->resumed};
		}
	}
}

void schedule_make(struct schedule *out, const struct plan *p, const struct bundle_data *d,
		   const struct comparison *c)
{
	struct making k = {.p = p, .c = c, .resumed = bundle_resumed(d)};

	*out = (struct schedule){.n = 0};
	k.step = mem_zalloc(p->n, sizeof(*k.step));
	for (size_t i = 0; i < d->n_steps; i++)
		take_row(&k, &d->steps[i]);
	want_first_look(&k);
	collect(out, &k);
	if (!out->n) {
		want_rows(&k, ROLE_GATE, 0);
		collect(out, &k);
	}
	if (!out->n) {
		out->confirms = true;
		want_rows(&k, ROLE_SCREEN, COMPARE_CONFIRM);
		collect(out, &k);
	}
	free(k.step);
}

void schedule_free(struct schedule *s)
{
	free(s->todo);
	*s = (struct schedule){.n = 0};
}

bool schedule_b_first(uint64_t seed, unsigned step, unsigned block)
{
	size_t order[4] = {0, 0, 1, 1};
	struct rng r = {rng_hash(rng_hash(rng_hash_str(seed, "order of arms"), step), block / 4)};

	rng_shuffle(&r, order, 4);
	return order[block % 4];
}
