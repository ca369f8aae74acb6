/*
 * Wiring from the manifest: see wiring.h. Known errors: of a GPU behind several switches only the
 * nearest is named; a bundle older than the row node.N.socket shows no sockets where there are
 * several; links of the path above the GPU's own are not shown (path_ceiling has the narrowest).
 */
#include "wiring.h"
#include "wiring_gpu.h"
#include "../harness/base/mem.h"
#include "../harness/base/units.h"
#include "../harness/judge/words.h"

#include <stdlib.h>
#include <string.h>

struct node {
	int id, socket;	  /* socket: -1 if not known */
	const char *cpus; /* "" where nobody says, as without NUMA in the kernel */
	bool has_cpus;
	double bytes;
};

/* What is read: one arm's rows. */
struct source {
	const struct bundle_data *d;
	const char *arm;
	struct node *node;
	int *gpu;
	size_t nodes, cap_nodes, gpus, cap_gpus;
};

/* ---- reading ---- */

/* "node.12.cpus" -> 12 for kind "node", -1 for any other key. */
static int number_of(const char *key, const char *kind)
{
	size_t n = strlen(kind), digits;

	if (strncmp(key, kind, n) != 0 || key[n] != '.')
		return -1;
	digits = strspn(key + n + 1, "0123456789");
	return digits && digits < 6 && key[n + 1 + digits] == '.' ? atoi(key + n + 1) : -1;
}

/* NULL where there is no such row. */
static const char *node_value(const struct source *s, int node, const char *field)
{
	char *key = mem_printf("node.%d.%s", node, field);
	const char *v = bundle_value(s->d, s->arm, key);

	free(key);
	return v;
}

static bool has_node(const struct source *s, int id)
{
	for (size_t i = 0; i < s->nodes; i++)
		if (s->node[i].id == id)
			return true;
	return false;
}

static bool has_gpu(const struct source *s, int id)
{
	for (size_t i = 0; i < s->gpus; i++)
		if (s->gpu[i] == id)
			return true;
	return false;
}

/* Whether it is the memory of a GPU, which stands with that. */
static bool is_of_gpu(const struct source *s, int node)
{
	char *text = mem_printf("%d", node);
	bool found = false;

	for (size_t i = 0; i < s->gpus && !found; i++) {
		char *key = mem_printf("gpu.%d.memory_node", s->gpu[i]);
		const char *v = bundle_value(s->d, s->arm, key);

		found = v && !strcmp(v, text);
		free(key);
	}
	free(text);
	return found;
}

static void add_node(struct source *s, int id)
{
	const char *socket = node_value(s, id, "socket"), *memory = node_value(s, id, "memory"),
		   *cpus = node_value(s, id, "cpus"),
		   *all = bundle_value(s->d, s->arm, "cpu.sockets");
	bool has_cpus = !cpus || cpus[0], only = has_cpus && all && !strcmp(all, "1");

	s->node = mem_grow(s->node, s->nodes, &s->cap_nodes, sizeof(*s->node));
	s->node[s->nodes++] = (struct node){
		.id = id,
		.socket = socket ? atoi(socket) : -!only,
		.cpus = cpus ? cpus : "",
		.has_cpus = has_cpus,
		.bytes = memory ? strtod(memory, NULL) : 0,
	};
}

static void read_rows(struct source *s)
{
	for (size_t i = 0; i < s->d->n_manifest; i++) {
		const struct manifest_row *m = &s->d->manifest[i];
		int node = number_of(m->key, "node"), gpu = number_of(m->key, "gpu");

		if ((node < 0 && gpu < 0) || (s->arm && strcmp(s->arm, m->arm) != 0))
			continue;
		s->arm = m->arm;
		if (node >= 0 && !has_node(s, node))
			add_node(s, node);
		if (gpu >= 0 && !has_gpu(s, gpu)) {
			s->gpu = mem_grow(s->gpu, s->gpus, &s->cap_gpus, sizeof(*s->gpu));
			s->gpu[s->gpus++] = gpu;
		}
	}
}

/* By socket; nodes without CPUs, which have none, last. */
static int by_node(const void *pa, const void *pb)
{
	const struct node *a = pa, *b = pb;
	unsigned x = (unsigned)a->socket, y = (unsigned)b->socket; /* -1 is the largest */

	if (a->has_cpus != b->has_cpus)
		return a->has_cpus ? -1 : 1;
	if (x != y)
		return x < y ? -1 : 1;
	return (a->id > b->id) - (a->id < b->id);
}

static int by_number(const void *pa, const void *pb)
{
	int a = *(const int *)pa, b = *(const int *)pb;

	return (a > b) - (a < b);
}

/* ---- rows ---- */

/* "0-55,112-167" -> "0–55, 112–167" */
static void put_list(struct buf *out, const char *list)
{
	for (; *list; list++) {
		if (*list == '-')
			buf_puts(out, "–");
		else
			buf_putc(out, *list);
		if (*list == ',')
			buf_putc(out, ' ');
	}
}

