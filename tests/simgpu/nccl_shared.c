/*
 * The file in which the ranks of one communicator meet. It lies beside the run's state, is as long
 * as all areas together and holds only what was written; the last rank that comes removes its name,
 * so that nothing stays behind but what was killed before (the run's folder goes with the run).
 */
#include "nccl_sim.h"
#include "../../harness/base/rng.h"

#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <time.h>
#include <unistd.h>

#define HEAD_BYTES ((sizeof(struct shared) + 4095) / 4096 * 4096)

/* Real time and pid: it names a file and is never drawn from. */
void shared_name(char id[ID_BYTES])
{
	struct timespec t;

	clock_gettime(CLOCK_MONOTONIC, &t);
	memset(id, 0, ID_BYTES);
	snprintf(id, ID_BYTES, "nccl-%d-%lld%09ld", (int)getpid(), (long long)t.tv_sec, t.tv_nsec);
}

static size_t whole(const struct ncclComm *c)
{
	return HEAD_BYTES + AREA_BYTES * (size_t)c->size;
}

int shared_open(struct ncclComm *c, const char *id)
{
	const char *state = getenv("ASSAY_SIM_STATE");
	char name[64], *map;
	int fd;

	snprintf(name, sizeof(name), "%.63s", id);
	if (strncmp(name, "nccl-", 5) || strchr(name, '/'))
		return -1; /* an id that we did not make */
	snprintf(c->path, sizeof(c->path), "%.180s.%s", state && *state ? state : "/tmp/assay-sim",
		 name);
	fd = open(c->path, O_RDWR | O_CREAT | O_CLOEXEC, 0600);
	if (fd < 0 || ftruncate(fd, (off_t)whole(c))) {
		if (fd >= 0)
			close(fd);
		return -1;
	}
	map = mmap(NULL, whole(c), PROT_READ | PROT_WRITE, MAP_SHARED | MAP_NORESERVE, fd, 0);
	close(fd);
	if (map == MAP_FAILED)
		return -1;
	c->shared = (struct shared *)(void *)map;
	c->area = map + HEAD_BYTES;
	return 0;
}

void shared_close(struct ncclComm *c)
{
	if (c->shared)
		munmap(c->shared, whole(c));
	c->shared = NULL;
}

char *shared_area(struct ncclComm *c, int rank)
{
	return c->area + AREA_BYTES * (size_t)rank;
}
