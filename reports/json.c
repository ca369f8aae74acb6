/* For programs: results.csv's numbers, the steps and the outcome, with a version of its own. */
#include "json.h"
#include "../harness/formats/json.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>

#define SCHEMA 1

static struct json *summary(const struct result *r)
{
	const struct summary *s = &r->s;
	struct json *o = json_object_new();

	json_int(o, "processes", (long long)r->processes_valid);
	json_int(o, "n", (long long)s->n);
	json_num(o, "median", s->median);
	json_num(o, "ci_lo", s->ci_lo);
	json_num(o, "ci_hi", s->ci_hi);
	json_num(o, "ci_level", s->ci_level);
	json_num(o, "min", s->min);
	json_num(o, "p5", s->p5);
	json_num(o, "p25", s->p25);
	json_num(o, "p75", s->p75);
	json_num(o, "p95", s->p95);
	json_num(o, "p99", s->p99);
	json_num(o, "mad", s->mad);
	json_num(o, "cv", s->cv);
	json_num(o, "tau", s->tau);
	json_num(o, "ceiling", r->ceiling > 0 ? r->ceiling : NAN);
	return o;
}

static struct json *result(const struct result *r)
{
	struct json *o = json_object_new();

	json_str(o, "arm", r->arm);
	json_str(o, "bench", r->bench);
	json_str(o, "metric", r->metric);
	json_str(o, "labels", r->labels);
	json_str(o, "unit", r->unit);
	json_str(o, "better", r->better);
	json_str(o, "status", status_name(r->status));
	json_str(o, "reason", r->reason);
	if (r->s.n)
		json_put(o, "summary", summary(r));
	return o;
}

static struct json *step(const struct step_result *s)
{
	struct json *o = json_object_new();

	json_int(o, "step", s->step);
	json_str(o, "arm", s->arm);
	json_str(o, "bench", s->bench);
	json_str(o, "labels", s->labels);
	json_int(o, "processes", s->processes);
	json_flag(o, "required", s->plan && s->plan->required);
	json_str(o, "status", status_name(s->status));
	json_str(o, "reason", s->reason);
	return o;
}

static void put_head(struct json *root, const struct bundle_data *d, enum exit_code exit,
		     const char *sentence)
{
	const char *simulated = bundle_value(d, NULL, "simulated");

	json_int(root, "schema", SCHEMA);
	json_flag(root, "simulated", simulated != NULL);
	if (simulated)
		json_str(root, "simulation", simulated);
	json_int(root, "exit", exit);
	json_str(root, "sentence", sentence);
}

static struct json *whole(const struct report *r)
{
	const struct outcome *o = r->outcome;
	struct json *root = json_object_new(), *list;

	put_head(root, r->data, report_exit(r), o->sentence);
	if (r->comparison)
		json_put(root, "comparison", json_comparison(r->comparison, r->differences));
	list = json_object_new();
	for (int i = 0; i < ST_N; i++)
		json_int(list, status_name((enum status)i), o->steps[i]);
	json_put(root, "steps_by_status", list);
	json_int(root, "numbers", o->numbers);
	json_int(root, "required_missing", o->required_missing);
	list = json_array_new();
	for (size_t i = 0; i < r->results->n_steps; i++)
		json_push(list, step(&r->results->step[i]));
	json_put(root, "steps", list);
	list = json_array_new();
	for (size_t i = 0; i < r->results->n; i++)
		json_push(list, result(&r->results->r[i]));
	json_put(root, "results", list);
	return root;
}

static void print(struct buf *out, struct json *root)
{
	char *text = NULL;
	size_t n = 0;
	FILE *f = open_memstream(&text, &n);

	if (!f)
		abort(); /* out of memory, as in base/mem */
	json_print(root, f);
	fclose(f);
	buf_add(out, text, n);
	free(text);
}

void report_json(struct buf *out, const struct report *r)
{
	print(out, whole(r));
}

void report_compare_json(struct buf *out, const struct compare_report *r)
{
	struct json *root = json_object_new();

	put_head(root, r->b, r->comparison->exit, r->comparison->sentence);
	json_put(root, "comparison", json_comparison(r->comparison, r->differences));
	print(out, root);
}