/* "3–9, 11–17" */
static void put_numbers(struct buf *out, const struct node *n, size_t count)
{
	char **text = mem_zalloc(count, sizeof(*text));

	for (size_t i = 0; i < count; i++)
		text[i] = mem_printf("%d", n[i].id);
	words_values(out, "node", text, count);
	for (size_t i = 0; i < count; i++)
		free(text[i]);
	free(text);
}

/* Nodes look alike: no CPUs, and all or none of them have memory. */
static void describe_nodes(struct wire_box *box, const struct node *n, size_t count)
{
	struct buf title = BUF_INIT, detail = BUF_INIT;
	char size[40];

	buf_puts(&title, count > 1 ? "Nodes " : "Node ");
	put_numbers(&title, n, count);
	if (n->bytes > 0)
		buf_printf(&title, ", %s%s", units_size(size, sizeof(size), n->bytes),
			   count > 1 ? " each" : "");
	if (n->cpus[0]) {
		buf_puts(&detail, strpbrk(n->cpus, "-,") ? "CPUs " : "CPU ");
		put_list(&detail, n->cpus);
	} else if (!n->has_cpus) {
		buf_puts(&detail, n->bytes > 0 ? "no CPUs" : "no CPUs, no memory");
	}
	*box = (struct wire_box){buf_steal(&title), buf_steal(&detail)};
}

/* count nodes from n on; 0: a node that no row describes, -1 if nobody knows it. */
static struct wire *add_wire(struct wiring *w, const struct node *n, size_t count, int node)
{
	w->wire = mem_grow(w->wire, w->n, &w->cap, sizeof(*w->wire));
	struct wire *x = &w->wire[w->n++];

	*x = (struct wire){
		.gpu = -1, .address = "", .out_of_reach = "", .node_from = "", .nvlink_to = ""};
	x->nvlink = mem_strdup("");
	if (!count) {
		x->box[WIRE_NODE].title =
			node < 0 ? mem_strdup(WIRE_NODE_UNKNOWN) : mem_printf("Node %d", node);
		x->box[WIRE_NODE].detail = mem_strdup(node < 0 ? "" : "not seen from here");
		return x;
	}
	describe_nodes(&x->box[WIRE_NODE], n, count);
	if (n->socket >= 0)
		x->box[WIRE_SOCKET] =
			(struct wire_box){mem_printf("Socket %d", n->socket), mem_strdup("")};
	return x;
}

/* The rows of a node, or with count 0 of the GPUs whose node is none of these. */
static size_t add_gpus(struct wiring *w, const struct source *s, const struct node *n, size_t count)
{
	size_t found = 0;

	for (size_t i = 0; i < s->gpus; i++) {
		int node = wiring_gpu_node(s->d, s->arm, s->gpu[i]);

		if (count ? node != n->id : has_node(s, node))
			continue;
		wiring_gpu(add_wire(w, n, count, node), s->d, s->arm, s->gpu[i]);
		found++;
	}
	return found;
}

/* How many nodes from n on are told as one: without CPUs, and equal in memory. */
static size_t alike(const struct node *n, size_t left)
{
	size_t k = 1;

	while (!n->has_cpus && k < left && !n[k].has_cpus &&
	       (n[k].bytes > n->bytes ? n[k].bytes - n->bytes : n->bytes - n[k].bytes) <=
		       0.02 * n->bytes)
		k++;
	return k;
}

/* GPUs are read by then. */
static void drop_gpu_memory(struct source *s)
{
	size_t n = 0;

	for (size_t i = 0; i < s->nodes; i++)
		if (s->node[i].has_cpus || !is_of_gpu(s, s->node[i].id))
			s->node[n++] = s->node[i];
	s->nodes = n;
}

static void add_rows(struct wiring *w, const struct source *s)
{
	for (size_t i = 0, k; i < s->nodes; i += k) {
		k = 1;
		if (add_gpus(w, s, &s->node[i], 1))
			continue;
		k = alike(&s->node[i], s->nodes - i);
		add_wire(w, &s->node[i], k, s->node[i].id);
	}
	add_gpus(w, s, NULL, 0);
}

static void count_up(struct wiring *w, const struct source *s)
{
	w->gpus = (unsigned)s->gpus;
	for (size_t i = 0; i < s->nodes; i++) {
		bool new_socket = s->node[i].socket >= 0;

		w->nodes += s->node[i].has_cpus;
		for (size_t k = 0; k < i; k++)
			new_socket &= s->node[k].socket != s->node[i].socket;
		w->sockets += new_socket;
	}
	for (size_t i = 0; i < w->n; i++) {
		w->instances += (unsigned)w->wire[i].instances;
		for (int l = 0; l < WIRE_LEVELS; l++)
			w->level[l] |= w->wire[i].box[l].title != NULL;
	}
}

void wiring_make(struct wiring *w, const struct bundle_data *d)
{
	struct source s = {.d = d};

	*w = (struct wiring){.n = 0};
	read_rows(&s);
	drop_gpu_memory(&s);
	if (s.nodes)
		qsort(s.node, s.nodes, sizeof(*s.node), by_node);
	if (s.gpus)
		qsort(s.gpu, s.gpus, sizeof(*s.gpu), by_number);
	add_rows(w, &s);
	count_up(w, &s);
	free(s.node);
	free(s.gpu);
}

