/* The machine's wiring: the diagram, what is not sure about it, and the same as a table. */
#include "html.h"
#include "svg.h"
#include "wiring.h"

static void put_box(struct page *p, const struct wiring *w, size_t i, enum wire_level level)
{
	const struct wire_box *b = &w->wire[i].box[level];

	if (!w->level[level])
		return;
	html_put(p->out, "<td>%s%s%s</td>", b->title ? b->title : "–",
		 b->title && b->detail[0] ? ": " : "", b->title ? b->detail : "");
}

static void put_row(struct page *p, const struct wiring *w, size_t i)
{
	const struct wire *x = &w->wire[i];

	html_put(p->out, "<tr><th scope=\"row\">%s</th>",
		 x->gpu < 0 ? x->box[WIRE_NODE].title : x->box[WIRE_GPU].title);
	for (int l = 0; l < WIRE_GPU; l++)
		put_box(p, w, i, (enum wire_level)l);
	if (w->gpus)
		html_put(p->out, "<td>%s</td><td>%s</td><td>%s</td><td>%s</td>",
			 x->address[0] ? x->address : "–",
			 x->gpu >= 0 && x->box[WIRE_GPU].detail[0] ? x->box[WIRE_GPU].detail : "–",
			 x->nvlink[0] ? x->nvlink : "–", x->node_from[0] ? x->node_from : "–");
	if (w->instances) {
		struct buf instances = BUF_INIT;

		wiring_instances(&instances, x);
		html_put(p->out, "<td>%s</td>", instances.len ? instances.s : "–");
		buf_free(&instances);
	}
	buf_puts(p->out, "</tr>\n");
}

static void put_table(struct page *p, const struct wiring *w)
{
	static const char *const heads[] = {"socket", "NUMA node", "root", "switch"};

	html_fold(p, "How the machine is wired, as a table");
	buf_puts(p->out, "<table class=\"words\"><thead><tr><th scope=\"col\">what</th>");
	for (int l = 0; l < WIRE_GPU; l++)
		if (w->level[l])
			html_put(p->out, "<th scope=\"col\">%s</th>", heads[l]);
	if (w->gpus)
		buf_puts(p->out,
			 "<th scope=\"col\">PCI address</th><th scope=\"col\">link</th>"
			 "<th scope=\"col\">NVLink</th><th scope=\"col\">its node from</th>");
	if (w->instances)
		buf_puts(p->out, "<th scope=\"col\">MIG instances</th>");
	buf_puts(p->out, "</tr></thead>\n<tbody>\n");
	for (size_t i = 0; i < w->n; i++)
		put_row(p, w, i);
	buf_puts(p->out, "</tbody></table>\n");
	html_fold_end(p);
}

static void put_figure(struct page *p, const struct wiring *w)
{
	struct buf doubts = BUF_INIT;

	buf_puts(p->out, "<h3 id=\"wiring\">How it is wired</h3>\n<figure>\n");
	html_scroll(p, "Diagram: how the machine is wired");
	svg_wiring(p->out, "wiring-1", w);
	html_scroll_end(p);
	wiring_doubts(&doubts, w);
	html_put(p->out, "<figcaption>From the manifest.%s%s%s</figcaption>\n",
		 w->gpus ? " A link is what the GPU can do, or what it ran at under load where a "
			   "benchmark looked."
			 : "",
		 doubts.len ? " " : "", buf_str(&doubts));
	put_table(p, w);
	buf_puts(p->out, "</figure>\n");
	buf_free(&doubts);
}

void html_wiring(struct page *p)
{
	struct wiring w;

	wiring_make(&w, p->r->data);
	if (wiring_tells(&w))
		put_figure(p, &w);
	wiring_free(&w);
}
