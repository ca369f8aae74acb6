/*
 * NVLink as NVML shows it: which links are up, of which generation, where they lead, what went
 * wrong on them. A link that the GPU lacks is "not supported", one past the last is an invalid
 * argument. Errors are what DCGM's health watch fails a GPU for, at the first: replays and
 * recoveries. What a checksum or ECC catches and mends by itself is not counted: DCGM only warns
 * of it below 100 a second, and where it costs anything it comes with replays.
 */
#include "nvml_private.h"
#include "pci.h"

#include <stdio.h>
#include <string.h>

#define STATE "nvmlDeviceGetNvLinkState"

typedef int link_fn(nvml_device, unsigned link, unsigned *);
typedef int counter_fn(nvml_device, unsigned link, int which, nvml_u64 *);

static bool link_value(const struct nvml *n, nvml_device d, const char *symbol, unsigned link,
		       unsigned *value)
{
	link_fn *get = nvml_symbol(n, symbol);

	return get && get(d, link, value) == NVML_OK;
}

/* NVML counts versions (1.0, 2.0, 2.2, 3.0, 3.1, 4.0, 5.0, 6.0); people say NVLink4. */
static int generation(unsigned version)
{
	static const int of[] = {0, 1, 2, 2, 3, 3, 4, 5, 6};

	return version < sizeof(of) / sizeof(*of) ? of[version] : 0;
}

static void read_end(const struct nvml *n, nvml_device d, unsigned link, struct nvml_link *out)
{
	static const char *const symbol = "nvmlDeviceGetNvLinkRemotePciInfo_v2";
	int (*get)(nvml_device, unsigned, struct nvml_pci *) = nvml_symbol(n, symbol);
	struct nvml_pci pci;
	unsigned type;

	if (link_value(n, d, "nvmlDeviceGetNvLinkRemoteDeviceType", link, &type))
		out->to_switch = type == NVML_LINK_TO_SWITCH;
	memset(&pci, 0, sizeof(pci));
	if (!get || get(d, link, &pci) != NVML_OK)
		return;
	pci.bus_id[sizeof(pci.bus_id) - 1] = '\0';
	if (pci_address(out->to, pci.bus_id))
		out->to[0] = '\0';
}

/* Up to NVLink4: how often data was sent again or the link retrained. -1: no counter answers. */
static double counted(const struct nvml *n, nvml_device d, unsigned link)
{
	static const int which[] = {NVML_LINK_REPLAY, NVML_LINK_RECOVERY};
	counter_fn *get = nvml_symbol(n, "nvmlDeviceGetNvLinkErrorCounter");
	double sum = -1;

	for (size_t i = 0; get && i < sizeof(which) / sizeof(*which); i++) {
		nvml_u64 v = 0;

		if (get(d, link, which[i], &v) == NVML_OK)
			sum = (sum < 0 ? 0 : sum) + (double)v;
	}
	return sum;
}

/* NVLink5 and later count in field values; the link is their scope. */
static double counted_in_fields(const struct nvml *n, nvml_device d, unsigned link)
{
	double sum = -1, v = 0;

	for (unsigned id = NVML_FIELD_LINK_MALFORMED; id <= NVML_FIELD_LINK_RECOVERIES; id++) {
		if (id > NVML_FIELD_LINK_GENERAL && id < NVML_FIELD_LINK_RECOVERIES)
			continue;
		if (nvml_field_value(n, d, id, link, &v) == NVML_OK)
			sum = (sum < 0 ? 0 : sum) + v;
	}
	return sum;
}

static void read_link(const struct nvml *n, nvml_device d, unsigned link, struct nvml_link *out)
{
	unsigned version;

	if (link_value(n, d, "nvmlDeviceGetNvLinkVersion", link, &version))
		out->generation = generation(version);
	read_end(n, d, link, out);
	out->errors = counted(n, d, link);
	if (out->errors < 0)
		out->errors = counted_in_fields(n, d, link);
}

static int read_links(const struct nvml *n, nvml_device d, struct nvml_links *out)
{
	link_fn *state = nvml_symbol(n, STATE);

	memset(out, 0, sizeof(*out));
	if (!state)
		return NVML_NO_SYMBOL;
	for (unsigned i = 0; i < NVML_MAX_LINKS; i++) {
		struct nvml_link *l = &out->link[i];
		unsigned active = 0;
		int rc = state(d, i, &active);

		if (rc == NVML_INVALID_ARGUMENT)
			break;
		if (rc != NVML_OK)
			continue;
		l->there = true;
		l->active = active != 0;
		read_link(n, d, i, l);
		out->there++;
		out->active += l->active;
	}
	return NVML_OK;
}

