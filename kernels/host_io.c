/*
 * Reading and writing a file on the root file system or in a folder that containers mount from the
 * host: sequential by 1 MiB, or 4 KiB at random places, one request at a time, from one CPU. cache
 * says which way: buffered (a read starts from a cold page cache, a write ends with fsync), direct
 * (O_DIRECT, a write ends with fsync as well) or warm (reads of what the page cache holds: the
 * system call and the file system's layers alone). One pass is the unit: all of the file, or 64
 * places. No warm-up but for warm: writing for a second would wear a guest's disk.
 *
 * Known error: cold means that this kernel has forgotten the pages (looked up once a case); a disk,
 * a RAID controller or a hypervisor may still hold them. The file is rewritten in place, so blocks
 * are not allocated while the clock runs, except where a file system copies on write.
 */
#include "host.h"
#include "io_file.h"

#include "../harness/base/clock.h"
#include "../harness/base/rng.h"
#include "../harness/probe/container.h"
#include "../harness/probe/mounts.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

enum { PLACES = 64 }; /* of one random pass */

enum cache { BUFFERED, DIRECT, WARM };

struct host_io {
	struct io_file file;
	struct rng rng;
	/* of the current case */
	enum cache cache;
	bool write, seq;
	uint64_t place[PLACES];
};

static const struct param params[] = {
	{.name = "where",
	 .type = PARAM_ENUM,
	 .def = "root",
	 .choices = "root|bind",
	 .help = "root: the root file system, in a container its overlay; bind: the folder dir"},
	{.name = "size",
	 .type = PARAM_SIZE,
	 .def = "64MiB",
	 .min = 2 << 20,
	 .max = (uint64_t)64 << 30,
	 .unit = "bytes",
	 .help = "of the file; a multiple of 2 MiB, at most a tenth of what is free"},
	{.name = "op",
	 .type = PARAM_ENUM,
	 .scope = SCOPE_CASE,
	 .def = "read,write",
	 .choices = "read|write",
	 .help = "a write includes an fsync at the end of each pass"},
	{.name = "access",
	 .type = PARAM_ENUM,
	 .scope = SCOPE_CASE,
	 .def = "seq,rand4k",
	 .choices = "seq|rand4k",
	 .help = "seq: 1 MiB after 1 MiB; rand4k: 4 KiB at 64 random places"},
	{.name = "cache",
	 .type = PARAM_ENUM,
	 .scope = SCOPE_CASE,
	 .def = "buffered,direct",
	 .choices = "buffered|direct|warm",
	 .help = "buffered: through a cold page cache; direct: past it; warm: read from it"},
	{.name = "dir",
	 .type = PARAM_PATH,
	 .def = "/var/tmp",
	 .option = true,
	 .help = "folder of where=bind; a container must have it mounted from the host"},
	{.name = NULL},
};

static const struct metric metrics[] = {
	{.name = "bandwidth",
	 .unit = "bytes/s",
	 .better = BETTER_HIGHER,
	 .cls = "bandwidth",
	 .help = "access=seq: bytes by time"},
	{.name = "latency",
	 .unit = "s",
	 .better = BETTER_LOWER,
	 .cls = "latency",
	 .help = "access=rand4k: time of one request, its share of the fsync included"},
	{.name = "rate_wall",
	 .unit = "bytes/s",
	 .better = BETTER_HIGHER,
	 .cls = "bandwidth",
	 .help = "access=seq, cache=warm: all bytes by the wall clock: sees a CPU quota, which a "
		 "median cannot"},
	{.name = NULL},
};

/* ---- where ---- */

/* A writable folder on the root file system itself: /tmp is often a mount of its own. */
static int root_folder(char **folder, struct mount *m, struct err *e)
{
	static const char *const candidates[] = {"/var/tmp", "/tmp", "/root", "/"};
	struct mount root;
	int rc = mount_of("/", &root, e);

	for (size_t i = 0; i < sizeof(candidates) / sizeof(candidates[0]) && !rc; i++) {
		*folder = realpath(candidates[i], NULL);
		if (*folder && !access(*folder, W_OK | X_OK) && !mount_of(*folder, m, NULL) &&
		    m->id == root.id)
			return 0;
		free(*folder);
		*folder = NULL;
	}
	return rc ? rc
		  : err_set(e, ENOTSUP,
			    "the root file system (%s) has no folder that may be written: none of "
			    "/var/tmp, /tmp, /root and / is both on it and open to this user",
			    root.type);
}

