/*
 * Made-up bundles in memory, the same bytes each time: what the judge and the reports are
 * tested with. Include it in one file of a test program.
 */
#ifndef ASSAY_TESTS_MAKE_BUNDLE_H
#define ASSAY_TESTS_MAKE_BUNDLE_H

#include "../../harness/base/mem.h"
#include "../../harness/base/rng.h"
#include "../../harness/formats/bundle.h"
#include "../../harness/judge/results.h"
#include "../../reports/report.h"

#include <stdlib.h>
#include <string.h>

static inline void mk_manifest_of(struct bundle_data *d, const char *arm, const char *key,
				  const char *value)
{
	d->manifest = mem_grow(d->manifest, d->n_manifest, &d->cap_manifest, sizeof(*d->manifest));
	d->manifest[d->n_manifest++] = (struct manifest_row){
		mem_strdup(arm), mem_strdup(key), mem_strdup(value), mem_strdup("made up")};
}

static inline void mk_manifest(struct bundle_data *d, const char *key, const char *value)
{
	mk_manifest_of(d, "", key, value);
}

static inline void mk_metric(struct bundle_data *d, const char *bench, const char *metric,
			     const char *unit, const char *better, const char *cls)
{
	const char *word[] = {"unit", "better", "class"}, *value[] = {unit, better, cls};

	for (int i = 0; i < 3; i++) {
		char *key = mem_printf("metric.%s.%s.%s", bench, metric, word[i]);

		mk_manifest(d, key, value[i]);
		free(key);
	}
}

static inline void mk_plan(struct bundle_data *d, unsigned step, const char *bench,
			   const char *params, bool required, const char *skip)
{
	d->plan = mem_grow(d->plan, d->n_plan, &d->cap_plan, sizeof(*d->plan));
	d->plan[d->n_plan++] = (struct plan_row){
		.step = step,
		.bench = mem_strdup(bench),
		.label = mem_strdup(""),
		.params = mem_strdup(params),
		.processes = 1,
		.deadline_s = 60,
		.required = required,
		.skip = mem_strdup(skip),
	};
}

static inline struct step_row *mk_step_of(struct bundle_data *d, const char *arm, unsigned step,
					  unsigned process, unsigned attempt, enum status status,
					  const char *reason)
{
	d->steps = mem_grow(d->steps, d->n_steps, &d->cap_steps, sizeof(*d->steps));
	struct step_row *s = &d->steps[d->n_steps++];

	*s = (struct step_row){
		.arm = mem_strdup(arm),
		.block = process,
		.step = step,
		.process = process,
		.attempt = attempt,
		.start_s = (double)d->n_steps,
		.wall_s = 1.5,
		.status = status,
		.reason = mem_strdup(reason),
	};
	return s;
}

static inline void mk_step(struct bundle_data *d, unsigned step, unsigned process,
			   enum status status, const char *reason)
{
	mk_step_of(d, "host", step, process, 0, status, reason);
}

struct mk_key {
	const char *arm, *bench, *metric, *labels;
	unsigned step, process, attempt;
};

static inline void mk_sample(struct bundle_data *d, const struct mk_key *k, unsigned sample,
			     double value, const char *valid)
{
	d->samples = mem_grow(d->samples, d->n_samples, &d->cap_samples, sizeof(*d->samples));
	d->samples[d->n_samples++] = (struct sample_row){
		.arm = mem_strdup(k->arm ? k->arm : "host"),
		.block = k->process,
		.step = k->step,
		.process = k->process,
		.attempt = k->attempt,
		.bench = mem_strdup(k->bench),
		.metric = mem_strdup(k->metric),
		.labels = mem_strdup(k->labels),
		.sample = sample,
		.t_s = sample * 1e-3,
		.value = value,
		.valid = mem_strdup(valid),
	};
}

/* n samples around a centre: a share of it between processes, another inside them. */
static inline void mk_noise(struct bundle_data *d, const struct mk_key *k, double centre,
			    double between, double inside, unsigned n)
{
	struct rng r = {rng_hash_str(rng_hash(rng_hash(7, k->process), k->step), k->labels)};

	centre *= 1 + between * rng_normal(&r);
	for (unsigned i = 0; i < n; i++)
		mk_sample(d, k, i, centre * (1 + inside * rng_normal(&r)), "");
}

