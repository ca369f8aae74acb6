/* What the bundle says about the run as a whole: see record.h. */
#include "record.h"
#include "../base/buf.h"
#include "../base/clock.h"
#include "../base/mem.h"
#include "../base/rng.h"
#include "../base/self.h"
#include "../base/units.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

void record_file_hash(const char *path, char out[17])
{
	FILE *f = fopen(path, "rb");
	uint64_t h = 0;
	int c;

	out[0] = '\0';
	if (!f)
		return;
	while ((c = getc(f)) != EOF)
		h = rng_hash(h, (uint64_t)c);
	fclose(f);
	snprintf(out, 17, "%016llx", (unsigned long long)h);
}

static int add(const struct parent *p, const char *key, const char *value, const char *source,
	       struct err *e)
{
	return bundle_add_manifest(p->bundle, "", key, value, source, e);
}

/* "patience,variables": the parameters that are in no key. Nothing where there are none. */
static int add_options(const struct parent *p, const struct bench *b, struct err *e)
{
	struct buf names = BUF_INIT;
	char key[128];
	int rc = 0;

	for (const struct param *x = b->params; x->name; x++) {
		if (x->option)
			buf_printf(&names, "%s%s", names.len ? "," : "", x->name);
	}
	snprintf(key, sizeof(key), "bench.%s.options", b->name);
	if (names.len)
		rc = add(p, key, buf_str(&names), "benchmark", e);
	buf_free(&names);
	return rc;
}

static int add_metrics(const struct parent *p, const struct bench *b, struct err *e)
{
	static const char *const better[] = {"higher", "lower", "none"};
	char key[128];
	int rc;

	snprintf(key, sizeof(key), "bench.%s.summary", b->name);
	rc = add(p, key, b->summary, "benchmark", e);
	snprintf(key, sizeof(key), "bench.%s.method", b->name);
	if (!rc)
		rc = add(p, key, b->method ? b->method : "", "benchmark", e);
	if (!rc)
		rc = add_options(p, b, e);
	for (const struct metric *m = b->metrics; m->name && !rc; m++) {
		const char *field[] = {"unit", "better", "class", "siblings"};
		const char *value[] = {m->unit, better[m->better], m->cls, m->siblings};

		for (int i = 0; i < 4 && !rc; i++) {
			if (!value[i])
				continue;
			snprintf(key, sizeof(key), "metric.%s.%s.%s", b->name, m->name, field[i]);
			rc = add(p, key, value[i], "benchmark", e);
		}
	}
	return rc;
}

static int add_program(const struct parent *p, const char *argv, struct err *e)
{
	char utc[32], seed[24];
	const char *simulated = clock_meas_simulated();
	int rc;

	clock_utc(utc);
	snprintf(seed, sizeof(seed), "%llu", (unsigned long long)p->seed);
	rc = add(p, "program.version", self_version(), "program", e);
	if (!rc)
		rc = add(p, "program.build", self_build(), "git describe", e);
	if (!rc)
		rc = add(p, "run.seed", seed, "--seed", e);
	if (!rc)
		rc = add(p, "run.start_utc", utc, "clock", e);
	if (!rc && !*simulated)
		rc = add(p, "run.argv", argv, "command line", e);
	if (!rc && *simulated)
		rc = add(p, "simulated", simulated, "simulated server", e);
	return rc;
}

int record_run(const struct parent *p, const char *suite_hash, const char *argv, struct err *e)
{
	const struct plan *plan = p->plan;
	int rc = add_program(p, argv, e);

	if (!rc)
		rc = add(p, "suite.name", plan->name, "suite", e);
	if (!rc)
		rc = add(p, "suite.summary", plan->summary, "suite", e);
	if (!rc)
		rc = add(p, "suite.gate", plan->gate, "suite", e);
	if (!rc)
		rc = add(p, "suite.required", plan->required, "suite", e);
	if (!rc)
		rc = add(p, "suite.hash", suite_hash, "suite file", e);
	for (size_t i = 0; i < plan->n && !rc; i++) {
		size_t before = 0;

		while (before < i && plan->step[before].bench != plan->step[i].bench)
			before++;
		if (before == i)
			rc = add_metrics(p, plan->step[i].bench, e);
	}
	for (size_t i = 0; i < plan->n && !rc; i++)
		rc = bundle_add_plan(p->bundle, &plan->step[i].row, e);
	return rc;
}

