/*
 * A GPU in the wiring: its PCIe path, its link, its NVLinks, its memory where that is a node, its
 * MIG instances. See wiring.h.
 */
#include "wiring_gpu.h"
#include "../harness/base/mem.h"
#include "../harness/base/units.h"
#include "../harness/formats/key.h"

#include <stdlib.h>
#include <string.h>

#define HOPS 16 /* of a path, as the probe writes it */

static const struct manifest_row *find(const struct bundle_data *d, const char *arm, int gpu,
				       const char *field)
{
	char *key = mem_printf("gpu.%d.%s", gpu, field);
	const struct manifest_row *found = NULL;

	for (size_t i = 0; i < d->n_manifest && !found; i++)
		if (!strcmp(d->manifest[i].key, key) && !strcmp(d->manifest[i].arm, arm))
			found = &d->manifest[i];
	free(key);
	return found;
}

static const char *value(const struct bundle_data *d, const char *arm, int gpu, const char *field)
{
	const struct manifest_row *m = find(d, arm, gpu, field);

	return m && m->value ? m->value : "";
}

int wiring_gpu_node(const struct bundle_data *d, const char *arm, int gpu)
{
	const char *node = value(d, arm, gpu, "numa_node");

	return node[0] >= '0' && node[0] <= '9' ? atoi(node) : -1;
}

/* ---- PCIe ---- */

/* "GPU port … root" -> the addresses, as many as there are; text is written to. */
static size_t split(char *text, char **hop)
{
	char *save = NULL;
	size_t n = 0;

	for (char *h = strtok_r(text, " ", &save); h && n < HOPS; h = strtok_r(NULL, " ", &save))
		hop[n++] = h;
	return n;
}

/*
 * Between the GPU and its root port each switch shows two ports, the one above first seen from the
 * root. The port that GPUs of one switch share is the upper one of the nearest.
 */
static void put_path(struct wire *x, char **hop, size_t n)
{
	size_t ports = n > 2 ? n - 2 : 0, switches = ports / 2;

	if (n > 1)
		x->box[WIRE_ROOT] =
			(struct wire_box){mem_strdup("Root port"), mem_strdup(hop[n - 1])};
	if (ports)
		x->box[WIRE_SWITCH] = (struct wire_box){
			switches > 1 ? mem_printf("%zu PCIe switches", switches)
				     : mem_strdup(switches ? "PCIe switch" : "PCIe bridge"),
			mem_strdup(hop[switches ? 2 : 1]),
		};
}

static void put_c2c(struct wire *x, const char *links)
{
	x->box[WIRE_ROOT] = (struct wire_box){
		mem_strdup("NVLink-C2C"),
		mem_printf("%s link%s", links, strcmp(links, "1") ? "s" : ""),
	};
}

/* What a benchmark saw of this GPU under load: fact.KIND.BENCH{gpu=N}, whatever the benchmark. */
static const char *seen(const struct bundle_data *d, const char *arm, int gpu,
			const char *const *kind)
{
	char *wanted = mem_printf("gpu=%d", gpu);
	const char *found = NULL;

	for (size_t i = 0; i < d->n_manifest && !found; i++) {
		const struct manifest_row *m = &d->manifest[i];
		const char *brace = strchr(m->key, '{');

		if (!brace || strcmp(m->arm, arm) != 0 ||
		    (strncmp(m->key, kind[0], strlen(kind[0])) != 0 &&
		     strncmp(m->key, kind[1], strlen(kind[1])) != 0))
			continue;
		char *labels = mem_strndup(brace + 1, strcspn(brace + 1, "}"));
		if (key_subset(wanted, labels))
			found = m->value;
		free(labels);
	}
	free(wanted);
	return found;
}

/* "Gen5 x16"; "Gen3 x16 of Gen5 x16" where it is not what it could be. */
static void put_link(struct buf *out, struct wire *x, const struct bundle_data *d, const char *arm)
{
	static const char *const is[] = {"fact.found.link.", "fact.link."};
	static const char *const could[] = {"fact.wanted.link.", "fact.link_possible."};
	const char *now = seen(d, arm, x->gpu, is), *best = seen(d, arm, x->gpu, could);
	const char *gen = value(d, arm, x->gpu, "link_gen_max"),
		   *width = value(d, arm, x->gpu, "link_width_max"),
		   *width_now = value(d, arm, x->gpu, "link_width");

	if (now && best) {
		buf_puts(out, now);
		x->wrong = strcmp(now, best) != 0;
		if (x->wrong)
			buf_printf(out, " of %s", best);
	} else if (gen[0] && width[0]) {
		/* an idle link keeps its lanes; without a ceiling data goes another way (C2C) */
		x->wrong = width_now[0] && strcmp(width_now, width) != 0 &&
			   value(d, arm, x->gpu, "path_ceiling_h2d")[0];
		buf_printf(out, "Gen%s x%s", gen, x->wrong ? width_now : width);
		if (x->wrong)
			buf_printf(out, " of x%s", width);
	}
}

