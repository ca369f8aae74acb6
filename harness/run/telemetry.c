/*
 * Telemetry: see telemetry.h. A field is written when it differs from its last reading, so that an
 * hour of a steady clock is one row. Known error: NVML's power is an average of about a second.
 */
#include "telemetry.h"
#include "../base/clock.h"
#include "../base/mem.h"
#include "../base/reap.h"
#include "../base/units.h"
#include "../formats/frame.h"
#include "../probe/nvml.h"

#include <errno.h>
#include <fcntl.h>
#include <math.h>
#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <unistd.h>

#define INTERVAL_NS 100000000ull
#define PATIENCE_S  0.5		 /* for the end of the process: NVML that hangs is not waited for */
#define REAP_NS	    810000000ull /* then for its status */

static const char *const fields[] = {
	"clock_sm",	   "clock_mem",	    "power",	"energy",     "temperature",
	"temperature_mem", "clock_reasons", "pcie_gen", "pcie_width", "pcie_replays",
};
#define N_FIELDS (sizeof(fields) / sizeof(fields[0]))

static void read_once(struct emitter *out, const struct nvml *n, unsigned index,
		      const char *address, double last[N_FIELDS])
{
	char t[32], value[40];

	snprintf(t, sizeof(t), "%.6f", (double)clock_wall_ns() * 1e-9);
	for (size_t i = 0; i < N_FIELDS; i++) {
		double v;

		if (!nvml_number(n, index, fields[i], &v) || v == last[i])
			continue;
		last[i] = v;
		const char *row[] = {"telemetry", t, address, fields[i],
				     units_exact(value, sizeof(value), v)};
		emit_row(out, row, 5);
	}
	emit_flush(out);
}

struct watched {
	const char *address;
	unsigned index;
	double last[N_FIELDS];
};

static int watch(struct watched *w, const struct nvml *n, const char *address, struct err *e)
{
	int index = nvml_index(n, address);

	w->address = address;
	w->index = (unsigned)index;
	for (size_t i = 0; i < N_FIELDS; i++)
		w->last[i] = NAN;
	return index < 0 ? err_set(e, ENODEV, "NVML has no GPU %s", address) : 0;
}

int telemetry_read(struct emitter *out, const char *const *pci_address, size_t gpus, struct err *e)
{
	struct watched w[GPUS_MAX];
	struct nvml *n;
	int rc = nvml_open(&n, NULL, e);

	if (rc)
		return rc;
	gpus = gpus < GPUS_MAX ? gpus : GPUS_MAX;
	for (size_t i = 0; i < gpus && !rc; i++)
		rc = watch(&w[i], n, pci_address[i], e);
	while (!rc) { /* the lifeline ends this process */
		for (size_t i = 0; i < gpus; i++)
			read_once(out, n, w[i].index, w[i].address, w[i].last);
		clock_wall_sleep_ns(INTERVAL_NS);
	}
	nvml_close(n);
	return rc;
}

struct telemetry {
	const struct parent *p;
	const struct arm *arm;
	struct frame_reader reader;
	pid_t pid;
	int life, rows;
	double run_start_s;
	bool ended; /* its pipe is closed */
	int rc;
	struct err *e;
};

/* The host's number of the GPU at that address, as text. */
static const char *number_of(const struct machine *m, const char *address, char out[24])
{
	size_t i = 0;

	while (i < m->n_gpus && strcmp(m->gpu[i].address, address) != 0)
		i++;
	snprintf(out, 24, "%zu", i);
	return out;
}

static int take(void *arg, const char *const *f, size_t n, struct err *e)
{
	struct telemetry *t = arg;
	char gpu[24];

	(void)e;
	if (n != 5 || strcmp(f[0], "telemetry") || t->rc)
		return 0;
	double since_start = round((strtod(f[1], NULL) - t->run_start_s) * 1e6) / 1e6;
	t->rc = bundle_add_telemetry(
		t->p->bundle,
		&(struct telemetry_row){.arm = t->arm->name,
					.t_s = since_start,
					.gpu = (char *)number_of(&t->arm->m, f[2], gpu),
					.field = (char *)f[3],
					.value = strtod(f[4], NULL)},
		t->e);
	return 0;
}

static void ignore(void *arg, const char *line, size_t n)
{
	(void)arg, (void)line, (void)n;
}

static void become(const struct telemetry *t, const struct gpus *gpus, const int life[2],
		   const int rows[2], pid_t parent)
{
	const char *argv[GPUS_MAX + 6] = {t->p->self, "step", "telemetry", "--nonce=telemetry",
					  "--lifeline"};
	int null = open("/dev/null", O_WRONLY);

	for (size_t i = 0, n = 5; i < gpus->n; i++)
		argv[n++] = t->arm->m.gpu[gpus->gpu[i]].address;

	prctl(PR_SET_PDEATHSIG, SIGKILL);
	if (getppid() != parent)
		_exit(127);
	setpgid(0, 0);
	dup2(life[0], STDIN_FILENO);
	dup2(rows[1], STDOUT_FILENO);
	dup2(null, STDERR_FILENO);
	execv(t->p->self, (char *const *)argv);
	_exit(127);
}

struct telemetry *telemetry_start(const struct parent *p, const struct arm *arm,
				  const struct gpus *gpus)
{
	struct telemetry *t;
	int life[2], rows[2];
	pid_t parent = getpid();

	if (pipe2(life, O_CLOEXEC))
		return NULL;
	if (pipe2(rows, O_CLOEXEC)) {
		close(life[0]);
		close(life[1]);
		return NULL;
	}
	t = mem_zalloc(1, sizeof(*t));
	*t = (struct telemetry){.p = p, .arm = arm, .run_start_s = (double)p->start_ns * 1e-9};
	frame_reader_init(&t->reader, "telemetry");
	t->reader.on_row = take;
	t->reader.on_text = ignore;
	t->reader.arg = t;
	t->pid = fork();
	if (t->pid == 0)
		become(t, gpus, life, rows, parent);
	close(life[0]);
	close(rows[1]);
	t->life = life[1];
	t->rows = rows[0];
	fcntl(t->rows, F_SETFL, O_NONBLOCK);
	return t;
}

int telemetry_pump(struct telemetry *t, struct err *e)
{
	char data[8192];
	struct err ignored = ERR_INIT;
	ssize_t n;

	if (!t)
		return 0;
	t->e = e;
	while ((n = read(t->rows, data, sizeof(data))) > 0) {
		if (frame_feed(&t->reader, data, (size_t)n, &ignored))
			break;
	}
	t->ended = n == 0;
	return t->rc;
}

int telemetry_stop(struct telemetry *t, struct err *e)
{
	uint64_t start_ns = clock_wall_ns();
	int rc, status;

	if (!t)
		return 0;
	close(t->life);
	do {
		struct pollfd p = {.fd = t->rows, .events = POLLIN};

		poll(&p, 1, 100);
		rc = telemetry_pump(t, e);
	} while (!t->ended && clock_wall_since_s(start_ns) < PATIENCE_S);
	if (!t->ended && t->pid > 0)
		kill(t->pid, SIGKILL);
	if (t->pid > 0)
		reap_until(t->pid, clock_wall_ns() + REAP_NS, &status);
	close(t->rows);
	frame_reader_fini(&t->reader);
	free(t);
	return rc;
}
