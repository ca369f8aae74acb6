/* A guest on somebody's server: see preflight.h. */
#include "preflight.h"
#include "../base/log.h"
#include "../base/mem.h"
#include "../base/units.h"
#include "../probe/runtime.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/file.h>
#include <unistd.h>

const struct preflight_check preflight_checks[] = {
	{"nvml", "measure without NVML, so without any of the checks below"},
	{"busy", "a compute, graphics or MPS process runs on the GPU"},
	{"memory", "more GPU memory is in use than an idle driver takes"},
	{"compute-mode", "the compute mode forbids a context"},
	{"reset", "the GPU wants a reset"},
	{"ecc", "an ECC change waits for a reboot or reset"},
	{"mig", "a MIG change waits for a reset"},
	{"remap", "a row remap or page retirement waits for a reset, or failed"},
	{"fabric", "the NVLink fabric is not ready"},
	{"allotment", "the scheduler did not allot the GPU to this job"},
	{"clocks",
	 "with --lock-clocks: its clock stays low for no reason, so somebody may have locked it"},
	{NULL, NULL},
};

/* What an idle driver keeps: 1.5 % of the memory, at least 640 MiB (persistence, GSP, ECC). */
#define IDLE_SHARE 0.015
#define IDLE_BYTES (640.0 * 1048576)

int forced_parse(struct forced *f, const char *text, struct err *e)
{
	char *copy = mem_strdup(text), *save = NULL;
	int rc = 0;

	for (char *w = strtok_r(copy, ",", &save); w && !rc; w = strtok_r(NULL, ",", &save)) {
		unsigned i = 0;

		while (preflight_checks[i].name && strcmp(preflight_checks[i].name, w))
			i++;
		if (preflight_checks[i].name)
			f->mask |= 1u << i;
		else
			rc = err_set(e, EINVAL,
				     "--force: there is no check \"%s\"; see assay help force", w);
	}
	free(copy);
	return rc;
}

bool forced_has(const struct forced *f, const char *name)
{
	for (unsigned i = 0; preflight_checks[i].name; i++) {
		if (!strcmp(preflight_checks[i].name, name))
			return f->mask >> i & 1;
	}
	return false;
}

/* What NVML says of the instance; where it says nothing, of its GPU. */
static const char *use(const struct machine *m, size_t gpu, const char *mig, const char *field)
{
	const char *v = machine_part(m, gpu, mig, field);

	return v ? v : machine_gpu(m, gpu, field);
}

/* Memory in use above which somebody else's work is assumed, bytes. */
static double idle_bytes(const struct machine *m, size_t gpu, const char *mig)
{
	const char *total = use(m, gpu, mig, "memory");
	double share = total ? strtod(total, NULL) * IDLE_SHARE : 0;

	return share > IDLE_BYTES ? share : IDLE_BYTES;
}

static bool is(const struct machine *m, size_t gpu, const char *field, const char *value)
{
	const char *v = machine_gpu(m, gpu, field);

	return v && !strcmp(v, value);
}

static bool pending(const struct machine *m, size_t gpu, const char *current, const char *wanted)
{
	const char *a = machine_gpu(m, gpu, current), *b = machine_gpu(m, gpu, wanted);

	return a && b && strcmp(a, b);
}

static char *in_use(const struct machine *m, size_t gpu, const char *mig, const struct forced *f)
{
	const char *pids = use(m, gpu, mig, "processes"), *used = use(m, gpu, mig, "mem_used");
	char amount[32];

	if (pids && *pids && !forced_has(f, "busy"))
		return mem_printf(
			"other processes run on it (pid %s); --force=busy measures all the same",
			pids);
	if (used && strtod(used, NULL) > idle_bytes(m, gpu, mig) && !forced_has(f, "memory"))
		return mem_printf(
			"%s of its memory is in use, so somebody works on it (a container hides "
			"its pids); --force=memory measures all the same",
			units_size(amount, sizeof(amount), strtod(used, NULL)));
	return NULL;
}

/* What the NVLink fabric wants; a MIG instance uses no NVLink. */
static char *fabric_trouble(const struct machine *m, size_t gpu, const struct forced *f)
{
	const char *fabric = machine_gpu(m, gpu, "fabric_state");
	const char *fabric_status = machine_gpu(m, gpu, "fabric_status");

	if (fabric && strcmp(fabric, "completed") && strcmp(fabric, "not_supported") &&
	    !forced_has(f, "fabric"))
		return mem_printf(
			"the NVLink fabric is not ready (state %s): is the Fabric Manager running?",
			fabric);
	if (fabric && !strcmp(fabric, "completed") && fabric_status &&
	    strcmp(fabric_status, "success") && !forced_has(f, "fabric"))
		return mem_printf("the NVLink fabric reports %s: see the Fabric Manager's log",
				  fabric_status);
	return NULL;
}

static char *not_in_order(const struct machine *m, size_t gpu, const struct forced *f)
{
	if (is(m, gpu, "compute_mode", "prohibited") && !forced_has(f, "compute-mode"))
		return mem_strdup(
			"its compute mode is \"prohibited\"; nvidia-smi -c DEFAULT allows work");
	if (is(m, gpu, "reset_required", "yes") && !forced_has(f, "reset"))
		return mem_strdup("it wants a reset (nvidia-smi -r, or a reboot)");
	if (pending(m, gpu, "ecc_current", "ecc_pending") && !forced_has(f, "ecc"))
		return mem_strdup("an ECC mode change waits for a reset");
	if (pending(m, gpu, "mig_current", "mig_pending") && !forced_has(f, "mig"))
		return mem_strdup("a MIG mode change waits for a reset");
	if (!forced_has(f, "remap")) {
		if (is(m, gpu, "remap_failed", "yes"))
			return mem_strdup("a row remap failed: the board needs service");
		if (is(m, gpu, "remap_pending", "yes") || is(m, gpu, "retired_pending", "yes"))
			return mem_strdup("a row remap or page retirement waits for a reset");
	}
	return NULL;
}