static void box_free(struct wire_box *b)
{
	free(b->title);
	free(b->detail);
}

void wiring_free(struct wiring *w)
{
	for (size_t i = 0; i < w->n; i++) {
		struct wire *x = &w->wire[i];

		for (int l = 0; l < WIRE_LEVELS; l++)
			box_free(&x->box[l]);
		for (size_t k = 0; k < x->instances; k++)
			box_free(&x->instance[k]);
		free(x->instance);
		free(x->nvlink);
	}
	free(w->wire);
	*w = (struct wiring){.n = 0};
}

/* ---- what others ask ---- */

static bool same_box(const struct wire_box *a, const struct wire_box *b)
{
	if (!a->title || !b->title)
		return !a->title && !b->title;
	return !strcmp(a->title, b->title) && !strcmp(a->detail, b->detail);
}

bool wiring_same(const struct wiring *w, size_t i, enum wire_level level)
{
	if (!i || level == WIRE_GPU)
		return false;
	for (int l = 0; l <= (int)level; l++)
		if (!same_box(&w->wire[i].box[l], &w->wire[i - 1].box[l]))
			return false;
	return true;
}

static void put_count(struct buf *out, unsigned n, const char *one, const char *many)
{
	if (n)
		buf_printf(out, "%s%u %s", out->len ? ", " : "", n, n == 1 ? one : many);
}

/* "; node 0 has GPU 0, GPU 1" for the node of row i; returns where the next node begins. */
static size_t put_node(struct buf *out, const struct wiring *w, size_t i)
{
	size_t k = i;

	for (; k < w->n && (k == i || wiring_same(w, k, WIRE_NODE)); k++) {
		const struct wire_box *node = &w->wire[k].box[WIRE_NODE];

		if (w->wire[k].gpu < 0)
			continue;
		if (k == i)
			buf_printf(out, "; %.*s: ", (int)strcspn(node->title, ","), node->title);
		buf_printf(out, "%sGPU %d", k == i ? "" : ", ", w->wire[k].gpu);
	}
	return k;
}

void wiring_instances(struct buf *out, const struct wire *x)
{
	for (size_t i = 0; i < x->instances; i++)
		buf_printf(out, "%s%s%s%s", i ? ", " : "MIG ", x->instance[i].title,
			   x->instance[i].detail[0] ? " " : "", x->instance[i].detail);
}

void wiring_words(struct buf *out, const struct wiring *w)
{
	struct buf counts = BUF_INIT;

	put_count(&counts, w->sockets, "socket", "sockets");
	put_count(&counts, w->nodes, "NUMA node with CPUs", "NUMA nodes with CPUs");
	put_count(&counts, w->gpus, "GPU", "GPUs");
	put_count(&counts, w->instances, "MIG instance", "MIG instances");
	buf_puts(out, counts.len ? counts.s : "Nothing is known");
	for (size_t i = 0; i < w->n;)
		i = put_node(out, w, i);
	buf_putc(out, '.');
	buf_free(&counts);
}

bool wiring_tells(const struct wiring *w)
{
	return w->nodes || w->level[WIRE_ROOT];
}

/* Whether row k is as doubtful as row i, for the same reason. */
static bool same_doubt(const struct wiring *w, size_t i, size_t k)
{
	const struct wire *a = &w->wire[i], *b = &w->wire[k];

	return b->gpu >= 0 && b->node_unsure && !strcmp(a->node_from, b->node_from);
}

/* All rows that share the doubt of row i, the first of them. */
static void put_doubt(struct buf *out, const struct wiring *w, size_t i)
{
	const char *from = w->wire[i].node_from;
	struct buf gpus = BUF_INIT;
	size_t n = 0;

	for (size_t k = i; k < w->n; k++)
		if (same_doubt(w, i, k))
			buf_printf(&gpus, "%s%d", n++ ? ", " : "", w->wire[k].gpu);
	buf_printf(out, "%sGPU%s %s: %s ", out->len ? " " : "", n > 1 ? "s" : "", gpus.s,
		   n > 1 ? "their nodes are" : "its node is");
	if (strstr(from, "inferred"))
		buf_printf(out, "%s.", strstr(from, "inferred"));
	else
		buf_printf(out, "not known (%s).", from[0] ? from : "nothing says it");
	buf_free(&gpus);
}

void wiring_doubts(struct buf *out, const struct wiring *w)
{
	for (size_t i = 0; i < w->n; i++) {
		bool told = false;

		if (w->wire[i].out_of_reach[0])
			buf_printf(out, "%sGPU %d: %s.", out->len ? " " : "", w->wire[i].gpu,
				   w->wire[i].out_of_reach);
		if (w->wire[i].gpu < 0 || !w->wire[i].node_unsure)
			continue;
		for (size_t k = 0; k < i; k++)
			told |= same_doubt(w, i, k);
		if (!told)
			put_doubt(out, w, i);
	}
}
