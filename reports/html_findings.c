/*
 * Findings: what went wrong, each with what to do; then what passed and has a remark; then what was
 * not measured, and why.
 */
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
		buf_puts(p->out, f->skipped ? "<p>Nothing that ran failed.</p>\n"
					    : "<p>Nothing failed, nothing was skipped.</p>\n");
		return;
	}
	for (size_t i = 0; i < f->failures && i < SHOWN; i++)
		put_failure(p, &f->f[i]);
	if (f->failures > SHOWN)
		html_put(p->out, "<p>And %zu more: see results.csv, column status.</p>\n",
			 f->failures - SHOWN);
}

/* n rows of a table from that finding on, and its end. */
static void put_words(struct page *p, size_t from, size_t n, const char *mark)
{
	for (size_t i = from; i < from + n && i < from + SHOWN; i++) {
		const struct finding *f = &p->findings.f[i];
		struct buf why = BUF_INIT;

		text_sentence(&why, f->reason);
		html_put(p->out,
			 "<tr><th scope=\"row\"><span aria-hidden=\"true\">%s</span> %s%s</th>"
			 "<td>%s</td><td>%s</td></tr>\n",
			 mark, f->bench[0] ? f->bench : "a step", f->required ? " (required)" : "",
			 f->where, buf_str(&why));
		buf_free(&why);
	}
	buf_puts(p->out, "</tbody></table>\n");
	html_scroll_end(p);
	if (n > SHOWN)
		html_put(p->out, "<p>And %zu more: see results.csv, column status.</p>\n",
			 n - SHOWN);
}

static void put_skipped(struct page *p)
{
	const struct findings *f = &p->findings;

	if (!f->skipped)
		return;
	buf_puts(p->out, "<h3 id=\"skipped\">Not measured</h3>\n");
	html_scroll(p, "Not measured");
	buf_puts(p->out,
		 "<table class=\"words\"><thead><tr><th scope=\"col\">What</th>"
		 "<th scope=\"col\">Where</th><th scope=\"col\">Why</th></tr></thead>\n<tbody>\n");
	put_words(p, f->failures, f->skipped, "–");
}

/* What passed and should be looked at all the same. */
static void put_remarks(struct page *p)
{
	const struct findings *f = &p->findings;
	size_t first = f->failures + f->skipped;

	if (f->n == first)
		return;
	buf_puts(p->out, "<h3 id=\"remarks\">Passed, with a remark</h3>\n");
	html_scroll(p, "Remarks");
	buf_puts(p->out, "<table class=\"words\"><thead><tr><th scope=\"col\">What</th>"
			 "<th scope=\"col\">Where</th><th "
			 "scope=\"col\">Remark</th></tr></thead>\n<tbody>\n");
	put_words(p, first, f->n - first, "*");
}

void html_findings(struct page *p)
{
	buf_puts(p->out, "<section id=\"findings\">\n<h2>Findings</h2>\n");
	put_failures(p);
	put_remarks(p);
	put_skipped(p);
	buf_puts(p->out, "</section>\n");
}
