/* Runs that a launcher started once a rank: see ranks.h. */
#include "ranks.h"
#include "../../kernels/gang_ranks.h"
#include "../base/clock.h"
#include "../base/mem.h"
#include "../base/units.h"
#include "../probe/runtime.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <unistd.h>

#define APPEAR_S 60 /* for rank 0 to appear */
#define LOOK_NS	 20000000ull

/*
 * Slurm sets SLURM_PROCID and SLURM_NTASKS in a batch script, too, where one process runs; only a
 * step of srun has SLURM_STEP_ID. Open MPI and Slurm come first: they are sure of what they say.
 */
static const struct {
	const char *rank, *size, *only_with;
} launchers[] = {
	{"SLURM_PROCID", "SLURM_STEP_NUM_TASKS", NULL},
	{"SLURM_PROCID", "SLURM_NTASKS", "SLURM_STEP_ID"},
	{"OMPI_COMM_WORLD_RANK", "OMPI_COMM_WORLD_SIZE", NULL},
	{"RANK", "WORLD_SIZE", NULL},
	{"JOB_COMPLETION_INDEX", "WORLD_SIZE", NULL},
};

/* What all processes of one start have in common; else their parent. */
static char *start_name(void)
{
	static const char *const names[] = {"PMIX_NAMESPACE", "TORCHELASTIC_RUN_ID", "MASTER_PORT"};
	const char *job = getenv("SLURM_JOB_ID"), *step = getenv("SLURM_STEP_ID");
	char *name = NULL;

	if (job)
		name = mem_printf("slurm-%s.%s", job, step ? step : "0");
	for (size_t i = 0; i < sizeof(names) / sizeof(*names) && !name; i++) {
		const char *value = getenv(names[i]);

		if (value && *value)
			name = mem_strdup(value);
	}
	if (!name)
		name = mem_printf("parent-%d", (int)getppid());
	for (char *c = name; *c; c++) {
		if (*c == '/')
			*c = '_';
	}
	return name;
}

static void find_path(struct ranks *r)
{
	const char *own = getenv("ASSAY_RENDEZVOUS");
	char *dir, *name;

	if (own && *own) {
		snprintf(r->path, sizeof(r->path), "%s", own);
		return;
	}
	dir = runtime_dir();
	name = start_name();
	snprintf(r->path, sizeof(r->path), "%s/ranks-%d-%s", dir, (int)getuid(), name);
	free(name);
	free(dir);
}

int ranks_read(struct ranks *r, struct err *e)
{
	*r = (struct ranks){.size = 1, .lock = -1, .from = ""};
	for (size_t i = 0; i < sizeof(launchers) / sizeof(*launchers); i++) {
		const char *rank = getenv(launchers[i].rank), *size = getenv(launchers[i].size);
		uint64_t a, n;

		if (!rank || !size || (launchers[i].only_with && !getenv(launchers[i].only_with)))
			continue;
		if (units_parse_u64(rank, &a) || units_parse_u64(size, &n) || a >= n ||
		    n > GANG_MAX)
			return err_set(e, EINVAL,
				       "%s=%s of %s=%s: no rank and size that can be used (at most "
				       "%d); unset them to run alone",
				       launchers[i].rank, rank, launchers[i].size, size, GANG_MAX);
		r->rank = (unsigned)a;
		r->size = (unsigned)n;
		r->from = launchers[i].rank;
		find_path(r);
		return 0;
	}
	return 0;
}

static int open_lock(const struct ranks *r, int flags)
{
	char path[240];

	snprintf(path, sizeof(path), "%s.lock", r->path);
	return open(path, flags | O_CLOEXEC | O_NOFOLLOW, 0600);
}

int ranks_lead(struct ranks *r, struct err *e)
{
	char *dir = mem_strdup(r->path), *slash = strrchr(dir, '/');

	if (slash && slash > dir) {
		*slash = '\0';
		mkdir(dir, 01777);
	}
	free(dir);
	r->lock = open_lock(r, O_RDWR | O_CREAT);
	if (r->lock < 0)
		return err_set(e, errno, "%s.lock: %s", r->path, strerror(errno));
	/* another rank that looks holds it for a moment */
	for (int i = 0; i < 50 && flock(r->lock, LOCK_EX | LOCK_NB); i++) {
		if (i == 49) {
			close(r->lock);
			r->lock = -1;
			return err_set(e, EBUSY, "%s.lock: another rank 0 is at work", r->path);
		}
		clock_wall_sleep_ns(LOOK_NS);
	}
	return 0;
}

void ranks_end(struct ranks *r)
{
	char path[240];

	if (r->lock < 0)
		return;
	snprintf(path, sizeof(path), "%s.lock", r->path);
	unlink(path);
	close(r->lock);
	r->lock = -1;
}

static bool leader_is_there(const struct ranks *r)
{
	int fd = open_lock(r, O_RDWR);
	bool held = fd >= 0 && flock(fd, LOCK_SH | LOCK_NB) && errno == EWOULDBLOCK;

	if (fd >= 0)
		close(fd);
	return held;
}

int ranks_serve(const struct ranks *r, const char *self, struct err *e)
{
	uint64_t until = clock_wall_ns() + APPEAR_S * 1000000000ull;
	bool seen = false;

	for (;;) {
		int rc = gang_ranks_serve(r->path, r->rank, self, e);

		if (rc && rc != -EAGAIN)
			return rc;
		if (!rc || leader_is_there(r))
			seen = true;
		else if (seen)
			return 0;
		else if (clock_wall_ns() > until)
			return err_set(e, ETIMEDOUT,
				       "rank %u of %u (%s): rank 0 was not seen at %s within %d s; "
				       "all ranks must be on one host and share that folder",
				       r->rank, r->size, r->from, r->path, APPEAR_S);
		if (rc)
			clock_wall_sleep_ns(LOOK_NS);
	}
}
