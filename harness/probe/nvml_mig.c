/*
 * MIG: the instances of a GPU that is divided. One is known by the numbers of its GPU instance and
 * its compute instance, "7.0"; its rows are gpu.ADDRESS.mig.7.0.FIELD. Known error: the copy
 * engines are those of the GPU instance, which its compute instances share.
 */
#include "nvml_private.h"

#include <stdio.h>
#include <string.h>

static int number(const struct nvml *n, nvml_device d, const char *symbol, unsigned *out)
{
	int (*get)(nvml_device, unsigned *) = nvml_symbol(n, symbol);

	return get ? get(d, out) : NVML_NO_SYMBOL;
}

static bool is_divided(const struct nvml *n, nvml_device d)
{
	int (*get)(nvml_device, unsigned *, unsigned *) = nvml_symbol(n, "nvmlDeviceGetMigMode");
	unsigned now = 0, pending = 0;

	return d && get && get(d, &now, &pending) == NVML_OK && now == 1;
}

bool nvml_divided(const struct nvml *n, unsigned index)
{
	return is_divided(n, n->device[index]);
}

bool nvml_some_divided(const struct nvml *n, struct buf *whole)
{
	int (*get)(nvml_device, char *, unsigned) = nvml_symbol(n, "nvmlDeviceGetUUID");
	bool some = false;

	for (unsigned i = 0; i < n->count; i++) {
		char uuid[96] = "";

		if (nvml_divided(n, i))
			some = true;
		else if (n->device[i] && get && get(n->device[i], uuid, sizeof(uuid)) == NVML_OK)
			buf_printf(whole, "%s%.95s", whole->len ? "," : "", uuid);
	}
	return some;
}

/* ---- rows ---- */

/* As nvidia-smi calls it: "3g.40gb", "1c.3g.40gb" where the compute instance is a part. */
static void made_profile(char *out, size_t size, const struct nvml_attributes *a)
{
	nvml_u64 gib = (a->memory_mib + 1023) / 1024;

	if (a->compute_slices == a->gpu_slices)
		snprintf(out, size, "%ug.%llugb", a->gpu_slices, gib);
	else
		snprintf(out, size, "%uc.%ug.%llugb", a->compute_slices, a->gpu_slices, gib);
}

static void profile_row(struct nvml_gpu *i, const struct nvml_attributes *a)
{
	static const char *const symbol = "nvmlDeviceGetName", *const word = " MIG ";
	int (*get)(nvml_device, char *, unsigned) = nvml_symbol(i->n, symbol);
	char name[96] = "", made[64];
	int rc = get ? get(i->device, name, sizeof(name)) : NVML_NO_SYMBOL;

	name[sizeof(name) - 1] = '\0';
	const char *end = rc == NVML_OK ? strstr(name, word) : NULL;

	if (end) {
		gpu_row(i->rows, i->address, "profile", symbol, "%s", end + strlen(word));
	} else if (a) {
		made_profile(made, sizeof(made), a);
		gpu_row(i->rows, i->address, "profile", "nvmlDeviceGetAttributes_v2", "%s", made);
	} else {
		nvml_missing(i, "profile", symbol, rc == NVML_OK ? NVML_NOT_SUPPORTED : rc);
	}
}

static void size_rows(struct nvml_gpu *i)
{
	static const char *const symbol = "nvmlDeviceGetAttributes_v2";
	int (*get)(nvml_device, struct nvml_attributes *) = nvml_symbol(i->n, symbol);
	struct nvml_attributes a = {.memory_mib = 0};
	int rc = get ? get(i->device, &a) : NVML_NO_SYMBOL;

	profile_row(i, rc == NVML_OK ? &a : NULL);
	if (rc != NVML_OK) {
		nvml_missing(i, "sms", symbol, rc);
		return;
	}
	gpu_row(i->rows, i->address, "sms", symbol, "%u", a.sms);
	gpu_row(i->rows, i->address, "copy_engines", symbol, "%u", a.copy_engines);
}

static void instance_rows(struct nvml_gpu *g, nvml_device mig, const char *id, bool state_only)
{
	struct nvml_gpu i = {.n = g->n, .device = mig, .rows = g->rows, .missing = BUF_INIT};

	snprintf(i.address, sizeof(i.address), "%.15s.mig.%s", g->address, id);
	nvml_table_row(&i, "uuid");
	nvml_use_rows(&i, state_only);
	if (!state_only)
		size_rows(&i);
	if (i.missing.len)
		gpu_row(i.rows, i.address, "not_reported", "NVML", "%s", buf_str(&i.missing));
	g->reset |= i.reset;
	buf_free(&i.missing);
}

/* The instance in one of the GPU's places; NVML's code, NVML_NOT_FOUND where the place is free. */
static int place_rows(struct nvml_gpu *g, unsigned place, bool state_only, struct buf *ids)
{
	int (*get)(nvml_device, unsigned, nvml_device *) =
		nvml_symbol(g->n, "nvmlDeviceGetMigDeviceHandleByIndex");
	nvml_device mig = NULL;
	unsigned gi = 0, ci = 0;
	char id[24];
	int rc = get ? get(g->device, place, &mig) : NVML_NO_SYMBOL;

	if (rc == NVML_OK)
		rc = number(g->n, mig, "nvmlDeviceGetGpuInstanceId", &gi);
	if (rc == NVML_OK)
		rc = number(g->n, mig, "nvmlDeviceGetComputeInstanceId", &ci);
	if (rc != NVML_OK)
		return rc;
	snprintf(id, sizeof(id), "%u.%u", gi, ci);
	buf_printf(ids, "%s%s", ids->len ? " " : "", id);
	instance_rows(g, mig, id, state_only);
	return NVML_OK;
}

void nvml_mig_rows(struct nvml_gpu *g, bool state_only)
{
	const char *symbol = "nvmlDeviceGetMaxMigDeviceCount";
	struct buf ids = BUF_INIT;
	unsigned places = 0;

	if (!is_divided(g->n, g->device))
		return;
	int rc = number(g->n, g->device, symbol, &places);

	if (rc == NVML_OK)
		symbol = "nvmlDeviceGetMigDeviceHandleByIndex";
	for (unsigned p = 0; p < places && rc == NVML_OK; p++) {
		rc = place_rows(g, p, state_only, &ids);
		if (rc == NVML_NOT_FOUND) /* nobody is in this place */
			rc = NVML_OK;
	}
	if (rc == NVML_OK)
		gpu_row(g->rows, g->address, "mig_instances", symbol, "%s", buf_str(&ids));
	else
		nvml_missing(g, "mig_instances", symbol, rc);
	buf_free(&ids);
}