/* ---- NVLink ---- */

/* "0000:1b:00.0" -> "GPU 1", another device keeps its address. */
static void put_end(struct buf *out, const struct bundle_data *d, const char *arm,
		    const char *address, size_t len)
{
	for (size_t i = 0; i < d->n_manifest; i++) {
		const struct manifest_row *m = &d->manifest[i];
		size_t digits = strncmp(m->key, "gpu.", 4) ? 0 : strspn(m->key + 4, "0123456789");

		if (!digits || strcmp(m->key + 4 + digits, ".address") ||
		    strcmp(m->arm, arm) != 0 || strlen(m->value) != len ||
		    strncmp(m->value, address, len) != 0)
			continue;
		buf_printf(out, "GPU %.*s", (int)digits, m->key + 4);
		return;
	}
	buf_add(out, address, len);
}

/* "switch x18" -> "to the switch"; "0000:1b:00.0 x6, …" -> "to GPU 1 (6), …" */
static void put_ends(struct buf *out, const struct bundle_data *d, const char *arm, const char *to)
{
	bool several = strchr(to, ',') != NULL;

	for (const char *p = to; *p;) {
		size_t name = strcspn(p, " ,"), all = strcspn(p, ",");

		buf_puts(out, p == to ? " to " : ", ");
		if (!strncmp(p, "switch", name))
			buf_puts(out, "the switch");
		else
			put_end(out, d, arm, p, name);
		if (several && all > name + 2)
			buf_printf(out, " (%.*s)", (int)(all - name - 2), p + name + 2);
		p += all;
		p += strspn(p, ", ");
	}
}

static void put_nvlink(struct wire *x, const struct bundle_data *d, const char *arm)
{
	const char *all = value(d, arm, x->gpu, "nvlinks"),
		   *up = value(d, arm, x->gpu, "nvlinks_active"),
		   *version = value(d, arm, x->gpu, "nvlink_version");
	struct buf words = BUF_INIT;

	if (!all[0] || !strcmp(all, "0"))
		return;
	buf_printf(&words, "%s × NVLink%s", up[0] ? up : all, version);
	if (up[0] && strcmp(up, all) != 0) {
		buf_printf(&words, " of %s", all);
		x->wrong = true;
	}
	x->nvlink_to = value(d, arm, x->gpu, "nvlink_to");
	put_ends(&words, d, arm, x->nvlink_to);
	free(x->nvlink);
	x->nvlink = buf_steal(&words);
}

/* ---- MIG ---- */

static void put_instances(struct wire *x, const struct bundle_data *d, const char *arm)
{
	char *all = mem_strdup(value(d, arm, x->gpu, "mig_instances")), *save = NULL;
	size_t cap = 0;

	for (char *i = strtok_r(all, " ", &save); i; i = strtok_r(NULL, " ", &save)) {
		char *field = mem_printf("mig.%s.profile", i);

		x->instance = mem_grow(x->instance, x->instances, &cap, sizeof(*x->instance));
		x->instance[x->instances++] =
			(struct wire_box){mem_strdup(i), mem_strdup(value(d, arm, x->gpu, field))};
		free(field);
	}
	free(all);
}

/* On Grace the GPU's memory is a node: "memory is node 2, 185 GiB" */
static void put_memory(struct buf *out, const struct bundle_data *d, const char *arm, int gpu)
{
	const char *node = value(d, arm, gpu, "memory_node");
	char *key = mem_printf("node.%s.memory", node), size[40];
	const char *bytes = node[0] ? bundle_value(d, arm, key) : NULL;

	if (node[0])
		buf_printf(out, "%smemory is node %s", out->len ? ", " : "", node);
	if (bytes)
		buf_printf(out, ", %s", units_size(size, sizeof(size), strtod(bytes, NULL)));
	free(key);
}

void wiring_gpu(struct wire *x, const struct bundle_data *d, const char *arm, int gpu)
{
	const struct manifest_row *node = find(d, arm, gpu, "numa_node");
	const char *c2c = value(d, arm, gpu, "c2c_links");
	char *path = mem_strdup(value(d, arm, gpu, "pci_path")), *hop[HOPS];
	size_t n = split(path, hop);
	struct buf link = BUF_INIT;

	x->gpu = gpu;
	x->address = value(d, arm, gpu, "address");
	x->out_of_reach = value(d, arm, gpu, "out_of_reach");
	x->node_from = node ? node->source : "";
	x->node_unsure = wiring_gpu_node(d, arm, gpu) < 0 || strstr(x->node_from, "inferred");
	if (c2c[0] && strcmp(c2c, "0") != 0) {
		put_c2c(x, c2c);
	} else {
		put_path(x, hop, n);
		put_link(&link, x, d, arm);
	}
	put_memory(&link, d, arm, gpu);
	put_instances(x, d, arm);
	x->box[WIRE_GPU] = (struct wire_box){mem_printf("GPU %d", gpu), buf_steal(&link)};
	put_nvlink(x, d, arm);
	free(path);
}