/* In a container the folder must be a mount, or the container's own root would be measured. */
static int bind_folder(const char *asked, char **folder, struct mount *m, struct err *e)
{
	struct container box;
	struct mount root;
	int rc;

	*folder = realpath(asked, NULL);
	if (!*folder || access(*folder, W_OK | X_OK))
		return err_set(e, ENOTSUP, "%s: %s; name another folder with dir=", asked,
			       strerror(errno));
	rc = mount_of(*folder, m, e);
	if (!rc)
		rc = mount_of("/", &root, e);
	container_detect(&box);
	if (!rc && m->id == root.id && strcmp(box.runtime, "host") &&
	    strcmp(box.runtime, "sandbox"))
		rc = err_set(e, ENOTSUP,
			     "%s lies on the root file system of this container (%s): mount a "
			     "folder of the host there, or name one with dir=",
			     *folder, box.runtime);
	return rc;
}

static int choose_folder(struct ctx *c, char **folder, struct err *e)
{
	struct mount m;
	int rc = strcmp(ctx_str(c, "where"), "bind")
			 ? root_folder(folder, &m, e)
			 : bind_folder(ctx_str(c, "dir"), folder, &m, e);

	if (rc)
		return rc;
	ctx_fact(c, "filesystem", "", "where", m.type, "/proc/self/mountinfo");
	ctx_fact(c, "folder", "", "where", *folder, m.point);
	if (!strcmp(m.type, "tmpfs") || !strcmp(m.type, "ramfs"))
		return err_set(e, ENOTSUP, "%s is a %s: it lies in memory, not on a disk", *folder,
			       m.type);
	return 0;
}

/* ---- one pass ---- */

static uint64_t requests(const struct host_io *h)
{
	return h->seq ? h->file.bytes / IO_REQUEST_BYTES : PLACES;
}

static size_t request_bytes(const struct host_io *h)
{
	return h->seq ? IO_REQUEST_BYTES : IO_BLOCK_BYTES;
}

static uint64_t request_at(const struct host_io *h, uint64_t i)
{
	return h->seq ? i * IO_REQUEST_BYTES : h->place[i];
}

/* What is not timed: where to go, what to write, and that a read finds the cache cold. */
static int prepare(struct host_io *h, struct err *e)
{
	uint64_t blocks = h->file.bytes / IO_BLOCK_BYTES;

	for (int i = 0; i < PLACES; i++)
		h->place[i] = rng_below(&h->rng, blocks) * IO_BLOCK_BYTES;
	for (uint64_t i = 0; h->write && i < requests(h); i++)
		io_file_renew(&h->file, request_at(h, i), request_bytes(h));
	return !h->write && h->cache == BUFFERED ? io_file_drop(&h->file, e) : 0;
}

static int pass(struct host_io *h, struct err *e)
{
	uint64_t n = requests(h);
	size_t bytes = request_bytes(h);
	int rc = 0;

	for (uint64_t i = 0; i < n && !rc; i++)
		rc = h->write ? io_file_write(&h->file, request_at(h, i), bytes, e)
			      : io_file_read(&h->file, request_at(h, i), bytes, e);
	return !rc && h->write ? io_file_sync(&h->file, e) : rc;
}

static int batch(void *arg, uint64_t n, double *seconds, struct err *e)
{
	struct host_io *h = arg;
	uint64_t spent_ns = 0;
	int rc = 0;

	for (uint64_t i = 0; i < n && !rc; i++) {
		rc = prepare(h, e);
		if (rc)
			break;
		uint64_t start_ns = clock_meas_ns();
		rc = pass(h, e);
		spent_ns += clock_meas_ns() - start_ns;
	}
	*seconds = (double)spent_ns * 1e-9;
	return rc;
}

/* ---- the benchmark ---- */

static int supported(struct ctx *c, struct err *e)
{
	if (*clock_meas_simulated())
		return err_set(e, ENOTSUP, "the simulated server has no disks");
	return 0;
}