/* One reading of a GPU's telemetry. */
static inline void mk_telemetry(struct bundle_data *d, const char *arm, double t_s, int gpu,
				const char *field, double value)
{
	d->telemetry =
		mem_grow(d->telemetry, d->n_telemetry, &d->cap_telemetry, sizeof(*d->telemetry));
	d->telemetry[d->n_telemetry++] = (struct telemetry_row){
		.arm = mem_strdup(arm),
		.t_s = t_s,
		.gpu = mem_printf("%d", gpu),
		.field = mem_strdup(field),
		.value = value,
	};
}

static inline void mk_free(struct bundle_data *d)
{
	for (size_t i = 0; i < d->n_manifest; i++) {
		free(d->manifest[i].arm);
		free(d->manifest[i].key);
		free(d->manifest[i].value);
		free(d->manifest[i].source);
	}
	for (size_t i = 0; i < d->n_plan; i++) {
		free(d->plan[i].bench);
		free(d->plan[i].label);
		free(d->plan[i].params);
		free(d->plan[i].skip);
	}
	for (size_t i = 0; i < d->n_steps; i++) {
		free(d->steps[i].arm);
		free(d->steps[i].reason);
	}
	for (size_t i = 0; i < d->n_samples; i++) {
		free(d->samples[i].arm);
		free(d->samples[i].bench);
		free(d->samples[i].metric);
		free(d->samples[i].labels);
		free(d->samples[i].valid);
	}
	for (size_t i = 0; i < d->n_telemetry; i++) {
		free(d->telemetry[i].arm);
		free(d->telemetry[i].gpu);
		free(d->telemetry[i].field);
	}
	free(d->telemetry);
	free(d->manifest);
	free(d->plan);
	free(d->steps);
	free(d->samples);
	*d = (struct bundle_data){.n_plan = 0};
}

/* ---- whole bundles ---- */

static inline void mk_head(struct bundle_data *d, const char *suite, const char *summary,
			   const char *host)
{
	mk_manifest(d, "program.version", "0.1.0");
	mk_manifest(d, "program.build", "v0.1.0-3-gabc1234");
	mk_manifest(d, "run.seed", "7");
	mk_manifest(d, "run.start_utc", "2026-11-20T22:58:03Z");
	mk_manifest(d, "run.argv", "assay run --suite=quick");
	mk_manifest(d, "run.status", "complete");
	mk_manifest(d, "suite.name", suite);
	mk_manifest(d, "suite.summary", summary);
	mk_manifest(d, "suite.hash", "0123456789abcdef");
	mk_manifest_of(d, "host", "host.name", host);
	mk_manifest_of(d, "host", "host.kernel", "6.1.0-38-amd64");
	mk_manifest_of(d, "host", "cpu.model", "Intel(R) Xeon(R) Platinum 8480C");
	mk_manifest_of(d, "host", "cpu.sockets", "2");
	mk_manifest_of(d, "host", "limits.memlock", "unlimited");
}

static inline void mk_gpus(struct bundle_data *d, unsigned n)
{
	static const char *const field[][2] = {
		{"name", "NVIDIA H100 80GB HBM3"},
		{"vbios", "96.00.89.00.01"},
		{"ecc_current", "on"},
		{"ecc_pending", "on"},
		{"persistence", "on"},
		{"power_limit", "700"},
		{"clock_sm_max", "1980000000"},
		{"clock_mem_max", "2619000000"},
		{"mig_current", "off"},
		{"compute_mode", "default"},
		{"link_gen_max", "5"},
		{"link_width_max", "16"},
	};

	mk_manifest_of(d, "host", "driver.version", "580.82.07");
	mk_manifest_of(d, "host", "driver.cuda_max", "13000");
	mk_manifest_of(d, "host", "cuda.status", "ok");
	for (unsigned g = 0; g < n; g++) {
		char *key = mem_printf("gpu.%u.address", g),
		     *value = mem_printf("0000:%02x:00.0", 0x1a + 16 * g);

		mk_manifest_of(d, "host", key, value);
		free(key);
		free(value);
		key = mem_printf("gpu.%u.uuid", g);
		value = mem_printf("GPU-%08x-1f2e-4d3c-8b7a-00112233445%u", 0xabc00000u + g, g);
		mk_manifest_of(d, "host", key, value);
		free(key);
		free(value);
		for (size_t i = 0; i < sizeof(field) / sizeof(field[0]); i++) {
			key = mem_printf("gpu.%u.%s", g, field[i][0]);
			mk_manifest_of(d, "host", key, field[i][1]);
			free(key);
		}
	}
}

