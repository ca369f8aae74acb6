/* The first screen: verdict in one sentence, which machine, what ran, what did not. */
#include "compared.h"
#include "digest.h"
#include "html.h"
#include "../harness/base/mem.h"

#include <stdlib.h>
#include <string.h>

static const char *verdict_class(enum exit_code exit)
{
	return exit == EXIT_PASSED ? "pass" : exit == EXIT_FAILED ? "fail" : "open";
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

/* What makes a comparison worthless stands above everything that it says. */
static void put_alert(struct page *p, const char *word,
		      void (*make)(struct buf *out, const struct comparison *c))
{
	struct buf text = BUF_INIT;

	if (p->comparison)
		make(&text, p->comparison);
	if (text.len)
		html_put(p->out, "<p class=\"banner\" role=\"note\"><strong>%s</strong> %s</p>\n",
			 word, text.s);
	buf_free(&text);
}

void html_open(struct page *p, const char *title)
{
	buf_puts(p->out,
		 "<!DOCTYPE html>\n<html lang=\"en\">\n<head>\n<meta charset=\"utf-8\">\n"
		 "<meta http-equiv=\"Content-Security-Policy\" content=\"default-src 'none'; "
		 "style-src 'unsafe-inline'\">\n"
		 "<meta name=\"viewport\" content=\"width=device-width, initial-scale=1\">\n"
		 "<meta name=\"color-scheme\" content=\"light dark\">\n"
		 "<meta name=\"generator\" content=\"assay\">\n");
	html_put(p->out, "<title>%s%s – assay</title>\n", p->simulated ? "SIMULATED – " : "",
		 title);
	buf_puts(p->out, "<style>\n");
	buf_puts(p->out, html_style);
	buf_printf(p->out, "</style>\n</head>\n<body%s>\n",
		   p->simulated ? " class=\"simulated\"" : "");
	buf_puts(p->out, "<a class=\"skip\" href=\"#main\">Skip to the findings</a>\n");
	put_banner(p);
	put_alert(p, "UNPROVEN", compared_unproven);
	put_alert(p, "TOO NOISY", compared_noisy);
}

void html_close(struct page *p)
{
	buf_puts(p->out, "</main>\n");
	if (p->simulated)
		buf_puts(p->out, "<p class=\"paper\" aria-hidden=\"true\">SIMULATED</p>\n");
	buf_puts(p->out, "</body>\n</html>\n");
}

static const char *verdict_word(const struct page *p, enum exit_code exit)
{
	return p->comparison ? compared_verdict(p->comparison, exit) : text_verdict(exit);
}

void html_verdict(struct page *p, enum exit_code exit)
{
	const struct comparison *c = p->comparison;

	html_put(p->out,
		 "<h1 class=\"%s\"><span class=\"mark\" aria-hidden=\"true\">%s</span> %s</h1>\n",
		 verdict_class(exit), c ? compared_verdict_mark(c, exit) : text_verdict_mark(exit),
		 verdict_word(p, exit));
	if (c)
		html_put(p->out, "<p class=\"lead\">%s</p>\n", c->sentence);
	if (p->r && (!c || p->r->outcome->exit != EXIT_PASSED))
		html_put(p->out, "<p class=\"lead\">%s</p>\n", p->r->outcome->sentence);
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
	buf_puts(p->out, "<nav aria-label=\"Contents\">\n<ul>");
	if (p->comparison)
		buf_puts(p->out, "<li><a href=\"#comparison\">Comparison</a></li>"
				 "<li><a href=\"#differences\">What differs</a></li>");
	buf_puts(p->out, "<li><a href=\"#findings\">Findings</a></li>"
			 "<li><a href=\"#measurements\">Measurements</a>");
	if (p->view.n) {
		buf_puts(p->out, "<ul>");
		html_each_bench(p, put_bench_link);
		buf_puts(p->out, "</ul>");
	}
	buf_puts(p->out, "</li>");
	if (html_has_course(p))
		buf_puts(p->out, "<li><a href=\"#course\">Over time</a></li>");
	buf_puts(p->out, "<li><a href=\"#steps\">Steps</a></li>"
			 "<li><a href=\"#environment\">Environment</a></li>"
			 "<li><a href=\"#method\">Method</a></li></ul>\n</nav>\n");
}

/* "Passed: quick on lab-07" */
static char *page_title(const struct page *p)
{
	const char *suite = bundle_value(p->r->data, NULL, "suite.name");
	const char *host = bundle_value(p->r->data, NULL, "host.name");

	return mem_printf("%s: %s%s%s", verdict_word(p, report_exit(p->r)), suite ? suite : "run",
			  host ? " on " : "", host ? host : "");
}

void html_head(struct page *p)
{
	char *title = page_title(p);

	html_open(p, title);
	buf_puts(p->out, "<header>\n<p class=\"kicker\">assay report</p>\n");
	html_verdict(p, report_exit(p->r));
	put_digest(p);
	buf_puts(p->out, "</header>\n");
	put_contents(p);
	buf_puts(p->out, "<main id=\"main\">\n");
	free(title);
}
