/*
 * Process medians of two arms as machines give them: see prove.h. What differs from block to block
 * is the same for both arms but for `shift`, so that 0 and the margin are exactly what they claim.
 */
#include "prove.h"

#include <math.h>
#include <string.h>

const char *shape_text(enum shape s)
{
	static const char *const texts[SHAPES] = {
		[NORMAL] = "normal",
		[HEAVY] = "Student t of 3 degrees",
		[MODES] = "modes at +-.2 %, .1 % within",
		[ODD_ONES] = "2 % of processes slower by 5 %",
		[TICKS] = "ticks of .4 %",
		[UNEQUAL] = "sd of A a third of B's",
		[DRIFT] = "random walk of .1 % a run",
	};

	return texts[s];
}

void processes_begin(struct processes *p, enum shape s, double sd, struct rng *r)
{
	*p = (struct processes){.shape = s, .sd = sd, .r = r, .group = {0, 1, 2, 3}};
	p->ticks = 250 + rng_uniform(r);
}

double processes_q(const struct processes *p)
{
	return p->shape == TICKS ? 1 / floor(p->ticks) : 0;
}

static double student3(struct rng *r)
{
	double z = rng_normal(r), squares = 0;

	for (int i = 0; i < 3; i++) {
		double x = rng_normal(r);

		squares += x * x;
	}
	return z / sqrt(squares / 3);
}

/* The log of one process's median. */
static double process(struct processes *p, bool is_b, double shift)
{
	struct rng *r = p->r;
	double x = (is_b ? shift : 0) + p->level;

	switch (p->shape) {
	case HEAVY:
		return x + p->sd * student3(r);
	case MODES:
		return x + (rng_uniform(r) < 0.5 ? -0.002 : 0.002) + 0.001 * rng_normal(r);
	case ODD_ONES:
		if (rng_uniform(r) < 0.02)
			x += log1p(0.05);
		return x + p->sd * rng_normal(r);
	case TICKS:
		return log(floor(p->ticks * exp(x + p->sd * rng_normal(r))));
	case UNEQUAL:
		return x + (is_b ? p->sd : p->sd / 3) * rng_normal(r);
	case DRIFT:
		p->level += 0.001 * rng_normal(r);
		return x + p->sd * rng_normal(r);
	default:
		return x + p->sd * rng_normal(r);
	}
}

double processes_block(struct processes *p, double shift)
{
	double a, b;

	if (p->block % 4 == 0)
		rng_shuffle(p->r, p->group, 4);
	if (p->group[p->block++ % 4] < 2) {
		a = process(p, false, shift);
		b = process(p, true, shift);
	} else {
		b = process(p, true, shift);
		a = process(p, false, shift);
	}
	return b - a;
}
