/*
 * See findings_where.h. The values of each label over all rows; a GPU that stands alone is named
 * with its PCI address. Of pairs the GPU that all of them have in common is named first.
 */
#include "findings_where.h"
#include "../harness/base/mem.h"
#include "../harness/formats/key.h"
#include "../harness/judge/words.h"

#include <stdlib.h>
#include <string.h>

/* The values of one label over the rows of one finding. */
struct place {
	char *name;
	char **values;
	size_t n, cap;
};

static void add_value(struct place *p, const char *v, size_t len)
{
	for (size_t i = p->n; i-- > 0;)
		if (strlen(p->values[i]) == len && !memcmp(p->values[i], v, len))
			return;
	p->values = mem_grow(p->values, p->n, &p->cap, sizeof(*p->values));
	p->values[p->n++] = mem_strndup(v, len);
}

static int by_value(const void *pa, const void *pb)
{
	return words_order(*(char *const *)pa, *(char *const *)pb);
}

static void sort_values(struct place *p)
{
	if (p->n > 1)
		qsort(p->values, p->n, sizeof(*p->values), by_value);
}

static void place_free(struct place *p)
{
	for (size_t i = 0; i < p->n; i++)
		free(p->values[i]);
	free(p->values);
	free(p->name);
}

static const char *gpu_address(const struct bundle_data *d, const char *gpu)
{
	/* an instance (0:7.0) is on its GPU */
	char *key = mem_printf("gpu.%.*s.address", (int)strcspn(gpu, ":"), gpu);
	const char *v = bundle_value(d, NULL, key);

	free(key);
	return v;
}

/* "GPU 0, MIG 1.0, 2.0; GPU 1, MIG 7.0–13.0": sorted values, instances of GPUs among them. */
static void tell_instances(struct buf *out, struct place *p)
{
	for (size_t i = 0, end; i < p->n; i = end) {
		size_t gpu = strcspn(p->values[i], ":");
		struct place of_gpu = {.n = 0};

		for (end = i; end < p->n && strcspn(p->values[end], ":") == gpu &&
			      !strncmp(p->values[end], p->values[i], gpu);
		     end++)
			if (p->values[end][gpu])
				add_value(&of_gpu, p->values[end] + gpu + 1,
					  strlen(p->values[end]) - gpu - 1);
		buf_printf(out, "%sGPU %.*s%s", i ? "; " : "", (int)gpu, p->values[i],
			   of_gpu.n ? ", MIG " : "");
		words_values(out, "mig", of_gpu.values, of_gpu.n);
		place_free(&of_gpu);
	}
}

/* "GPU 2 (0000:3a:00.0)" or "GPUs 0–3"; sorts the values. */
static void tell_gpus(struct buf *out, const struct bundle_data *d, struct place *p)
{
	if (!p->n)
		return;
	sort_values(p);
	for (size_t i = 0; i < p->n && p->n > 1; i++) {
		if (strchr(p->values[i], ':')) {
			tell_instances(out, p);
			return;
		}
	}
	if (p->n > 1) {
		buf_puts(out, "GPUs ");
		words_values(out, "gpu", p->values, p->n);
		return;
	}
	const char *address = gpu_address(d, p->values[0]);
	words_label(out, "gpu", p->values[0]);
	if (address)
		buf_printf(out, " (%s)", address);
}

static void tell_place(struct buf *out, struct place *p)
{
	if (out->len)
		buf_puts(out, ", ");
	sort_values(p);
	if (p->n == 1) {
		words_label(out, p->name, p->values[0]);
		return;
	}
	if (words_number(p->values[0], NULL) && strcmp(p->name, "size") != 0) {
		words_name(out, p->name);
		buf_putc(out, ' ');
	}
	words_values(out, p->name, p->values, p->n);
}

/* ---- pairs ---- */

static bool has(const struct result *r, const char *label, const char *value)
{
	size_t len;
	const char *v = key_find(r->labels, label, &len);

	return v && strlen(value) == len && !memcmp(v, value, len);
}

/* The GPU that is one end of every row's pair, NULL where there is none. */
static const char *common_end(const struct place *gpu, const struct result *const *row, size_t n)
{
	for (size_t k = 0; k < gpu->n; k++) {
		size_t i = 0;

		while (i < n &&
		       (has(row[i], "gpu", gpu->values[k]) || has(row[i], "peer", gpu->values[k])))
			i++;
		if (i == n)
			return gpu->values[k];
	}
	return NULL;
}