/* nodes x nodes latency and bandwidth; processes of one step each. */
static inline void mk_matrix(struct bundle_data *d, unsigned first_step, unsigned nodes,
			     unsigned processes, unsigned samples)
{
	static const char *const ops[] = {"read", "write", "copy", "triad"};

	mk_metric(d, "host_latency", "latency", "s", "lower", "latency");
	mk_metric(d, "host_latency", "rate_wall", "1/s", "higher", "latency");
	mk_metric(d, "host_bandwidth", "rate", "bytes/s", "higher", "bandwidth");
	mk_manifest(d, "bench.host_latency.summary",
		    "latency of host memory, NUMA node by NUMA node");
	mk_manifest(
		d, "bench.host_latency.method",
		"One pinned CPU follows a random ring of pointers through memory of the node, one "
		"load in flight.");
	mk_manifest(d, "bench.host_bandwidth.summary", "bandwidth of host memory");
	mk_manifest(d, "bench.host_bandwidth.method", "All cores of a node stream through arrays.");
	for (unsigned cpu = 0; cpu < nodes; cpu++) {
		unsigned step = first_step + cpu;
		char *params = mem_printf("cpu_node=%u node=0,1 size=268435456", cpu);

		mk_plan(d, step, "host_latency", params, false, "");
		mk_plan(d, step + nodes, "host_bandwidth", params, false, "");
		free(params);
		for (unsigned p = 0; p < processes; p++) {
			mk_step(d, step, p, ST_PASS, "4 cases: 4 precise, 0 at budget");
			mk_step(d, step + nodes, p, ST_PASS, "16 cases: 12 precise, 4 at budget");
		}
		for (unsigned node = 0; node < nodes; node++) {
			bool odd = cpu == 2 && node == 1;
			double ns = cpu == node ? 96 : odd ? 188 : 139 + 4.0 * (cpu ^ node);

			for (unsigned p = 0; p < processes; p++) {
				char *labels =
					mem_printf("cpu_node=%u,node=%u,size=268435456", cpu, node);
				struct mk_key k = {.bench = "host_latency",
						   .metric = "latency",
						   .labels = labels,
						   .step = step,
						   .process = p};

				mk_noise(d, &k, ns * 1e-9, 0.004, 0.01, samples);
				k.metric = "rate_wall";
				mk_noise(d, &k, 1e9 / ns, 0.004, 0, 1);
				free(labels);
				for (int op = 0; op < 4; op++) {
					labels = mem_printf(
						"cpu_node=%u,node=%u,op=%s,size=268435456", cpu,
						node, ops[op]);
					k = (struct mk_key){.bench = "host_bandwidth",
							    .metric = "rate",
							    .labels = labels,
							    .step = step + nodes,
							    .process = p};
					mk_noise(d, &k,
						 (cpu == node ? 52e9 : 24e9) * (1 - 0.06 * op),
						 0.004, 0.01, samples);
					free(labels);
				}
			}
		}
	}
}

/* A machine without a GPU: host memory measured, copy skipped. */
static inline void mk_quick(struct bundle_data *d)
{
	mk_head(d, "quick", "A first look at any machine in two minutes", "lab-07");
	mk_manifest_of(d, "host", "cuda.status", "no NVIDIA GPU on the PCI bus");
	mk_matrix(d, 0, 1, 3, 40);
	mk_plan(d, 9, "copy", "gpu=all size=4,1024", false, "");
	mk_step(d, 9, 0, ST_SKIP, "no NVIDIA GPU on the PCI bus");
}

/* Four nodes, five processes. */
static inline void mk_numa(struct bundle_data *d)
{
	mk_head(d, "numa", "Host memory, node by node", "epyc-12");
	mk_matrix(d, 0, 4, 5, 120);
}

static inline double mk_copy_rate(double peak, double overhead_s, double size)
{
	return size / (overhead_s + size / peak);
}

