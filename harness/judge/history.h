/*
 * The library that sessions are compared by: how much a metric differs from session to session when
 * nothing known changed. From a folder of bundles; variances are pooled within equal machine,
 * driver, VBIOS, kernel and suite. Without one, shipped priors show what to expect: assumed, so
 * they decide nothing.
 */
#ifndef ASSAY_JUDGE_HISTORY_H
#define ASSAY_JUDGE_HISTORY_H

#include "panel.h"

struct history_metric {
	const struct panel_key *key; /* with its points: one cell a session */
	bool gate;		     /* named by the suite's gates */
	double v;		     /* variance between sessions, of logs; NaN if nu is 0 */
	unsigned nu;		     /* its degrees of freedom: sum of (n - 1) over equal groups */
	unsigned sessions;	     /* with a number */
	bool enough;		     /* nu >= VERDICT_LIBRARY */
};

/* A folder that is no usable bundle, and why. */
struct history_left_out {
	char *dir, *why;
};

struct history {
	struct panel panel;	       /* sessions by start, with driver, kernel and software */
	struct history_metric *metric; /* gates first, then by key */
	size_t n;
	struct history_left_out *left_out;
	size_t n_left_out, cap_left_out;
};

/* All bundles in the folder dir (not below them). -ENOENT where there is none. */
int history_load(struct history *h, const char *dir, struct err *e);
void history_free(struct history *h);

/* What is known of the spread of one key. */
struct session_spread {
	double v; /* variance between sessions, of logs */
	double nu;
	bool assumed; /* a shipped prior */
};

/*
 * From sessions of the same suite (its hash), simulated or real like it, with at most k processes
 * each: fewer are only noisier. h may be NULL. Without anything: the prior of the class.
 */
struct session_spread history_spread(const struct history *h, const struct panel_key *key,
				     const struct session *like, unsigned k);

#endif
