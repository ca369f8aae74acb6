/* compare.html: sides that are bundles. The same comparison as in a report, with a head of its own.
 */
#include "compared.h"
#include "digest.h"
#include "html.h"
#include "../harness/base/mem.h"

#include <stdlib.h>
#include <string.h>

static void put_side(struct page *p, const char *name, const struct bundle_data *d, size_t bundles)
{
	struct buf line = BUF_INIT;

	digest_side(&line, d, bundles);
	html_put(p->out, "<div><dt>%s</dt><dd>%s</dd></div>\n", name, buf_str(&line));
	buf_free(&line);
}

static void put_head(struct page *p, const struct compare_report *r)
{
	const struct comparison *c = r->comparison;
	char *title = mem_printf("%s: %s against %s", compared_verdict(c, c->exit), c->b, c->a);
	struct buf suite = BUF_INIT;

	html_open(p, title);
	html_put(p->out, "<header>\n<p class=\"kicker\">assay comparison of %ss</p>\n",
		 c->kind == COMPARE_BLOCKS ? "arm" : compared_noun(c));
	html_verdict(p, c->exit);
	buf_puts(p->out, "<dl class=\"digest\">\n");
	put_side(p, c->a, r->a, r->bundles_a);
	put_side(p, c->b, r->b, r->bundles_b);
	digest_suite(&suite, r->b);
	if (suite.len)
		html_put(p->out, "<div><dt>Suite</dt><dd>%s</dd></div>\n", suite.s);
	buf_puts(p->out, "</dl>\n</header>\n<nav aria-label=\"Contents\">\n<ul>"
			 "<li><a href=\"#comparison\">Comparison</a></li>"
			 "<li><a href=\"#differences\">What differs</a></li></ul>\n</nav>\n"
			 "<main id=\"main\">\n");
	buf_free(&suite);
	free(title);
}

void report_compare_html(struct buf *out, const struct compare_report *r)
{
	struct page p = {
		.out = out,
		.comparison = r->comparison,
		.differences = r->differences,
		.simulated = bundle_value(r->b, NULL, "simulated"),
	};

	put_head(&p, r);
	html_comparison(&p);
	html_differences(&p);
	html_close(&p);
}