/* Slurm and Kubernetes say which GPUs are ours through CUDA_VISIBLE_DEVICES. */
static char *not_allotted(const struct machine *m, size_t gpu, const char *mig,
			  const struct forced *f)
{
	const char *visible = getenv("CUDA_VISIBLE_DEVICES"), *job = getenv("SLURM_JOB_ID");
	const char *uuid = machine_part(m, gpu, mig, "uuid"),
		   *ordinal = *mig ? NULL : machine_gpu(m, gpu, "cuda_ordinal");

	if (!visible || forced_has(f, "allotment"))
		return NULL;
	if (ordinal || (uuid && strstr(visible, uuid)))
		return NULL;
	return mem_printf("%s did not allot it (CUDA_VISIBLE_DEVICES=%s)",
			  job ? "Slurm" : "the caller", visible);
}

char *preflight_gpu(const struct machine *m, size_t gpu, const char *mig, const struct forced *f,
		    enum status *status)
{
	char *why = not_allotted(m, gpu, mig, f);

	*status = ST_SKIP;
	if (!why) {
		why = in_use(m, gpu, mig, f);
		*status = ST_BUSY;
	}
	if (!why) {
		why = not_in_order(m, gpu, f);
		*status = ST_FAIL;
	}
	if (!why && !*mig)
		why = fabric_trouble(m, gpu, f);
	if (!why)
		return NULL;
	char *words = machine_words(m, gpu, mig), *text = mem_printf("%s: %s", words, why);
	free(words);
	free(why);
	return text;
}

/* NULL if there is nothing. */
static char *worth_knowing(const struct machine *m, size_t gpu)
{
	const char *pids = machine_divided(m, gpu) ? machine_gpu(m, gpu, "processes") : NULL;
	const char *far = machine_gpu(m, gpu, "out_of_reach");

	if (is(m, gpu, "confidential", "yes"))
		return mem_strdup("confidential computing is on: copies are encrypted and slower");
	if (is(m, gpu, "vgpu", "yes"))
		return mem_strdup("this is a virtual GPU: others may share it");
	if (pids && *pids)
		return mem_strdup("MIG is on and processes run on its instances: they share its "
				  "link to the host");
	if (far)
		return mem_strdup(far);
	if (is(m, gpu, "numa_node", "-1"))
		return mem_printf(
			"neither CUDA nor sysfs nor NVML says on which NUMA node it is: node "
			"%d stands for the local one; assay run numa measures which is near",
			machine_gpu_node(m, gpu));
	return NULL;
}

char *preflight_warning(const struct machine *m, size_t gpu)
{
	char *what = worth_knowing(m, gpu);
	char *text = what ? mem_printf("GPU %zu (%s): %s", gpu, m->gpu[gpu].address, what)
			  : mem_strdup("");

	free(what);
	return text;
}

const char *preflight_machine_warning(const struct machine *m)
{
	const char *dcgm = machine_value(m, "daemon.dcgm");

	if (!m->n_gpus || !dcgm || strcmp(dcgm, "running"))
		return "";
	return "DCGM (nv-hostengine) runs here: profiling by it slows kernels and keeps clocks up; "
	       "dcgmi profile --pause holds it";
}

/* Nodes that a plan with "all" leaves out. */
static void warn_about_nodes(const struct machine *m)
{
	for (int i = 0; i < m->topo.n_nodes; i++) {
		int node = m->topo.nodes[i].id;
		char *key = mem_printf("node.%d.out_of_reach", node);
		const char *why = machine_value(m, key);

		if (why)
			log_warn("NUMA node %d is out of reach and not measured: %s", node, why);
		free(key);
	}
}

void preflight_warn(const struct machine *m)
{
	const char *machine = preflight_machine_warning(m);

	if (*machine)
		log_warn("%s", machine);
	warn_about_nodes(m);
	for (size_t i = 0; i < m->n_gpus; i++) {
		char *w = preflight_warning(m, i);

		if (*w)
			log_warn("%s", w);
		free(w);
	}
}

/* Another user's lock file can be neither written nor opened with O_CREAT in a sticky folder. */
static int open_lock(const char *path)
{
	int fd = open(path, O_RDWR | O_CLOEXEC | O_NOFOLLOW);

	if (fd < 0 && errno == EACCES)
		fd = open(path, O_RDONLY | O_CLOEXEC | O_NOFOLLOW);
	if (fd < 0 && errno == ENOENT)
		fd = open(path, O_RDWR | O_CREAT | O_CLOEXEC | O_NOFOLLOW, 0666);
	return fd;
}

int preflight_lock(const char *uuid, struct err *e)
{
	char *dir = runtime_dir_made(), *path = mem_printf("%s/gpu-%s.lock", dir, uuid),
	     pid[32] = "";
	int fd;

	fd = open_lock(path);
	if (fd < 0) {
		fd = err_set(e, errno, "cannot open the lock %s: %s", path, strerror(errno));
	} else if (flock(fd, LOCK_EX | LOCK_NB)) {
		if (read(fd, pid, sizeof(pid) - 1) < 0)
			pid[0] = '\0';
		close(fd);
		fd = err_set(e, EBUSY, "another assay measures this GPU (pid %s, lock %s)", pid,
			     path);
	} else if (ftruncate(fd, 0) || dprintf(fd, "%d", (int)getpid()) < 0) {
		errno = 0; /* somebody else's file, opened for reading: the lock counts, the pid is
			      a courtesy */
	}
	free(path);
	free(dir);
	return fd;
}
