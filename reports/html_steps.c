/* Steps as they ended. Real times are shown for real machines only: a simulation has its own. */
#include "html.h"
#include "../harness/judge/words.h"

#include <stdio.h>
#include <string.h>

#define ROWS 100

static double wall_s(const struct page *p, const struct step_result *s)
{
	const struct bundle_data *d = p->r->data;
	double sum = 0;

	for (size_t i = 0; i < d->n_steps; i++)
		if (d->steps[i].step == s->step && !strcmp(d->steps[i].arm, s->arm))
			sum += d->steps[i].wall_s;
	return sum;
}

static void put_step(struct page *p, const struct step_result *s, bool arms)
{
	struct buf words = BUF_INIT;
	char text[32];

	words_labels(&words, s->labels);
	html_put(p->out, "<tr%s><th scope=\"row\">%u</th>",
		 s->status == ST_PASS ? "" : " class=\"bad\"", s->step);
	if (arms)
		html_put(p->out, "<td class=\"l\">%s</td>", s->arm);
	html_put(p->out, "<td class=\"l\">%s</td><td class=\"l\">%s</td><td>%u</td>", s->bench,
		 buf_str(&words), s->processes);
	if (!p->simulated) {
		snprintf(text, sizeof(text), "%.1f", wall_s(p, s));
		html_put(p->out, "<td>%s</td>", text);
	}
	html_put(p->out, "<td class=\"l\">%s %s</td></tr>\n", text_status_mark(s->status),
		 s->not_run ? "not run" : text_status_word(s->status));
	buf_free(&words);
}

static bool several_arms(const struct results *r)
{
	for (size_t i = 1; i < r->n_steps; i++)
		if (strcmp(r->step[i].arm, r->step[0].arm) != 0)
			return true;
	return false;
}

static void put_counts(struct page *p)
{
	const struct outcome *o = p->r->outcome;
	const char *between = "";

	buf_puts(p->out, "<p>");
	for (int i = 0; i < ST_N; i++) {
		if (!o->steps[i])
			continue;
		html_put(p->out, "%s%u %s", between, o->steps[i], text_status_word((enum status)i));
		between = ", ";
	}
	html_put(p->out, "%s</p>\n", between[0] ? "." : "No step was planned.");
}

void html_steps(struct page *p)
{
	const struct results *r = p->r->results;
	bool arms = several_arms(r);

	buf_puts(p->out, "<section id=\"steps\">\n<h2>Steps</h2>\n");
	put_counts(p);
	if (!r->n_steps) {
		buf_puts(p->out, "</section>\n");
		return;
	}
	html_put(p->out, "<details><summary>All %zu steps</summary>\n", r->n_steps);
	html_scroll(p, "Steps");
	buf_puts(p->out, "<table><thead><tr><th scope=\"col\">step</th>");
	if (arms)
		buf_puts(p->out, "<th scope=\"col\" class=\"l\">arm</th>");
	buf_puts(p->out, "<th scope=\"col\" class=\"l\">benchmark</th>"
			 "<th scope=\"col\" class=\"l\">with</th><th scope=\"col\">processes</th>");
	if (!p->simulated)
		buf_puts(p->out, "<th scope=\"col\">time, s</th>");
	buf_puts(p->out, "<th scope=\"col\" class=\"l\">status</th></tr></thead>\n<tbody>\n");
	for (size_t i = 0; i < r->n_steps && i < ROWS; i++)
		put_step(p, &r->step[i], arms);
	buf_puts(p->out, "</tbody></table>\n");
	html_scroll_end(p);
	if (r->n_steps > ROWS)
		html_put(p->out, "<p>And %zu more: see steps.csv.</p>\n", r->n_steps - ROWS);
	buf_puts(p->out, "</details>\n</section>\n");
}
