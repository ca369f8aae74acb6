/*
 * What the whole run came to. Exit codes in the order of design.md: nothing measured (3),
 * a FAIL, ERROR or TIMEOUT (1), a BUSY, something required without a number or a run that
 * was cut off (4), passed (0). An optional SKIP changes no exit code and never counts as
 * passed; BUSY is more than that: what could have been measured was not, so nothing is known.
 */
#include "results.h"
#include "words.h"
#include "../base/buf.h"
#include "../base/mem.h"
#include "../formats/key.h"

#include <stdlib.h>
#include <string.h>

static bool not_measured(enum status s)
{
	return s == ST_SKIP || s == ST_BUSY;
}

/* Whether a case without a number belongs to a step that the suite requires. */
static bool required_case(const struct result *x, const struct results *r)
{
	if (x->s.n || x->of_step || !not_measured(x->status))
		return false;
	for (size_t i = 0; i < r->n_steps; i++) {
		const struct step_result *s = &r->step[i];

		if (s->plan && s->plan->required && !not_measured(s->status) &&
		    !strcmp(s->bench, x->bench) && !strcmp(s->arm, x->arm) &&
		    key_subset(s->labels, x->labels))
			return true;
	}
	return false;
}

static void tally(struct outcome *o, const struct results *r)
{
	for (size_t i = 0; i < r->n_steps; i++) {
		const struct step_result *s = &r->step[i];

		o->steps[s->status]++;
		o->not_run += s->not_run;
		o->required_missing += s->plan && s->plan->required && not_measured(s->status);
	}
	for (size_t i = 0; i < r->n; i++) {
		o->numbers += r->r[i].s.n > 0;
		o->failed_numbers += r->r[i].s.n > 0 && r->r[i].status == ST_FAIL;
		o->required_missing += required_case(&r->r[i], r);
	}
}

static enum exit_code exit_of(const struct outcome *o, const struct results *r)
{
	bool failed = o->steps[ST_FAIL] || o->steps[ST_ERROR] || o->steps[ST_TIMEOUT];

	for (size_t i = 0; i < r->n; i++)
		failed |= r->r[i].status == ST_FAIL;
	if (!o->numbers)
		return EXIT_NOTHING;
	if (failed)
		return EXIT_FAILED;
	return o->required_missing || o->cut_off || o->steps[ST_BUSY] ? EXIT_INCONCLUSIVE
								      : EXIT_PASSED;
}

/* Where: the GPUs alone where there are any, as people would say it; else all labels. */
static void tell_place(struct buf *b, const char *labels)
{
	if (!words_gpus(b, labels))
		words_labels(b, labels);
}

/* " (reason)" in one line, without its full stop; the GPU is named before it. */
static void tell_reason(struct buf *b, const char *reason)
{
	char *line = mem_strndup(reason, strcspn(reason, "\n"));
	struct buf text = BUF_INIT;

	words_text(&text, line, true);
	while (text.len && strchr(". ", text.s[text.len - 1]))
		text.s[--text.len] = '\0';
	if (text.len) {
		buf_puts(b, " (");
		words_cut(b, text.s + strspn(text.s, " "), 150);
		buf_putc(b, ')');
	}
	buf_free(&text);
	free(line);
}

/* More than one kind of trouble: the sentence names them, and leaves the reasons to the findings.
 */
static bool is_brief(const struct outcome *o)
{
	return !!o->steps[ST_FAIL] + !!o->failed_numbers + !!o->steps[ST_ERROR] +
		       !!o->steps[ST_TIMEOUT] + !!o->steps[ST_BUSY] >
	       1;
}

/* "copy, GPU 3 (reason)": one step; without its benchmark where the sentence has named it. */
static void name_step(struct buf *b, const struct step_result *s, bool with_bench, bool brief)
{
	struct buf place = BUF_INIT;

	tell_place(&place, s->labels);
	bool with_place = place.len && (!with_bench || place.len <= 40);
	if (with_bench || !with_place)
		buf_puts(b, s->bench[0] ? s->bench : "a step");
	if (with_place)
		buf_printf(b, "%s%s", with_bench ? ", " : "", place.s);
	tell_reason(b, brief ? "" : s->reason);
	buf_free(&place);
}

/* "1 of 8 copy steps timed out: GPU 3 (reason)." for all steps with that status. */
static void tell_steps(struct buf *b, const struct outcome *o, const struct results *r,
		       enum status status, const char *one, const char *many)
{
	const struct step_result *first = NULL;
	unsigned n = 0, of = 0, alike = 0;
	bool one_bench = true;

