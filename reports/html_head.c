/* The first screen: verdict in one sentence, which machine, what ran, what did not. */
#include "digest.h"
#include "html.h"

#include <string.h>

static const char *verdict_class(enum exit_code exit)
{
	return exit == EXIT_PASSED ? "pass" : exit == EXIT_FAILED ? "fail" : "open";
}

static void put_title(struct page *p)
{
	const char *suite = bundle_value(p->r->data, NULL, "suite.name");
	const char *host = bundle_value(p->r->data, NULL, "host.name");

	html_put(p->out, "<title>%s%s: %s%s%s – assay</title>\n",
		 p->simulated ? "SIMULATED – " : "", text_verdict(p->r->outcome->exit),
		 suite ? suite : "run", host ? " on " : "", host ? host : "");
}

static void put_head(struct page *p)
{
	buf_puts(p->out,
		 "<!DOCTYPE html>\n<html lang=\"en\">\n<head>\n<meta charset=\"utf-8\">\n"
		 "<meta http-equiv=\"Content-Security-Policy\" content=\"default-src 'none'; "
		 "style-src 'unsafe-inline'\">\n"
		 "<meta name=\"viewport\" content=\"width=device-width, initial-scale=1\">\n"
		 "<meta name=\"color-scheme\" content=\"light dark\">\n"
		 "<meta name=\"generator\" content=\"assay\">\n");
	put_title(p);
	buf_puts(p->out, "<style>\n");
	buf_puts(p->out, html_style);
	buf_printf(p->out, "</style>\n</head>\n<body%s>\n",
		   p->simulated ? " class=\"simulated\"" : "");
	buf_puts(p->out, "<a class=\"skip\" href=\"#main\">Skip to the findings</a>\n");
}

static void put_banner(struct page *p)
{
	if (!p->simulated)
		return;
	html_put(p->out,
		 "<p class=\"banner\" role=\"note\"><strong>SIMULATED</strong> %s. These numbers "
		 "come from a model of a server and say nothing about any machine.</p>\n",
		 p->simulated);
}

static void put_verdict(struct page *p)
{
	const struct outcome *o = p->r->outcome;

	html_put(p->out,
		 "<h1 class=\"%s\"><span class=\"mark\" aria-hidden=\"true\">%s</span> %s</h1>\n"
		 "<p class=\"lead\">%s</p>\n",
		 verdict_class(o->exit), text_verdict_mark(o->exit), text_verdict(o->exit),
		 o->sentence);
}

static void put_digest(struct page *p)
{
	struct digest_line line[DIGEST_LINES];
	size_t n = digest_make(line, p->r, &p->findings);

	buf_puts(p->out, "<dl class=\"digest\">\n");
	for (size_t i = 0; i < n; i++) {
		html_put(p->out, "<div><dt>%s</dt><dd>%s</dd></div>\n", line[i].name,
			 buf_str(&line[i].text));
		buf_free(&line[i].text);
	}
	buf_puts(p->out, "</dl>\n");
}

static void put_bench_link(struct page *p, const char *bench, size_t from, size_t to)
{
	html_put(p->out, "<li><a href=\"#bench-%s\">%s</a></li>", bench, bench);
}

static void put_contents(struct page *p)
{
	buf_puts(p->out, "<nav aria-label=\"Contents\">\n<ul>"
			 "<li><a href=\"#findings\">Findings</a></li>"
			 "<li><a href=\"#measurements\">Measurements</a>");
	if (p->view.n) {
		buf_puts(p->out, "<ul>");
		html_each_bench(p, put_bench_link);
		buf_puts(p->out, "</ul>");
	}
	buf_puts(p->out, "</li><li><a href=\"#steps\">Steps</a></li>"
			 "<li><a href=\"#environment\">Environment</a></li>"
			 "<li><a href=\"#method\">Method</a></li></ul>\n</nav>\n");
}

void html_head(struct page *p)
{
	put_head(p);
	put_banner(p);
	buf_puts(p->out, "<header>\n<p class=\"kicker\">assay report</p>\n");
	put_verdict(p);
	put_digest(p);
	buf_puts(p->out, "</header>\n");
	put_contents(p);
	buf_puts(p->out, "<main id=\"main\">\n");
}