/* "GPU 2 to and from GPUs 0, 1": both ends of the rows differ, but for one GPU. */
static void tell_both_ways(struct buf *out, const struct bundle_data *d, const char *end,
			   const struct place *gpu, const struct place *peer)
{
	struct place one = {.n = 0}, others = {.n = 0};

	add_value(&one, end, strlen(end));
	for (size_t i = 0; i < gpu->n + peer->n; i++) {
		const char *v = i < gpu->n ? gpu->values[i] : peer->values[i - gpu->n];

		if (strcmp(v, end) != 0)
			add_value(&others, v, strlen(v));
	}
	tell_gpus(out, d, &one);
	buf_puts(out, " to and from ");
	tell_gpus(out, d, &others);
	place_free(&one);
	place_free(&others);
}

static void tell_pairs(struct buf *out, const struct bundle_data *d, struct place *gpu,
		       struct place *peer, const struct result *const *row, size_t n)
{
	const char *end = gpu->n > 1 && peer->n > 1 ? common_end(gpu, row, n) : NULL;

	if (end) {
		tell_both_ways(out, d, end, gpu, peer);
		return;
	}
	tell_gpus(out, d, gpu);
	if (peer->n == 1 && !words_number(peer->values[0], NULL))
		return; /* a GPU without a peer */
	buf_puts(out, " to ");
	tell_gpus(out, d, peer);
}

/* ---- all labels ---- */

static size_t collect(struct place p[KEY_MAX_LABELS], const struct result *const *row, size_t n)
{
	size_t places = 0;

	for (size_t i = 0; i < n; i++) {
		for (const char *s = row[i]->labels; *s;) {
			size_t len = strcspn(s, ","), name = strcspn(s, "="), k = 0;

			while (k < places &&
			       (strncmp(p[k].name, s, name) != 0 || p[k].name[name] != '\0'))
				k++;
			if (k == places && places < KEY_MAX_LABELS && name < len)
				p[places++].name = mem_strndup(s, name);
			if (k < places)
				add_value(&p[k], s + name + 1, len - name - 1);
			s += len + (s[len] == ',');
		}
	}
	return places;
}

static struct place *named(struct place *p, size_t n, const char *name)
{
	for (size_t k = 0; k < n; k++)
		if (!strcmp(p[k].name, name))
			return &p[k];
	return NULL;
}

/* Whether the label has several values there, and these are all that the benchmark has. */
static bool everywhere(const struct results *all, const char *bench, const struct place *p)
{
	for (size_t i = 0; i < all->n && p->n > 1; i++) {
		const struct result *r = &all->r[i];
		size_t len, k = 0;
		const char *v = strcmp(r->bench, bench) ? NULL : key_find(r->labels, p->name, &len);

		while (v && k < p->n &&
		       (strlen(p->values[k]) != len || memcmp(p->values[k], v, len)))
			k++;
		if (v && k == p->n)
			return false;
	}
	return p->n > 1;
}

/* "GPU 3 of " and then the set; "" for their sum. */
static void tell_member(struct buf *out, const struct bundle_data *d, struct place *member)
{
	if (member->n == 1 && !words_number(member->values[0], NULL))
		return;
	tell_gpus(out, d, member);
	buf_puts(out, " of ");
}

char *findings_where(const struct report *r, const struct result *const *row, size_t n)
{
	const struct bundle_data *d = r->data;
	struct place p[KEY_MAX_LABELS] = {{.name = NULL}};
	struct buf out = BUF_INIT;
	size_t places = collect(p, row, n);
	struct place *gpu = named(p, places, "gpu"), *peer = named(p, places, "peer"),
		     *gpus = named(p, places, "gpus"), *member = named(p, places, "member");

	if (gpu && peer)
		tell_pairs(&out, d, gpu, peer, row, n);
	else if (gpu)
		tell_gpus(&out, d, gpu);
	else if (gpus && member)
		tell_member(&out, d, member);
	if (gpus)
		words_label(&out, "gpus", gpus->values[0]);
	for (size_t k = 0; k < places; k++)
		if (!words_is_gpu(p[k].name) && !everywhere(r->results, row[0]->bench, &p[k]))
			tell_place(&out, &p[k]);
	for (size_t k = 0; k < places; k++)
		place_free(&p[k]);
	return buf_steal(&out);
}
