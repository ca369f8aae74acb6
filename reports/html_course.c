/*
 * The run over time, where telemetry was read. On the simulated server its times are real ones, so
 * that pages would differ from run to run: there it is left out and said so.
 */
#include "course.h"
#include "html.h"

#include <math.h>
#include <stdio.h>

#define PIECES 220 /* of the run: what the drawing can show */

/* Lowest, mean and highest of what was read of a GPU. */
struct range {
	double lo, sum, hi;
	size_t n;
};

static struct range range_of(const struct course *c, const struct course_field *f, size_t gpu)
{
	struct range r = {.lo = NAN, .hi = NAN};

	for (size_t i = 0; i < c->pieces; i++) {
		double v = f->value[gpu * c->pieces + i];

		if (isnan(v))
			continue;
		r.lo = fmin(r.lo, v);
		r.hi = fmax(r.hi, v);
		r.sum += v;
		r.n++;
	}
	return r;
}

static void put_range(struct page *p, const struct range *r, const struct scale *sc)
{
	char a[40], b[40], c[40];

	if (!r->n)
		buf_puts(p->out, "<td>–</td>");
	else
		html_put(p->out, "<td>%s, %s–%s</td>",
			 text_number(a, sizeof(a), r->sum / (double)r->n, sc),
			 text_number(b, sizeof(b), r->lo, sc),
			 text_number(c, sizeof(c), r->hi, sc));
}

/* Of the pieces in which it was read, the share with such an event. */
static void put_share(struct page *p, const struct course *c, size_t gpu, unsigned events)
{
	size_t seen = 0, n = 0;
	char text[16];

	for (size_t i = 0; i < c->pieces; i++) {
		seen += c->seen[gpu * c->pieces + i];
		n += (c->events[gpu * c->pieces + i] & events) != 0;
	}
	if (!seen)
		buf_puts(p->out, "<td>–</td>");
	else
		html_put(p->out, "<td>%s&#8239;%%</td>",
			 text_percent(text, sizeof(text), (double)n / (double)seen));
}

static void put_data(struct page *p, const struct course *c)
{
	struct scale sc[COURSE_FIELDS];

	html_fold(p, "Data of the run over time");
	buf_puts(p->out,
		 "<table><caption>Mean, lowest–highest of what was read; how long clocks were "
		 "held down.</caption><thead><tr><th scope=\"col\" class=\"l\">GPU</th>");
	for (size_t f = 0; f < COURSE_FIELDS; f++) {
		sc[f] = units_scale(c->field[f].unit, c->field[f].hi);
		if (c->field[f].there)
			html_put(p->out, "<th scope=\"col\">%s, %s</th>", c->field[f].words,
				 sc[f].name);
	}
	buf_puts(p->out, "<th scope=\"col\">by the power limit</th><th scope=\"col\">by heat</th>"
			 "<th scope=\"col\">by hardware</th></tr></thead>\n<tbody>\n");
	for (size_t g = 0; g < c->gpus; g++) {
		html_put(p->out, "<tr><th scope=\"row\">GPU %d</th>", c->gpu[g]);
		for (size_t f = 0; f < COURSE_FIELDS; f++) {
			struct range r = range_of(c, &c->field[f], g);

			if (c->field[f].there)
				put_range(p, &r, &sc[f]);
		}
		put_share(p, c, g, COURSE_POWER);
		put_share(p, c, g, COURSE_HEAT);
		put_share(p, c, g, COURSE_BRAKE);
		buf_puts(p->out, "</tr>\n");
	}
	buf_puts(p->out, "</tbody></table>\n");
	html_fold_end(p);
}

bool html_has_course(const struct page *p)
{
	return p->r->data->n_telemetry > 0;
}

void html_course(struct page *p)
{
	struct course c;

	if (!html_has_course(p))
		return;
	buf_puts(p->out, "<section id=\"course\">\n<h2>Over time</h2>\n");
	if (p->simulated) {
		buf_puts(p->out,
			 "<p>Left out: telemetry is read in real time, which is not that of a "
			 "simulated server.</p>\n</section>\n");
		return;
	}
	course_make(&c, p->r->data, PIECES);
	buf_puts(p->out, "<figure>\n");
	html_scroll(p, "Chart: the run over time");
	svg_course(p->out, "course-t", &c);
	html_scroll_end(p);
	buf_puts(p->out, "<figcaption>Thin: measured. Thick: clocks held down, half as high by the "
			 "power limit, "
			 "which is normal under load, full by heat or hardware.</figcaption>\n");
	put_data(p, &c);
	buf_puts(p->out, "</figure>\n</section>\n");
	course_free(&c);
}
