/*
 * An arm: where steps run. The host itself, or whatever a launcher starts: anything that can
 * start a process can be put in front of `assay step …` (scripts/README.md).
 */
#ifndef ASSAY_RUN_ARM_H
#define ASSAY_RUN_ARM_H

#include "../base/err.h"
#include "machine.h"

#define ARM_WORDS 24

struct arm {
	char *name;	/* "host", "podman"; owned */
	char *launcher; /* its words as one text that arm_parse takes; "" for none; owned */
	char *word[ARM_WORDS + 1]; /* the launcher's words, NULL at the end; owned */
	size_t words;
	const char *program; /* assay in this arm; the parent's own unless the user wants another */
	struct machine m;    /* as the arm's own probe says */
	/* cgroup CPU throttling of all its steps: periods, seconds; -1 where no group says */
	double throttled_periods, throttled_s;
};

/*
 * "[NAME=]LAUNCHER" or "host". LAUNCHER: words as a shell would split them; the first is a path, a
 * program on PATH, or one of the launchers in `scripts`, "podman" for in-podman (NULL: no such
 * folder). Without NAME it is called after the launcher. 0 or -EINVAL. Freed by arm_free.
 */
int arm_parse(struct arm *a, const char *text, const char *scripts, const char *program,
	      struct err *e);
void arm_rename(struct arm *a, const char *name);
void arm_free(struct arm *a);

#endif
