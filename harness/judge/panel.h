/*
 * Bundles side by side: keys down, sessions across, in each cell the median of a session's process
 * medians. A session is one boot of one host on one side: what was measured twice in it counts as
 * more processes, never as more sessions.
 */
#ifndef ASSAY_JUDGE_PANEL_H
#define ASSAY_JUDGE_PANEL_H

#include "processes.h"

struct panel_bundle {
	struct processes p;
	char *dir;
	unsigned side;	/* 0: base, 1: new */
	size_t session; /* index, once panel_make was called */
};

struct session {
	unsigned side;
	const char *host, *boot, *start; /* start: UTC, "2026-11-20T22:58:03Z"; "" if not said */
	const char *driver, *kernel;	 /* "" if not said */
	const char *group;		 /* machine and software: equal texts, equal sessions */
	const char *software;		 /* driver, kernel and VBIOS alone */
	const struct bundle_data *head;	 /* of its first bundle */
};

struct cell {
	double median; /* NaN: no valid process */
	unsigned k;    /* valid processes */
	unsigned lost; /* others */
};

struct panel_key {
	const char *bench, *metric, *labels, *unit, *better, *cls;
	struct cell *cell; /* one a session */
};

struct panel {
	struct panel_bundle *bundle; /* after panel_make: by side, then start */
	size_t n_bundles, cap_bundles;
	struct session *session; /* by side, then start of the first bundle */
	size_t n_sessions;
	struct panel_key *key; /* by benchmark, metric, labels */
	size_t n_keys, cap_keys;
	struct cell *cells; /* owned: of all keys */
	struct intern *text;
};

void panel_init(struct panel *p);
/* Loads one bundle. 0 or negative errno; a bundle that fails is left out. */
int panel_add(struct panel *p, const char *dir, unsigned side, struct err *e);
/* Forgets the bundle that was added last. */
void panel_drop_last(struct panel *p);
/* Groups the bundles into sessions and fills the cells; call it once. */
void panel_make(struct panel *p);
void panel_free(struct panel *p);

/* A manifest value of any arm, "" where there is none. */
const char *panel_value(const struct bundle_data *head, const char *key);

/* The key's place, NULL where no session has it. */
const struct panel_key *panel_find(const struct panel *p, const char *bench, const char *metric,
				   const char *labels);

/*
 * Whether the sides can be compared at all: one suite with the same parameters, simulated or real,
 * the same hosts, GPUs joined by UUID (labels of the new side are rewritten to the base's numbers).
 * To be called before panel_make. *nodes: bundles come from several hosts. 0 or -EINVAL with the
 * reason.
 */
int panel_check(struct panel *p, bool *nodes, struct err *e);

/* Whether one bundle can be a session at all: one arm, and it says its host and boot. */
int panel_check_alone(const struct panel_bundle *b, struct err *e);

#endif
