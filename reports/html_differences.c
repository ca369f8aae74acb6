/* What differs in the environment of two sides: hints first, then what matters, then the rest. */
#include "html.h"

#define ROWS  60
#define HINTS 12

static void put_hints(struct page *p)
{
	const struct differences *d = p->differences;

	for (size_t i = 0; i < d->hints && i < HINTS; i++)
		html_put(p->out, "<p class=\"hint\">%s</p>\n", d->hint[i].text);
	if (d->hints > HINTS)
		html_put(p->out, "<p>And %zu more hints.</p>\n", d->hints - HINTS);
}

static void put_row(struct page *p, const struct difference *d)
{
	html_put(p->out, "<tr><th scope=\"row\">%s", d->matters ? d->name : "");
	html_put(p->out, "%s<code>%s</code></th>", d->matters ? " " : "", d->key);
	for (int b = 0; b < 2; b++) {
		struct buf value = BUF_INIT;

		difference_value(&value, d, b);
		html_put(p->out, "<td>%s</td>", buf_str(&value));
		buf_free(&value);
	}
	buf_puts(p->out, "</tr>\n");
}

static void put_table(struct page *p, size_t from, size_t to, const char *label)
{
	const struct comparison *c = p->comparison;

	html_scroll(p, label);
	html_put(p->out,
		 "<table class=\"words\"><thead><tr><th scope=\"col\">what</th><th scope=\"col\">%s"
		 "</th><th scope=\"col\">%s</th></tr></thead>\n<tbody>\n",
		 c->a, c->b);
	for (size_t i = from; i < to && i < from + ROWS; i++)
		put_row(p, &p->differences->d[i]);
	buf_puts(p->out, "</tbody></table>\n");
	html_scroll_end(p);
	if (to > from + ROWS)
		html_put(p->out, "<p>And %zu more: see manifest.csv.</p>\n", to - from - ROWS);
}

void html_differences(struct page *p)
{
	const struct differences *d = p->differences;
	const struct comparison *c = p->comparison;
	size_t matter = 0;

	html_put(p->out, "<section id=\"differences\">\n<h2>What differs between %s and %s</h2>\n",
		 c->a, c->b);
	if (!d || !d->n) {
		buf_puts(p->out, "<p>Nothing that was looked at.</p>\n</section>\n");
		return;
	}
	while (matter < d->n && d->d[matter].matters)
		matter++;
	put_hints(p);
	if (matter)
		put_table(p, 0, matter, "What differs and may matter");
	else
		buf_puts(p->out, "<p>Nothing that is known to change speed.</p>\n");
	if (matter < d->n) {
		html_put(p->out,
			 "<details><summary>Other differences <small>%zu</small></summary>\n",
			 d->n - matter);
		put_table(p, matter, d->n, "Other differences");
		buf_puts(p->out, "</details>\n");
	}
	buf_puts(p->out, "</section>\n");
}
