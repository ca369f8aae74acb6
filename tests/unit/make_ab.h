/* Made-up bundles of two arms, as assay ab leaves them: for tests of comparing and its reports. */
#ifndef ASSAY_TESTS_MAKE_AB_H
#define ASSAY_TESTS_MAKE_AB_H

#include "make_bundle.h"

#include <math.h>

/* One process: its step's row and three samples around its value. */
static inline void mk_ab_process(struct bundle_data *d, const struct mk_key *k, unsigned block,
				 double value, enum status status, const char *cause)
{
	struct step_row *s = mk_step_of(d, k->arm, k->step, k->process, k->attempt, status, "");

	s->block = block;
	for (unsigned i = 0; i < 3 && status == ST_PASS; i++) {
		mk_sample(d, k, i, value * (1 + 1e-4 * (i - 1.0)), cause);
		d->samples[d->n_samples - 1].block = block;
	}
}

/* One metric: blocks [from, to) of both arms, noise of that sd, B worse by that share. */
struct mk_ab_metric {
	const char *bench, *metric, *labels;
	unsigned step;
	double value, sd, shift; /* shift: + is worse, for lower is better */
	bool higher;		 /* higher is better */
};

static inline void mk_ab_blocks(struct bundle_data *d, const struct mk_ab_metric *m, unsigned from,
				unsigned to)
{
	struct rng r = {rng_hash_str(rng_hash_str(rng_hash(11, from), m->labels), m->bench)};

	for (unsigned block = from; block < to; block++)
		for (unsigned i = 0; i < 2; i++) {
			bool b = (i ^ block) & 1; /* AB, BA, … */
			double x = m->sd * rng_normal(&r) + (b ? log1p(m->shift) : 0);
			struct mk_key k = {.arm = b ? "podman" : "host",
					   .bench = m->bench,
					   .metric = m->metric,
					   .labels = m->labels,
					   .step = m->step};

			mk_ab_process(d, &k, block, m->value * exp(m->higher ? -x : x), ST_PASS,
				      "");
		}
}

/* What assay ab says about the whole: arms host and podman, that many gates, controls, screens. */
static inline void mk_ab_head(struct bundle_data *d, const char *gate, const char *gates,
			      const char *controls, const char *screens)
{
	mk_head(d, "ab-test", "two arms", "lab-07");
	mk_manifest(d, "ab.a", "host");
	mk_manifest(d, "ab.b", "podman");
	mk_manifest(d, "ab.a.launcher", "");
	mk_manifest(d, "ab.b.launcher", "scripts/in-podman");
	mk_manifest(d, "ab.gates", gates);
	mk_manifest(d, "ab.controls", controls);
	mk_manifest(d, "ab.screens", screens);
	mk_manifest(d, "ab.margin", "0.02");
	mk_manifest(d, "suite.gate", gate);
	mk_metric(d, "mem", "latency", "s", "lower", "latency");
	mk_metric(d, "mem", "rate", "bytes/s", "higher", "bandwidth");
	mk_metric(d, "mem", "about", "1", "none", "info");
	mk_metric(d, "control", "time", "s", "lower", "latency");
}

#endif
