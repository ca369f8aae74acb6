/* A made-up server whose numbers the judge's rules look at. Include it in one file of a test. */
#ifndef ASSAY_TESTS_RULES_CASE_H
#define ASSAY_TESTS_RULES_CASE_H

#include "make_bundle.h"
#include "report_text.h"

enum { CASE_PROCESSES = 3, CASE_SAMPLES = 5 };

/* Adds one key with its processes: value, and the spread from process to process as a share. */
static inline void case_add(struct bundle_data *d, const char *bench, const char *metric,
			    const char *labels, double value, double spread, unsigned processes)
{
	unsigned step = (unsigned)d->n_plan;

	mk_plan(d, step, bench, "size=4", false, "");
	for (unsigned p = 0; p < processes; p++) {
		struct mk_key k = {.bench = bench,
				   .metric = metric,
				   .labels = labels,
				   .step = step,
				   .process = p};

		mk_step(d, step, p, ST_PASS, "1 case");
		mk_noise(d, &k, value, spread, spread / 4, CASE_SAMPLES);
	}
}

/* The same with labels as printf makes them, three processes, 0.3 % from one to the next. */
__attribute__((format(printf, 5, 6))) static inline void case_key(struct bundle_data *d,
								  const char *bench,
								  const char *metric, double value,
								  const char *fmt, ...)
{
	char labels[160];
	va_list ap;

	va_start(ap, fmt);
	vsnprintf(labels, sizeof(labels), fmt, ap);
	va_end(ap);
	case_add(d, bench, metric, labels, value, 0.003, CASE_PROCESSES);
}

/* A row of the manifest, its key as printf makes it. */
__attribute__((format(printf, 3, 4))) static inline void
case_fact(struct bundle_data *d, const char *value, const char *fmt, ...)
{
	char key[200];
	va_list ap;

	va_start(ap, fmt);
	vsnprintf(key, sizeof(key), fmt, ap);
	va_end(ap);
	mk_manifest_of(d, "host", key, value);
}

static inline const struct result *case_find(const struct results *r, const char *metric,
					     const char *labels)
{
	for (size_t i = 0; i < r->n; i++)
		if (!strcmp(r->r[i].metric, metric) && !strcmp(r->r[i].labels, labels))
			return &r->r[i];
	fail_msg("no result %s{%s}", metric, labels);
	return NULL;
}

/* Judges and counts: FAIL numbers, and others with a remark. */
struct case_count {
	size_t failed, remarks;
};

static inline struct case_count case_judge(struct mk_report *m)
{
	struct case_count c = {0, 0};

	assert_int_equal(mk_judge(m), 0);
	for (size_t i = 0; i < m->results.n; i++) {
		c.failed += m->results.r[i].status == ST_FAIL;
		c.remarks += m->results.r[i].status == ST_PASS && m->results.r[i].reason[0];
	}
	return c;
}

#endif
