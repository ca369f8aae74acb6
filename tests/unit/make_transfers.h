/*
 * Made-up bundles of transfers: how machines are wired, GPUs by peer and by node, copies of every
 * kind. Beside make_bundle.h, for what the reports show of them.
 */
#ifndef ASSAY_TESTS_MAKE_TRANSFERS_H
#define ASSAY_TESTS_MAKE_TRANSFERS_H

#include "make_bundle.h"

/* gpu.N.field or node.N.field of arm host. The first row of a key counts. */
static inline void mk_wire(struct bundle_data *d, const char *kind, int number, const char *field,
			   const char *value, const char *source)
{
	char *key = mem_printf("%s.%d.%s", kind, number, field);

	mk_manifest_of(d, "host", key, value);
	free(key);
	struct manifest_row *m = &d->manifest[d->n_manifest - 1];

	free(m->source);
	m->source = mem_strdup(source);
}

static inline void mk_node(struct bundle_data *d, int node, int socket, const char *cpus,
			   const char *bytes)
{
	char text[16];

	snprintf(text, sizeof(text), "%d", socket);
	mk_wire(d, "node", node, "cpus", cpus, "sysfs");
	mk_wire(d, "node", node, "memory", bytes, "MemTotal");
	if (socket >= 0)
		mk_wire(d, "node", node, "socket", text, "topology/physical_package_id");
}

/* node: -1 where nobody says. path: from the GPU to the root port. */
static inline void mk_wired_gpu(struct bundle_data *d, int gpu, int node, const char *source,
				const char *path)
{
	char text[16], *address = mem_strndup(path, strcspn(path, " "));

	snprintf(text, sizeof(text), "%d", node);
	mk_wire(d, "gpu", gpu, "address", address, "sysfs");
	mk_wire(d, "gpu", gpu, "pci_path", path, "sysfs");
	mk_wire(d, "gpu", gpu, "numa_node", text, source);
	mk_wire(d, "gpu", gpu, "link_gen_max", "5", "sysfs");
	mk_wire(d, "gpu", gpu, "link_width_max", "16", "sysfs");
	free(address);
}

static inline void mk_nvlinks(struct bundle_data *d, int gpu, const char *all, const char *up,
			      const char *version, const char *to)
{
	mk_wire(d, "gpu", gpu, "nvlinks", all, "nvmlDeviceGetNvLinkState");
	mk_wire(d, "gpu", gpu, "nvlinks_active", up, "nvmlDeviceGetNvLinkState");
	mk_wire(d, "gpu", gpu, "nvlink_version", version, "nvmlDeviceGetNvLinkVersion");
	mk_wire(d, "gpu", gpu, "nvlink_to", to, "nvmlDeviceGetNvLinkRemote");
}

/* Two sockets, two GPUs behind each switch, all on the NVSwitch; GPU 2 lacks two links. */
static inline void mk_hgx(struct bundle_data *d, int gpus)
{
	mk_node(d, 0, 0, "0-55,112-167", "1099511627776");
	mk_node(d, 1, 1, "56-111,168-223", "1099511627776");
	for (int g = 0; g < gpus; g++) {
		int bus = 0x15 + g / 2 * 0x10;
		char *path = mem_printf("0000:%02x:00.0 0000:%02x:0%d.0 0000:%02x:00.0 "
					"0000:%02x:01.0",
					bus + 3 + g % 2, bus + 2, 1 + g % 2, bus + 1, bus);

		mk_wired_gpu(d, g, g < gpus / 2 ? 0 : 1, "sysfs numa_node", path);
		mk_nvlinks(d, g, "18", g == 2 ? "16" : "18", "4",
			   g == 2 ? "switch x16" : "switch x18");
		free(path);
	}
}

/* Eight nodes, four of them with a GPU on its own root port; GPU 1 has half of its lanes. */
static inline void mk_nps4(struct bundle_data *d)
{
	static const int node[] = {3, 1, 7, 5};

	for (int n = 0; n < 8; n++) {
		char *cpus =
			mem_printf("%d-%d,%d-%d", 24 * n, 24 * n + 23, 192 + 24 * n, 215 + 24 * n);

		mk_node(d, n, n / 4, cpus, "202937204736");
		free(cpus);
	}
	for (int g = 0; g < 4; g++) {
		char *path = mem_printf("0000:%02x:00.0 0000:%02x:01.1", 0x40 * g + 1, 0x40 * g);

		mk_wired_gpu(d, g, node[g], "sysfs numa_node", path);
		free(path);
	}
	mk_wire(d, "gpu", 1, "link_width", "8", "sysfs");
	mk_wire(d, "gpu", 1, "path_ceiling_h2d", "3e10", "sysfs");
}

