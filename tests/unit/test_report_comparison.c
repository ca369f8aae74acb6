/*
 * Two arms of one bundle as people see them, judged as they are, on the page and on the terminal:
 * order, words, banners, what must not be there, weight. With REPORT_OUT=DIR it leaves the pages
 * there for tests/browser.
 */
#include "make_ab.h"
#include "report_text.h"
#include "../../reports/text.h"

struct ab {
	struct mk_report m;
	struct comparison c;
	struct differences d;
};

/* Latencies of 4 x 4 nodes and rates; one pair of nodes is slower in podman, one is noisy. */
static void add_gates(struct bundle_data *d)
{
	for (unsigned cpu = 0; cpu < 4; cpu++) {
		char *params = mem_printf("cpu_node=%u node=0,1,2,3", cpu);

		mk_plan(d, cpu, "mem", params, false, "");
		free(params);
		for (unsigned node = 0; node < 4; node++) {
			char *labels = mem_printf("cpu_node=%u,node=%u", cpu, node);
			bool odd = cpu == 2 && node == 1, noisy = cpu == 3 && node == 3;
			struct mk_ab_metric m = {
				.bench = "mem",
				.metric = "latency",
				.labels = labels,
				.step = cpu,
				.value = cpu == node ? 96e-9 : 139e-9,
				.sd = noisy ? 0.05 : 0.003,
				.shift = odd			 ? 0.065
					 : cpu == 0 && node == 3 ? -0.04
								 : 0,
			};

			mk_ab_blocks(d, &m, 0, cpu == 3 ? 32 : 16); /* a step is repeated whole */
			free(labels);
		}
	}
}

/* Rates of 60 sizes that nothing is promised for; one lies far off, and is confirmed. */
static void add_screens(struct bundle_data *d)
{
	for (unsigned i = 0; i < 60; i++) {
		char *labels = mem_printf("cpu_node=0,node=0,size=%u", 4096 * (i + 1));
		struct mk_ab_metric m = {.bench = "mem",
					 .metric = "rate",
					 .labels = labels,
					 .step = 0,
					 .value = 4e10 + 1e8 * i,
					 .sd = 0.004,
					 .shift = i == 17 ? 0.12 : 0,
					 .higher = true};

		mk_ab_blocks(d, &m, 0, 8);
		if (i == 17)
			mk_ab_blocks(d, &m, COMPARE_CONFIRM, COMPARE_CONFIRM + 8);
		free(labels);
	}
}

static void add_controls(struct bundle_data *d, double shift)
{
	static const char *const labels[] = {"control=alu", "control=chase"};

	mk_plan(d, 4, "control", "control=alu,chase", false, "");
	for (unsigned i = 0; i < 2; i++) {
		struct mk_ab_metric m = {.bench = "control",
					 .metric = "time",
					 .labels = labels[i],
					 .step = 4,
					 .value = 0.01,
					 .sd = 0.001,
					 .shift = i ? 0 : shift};

		mk_ab_blocks(d, &m, 0, 32);
	}
}

static void add_environment(struct bundle_data *d)
{
	static const char *const rows[][3] = {
		{"limits.cpu_quota", "none", "0.5"},	  {"limits.memlock", "unlimited", "65536"},
		{"limits.cpuset_mems", "0-3", "0-3"},	  {"container.runtime", "host", "podman"},
		{"container.root_fs", "ext4", "overlay"}, {"daemon.slurmd", "running", "not seen"},
		{"limits.throttled_s", "", "12.25"},	  {"limits.throttled_periods", "", "250"},
		{"variable.OMP_NUM_THREADS", "8", ""},
	};

	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++)
		for (int b = 0; b < 2; b++)
			if (rows[i][1 + b][0])
				mk_manifest_of(d, b ? "podman" : "host", rows[i][0],
					       rows[i][1 + b]);
}

static void judge(struct ab *x)
{
	struct err e = ERR_INIT;

	assert_int_equal(mk_judge(&x->m), 0);
	assert_int_equal(comparison_of_arms(&x->c, &x->m.d, &x->m.results, &e), 0);
	assert_int_equal(differences_make(&x->d, &x->m.d, x->c.a, &x->m.d, x->c.b, &x->c, &e), 0);
	x->m.report.comparison = &x->c;
	x->m.report.differences = &x->d;
}

static void make(struct ab *x, double control, bool simulated)
{
	*x = (struct ab){.m = {.d = {.n_plan = 0}}};
	mk_ab_head(&x->m.d, "mem.latency{}", "16", "2", "60");
	if (simulated)
		mk_manifest(&x->m.d, "simulated", "epyc (no fault)");
	add_gates(&x->m.d);
	add_screens(&x->m.d);
	add_controls(&x->m.d, control);
	add_environment(&x->m.d);
	judge(x);
}

static void done(struct ab *x)
{
	differences_free(&x->d);
	comparison_free(&x->c);
	mk_report_free(&x->m);
}

static char *page(double control, bool simulated)
{
	struct ab x;
	struct buf out = BUF_INIT;

	make(&x, control, simulated);
	report_html(&out, &x.m.report);
	done(&x);
	return buf_steal(&out);
}

static char *screen(double control, bool utf8)
{
	struct terminal_style style = {.utf8 = utf8, .columns = 80};
	struct ab x;
	struct buf out = BUF_INIT;

	make(&x, control, false);
	report_terminal(&out, &x.m.report, &style);
	done(&x);
	return buf_steal(&out);
}

