/*
 * A comparison on a terminal: the order and the words of the HTML one. Rows stand under the word of
 * their verdict, worst first; a row that is decided well is one line.
 */
#include "compared.h"
#include "digest.h"
#include "terminal.h"
#include "text.h"
#include "../harness/base/mem.h"

#include <stdlib.h>
#include <string.h>

#define ROWS	24 /* of one role */
#define DIFFERS 16
#define HINTS	8
#define INDENT	2
#define CHANGE	16
#define HALF	11 /* "± 0.25 %" */

static void alert(struct term *t, const char *word, const struct buf *text)
{
	if (!text->len)
		return;
	char *line = mem_printf("%s: %s", word, text->s);

	term_colour(t, "1;33");
	term_wrap(t, line, 0, 0);
	term_colour(t, "0");
	buf_putc(t->out, '\n');
	free(line);
}

void term_alerts(struct term *t, const struct comparison *c)
{
	struct buf unproven = BUF_INIT, noisy = BUF_INIT;

	compared_unproven(&unproven, c);
	compared_noisy(&noisy, c);
	alert(t, "UNPROVEN", &unproven);
	alert(t, "TOO NOISY", &noisy);
	buf_free(&unproven);
	buf_free(&noisy);
}

static bool is_bad(enum standing s)
{
	return s == STANDING_WORSE || s == STANDING_FAILED;
}

/* What the rows of one role have in common, and names leave out. */
struct rows {
	const struct compared **row;
	size_t n;
};

static void put_row(struct term *t, const struct rows *all, size_t i)
{
	const struct compared *x = all->row[i];
	const char *remark = compared_remark(all->row, i);
	size_t width = t->style.columns - INDENT - CHANGE - HALF - 1;
	struct buf name = BUF_INIT, change = BUF_INIT, half = BUF_INIT;

	compared_short(&name, x, all->row, all->n);
	compared_change(&change, x);
	compared_half(&half, x);
	term_pad(t, INDENT);
	term_label(t, buf_str(&name), width);
	term_cell(t, buf_str(&change), CHANGE);
	term_cell(t, buf_str(&half), HALF);
	buf_putc(t->out, '\n');
	if (remark[0]) {
		term_pad(t, 2 * INDENT);
		term_wrap(t, remark, 2 * INDENT, 2 * INDENT);
	}
	buf_free(&half);
	buf_free(&change);
	buf_free(&name);
}

/* "▼ 2 regressed" over the rows that stand there. */
static void put_group(struct term *t, enum standing s, size_t n)
{
	char *line = mem_printf("%s %zu %s", standing_mark(s), n, standing_word(s));

	term_colour(t, is_bad(s) ? "1;31" : "1");
	term_put(t, line);
	term_colour(t, "0");
	buf_putc(t->out, '\n');
	free(line);
}

/* "all copy bandwidth: pinned, 256 MiB", once a metric. */
static void put_shared(struct term *t, const struct rows *all)
{
	for (size_t i = 0; i < all->n; i++) {
		struct buf line = BUF_INIT;

		compared_shared(&line, all->row, all->n, i);
		if (line.len) {
			term_pad(t, INDENT);
			term_wrap(t, line.s, INDENT, 2 * INDENT);
		}
		buf_free(&line);
	}
}

static void put_rows(struct term *t, const struct comparison *c, enum role role)
{
	struct rows all = {.n = 0};
	size_t told = 0;

	all.row = compared_rows(c, role, &all.n);
	for (size_t i = 0, end; i < all.n; i = end) {
		enum standing s = compared_standing(all.row[i]);

		for (end = i; end < all.n && compared_standing(all.row[end]) == s; end++)
			;
		put_group(t, s, end - i);
		for (size_t k = i; k < end && told < ROWS; k++, told++)
			put_row(t, &all, k);
	}
	if (told < all.n)
		buf_printf(t->out, "  %zu of %zu rows; all are in verdicts.csv.\n", told, all.n);
	put_shared(t, &all);
	free(all.row);
}

static void put_notes(struct term *t, const struct comparison *c)
{
	struct compared_note note[COMPARED_NOTES];
	size_t n = compared_notes(note, c);

	for (size_t i = 0; i < n; i++) {
		buf_putc(t->out, '\n');
		term_named(t, note[i].name, buf_str(&note[i].text));
		buf_free(&note[i].text);
	}
}

static void put_difference(struct term *t, const struct difference *d, const struct comparison *c)
{
	struct buf line = BUF_INIT;

	buf_printf(&line, "%s%s%s%s: ", d->matters ? d->name : "", d->matters ? " (" : "", d->key,
		   d->matters ? ")" : "");
	difference_value(&line, d, false);
	buf_printf(&line, " in %s, ", c->a);
	difference_value(&line, d, true);
	buf_printf(&line, " in %s", c->b);
	term_pad(t, INDENT);
	term_wrap(t, line.s, INDENT, 2 * INDENT);
	buf_free(&line);
}

static void put_differences(struct term *t, const struct comparison *c, const struct differences *d)
{
	size_t told = 0, matter = 0;

	buf_putc(t->out, '\n');
	term_colour(t, "1");
	term_put(t, "What differs");
	term_colour(t, "0");
	buf_putc(t->out, '\n');
	for (size_t i = 0; i < d->hints && i < HINTS; i++) {
		term_pad(t, INDENT);
		term_wrap(t, d->hint[i].text, INDENT, 2 * INDENT);
	}
	for (size_t i = 0; i < d->n; i++)
		matter += d->d[i].matters;
	for (; told < matter && told < DIFFERS; told++)
		put_difference(t, &d->d[told], c);
	if (!matter)
		buf_puts(t->out, "  Nothing that is known to change speed.\n");
	if (told < d->n)
		buf_printf(t->out, "  And %zu more: see the report.\n", d->n - told);
}

void term_comparison(struct term *t, const struct comparison *c, const struct differences *d)
{
	char *title = mem_printf("Comparison: %s against %s", c->b, c->a);

	term_heading(t, title);
	put_rows(t, c, ROLE_GATE);
	put_rows(t, c, ROLE_SCREEN);
	put_notes(t, c);
	if (d)
		put_differences(t, c, d);
	free(title);
}

static void put_side(struct term *t, const char *name, const struct bundle_data *d, size_t bundles)
{
	struct buf line = BUF_INIT;

	digest_side(&line, d, bundles);
	term_named(t, name, buf_str(&line));
	buf_free(&line);
}

void report_compare_terminal(struct buf *out, const struct compare_report *r,
			     const struct terminal_style *style)
{
	const struct comparison *c = r->comparison;
	struct term t;

	term_open(&t, out, style);
	term_simulated(&t, r->b);
	term_alerts(&t, c);
	term_verdict(&t, c->exit, compared_verdict_mark(c, c->exit), compared_verdict(c, c->exit),
		     c->sentence);
	buf_putc(out, '\n');
	put_side(&t, c->a, r->a, r->bundles_a);
	put_side(&t, c->b, r->b, r->bundles_b);
	term_comparison(&t, c, r->differences);
}
