/* A made-up machine, and plans on it. Include it in one file of a test program. */
#ifndef ASSAY_TESTS_PLAN_CASE_H
#define ASSAY_TESTS_PLAN_CASE_H

#include "../../harness/base/mem.h"
#include "../../harness/run/expand.h"
#include "../../harness/run/plan.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

static inline int nothing(struct ctx *c, struct err *e)
{
	(void)c, (void)e;
	return 0;
}

static const struct metric metrics[] = {
	{.name = "bandwidth", .unit = "bytes/s", .better = BETTER_HIGHER, .cls = "bandwidth"},
	{.name = NULL},
};
static inline void make_machine(struct machine *m, size_t gpus)
{
	memset(m, 0, sizeof(*m));
	m->topo.nodes = mem_zalloc(2, sizeof(*m->topo.nodes));
	m->topo.n_nodes = 2;
	for (int i = 0; i < 2; i++) {
		m->topo.nodes[i].id = i;
		m->topo.nodes[i].n_cpus = m->topo.nodes[i].n_online = 1;
		m->topo.nodes[i].cpus = mem_zalloc(1, sizeof(int));
		m->topo.nodes[i].mem_total_bytes = 1 << 30;
	}
	m->gpu = mem_zalloc(gpus, sizeof(*m->gpu));
	m->n_gpus = gpus;
	for (size_t i = 0; i < gpus; i++) {
		char key[64];

		snprintf(m->gpu[i].address, sizeof(m->gpu[i].address), "0000:%02zx:00.0", 0x17 + i);
		m->gpu[i].numa_node = (int)(i % 2);
		snprintf(key, sizeof(key), "gpu.%s.cuda_ordinal", m->gpu[i].address);
		machine_add(m, key, "0", "test");
		snprintf(key, sizeof(key), "gpu.%s.mem_used", m->gpu[i].address);
		machine_add(m, key, "0", "test");
	}
	machine_add(m, "cuda.status", "ok", "test");
	machine_add(m, "nvml.status", "ok", "test");
}

static inline int plan_text(const struct bench *const *benches, struct plan *p, const char *text,
			    const struct machine *m, struct err *e)
{
	struct plan_options o = {0};
	struct suite s;
	int rc = suite_parse(&s, "t.ini", text, strlen(text), e);

	if (rc)
		return rc;
	rc = plan_make(p, &s, benches, m, &o, e);
	suite_free(&s);
	return rc;
}

static inline void expands_as(const struct bench *b, const struct param *p, const char *text,
			      const char *expected)
{
	struct values v;
	struct err e = ERR_INIT;
	int rc = expand_values(&v, b, p, text, NULL, "t.ini", 7, &e);
	if (!expected) {
		assert_int_equal(rc, -22);
		assert_int_equal(e.line, 7);
		return;
	}
	assert_int_equal(rc, 0);
	char *joined = values_join(&v);
	assert_string_equal(joined, expected);
	free(joined);
	values_free(&v);
}

#endif
