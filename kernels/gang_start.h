/*
 * Starting a member's process, by the step (gang.c) or by another rank of a launcher
 * (gang_ranks.c).
 */
#ifndef ASSAY_KERNELS_GANG_START_H
#define ASSAY_KERNELS_GANG_START_H

#include "../harness/base/err.h"

#include <stdbool.h>
#include <sys/types.h>

struct gang_start {
	const char *self, *bench, *arm;
	unsigned rank, size;
};

/*
 * Starts a member with its end of the socket and of the pipe for what it prints. It dies with the
 * calling thread. Returns its pid, or a negative errno.
 */
pid_t gang_spawn(const struct gang_start *s, char *const *env, int fd, int text, struct err *e);

/*
 * This process's environment with the changes of gang_spec.env and .drop, of what wanted says only
 * (NULL: all). The caller frees the array; the strings are not its own.
 */
char **gang_environment(const char *const *env, const char *drop,
			bool (*wanted)(const char *entry));

#endif
