/*
 * The machine as a diagram, from the sockets on the left to the GPUs on the right: a box spans the
 * rows that it feeds, a line leads to the next one, dashed where the node of a GPU is not sure. MIG
 * instances stand side by side within their GPU. At the right edge NVLink: a bar for the switch,
 * curves between GPUs.
 */
#include "svg.h"
#include "text.h"
#include "wiring.h"
#include "../harness/base/mem.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

#define ROW	38.0
#define GAP	18.0 /* between columns */
#define PAD	8.0  /* beside the text of a box */
#define BETWEEN 4.0  /* instances */
#define SWITCH	84.0 /* width of the switch's bar */

struct diagram {
	struct buf *out;
	const struct wiring *w;
	double left[WIRE_LEVELS], width[WIRE_LEVELS];
	double instances; /* where MIG instances begin within a GPU */
	double right;	  /* of the GPUs */
};

/* ---- texts ---- */

static void title_of(struct buf *out, const struct wire *x, int level)
{
	buf_puts(out, x->box[level].title);
	if (level == WIRE_GPU && x->address[0])
		buf_printf(out, "  %s", x->address);
}

/* A GPU's NVLinks without where they lead, which is drawn. */
static void detail_of(struct buf *out, const struct wire *x, int level)
{
	const char *end = strstr(x->nvlink, " to ");
	size_t n = end ? (size_t)(end - x->nvlink) : strlen(x->nvlink);

	buf_puts(out, x->box[level].detail);
	if (level != WIRE_GPU || !n)
		return;
	buf_puts(out, out->len ? ", " : "");
	buf_add(out, x->nvlink, n);
}

static double box_width(const struct wire *x, int level)
{
	struct buf title = BUF_INIT, detail = BUF_INIT;

	if (!x->box[level].title)
		return 0;
	title_of(&title, x, level);
	detail_of(&detail, x, level);
	double w = fmax(1.08 * svg_text_width(buf_str(&title)), /* bold */
			svg_text_width(buf_str(&detail)));

	buf_free(&title);
	buf_free(&detail);
	return w + 2 * PAD + 6;
}

/* Instances of one profile that follow each other from i on. */
static size_t alike(const struct wire *x, size_t i)
{
	size_t n = 1;

	while (i + n < x->instances && !strcmp(x->instance[i + n].detail, x->instance[i].detail))
		n++;
	return n;
}

/* "MIG 4g.40gb", "7 × MIG 1g.10gb" */
static void name_instances(struct buf *out, const struct wire *x, size_t i, size_t n)
{
	if (n > 1)
		buf_printf(out, "%zu × ", n);
	buf_printf(out, "MIG %s", x->instance[i].detail);
}

/* Pixels of n instances from i on: what their numbers or their name need. */
static double width_of(const struct wire *x, size_t i, size_t n)
{
	struct buf name = BUF_INIT;
	double w = -BETWEEN;

	for (size_t k = i; k < i + n; k++)
		w += svg_text_width(x->instance[k].title) + PAD + BETWEEN;
	name_instances(&name, x, i, n);
	w = fmax(w, svg_text_width(name.s));
	buf_free(&name);
	return w;
}

/* Of all, with what is left free beside them. */
static double instances_width(const struct wire *x)
{
	double w = x->instances ? PAD : 0;

	for (size_t i = 0; i < x->instances; i += alike(x, i))
		w += width_of(x, i, alike(x, i)) + PAD;
	return w;
}

static void make_room(struct diagram *d)
{
	double widest = 0;

	for (size_t i = 0; i < d->w->n; i++)
		widest = fmax(widest, instances_width(&d->w->wire[i]));
	d->instances = d->left[WIRE_GPU] + d->width[WIRE_GPU] - PAD;
	d->width[WIRE_GPU] += fmax(widest - PAD, 0);
}

static void lay_out(struct diagram *d)
{
	double x = 1;

	for (int l = 0; l < WIRE_LEVELS; l++) {
		if (!d->w->level[l])
			continue;
		for (size_t i = 0; i < d->w->n; i++)
			d->width[l] = fmax(d->width[l], box_width(&d->w->wire[i], l));
		d->left[l] = x;
		if (l == WIRE_GPU)
			make_room(d);
		x += d->width[l];
		d->right = x;
		x += GAP;
	}
}

static double middle(size_t from, size_t to)
{
	return ROW * (double)(from + to) / 2;
}

/* ---- boxes ---- */

static void draw_box(const struct diagram *d, int level, size_t from, size_t to)
{
	const struct wire *x = &d->w->wire[from];
	double left = d->left[level], y = middle(from, to);
	bool unsure = !strcmp(x->box[level].title, WIRE_NODE_UNKNOWN);
	struct buf title = BUF_INIT, detail = BUF_INIT;

	title_of(&title, x, level);
	detail_of(&detail, x, level);
	html_put(d->out,
		 "<rect class=\"bx%s%s\" x=\"%.1f\" y=\"%.1f\" width=\"%.1f\" height=\"%.1f\"/>",
		 unsure ? " un" : "", level == WIRE_GPU && x->wrong ? " wr" : "", left,
		 ROW * (double)from + 2, d->width[level], ROW * (double)(to - from) - 4);
	svg_text(d->out, "t b", left + PAD, y + (detail.len ? -3 : 4), buf_str(&title));
	if (detail.len)
		svg_text(d->out, "u", left + PAD, y + 12, detail.s);
	buf_free(&title);
	buf_free(&detail);
}