/* Grace: the GPU is reached over C2C; its memory is a node without CPUs, seven more are empty. */
static inline void mk_grace(struct bundle_data *d)
{
	mk_node(d, 0, 0, "0-71", "513024000000");
	mk_node(d, 1, -1, "", "99328000000");
	for (int n = 2; n < 9; n++)
		mk_node(d, n, -1, "", "0");
	mk_wired_gpu(d, 0, 0, "cudaDevAttrHostNumaId", "0009:01:00.0 0009:00:00.0");
	mk_wire(d, "gpu", 0, "link_width", "1", "sysfs");
	mk_wire(d, "gpu", 0, "c2c_links", "10", "nvmlDeviceGetFieldValues");
}

static inline void mk_vm(struct bundle_data *d)
{
	mk_node(d, 0, 0, "0-15", "214748364800");
	mk_wired_gpu(d, 0, 0, "the machine has one node", "0000:06:00.0 0000:00:01.5");
}

/* Four GPUs, NVLink bridges in pairs; one node is not known, one is inferred. */
static inline void mk_bridges(struct bundle_data *d)
{
	static const char *const to[] = {"0000:22:00.0 x4", "0000:21:00.0 x4", "0000:24:00.0 x4",
					 "0000:23:00.0 x4"};

	mk_node(d, 0, 0, "0-15", "137438953472");
	mk_node(d, 1, 1, "16-31", "137438953472");
	for (int g = 0; g < 4; g++) {
		char *path = mem_printf("0000:%02x:00.0 0000:%02x:00.0", 0x21 + g, 0x11 + g);

		mk_wired_gpu(d, g, g == 3 ? -1 : g / 2,
			     g == 3   ? "CUDA, sysfs and NVML do not say"
			     : g == 2 ? "inferred from copies by node"
				      : "sysfs numa_node",
			     path);
		mk_nvlinks(d, g, "4", "4", "3", to[g]);
		free(path);
	}
}

static inline void mk_nothing_but_nodes(struct bundle_data *d)
{
	mk_node(d, 0, 0, "0-7", "17179869184");
	mk_node(d, 1, 1, "8-15", "17179869184");
}

/* ---- numbers ---- */

static inline void mk_one(struct bundle_data *d, const char *bench, const char *metric,
			  unsigned step, double v, const char *labels)
{
	struct mk_key k = {.bench = bench, .metric = metric, .labels = labels, .step = step};

	mk_noise(d, &k, v, 0.001, 0.002, 8);
}

/* Ordered pairs of GPUs: GPU 5 writes slowly to GPU 1; without P2P all goes through the host. */
static inline void mk_p2p(struct bundle_data *d, unsigned gpus)
{
	static const char *const dir[] = {"both", "read", "write"}, *const engine[] = {"ce", "sm"};
	static const double rate[] = {741e9, 371e9, 380e9};

	mk_head(d, "p2p", "GPU to GPU, every ordered pair", "hgx-3");
	mk_hgx(d, (int)gpus);
	mk_gpus(d, gpus);
	mk_metric(d, "p2p", "bandwidth", "bytes/s", "higher", "bandwidth");
	mk_manifest(d, "bench.p2p.summary", "transfers between two GPUs");
	for (unsigned g = 0; g < gpus; g++)
		for (unsigned p = 0; p < gpus; p++) {
			unsigned step = g * gpus + p;

			if (g == p)
				continue;
			mk_step(d, step, 0, ST_PASS, "12 cases: 12 precise, 0 at budget");
			for (int i = 0; i < 12; i++) {
				bool on = i / 6, slow = on && g == 5 && p == 1 && i % 3 == 2;
				char *labels = mem_printf("dir=%s,engine=%s,gpu=%u,p2p=%s,peer=%u,"
							  "size=268435456",
							  dir[i % 3], engine[i / 3 % 2], g,
							  on ? "on" : "off", p);

				mk_one(d, "p2p", "bandwidth", step,
				       on ? rate[i % 3] * (i / 3 % 2 ? 0.98 : 1) * (slow ? 0.5 : 1)
					  : 37e9,
				       labels);
				free(labels);
			}
		}
}