int nvml_links(const struct nvml *n, unsigned index, struct nvml_links *out)
{
	memset(out, 0, sizeof(*out));
	return n->device[index] ? read_links(n, n->device[index], out) : n->handle_rc[index];
}

int nvml_links_generation(const struct nvml_links *l)
{
	int newest = 0;

	for (int i = 0; i < NVML_MAX_LINKS; i++) {
		if (l->link[i].active && l->link[i].generation > newest)
			newest = l->link[i].generation;
	}
	return newest;
}

double nvml_links_errors(const struct nvml_links *l)
{
	double sum = -1;

	for (int i = 0; i < NVML_MAX_LINKS; i++) {
		if (l->link[i].there && l->link[i].errors >= 0)
			sum = (sum < 0 ? 0 : sum) + l->link[i].errors;
	}
	return sum;
}

bool nvml_same_model(const struct nvml *n, unsigned a, unsigned b)
{
	int (*get)(nvml_device, char *, unsigned) = nvml_symbol(n, "nvmlDeviceGetName");
	char name[2][96] = {"", ""};

	for (int i = 0; i < 2; i++) {
		nvml_device d = n->device[i ? b : a];

		if (!get || !d || get(d, name[i], sizeof(name[i])) != NVML_OK)
			return false;
	}
	return !strcmp(name[0], name[1]);
}

const char *nvml_peer_refusal(const struct nvml *n, unsigned a, unsigned b)
{
	static const char *const words[] = {NULL,
					    "the chipset does not support it",
					    "the GPU does not support it",
					    "the PCIe topology does not allow it",
					    "the driver's settings forbid it",
					    "NVML says: not supported"};
	int (*get)(nvml_device, nvml_device, int, unsigned *) =
		nvml_symbol(n, "nvmlDeviceGetP2PStatus");
	unsigned status = 0;

	if (nvml_divided(n, a) || nvml_divided(n, b))
		return "MIG is on";
	if (!get || get(n->device[a], n->device[b], NVML_P2P_READ, &status) != NVML_OK)
		return NULL;
	return status < sizeof(words) / sizeof(*words) ? words[status] : NULL;
}

/* ---- rows ---- */

static bool same_end(const struct nvml_link *a, const struct nvml_link *b)
{
	return a->to_switch == b->to_switch && (a->to_switch || !strcmp(a->to, b->to));
}

/* "switch x18" or "0000:1b:00.0 x6, 0000:43:00.0 x6": the links that are up, by where they lead. */
static void ends_row(struct nvml_gpu *g, const struct nvml_links *l)
{
	struct buf text = BUF_INIT;
	bool told[NVML_MAX_LINKS] = {false};

	for (int i = 0; i < NVML_MAX_LINKS; i++) {
		const struct nvml_link *at = &l->link[i];
		int n = 0;

		if (!at->active || told[i] || (!at->to_switch && !at->to[0]))
			continue;
		for (int k = i; k < NVML_MAX_LINKS; k++) {
			if (l->link[k].active && same_end(at, &l->link[k])) {
				told[k] = true;
				n++;
			}
		}
		buf_printf(&text, "%s%s x%d", text.len ? ", " : "",
			   at->to_switch ? "switch" : at->to, n);
	}
	if (text.len)
		gpu_row(g->rows, g->address, "nvlink_to",
			"nvmlDeviceGetNvLinkRemote{DeviceType,PciInfo_v2}", "%s", text.s);
	buf_free(&text);
}

void nvml_nvlink_rows(struct nvml_gpu *g)
{
	struct nvml_links l;
	int rc = read_links(g->n, g->device, &l);
	char number[40];

	if (rc != NVML_OK) {
		nvml_missing(g, "nvlinks", STATE, rc);
		return;
	}
	gpu_row(g->rows, g->address, "nvlinks", STATE, "%d", l.there);
	if (!l.there)
		return;
	gpu_row(g->rows, g->address, "nvlinks_active", STATE, "%d", l.active);
	if (nvml_links_generation(&l))
		gpu_row(g->rows, g->address, "nvlink_version", "nvmlDeviceGetNvLinkVersion", "%d",
			nvml_links_generation(&l));
	ends_row(g, &l);
	if (nvml_links_errors(&l) >= 0)
		gpu_row(g->rows, g->address, "nvlink_errors",
			"nvmlDeviceGetNvLinkErrorCounter or field values 206 to 210, 215", "%s",
			rows_number(number, nvml_links_errors(&l)));
}