/* Eight GPUs, sizes from 4 B to 1 GiB: GPU 3 hangs, GPU 5 corrupts, GPU 6 is above its ceiling. */
static inline void mk_h2d(struct bundle_data *d, bool simulated)
{
	static const char *const dirs[] = {"d2h", "h2d"}, *const memory[] = {"pageable", "pinned"};

	mk_head(d, "h2d", "Pinned and pageable copies between host and GPUs", "hgx-sim");
	if (simulated)
		mk_manifest(d, "simulated", "hgx-h100 (fault: hang gpu=3; corrupt_copy gpu=5)");
	mk_gpus(d, 8);
	mk_manifest(d, "suite.gate", "copy.bandwidth{memory=pinned,size=268435456}");
	mk_metric(d, "copy", "bandwidth", "bytes/s", "higher", "bandwidth");
	mk_manifest(d, "bench.copy.summary", "copies between host memory and a GPU");
	mk_manifest(
		d, "bench.copy.method",
		"Copies are queued behind a gate and timed by events; the destination is poisoned "
		"and verified.");
	for (unsigned g = 0; g < 8; g++) {
		char *params = mem_printf(
			"dir=d2h,h2d engine=ce gpu=%u memory=pageable,pinned node=%u", g, g / 4);

		mk_plan(d, g, "copy", params, g == 0, "");
		free(params);
		for (int dir = 0; dir < 2; dir++) {
			char *key = mem_printf("fact.ceiling.copy.bandwidth{dir=%s,gpu=%u}",
					       dirs[dir], g);

			mk_manifest_of(d, "host", key,
				       g == 6 ? "4.9e10"
				       : dir  ? "6.06e10"
					      : "6.02e10");
			free(key);
		}
		mk_step(d, g, 0,
			g == 3	 ? ST_TIMEOUT
			: g == 5 ? ST_FAIL
				 : ST_PASS,
			g == 3	 ? "no end within its deadline of 60 s; SIGKILL was needed"
			: g == 5 ? "dir=h2d,engine=ce,gpu=5,memory=pinned,node=1,size=1048576: "
				   "byte 4096 is "
				   "0x00, 0x5a was sent"
				 : "60 cases: 60 precise, 0 at budget");
		if (g == 3)
			continue;
		for (int i = 0; i < 60; i++) {
			const char *dir = dirs[i / 15 % 2], *mem = memory[i / 30];
			double size = 4.0 * (double)(1ul << (2 * (i % 15)));
			char *labels =
				mem_printf("dir=%s,engine=ce,gpu=%u,memory=%s,node=%u,size=%.0f",
					   dir, g, mem, g / 4, size);
			struct mk_key k = {.bench = "copy",
					   .metric = "bandwidth",
					   .labels = labels,
					   .step = g};
			double peak = i >= 30 ? (i / 15 % 2 ? 55.3e9 : 55.9e9) : 11.2e9;

			if (g == 5 && size == 1048576 && i / 15 == 3)
				mk_sample(d, &k, 0, 5e10, "corrupt");
			else
				mk_noise(d, &k, mk_copy_rate(peak, i >= 30 ? 2.1e-6 : 5e-6, size),
					 0.001, 0.004, i % 15 > 10 ? 8 : 30);
			free(labels);
		}
	}
	mk_manifest_of(d, "host",
		       "fact.fail.copy{dir=h2d,engine=ce,gpu=5,memory=pinned,node=1,size=1048576}",
		       "byte 4096 is 0x00, 0x5a was sent");
}

/* Strings as a hostile or broken host might have them. */
static inline void mk_hostile(struct bundle_data *d)
{
	char *reason = mem_zalloc(4001, 1);
	struct mk_key k = {.bench = "null", .metric = "value", .labels = "case=1"};

	mk_head(d, "<script>alert(1)</script>", "\"quoted\" & 'single' </style><b>\033[2J\xc2\x9b",
		"<img src=x onerror=alert(1)>");
	mk_manifest_of(d, "host", "host.motd", "\033[31mred\007 \xff\xfe bell \xc2\x9b");
	mk_manifest_of(d, "host", "host.bidi", "\xe2\x80\xae reversed");
	mk_metric(d, "null", "value", "<i>", "none", "info");
	memset(reason, 'x', 4000);
	mk_plan(d, 0, "null", "case=1", true, "");
	mk_plan(d, 1, "null", "case=2", true, "");
	mk_plan(d, 2, "copy", "gpu=0", false, "");
	mk_step(d, 0, 0, ST_PASS, "1 case");
	mk_step(d, 1, 0, ST_ERROR, "<svg onload=alert(2)> ended\nwith status 1");
	mk_step(d, 2, 0, ST_SKIP, reason);
	mk_noise(d, &k, 1, 0, 0.1, 30);
	free(reason);
}

/* Everything a report needs from a made-up bundle. */
struct mk_report {
	struct bundle_data d;
	struct results results;
	struct outcome outcome;
	struct report report;
};

static inline int mk_judge(struct mk_report *m)
{
	struct err e = ERR_INIT;
	int rc = results_make(&m->results, &m->d, &e);

	outcome_make(&m->outcome, &m->results, &m->d);
	m->report = (struct report){.data = &m->d, .results = &m->results, .outcome = &m->outcome};
	return rc;
}

static inline void mk_report_free(struct mk_report *m)
{
	results_free(&m->results);
	mk_free(&m->d);
}

#endif