static void test_page_in_order(void **state)
{
	static const char *const what[] = {
		"<h1 class=\"fail\"><span class=\"mark\" aria-hidden=\"true\">▼</span> Regressed",
		"Of 16 gate metrics",
		"href=\"#comparison\"",
		"id=\"comparison\"",
		"<b>1</b> regressed",
		"<b>1</b> undecided",
		"<b>13</b> equivalent",
		"<b>1</b> improved",
		"<tr class=\"bad\"><td class=\"l v0\"><span aria-hidden=\"true\">▼</span> "
		"regressed",
		"mem latency CPU node 2, memory node 1",
		"% slower",
		"◌</span> undecided",
		"●</span> equivalent",
		"▲</span> improved",
		"% faster",
		"Other metrics with a large shift",
		"mem rate</th>",
		"mem rate: CPU node 0, memory node 0, 72 KiB.",
		"<dt>Promise</dt>",
		"60 more metrics were looked at: 1 showed a large shift and was measured again in "
		"fresh blocks (1 regressed",
		"no large shift seen",
		"<dt>Controls</dt>",
		"<dt>Strays</dt>",
		"<dt>Detectable</dt>",
		"Block by block",
		"id=\"pairs-0-t\"",
		"id=\"differences\"",
		"hint: the CPU quota of podman held it back",
		"CPU quota <code>limits.cpu_quota</code>",
		"64 KiB",
		"Other differences",
		"id=\"findings\"",
		"id=\"measurements\"",
	};
	char *text = page(0, false);

	in_order(text, what, sizeof(what) / sizeof(what[0]));
	leave("ab", text);
	free(text);
}

static void test_controls_are_no_measurement(void **state)
{
	char *text = page(0, false), *term = screen(0, true);

	LACKS(text, "id=\"bench-control\"");
	LACKS(strstr(text, "<dt>Ran</dt>"), "control (");
	LACKS(strstr(term, "Measurements"), "control time");
	HAS(text, "control time");
	free(text);
	free(term);
}

static void test_same_values_of_both_arms_are_told_once(void **state)
{
	char *text = page(0, false);

	HAS(text, "<code>limits.cpuset_mems</code></th><td>both</td><td>0-3</td>");
	LACKS(text, "<code>limits.cpuset_mems</code></th><td>podman");
	HAS(text, "<code>limits.cpu_quota</code></th><td>host</td><td>none</td>");
	HAS(text, "<code>limits.cpu_quota</code></th><td>podman</td><td>0.5</td>");
	free(text);
}

static void test_unproven_stands_above_all(void **state)
{
	static const char *const what[] = {"<strong>UNPROVEN</strong>", "control time",
					   "in the turns of podman", "<h1 class=\"", "Unproven"};
	char *text = page(0.05, false), *good = page(0, false), *term = screen(0.05, true);

	in_order(text, what, 5);
	LACKS(good, "UNPROVEN</strong>");
	assert_int_equal(strncmp(term, "UNPROVEN: ", 10), 0);
	leave("ab-unproven", text);
	free(text);
	free(good);
	free(term);
}

static void test_simulated(void **state)
{
	char *text = page(0, true);

	HAS(text, "<title>SIMULATED – Regressed: ab-test on lab-07");
	HAS(text, "class=\"paper\"");
	HAS(text, "<strong>SIMULATED</strong> epyc");
	leave("ab-simulated", text);
	free(text);
}

static void test_weight(void **state)
{
	char *text = page(0, false);

	assert_true(strlen(text) < 300000);
	free(text);
}

static void test_terminal_in_80_columns(void **state)
{
	static const char *const what[] = {
		"▼ Regressed. Of 16 gate metrics",
		"Comparison: podman against host",
		"▼ 1 regressed",
		"% slower",
		"◌ 1 undecided",
		"● 13 equivalent",
		"▲ 1 improved",
		"% faster",
		"Promise",
		"Other metrics",
		"Controls",
		"What differs",
		"hint: the CPU quota of podman held it back",
		"CPU quota (limits.cpu_quota): none in host",
		"Findings",
		"Measurements",
	};
	char *text = screen(0, true), *plain = screen(0, false), *save = NULL;

	in_order(text, what, sizeof(what) / sizeof(what[0]));
	HAS(plain, "v 1 regressed");
	for (const char *p = plain; *p; p++)
		assert_true((unsigned char)*p < 0x80);
	for (char *l = strtok_r(text, "\n", &save); l; l = strtok_r(NULL, "\n", &save))
		if (text_width(l) > 80)
			fail_msg("%zu columns: %s", text_width(l), l);
	free(text);
	free(plain);
}

static void test_json(void **state)
{
	struct ab x;
	struct buf out = BUF_INIT;

	make(&x, 0, false);
	report_json(&out, &x.m.report);
	HAS(out.s, "\"comparison\"");
	HAS(out.s, "\"verdict\": \"REGRESSED\"");
	HAS(out.s, "\"key\": \"limits.cpu_quota\"");
	HAS(out.s, "\"exit\": 1");
	buf_free(&out);
	done(&x);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_page_in_order),
		cmocka_unit_test(test_controls_are_no_measurement),
		cmocka_unit_test(test_same_values_of_both_arms_are_told_once),
		cmocka_unit_test(test_unproven_stands_above_all),
		cmocka_unit_test(test_simulated),
		cmocka_unit_test(test_weight),
		cmocka_unit_test(test_terminal_in_80_columns),
		cmocka_unit_test(test_json),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
