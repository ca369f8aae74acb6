/* Findings: what went wrong, each with what to do; then what was not measured, and why. */
#include "html.h"

#define SHOWN 24 /* beyond that results.csv is the better list */

static void put_failure(struct page *p, const struct finding *f)
{
	html_put(p->out,
		 "<article class=\"finding\"><h3><span class=\"mark\" "
		 "aria-hidden=\"true\">%s</span> "
		 "%s %s%s%s</h3>\n",
		 text_status_mark(f->status), f->bench[0] ? f->bench : "A step",
		 f->untrue ? "gave a number that cannot be true" : text_status_word(f->status),
		 f->where[0] ? ": " : "", f->where);
	struct buf reason = BUF_INIT;

	text_sentence(&reason, f->reason[0] ? f->reason : "No reason was given.");
	html_put(p->out, "<p>%s</p>\n", reason.s);
	buf_free(&reason);
	if (f->advice[0])
		html_put(p->out, "<p class=\"advice\">%s</p>\n", f->advice);
	buf_puts(p->out, "</article>\n");
}

static void put_failures(struct page *p)
{
	const struct findings *f = &p->findings;

	if (!f->failures) {
		buf_puts(p->out, f->n ? "<p>Nothing that ran failed.</p>\n"
				      : "<p>Nothing failed, nothing was skipped.</p>\n");
		return;
	}
	for (size_t i = 0; i < f->failures && i < SHOWN; i++)
		put_failure(p, &f->f[i]);
	if (f->failures > SHOWN)
		html_put(p->out, "<p>And %zu more: see results.csv, column status.</p>\n",
			 f->failures - SHOWN);
}

static void put_skipped(struct page *p)
{
	const struct findings *f = &p->findings;

	if (f->n == f->failures)
		return;
	buf_puts(p->out, "<h3 id=\"skipped\">Not measured</h3>\n");
	html_scroll(p, "Not measured");
	buf_puts(p->out,
		 "<table class=\"words\"><thead><tr><th scope=\"col\">What</th>"
		 "<th scope=\"col\">Where</th><th scope=\"col\">Why</th></tr></thead>\n<tbody>\n");
	for (size_t i = f->failures; i < f->n && i < f->failures + SHOWN; i++) {
		struct buf why = BUF_INIT;

		text_sentence(&why, f->f[i].reason);
		html_put(p->out,
			 "<tr><th scope=\"row\"><span aria-hidden=\"true\">–</span> %s%s</th>"
			 "<td>%s</td><td>%s</td></tr>\n",
			 f->f[i].bench[0] ? f->f[i].bench : "a step",
			 f->f[i].required ? " (required)" : "", f->f[i].where, buf_str(&why));
		buf_free(&why);
	}
	buf_puts(p->out, "</tbody></table>\n");
	html_scroll_end(p);
	if (f->n - f->failures > SHOWN)
		html_put(p->out, "<p>And %zu more: see results.csv, column status.</p>\n",
			 f->n - f->failures - SHOWN);
}

void html_findings(struct page *p)
{
	buf_puts(p->out, "<section id=\"findings\">\n<h2>Findings</h2>\n");
	put_failures(p);
	put_skipped(p);
	buf_puts(p->out, "</section>\n");
}
