/* A child's end, waited for no longer than one is ready to wait. */
#ifndef ASSAY_BASE_REAP_H
#define ASSAY_BASE_REAP_H

#include <stdint.h>
#include <sys/types.h>

/*
 * Takes a child's status (waitpid). 0; -ETIMEDOUT where it still runs at until_ns (wall clock), by
 * which it has been asked at least once; -ECHILD where it is no child of ours, or nobody's any
 * more.
 */
int reap_until(pid_t pid, uint64_t until_ns, int *status);

#endif
