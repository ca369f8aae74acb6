/*
 * report.html: one file without script or outside address. Order: verdict, machine, what ran
 * and what did not; of two arms their comparison and what differs; findings; measurements; the run
 * over time; steps; environment; method. All bytes come from the evidence, and on the simulated
 * server real times are left out, so one seed gives one file.
 */
#include "html.h"

#include <string.h>

void html_scroll(struct page *p, const char *label)
{
	html_put(p->out,
		 "<div class=\"scroll\" role=\"region\" tabindex=\"0\" aria-label=\"%s\">\n",
		 label);
}

void html_scroll_end(struct page *p)
{
	buf_puts(p->out, "</div>\n");
}

void html_each_bench(struct page *p, html_bench_fn *fn)
{
	for (size_t i = 0, end; i < p->view.n; i = end) {
		const char *bench = p->view.group[i].bench;

		for (end = i + 1; end < p->view.n && !strcmp(p->view.group[end].bench, bench);
		     end++)
			;
		fn(p, bench, i, end);
	}
}

enum exit_code report_exit(const struct report *r)
{
	return r->comparison ? exit_worse(r->outcome->exit, r->comparison->exit) : r->outcome->exit;
}

void report_html(struct buf *out, const struct report *r)
{
	struct page p = {
		.out = out, .r = r, .comparison = r->comparison, .differences = r->differences};

	p.simulated = bundle_value(r->data, NULL, "simulated");
	view_make(&p.view, r);
	findings_make(&p.findings, r);
	html_head(&p);
	if (r->comparison) {
		html_comparison(&p);
		html_differences(&p);
	}
	html_findings(&p);
	html_measurements(&p);
	html_course(&p);
	html_steps(&p);
	html_environment(&p);
	html_method(&p);
	html_close(&p);
	findings_free(&p.findings);
	view_free(&p.view);
}