/* mk_p2p of four GPUs, of which GPU 1 to GPU 2 was never measured. */
static inline void mk_hole(struct bundle_data *d)
{
	size_t n = 0;

	mk_p2p(d, 4);
	for (size_t i = 0; i < d->n_samples; i++) {
		bool lost = strstr(d->samples[i].labels, "gpu=1") &&
			    strstr(d->samples[i].labels, "peer=2");

		if (lost) {
			free(d->samples[i].arm);
			free(d->samples[i].bench);
			free(d->samples[i].metric);
			free(d->samples[i].labels);
			free(d->samples[i].valid);
		} else {
			d->samples[n++] = d->samples[i];
		}
	}
	d->n_samples = n;
}

/* Eight GPUs by two nodes; GPU 5 is nearer to node 0 than its own. */
static inline void mk_gpu_nodes(struct bundle_data *d)
{
	static const char *const dir[] = {"d2h", "h2d"};

	mk_head(d, "numa", "Each GPU with the memory of each node", "hgx-3");
	mk_hgx(d, 8);
	mk_gpus(d, 8);
	mk_metric(d, "copy", "bandwidth", "bytes/s", "higher", "bandwidth");
	for (unsigned g = 0; g < 8; g++) {
		mk_step(d, g, 0, ST_PASS, "4 cases: 4 precise, 0 at budget");
		for (unsigned i = 0; i < 4; i++) {
			bool local = (g / 4 == i / 2) != (g == 5);
			char *labels = mem_printf("dir=%s,engine=ce,gpu=%u,memory=pinned,node=%u,"
						  "size=268435456",
						  dir[i % 2], g, i / 2);

			mk_one(d, "copy", "bandwidth", g, local ? 55.3e9 : 39.3e9, labels);
			free(labels);
		}
	}
}

/* Copies of every kind on eight GPUs, as the default grid has them. GPU 6 is slow both ways. */
static inline void mk_copies(struct bundle_data *d)
{
	static const char *const dir[] = {"both", "both_d2h", "both_h2d", "d2h", "h2d"};
	static const char *const memory[] = {"hugepage", "pageable", "pinned", "registered",
					     "writecombined"};
	static const double peak[] = {55e9, 16e9, 55.3e9, 55.1e9, 52e9};

	mk_head(d, "h2d", "Copies between host and GPU, complete", "hgx-3");
	mk_hgx(d, 8);
	mk_gpus(d, 8);
	mk_manifest(d, "suite.gate",
		    "copy.bandwidth{dir=h2d,engine=ce,memory=pinned,size=268435456}");
	mk_metric(d, "copy", "bandwidth", "bytes/s", "higher", "bandwidth");
	mk_manifest(d, "fact.ceiling.copy.bandwidth{dir=h2d}", "6.06e10");
	mk_manifest(d, "fact.ceiling.copy.bandwidth{dir=d2h}", "6.02e10");
	for (unsigned g = 0; g < 8; g++) {
		mk_step(d, g, 0, ST_PASS, "cases");
		for (unsigned i = 0; i < 50; i++) {
			bool full = i / 2 % 5 == 2 && i % 2 == 0;

			for (unsigned s = 0; s < 15; s += full ? 1 : 4) {
				double size = 4.0 * (double)(1ul << (2 * s));
				double best = peak[i / 2 % 5] * (i % 2 ? 0.94 : 1) *
					      (i / 10 == 0  ? 1.7
					       : i / 10 < 3 ? 0.85
							    : 1) *
					      (g == 6 ? 0.8 : 1);
				char *labels =
					mem_printf("dir=%s,engine=%s,gpu=%u,memory=%s,node=%u,"
						   "size=%.0f",
						   dir[i / 10], i % 2 ? "sm" : "ce", g,
						   memory[i / 2 % 5], g / 4, size);

				mk_one(d, "copy", "bandwidth", g,
				       mk_copy_rate(best, i / 2 % 5 == 1 ? 6e-6 : 2e-6, size),
				       labels);
				free(labels);
			}
		}
	}
}

#endif
