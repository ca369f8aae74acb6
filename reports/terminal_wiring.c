/* The machine's wiring for a terminal: a line a node, its GPUs below it. */
#include "terminal.h"
#include "wiring.h"
#include "../harness/base/mem.h"

#include <stdlib.h>
#include <string.h>

static void put_part(struct buf *out, const char *text)
{
	if (text && text[0])
		buf_printf(out, "%s%s", out->len ? ", " : "", text);
}

/* "Socket 0, node 0, 1 TiB, CPUs 0–55" */
static void put_node(struct term *t, const struct wire *x)
{
	struct buf line = BUF_INIT;

	put_part(&line, x->box[WIRE_SOCKET].title);
	put_part(&line, x->box[WIRE_NODE].title);
	put_part(&line, x->box[WIRE_NODE].detail);
	term_wrap(t, buf_str(&line), 0, 2);
	buf_free(&line);
}

/* "GPU 0 0000:18:00.0 behind 0000:16:00.0, Gen5 x16, 18 × NVLink4 to the switch" */
static void put_gpu(struct term *t, const struct wire *x)
{
	const struct wire_box *root = &x->box[WIRE_ROOT], *near = &x->box[WIRE_SWITCH];
	struct buf line = BUF_INIT, instances = BUF_INIT;

	buf_printf(&line, "%s %s", x->box[WIRE_GPU].title, x->address);
	if (near->title || (root->title && strchr(root->detail, ':')))
		buf_printf(&line, " behind %s", near->title ? near->detail : root->detail);
	else if (root->title)
		buf_printf(&line, " over %s (%s)", root->title, root->detail);
	put_part(&line, x->box[WIRE_GPU].detail);
	put_part(&line, x->nvlink);
	wiring_instances(&instances, x);
	put_part(&line, buf_str(&instances));
	buf_free(&instances);
	term_pad(t, 2);
	term_wrap(t, buf_str(&line), 2, 4);
	buf_free(&line);
}

static void put_wiring(struct term *t, const struct wiring *w)
{
	struct buf doubts = BUF_INIT;

	term_heading(t, "Wiring");
	for (size_t i = 0; i < w->n; i++) {
		if (!wiring_same(w, i, WIRE_NODE))
			put_node(t, &w->wire[i]);
		if (w->wire[i].gpu >= 0)
			put_gpu(t, &w->wire[i]);
	}
	wiring_doubts(&doubts, w);
	if (doubts.len)
		term_wrap(t, doubts.s, 0, 0);
	buf_free(&doubts);
}

void term_wiring(struct term *t, const struct bundle_data *d)
{
	struct wiring w;

	wiring_make(&w, d);
	if (wiring_tells(&w) && (w.gpus || w.nodes > 1))
		put_wiring(t, &w);
	wiring_free(&w);
}