/* A small box an instance, below those of one profile what they are. */
static void draw_instances(const struct diagram *d, size_t row)
{
	const struct wire *x = &d->w->wire[row];
	double left = d->instances, y = middle(row, row + 1);

	for (size_t i = 0, n; i < x->instances; i += n) {
		struct buf name = BUF_INIT;

		n = alike(x, i);
		double all = width_of(x, i, n), one = (all + BETWEEN) / (double)n - BETWEEN;
		for (size_t k = 0; k < n; k++) {
			double at = left + (one + BETWEEN) * (double)k;

			html_put(d->out,
				 "<rect class=\"bx in\" x=\"%.1f\" y=\"%.1f\" width=\"%.1f\" "
				 "height=\"%.1f\"/>",
				 at, y - 14, one, 15.0);
			svg_text(d->out, "h m", at + one / 2, y - 3, x->instance[i + k].title);
		}
		name_instances(&name, x, i, n);
		svg_text(d->out, "h m", left + all / 2, y + 12, name.s);
		left += all + PAD;
		buf_free(&name);
	}
}

/* The line to the nearest box on the left. */
static void draw_line(const struct diagram *d, int level, size_t from, size_t to)
{
	const struct wire *x = &d->w->wire[from];
	int before = level - 1;

	while (before >= 0 && !x->box[before].title)
		before--;
	if (before < 0)
		return;
	svg_line(d->out, before == WIRE_NODE && x->gpu >= 0 && x->node_unsure ? "ce" : "zr",
		 d->left[before] + d->width[before], middle(from, to), d->left[level],
		 middle(from, to));
}

static void draw_level(const struct diagram *d, int level)
{
	for (size_t i = 0, end; i < d->w->n; i = end) {
		for (end = i + 1; end < d->w->n && wiring_same(d->w, end, (enum wire_level)level);
		     end++)
			;
		if (!d->w->wire[i].box[level].title)
			continue;
		draw_line(d, level, i, end);
		draw_box(d, level, i, end);
		if (level == WIRE_GPU)
			draw_instances(d, i);
	}
}

/* ---- NVLink ---- */

static bool on_switch(const struct wire *x)
{
	return strstr(x->nvlink_to, "switch") != NULL;
}

/* Draws the bar; false where no GPU leads to a switch. */
static bool draw_switch(const struct diagram *d)
{
	size_t first = d->w->n, last = 0;

	for (size_t i = 0; i < d->w->n; i++) {
		if (!on_switch(&d->w->wire[i]))
			continue;
		first = first < i ? first : i;
		last = i;
		svg_line(d->out, "nv", d->right, middle(i, i + 1), d->right + GAP,
			 middle(i, i + 1));
	}
	if (first == d->w->n)
		return false;
	html_put(d->out,
		 "<rect class=\"bx\" x=\"%.1f\" y=\"%.1f\" width=\"%.1f\" height=\"%.1f\"/>",
		 d->right + GAP, ROW * (double)first + 2, SWITCH,
		 ROW * (double)(last + 1 - first) - 4);
	svg_text(d->out, "t m b", d->right + GAP + SWITCH / 2, middle(first, last + 1) + 4,
		 "NVSwitch");
	return true;
}

/* Pixels that a curve over so many rows needs at the right. */
static double bulge(size_t rows)
{
	return 16 + 9 * (double)rows;
}

/* A curve for each pair of GPUs; returns how many rows the widest spans. */
static size_t draw_curves(const struct diagram *d)
{
	size_t widest = 0;

	for (size_t i = 0; i < d->w->n; i++)
		for (size_t k = i + 1; k < d->w->n; k++) {
			double a = middle(i, i + 1), b = middle(k, k + 1),
			       x = d->right + bulge(k - i);

			if (!d->w->wire[k].address[0] ||
			    !strstr(d->w->wire[i].nvlink_to, d->w->wire[k].address))
				continue;
			html_put(d->out,
				 "<path class=\"nv\" d=\"M%.1f %.1fC%.1f %.1f %.1f %.1f %.1f "
				 "%.1f\"/>",
				 d->right, a, x, a, x, b, d->right, b);
			widest = k - i > widest ? k - i : widest;
		}
	return widest;
}

void svg_wiring(struct buf *out, const char *id, const struct wiring *w)
{
	struct buf inside = BUF_INIT, words = BUF_INIT;
	struct diagram d = {.out = &inside, .w = w};
	double width;

	lay_out(&d);
	width = d.right + 2;
	for (int l = 0; l < WIRE_LEVELS; l++)
		if (w->level[l])
			draw_level(&d, l);
	if (draw_switch(&d))
		width = d.right + GAP + SWITCH + 2;
	size_t curve = draw_curves(&d);
	if (curve)
		width = fmax(width, d.right + bulge(curve));
	wiring_words(&words, w);
	svg_open(out, id, width, ROW * (double)w->n, "How the machine is wired", buf_str(&words));
	buf_puts(out, buf_str(&inside));
	svg_close(out);
	buf_free(&inside);
	buf_free(&words);
}