int record_arm(const struct parent *p, const struct arm *arm, struct err *e)
{
	const struct machine *m = &arm->m;
	int rc = 0;

	for (size_t i = 0; i < m->n_rows && !rc; i++)
		rc = bundle_add_manifest(p->bundle, arm->name, m->row[i].key, m->row[i].value,
					 m->row[i].source, e);
	for (size_t i = 0; i < m->n_gpus && !rc; i++) {
		char key[48];

		snprintf(key, sizeof(key), "gpu.%zu.address", i);
		rc = bundle_add_manifest(p->bundle, arm->name, key, m->gpu[i].address, "sysfs", e);
	}
	return rc;
}

int record_throttling(const struct parent *p, const struct arm *arm, struct err *e)
{
	char text[32];

	if (arm->throttled_periods < 0)
		return 0;
	int rc = bundle_add_manifest(p->bundle, arm->name, "limits.throttled_periods",
				     units_exact(text, sizeof(text), arm->throttled_periods),
				     "cpu.stat, sum over the steps", e);
	return rc ? rc
		  : bundle_add_manifest(p->bundle, arm->name, "limits.throttled_s",
					units_exact(text, sizeof(text), arm->throttled_s),
					"cpu.stat, sum over the steps", e);
}

int record_end(const struct parent *p, struct err *e)
{
	return add(p, "run.status", "complete", "assay run", e);
}

static int same(const struct bundle_data *d, const char *arm, const char *key, const char *now,
		struct err *e)
{
	const char *then = bundle_value(d, arm, key);

	if (!strcmp(then ? then : "", now ? now : ""))
		return 0;
	return err_at(
		e, EINVAL, d->dir, 0,
		"cannot be resumed: %s was \"%s\" and is \"%s\" now; start a new run with --like",
		key, then ? then : "", now ? now : "");
}

/* A MIG instance that was made anew has another UUID. */
static int same_instances(const struct machine *m, const char *arm, size_t gpu,
			  const struct bundle_data *d, struct err *e)
{
	char *ids, *save = NULL, key[96];
	int rc;

	snprintf(key, sizeof(key), "gpu.%zu.mig_instances", gpu);
	rc = same(d, arm, key, machine_value(m, key), e);
	ids = mem_strdup(rc || !machine_value(m, key) ? "" : machine_value(m, key));
	for (char *w = strtok_r(ids, " ", &save); w && !rc; w = strtok_r(NULL, " ", &save)) {
		snprintf(key, sizeof(key), "gpu.%zu.mig.%s.uuid", gpu, w);
		rc = same(d, arm, key, machine_value(m, key), e);
	}
	free(ids);
	return rc;
}

int record_same(const struct arm *arm, const struct bundle_data *d, struct err *e)
{
	static const char *const keys[] = {"host.name", "host.boot_id", "host.kernel",
					   "program.userland", "driver.version"};
	int rc = same(d, "", "program.build", self_build(), e);

	if (!rc)
		rc = same(d, "", "simulated", clock_meas_simulated(), e);
	for (size_t i = 0; i < sizeof(keys) / sizeof(keys[0]) && !rc; i++)
		rc = same(d, arm->name, keys[i], machine_value(&arm->m, keys[i]), e);
	for (size_t i = 0; i < arm->m.n_gpus && !rc; i++) {
		char key[48];

		snprintf(key, sizeof(key), "gpu.%zu.uuid", i);
		rc = same(d, arm->name, key, machine_value(&arm->m, key), e);
		if (!rc)
			rc = same_instances(&arm->m, arm->name, i, d, e);
	}
	return rc;
}
