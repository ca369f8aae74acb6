/* assay history: how much each metric differs from session to session of an unchanged machine. */
#include "../../reports/report.h"
#include "../../reports/text.h"
#include "../base/log.h"
#include "../base/mem.h"
#include "../base/status.h"
#include "../formats/csv.h"
#include "../formats/json.h"
#include "../judge/compare.h"
#include "../judge/history.h"
#include "../judge/words.h"
#include "command.h"

#include <errno.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

static const struct option_spec options[] = {
	{"json", NULL, "print JSON with the points of every metric"},
	{"all", NULL, "show all metrics, not the gates alone"},
	{"out", "DIR",
	 "write history.csv (all metrics) and history.html (charts) into this folder"},
	{NULL, NULL, NULL},
};

struct asked {
	const char *out;
	bool json, all;
};

static int take(void *arg, const char *name, const char *value, struct err *e)
{
	struct asked *a = arg;

	(void)e;
	if (!strcmp(name, "out"))
		a->out = value;
	else if (!strcmp(name, "json"))
		a->json = true;
	else
		a->all = true;
	return 0;
}

static double spread(const struct history_metric *m)
{
	return m->nu ? expm1(sqrt(m->v)) : NAN;
}

/* ---- JSON ---- */

static struct json *point_json(const struct session *s, const struct cell *c)
{
	struct json *o = json_object_new();

	json_str(o, "start", s->start);
	json_str(o, "host", s->host);
	json_str(o, "boot", s->boot);
	json_str(o, "driver", s->driver);
	json_str(o, "kernel", s->kernel);
	json_num(o, "median", c->median);
	json_int(o, "processes", c->k);
	return o;
}

static struct json *metric_json(const struct history *h, const struct history_metric *m)
{
	struct json *o = json_object_new(), *points = json_array_new();

	json_str(o, "bench", m->key->bench);
	json_str(o, "metric", m->key->metric);
	json_str(o, "labels", m->key->labels);
	json_str(o, "unit", m->key->unit);
	json_flag(o, "gate", m->gate);
	json_int(o, "sessions", m->sessions);
	json_int(o, "nu", m->nu);
	json_num(o, "spread", spread(m));
	json_flag(o, "enough", m->enough);
	for (size_t i = 0; i < h->panel.n_sessions; i++)
		if (m->key->cell[i].k)
			json_push(points, point_json(&h->panel.session[i], &m->key->cell[i]));
	return json_put(o, "points", points);
}

static int show_json(const struct history *h)
{
	struct json *o = json_object_new(), *metrics = json_array_new();

	for (size_t i = 0; i < h->n; i++)
		json_push(metrics, metric_json(h, &h->metric[i]));
	json_put(o, "metrics", metrics);
	return json_print(o, stdout);
}

/* ---- the table ---- */

static void put_row(const struct history_metric *m)
{
	struct compared row = {
		.bench = m->key->bench, .metric = m->key->metric, .labels = m->key->labels};
	struct buf name = BUF_INIT, plain = BUF_INIT;
	char share[16] = "-";

	compared_name(&name, &row);
	text_plain(&plain, buf_str(&name));
	if (m->nu)
		snprintf(share, sizeof(share), "%.2f %%", 100 * spread(m));
	printf("%8u  %5u  %10s  %-8s  %s\n", m->sessions, m->nu, share, m->enough ? "yes" : "no",
	       buf_str(&plain));
	buf_free(&name);
	buf_free(&plain);
}

static void show_table(const struct history *h, bool all)
{
	size_t enough = 0, shown = 0;

	printf("sessions     nu      spread  suffices  metric\n");
	for (size_t i = 0; i < h->n; i++) {
		if (!all && !h->metric[i].gate)
			continue;
		put_row(&h->metric[i]);
		shown++;
		enough += h->metric[i].enough;
	}
	printf("\n%zu of %zu metrics have the %d degrees of freedom (nu) that assay compare needs "
	       "for a verdict.\nEach further session of an unchanged machine (one a boot) adds "
	       "one; a new driver, kernel or VBIOS starts anew.\nspread: the standard deviation "
	       "between sessions.\n",
	       enough, shown, VERDICT_LIBRARY);
}

static void add_csv_row(struct buf *out, const struct history_metric *m)
{
	char n[4][40];

	snprintf(n[0], sizeof(n[0]), "%u", m->sessions);
	snprintf(n[1], sizeof(n[1]), "%u", m->nu);
	units_exact(n[2], sizeof(n[2]), m->nu ? sqrt(m->v) : 0);
	const char *const f[] = {
		m->key->bench, m->key->metric, m->key->labels,	  m->gate ? "gate" : "screen",
		n[0],	       n[1],	       m->nu ? n[2] : "", m->enough ? "yes" : "no"};

	csv_row(out, f, sizeof(f) / sizeof(f[0]));
}

static int write_files(const struct history *h, const char *dir, struct err *e)
{
	struct buf text = BUF_INIT;

	if (mkdir(dir, 0777) && errno != EEXIST)
		return err_at(e, errno, dir, 0, "cannot make this folder: %s", strerror(errno));
	buf_puts(&text, "bench,metric,labels,role,sessions,nu,sd,suffices\n");
	for (size_t i = 0; i < h->n; i++)
		add_csv_row(&text, &h->metric[i]);
	int rc = bundle_write_file(dir, "history.csv", text.s, text.len, e);
	buf_reset(&text);
	report_history_html(&text, h);
	if (!rc)
		rc = bundle_write_file(dir, "history.html", text.s, text.len, e);
	buf_free(&text);
	return rc;
}

static int run(const struct app *app, int argc, char **argv)
{
	struct asked a = {.out = NULL};
	struct history h;
	struct err e = ERR_INIT;
	int first = command_options(&command_history, argc, argv, take, &a), rc;

	(void)app;
	if (first < 0)
		return first == -1 ? EXIT_PASSED : EXIT_USAGE;
	if (argc - first != 1)
		return command_usage("history: name one folder of bundles");
	rc = history_load(&h, argv[first], &e);
	for (size_t i = 0; i < h.n_left_out; i++)
		log_warn("left out %s: %s", h.left_out[i].dir, h.left_out[i].why);
	if (!rc && a.out)
		rc = write_files(&h, a.out, &e);
	if (!rc && a.json)
		rc = show_json(&h);
	else if (!rc)
		show_table(&h, a.all);
	if (!rc && a.out && !a.json)
		printf("report: %s/history.html\n", a.out);
	history_free(&h);
	if (e.code)
		err_print(&e, "assay", stderr);
	return rc ? EXIT_USAGE : EXIT_PASSED;
}

const struct command command_history = {
	.name = "history",
	.args = "DIR",
	.summary = "Shows how much each gate metric differs from session to session",
	.detail = "DIR holds bundles, as results/ does. What it shows is the library that\n"
		  "assay compare --history=DIR judges sessions by.",
	.options = options,
	.run = run,
};
