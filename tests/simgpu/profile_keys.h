/*
 * The table of all keys that a profile may hold, for the reader (profile.c) and for whoever prints
 * one (simtree --show). One more: its field in profile.h, its row in profile_keys.c, and
 * its value in each of servers/ unless the row gives a default.
 */
#ifndef ASSAY_SIM_PROFILE_KEYS_H
#define ASSAY_SIM_PROFILE_KEYS_H

#include "profile.h"

#include <stddef.h>

enum key_type { KEY_TEXT, KEY_INT, KEY_NUM, KEY_SIZE };

struct key {
	const char *section, *name;
	enum key_type type;
	size_t offset;
	double min, max;
	const char *choices; /* KEY_TEXT: "on|off", NULL: anything */
	const char *def;     /* as in a file; NULL: it must be given */
};

#define SIM_MAX_KEYS 192
extern const struct key sim_keys[];
extern const size_t sim_n_keys;

/* The structure that holds the keys of a section; NULL for those of GPUs and MIG instances. */
char *sim_keys_base(struct sim_profile *p, const char *section);

#endif