	for (size_t i = 0; i < r->n_steps; i++) {
		const struct step_result *s = &r->step[i];

		if (s->status != status || s->not_run)
			continue;
		first = first ? first : s;
		one_bench &= !strcmp(s->bench, first->bench);
		alike += !strcmp(s->reason, first->reason);
		n++;
	}
	if (!n)
		return;
	for (size_t i = 0; i < r->n_steps; i++)
		of += !one_bench || !strcmp(r->step[i].bench, first->bench);
	if (b->len)
		buf_putc(b, ' ');
	if (one_bench && of > 1)
		buf_printf(b, "%u of %u %s steps %s: ", n, of, first->bench, n == 1 ? one : many);
	else
		buf_printf(b, "%u of %u step%s %s: ", n, (unsigned)r->n_steps,
			   r->n_steps == 1 ? "" : "s", n == 1 ? one : many);
	name_step(b, first, !one_bench || of == 1, is_brief(o));
	if (n > 1)
		buf_printf(b, " and %u more%s", n - 1, alike == n ? " for the same reason" : "");
	buf_putc(b, '.');
}

static void tell_numbers(struct buf *b, const struct outcome *o, const struct results *r)
{
	for (size_t i = 0; o->failed_numbers && i < r->n; i++) {
		const struct result *x = &r->r[i];

		if (!x->s.n || x->status != ST_FAIL)
			continue;
		if (b->len)
			buf_putc(b, ' ');
		words_count(b, o->failed_numbers, "number");
		buf_puts(b, x->untrue		     ? " cannot be true"
			    : o->failed_numbers == 1 ? " shows a fault"
						     : " show a fault");
		buf_printf(b, ": %s %s", x->bench, x->metric);
		if (x->labels[0])
			buf_puts(b, " of ");
		tell_place(b, x->labels);
		tell_reason(b, is_brief(o) ? "" : x->reason);
		buf_puts(b, o->failed_numbers > 1 ? ", and others." : ".");
		return;
	}
}

/* Cases that failed without their step saying so. */
static void tell_cases(struct buf *b, const struct results *r)
{
	const struct result *first = NULL;
	unsigned n = 0;

	for (size_t i = 0; i < r->n; i++) {
		const struct result *x = &r->r[i];

		if (x->metric[0] || x->of_step || x->status != ST_FAIL)
			continue;
		first = first ? first : x;
		n++;
	}
	if (!n)
		return;
	if (b->len)
		buf_putc(b, ' ');
	words_count(b, n, "case");
	buf_printf(b, " failed: %s%s", first->bench, first->labels[0] ? ", " : "");
	words_labels(b, first->labels);
	tell_reason(b, first->reason);
	buf_puts(b, n > 1 ? ", and others." : ".");
}

static void tell_measured(struct buf *b, const struct outcome *o, const struct results *r)
{
	unsigned pass = o->steps[ST_PASS], all = (unsigned)r->n_steps;

	if (!o->numbers && all && !o->not_run && o->steps[ST_SKIP] + o->steps[ST_BUSY] == all)
		return; /* the steps that follow say it */
	if (b->len)
		buf_putc(b, ' ');
	if (!o->numbers) {
		buf_puts(b, "Nothing was measured.");
		return;
	}
	buf_puts(b, "Measured ");
	words_count(b, o->numbers, "metric");
	if (pass != all) {
		buf_printf(b, "; %u of %u steps passed.", pass, all);
		return;
	}
	buf_puts(b, " in ");
	words_count(b, all, "step");
	buf_puts(b, o->exit != EXIT_FAILED ? "; all steps passed." : ".");
}

static void tell_rest(struct buf *b, const struct outcome *o, const struct results *r)
{
	tell_steps(b, o, r, ST_BUSY, "found its place taken", "found their places taken");
	tell_steps(b, o, r, ST_SKIP, "was skipped", "were skipped");
	if (o->not_run)
		buf_printf(b, " The run was cut off: %u of %u steps never ran.", o->not_run,
			   (unsigned)r->n_steps);
	else if (o->cut_off)
		buf_puts(b, " The run was cut off.");
	if (o->required_missing && o->exit == EXIT_INCONCLUSIVE) {
		buf_puts(b, " The suite requires what is missing here, so this run proves nothing "
			    "about it.");
	}
}

void outcome_make(struct outcome *o, const struct results *r, const struct bundle_data *d)
{
	struct buf b = BUF_INIT, cut = BUF_INIT;

	*o = (struct outcome){.numbers = 0};
	tally(o, r);
	const char *status = bundle_value(d, NULL, "run.status");
	o->cut_off = o->not_run || (status && strcmp(status, "complete") != 0);
	o->exit = exit_of(o, r);
	if (o->steps[ST_FAIL])
		tell_steps(&b, o, r, ST_FAIL, "failed", "failed");
	else
		tell_cases(&b, r);
	tell_numbers(&b, o, r);
	tell_steps(&b, o, r, ST_ERROR, "ended in an error", "ended in errors");
	tell_steps(&b, o, r, ST_TIMEOUT, "timed out", "timed out");
	tell_measured(&b, o, r);
	tell_rest(&b, o, r);
	words_cut(&cut, buf_str(&b), sizeof(o->sentence) - 4);
	memcpy(o->sentence, buf_str(&cut), cut.len + 1);
	buf_free(&cut);
	buf_free(&b);
}