static int setup(struct ctx *c, struct err *e)
{
	struct host_io *h = ctx_state(c);
	char *folder = NULL;
	struct topology t;
	uint64_t bytes;
	int node, rc;

	h->file.fd = -1;
	rc = topology_read(&t, e);
	if (rc)
		return rc;
	rc = host_home(&node, e);
	if (!rc)
		rc = host_size(&t, node, ctx_u64(c, "size"), 0, 1, &bytes, e);
	topology_free(&t);
	if (!rc)
		rc = host_pin(c, node, e);
	if (!rc)
		rc = choose_folder(c, &folder, e);
	if (!rc)
		rc = io_file_open(&h->file, folder, bytes, node, ctx_seed(c), e);
	free(folder);
	return rc;
}

/* Brings the page cache into the state that the case speaks of, and sees that it is: to check the
 * file is to read it. */
static int settle(struct host_io *h, struct err *e)
{
	double share;
	int rc = io_file_direct(&h->file, false, e);

	io_file_read_ahead(&h->file, h->seq);
	if (!rc)
		rc = h->cache == WARM ? io_file_check(&h->file, e) : io_file_drop(&h->file, e);
	if (!rc)
		rc = io_file_cached(&h->file, &share, e);
	if (rc)
		return rc;
	if (h->cache == WARM && share < 0.99)
		return err_set(e, ENOTSUP, "the page cache keeps no more than %.0f %% of the file",
			       100 * share);
	if (h->cache == BUFFERED && !h->write && share > 0.01)
		return err_set(e, ENOTSUP,
			       "%.0f %% of the file stay in the page cache: no read is cold here",
			       100 * share);
	return h->cache == DIRECT ? io_file_direct(&h->file, true, e) : 0;
}

static int run(struct ctx *c, struct err *e)
{
	struct host_io *h = ctx_state(c);
	const char *cache = ctx_str(c, "cache");
	int rc;

	h->rng.state = ctx_case_seed(c);
	h->write = !strcmp(ctx_str(c, "op"), "write");
	h->seq = !strcmp(ctx_str(c, "access"), "seq");
	h->cache = !strcmp(cache, "direct") ? DIRECT : !strcmp(cache, "warm") ? WARM : BUFFERED;
	if (h->write && h->cache == WARM)
		return err_set(e, ENOTSUP, "a write that stays in the cache is no write to a disk");
	rc = settle(h, e);
	if (rc)
		return rc;
	const struct sampling s = {
		.metric = h->seq ? "bandwidth" : "latency",
		.form = h->seq ? SAMPLE_RATE : SAMPLE_TIME,
		.work = (double)requests(h) * (h->seq ? (double)IO_REQUEST_BYTES : 1),
		.tick_s = (double)clock_meas_tick_ns() * 1e-9,
		.rate_wall = h->seq && h->cache == WARM ? "rate_wall" : NULL,
		.brief = h->cache != WARM,
		.batch = batch,
		.arg = h,
	};
	return ctx_sample(c, &s, e);
}

/* The whole file, from where the case leaves it: after a write from the disk. */
static int verify(struct ctx *c, struct err *e)
{
	struct host_io *h = ctx_state(c);
	int rc = h->cache == BUFFERED ? io_file_drop(&h->file, e) : 0;

	return rc ? rc : io_file_check(&h->file, e);
}

static void teardown(struct ctx *c)
{
	struct host_io *h = ctx_state(c);

	io_file_close(&h->file);
}

const struct bench bench_host_io = {
	.name = "host_io",
	.summary = "reads and writes of a file on the root file system and on a mounted folder",
	.method =
		"One thread reads or writes a nameless file of 64 MiB, all of it by 1 MiB or 4 KiB "
		"at random places, one request at a time. Buffered reads start from a page cache "
		"that has forgotten the file; writes include the fsync at the end of each pass. "
		"After each case the whole file is read back and every byte checked.",
	.params = params,
	.metrics = metrics,
	.supported = supported,
	.state_bytes = sizeof(struct host_io),
	.setup = setup,
	.run = run,
	.verify = verify,
	.teardown = teardown,
};
