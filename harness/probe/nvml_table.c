/* NVML's simple calls, one line each: name of the row, symbol, shape, argument, unit. */
#include "nvml_private.h"

#include <stdio.h>
#include <string.h>

enum shape {
	TEXT,	/* f(device, char *, length) */
	U32,	/* f(device, unsigned *) */
	U32_OF, /* f(device, what, unsigned *) */
	U64,	/* f(device, unsigned long long *) */
	U64_OF, /* f(device, what / 2, what % 2, unsigned long long *) */
	FIRST,	/* f(device, unsigned *, unsigned *): the first */
	SECOND, /* … the second */
	FIELD,	/* nvmlDeviceGetFieldValues, what = field id */
};

enum show { PLAIN, ON_OFF, YES_NO, COMPUTE_MODE, VIRTUALIZATION, HEX };

struct call {
	const char *field, *symbol;
	enum shape shape;
	int what;
	double unit; /* what one of NVML's units is in SI; 0: text or word */
	enum show show;
	bool state; /* preflight asks for it */
};

#define ECC(type, counter) (2 * (type) + (counter))
#define MHZ		   1e6
#define MILLI		   1e-3

/* Drivers before 535 have it by its old name. */
#define EVENTS_CALL	   "nvmlDeviceGetCurrentClocksEventReasons"
#define EVENTS_CALL_BEFORE "nvmlDeviceGetCurrentClocksThrottleReasons"

static const struct call calls[] = {
	{"name", "nvmlDeviceGetName", TEXT, 0, 0, PLAIN, false},
	{"uuid", "nvmlDeviceGetUUID", TEXT, 0, 0, PLAIN, false},
	{"serial", "nvmlDeviceGetSerial", TEXT, 0, 0, PLAIN, false},
	{"vbios", "nvmlDeviceGetVbiosVersion", TEXT, 0, 0, PLAIN, false},
	{"part_number", "nvmlDeviceGetBoardPartNumber", TEXT, 0, 0, PLAIN, false},
	{"clock_sm", "nvmlDeviceGetClockInfo", U32_OF, NVML_CLOCK_SM, MHZ, PLAIN, false},
	{"clock_mem", "nvmlDeviceGetClockInfo", U32_OF, NVML_CLOCK_MEM, MHZ, PLAIN, false},
	{"clock_sm_max", "nvmlDeviceGetMaxClockInfo", U32_OF, NVML_CLOCK_SM, MHZ, PLAIN, false},
	{"clock_mem_max", "nvmlDeviceGetMaxClockInfo", U32_OF, NVML_CLOCK_MEM, MHZ, PLAIN, false},
	{"clock_sm_app", "nvmlDeviceGetApplicationsClock", U32_OF, NVML_CLOCK_SM, MHZ, PLAIN,
	 false},
	{"clock_mem_app", "nvmlDeviceGetApplicationsClock", U32_OF, NVML_CLOCK_MEM, MHZ, PLAIN,
	 false},
	{"clock_reasons", EVENTS_CALL, U64, 0, 1, HEX, false},
	{"power", "nvmlDeviceGetPowerUsage", U32, 0, MILLI, PLAIN, false},
	{"power_limit", "nvmlDeviceGetEnforcedPowerLimit", U32, 0, MILLI, PLAIN, false},
	{"power_limit_set", "nvmlDeviceGetPowerManagementLimit", U32, 0, MILLI, PLAIN, false},
	{"power_limit_default", "nvmlDeviceGetPowerManagementDefaultLimit", U32, 0, MILLI, PLAIN,
	 false},
	{"power_limit_min", "nvmlDeviceGetPowerManagementLimitConstraints", FIRST, 0, MILLI, PLAIN,
	 false},
	{"power_limit_max", "nvmlDeviceGetPowerManagementLimitConstraints", SECOND, 0, MILLI, PLAIN,
	 false},
	{"energy", "nvmlDeviceGetTotalEnergyConsumption", U64, 0, MILLI, PLAIN, false},
	{"temperature", "nvmlDeviceGetTemperature", U32_OF, NVML_TEMPERATURE_GPU, 1, PLAIN, false},
	{"temperature_mem", "nvmlDeviceGetFieldValues", FIELD, NVML_FIELD_MEMORY_TEMPERATURE, 1,
	 PLAIN, false},
	{"c2c_links", "nvmlDeviceGetFieldValues", FIELD, NVML_FIELD_C2C_LINKS, 1, PLAIN, false},
	{"pcie_gen", "nvmlDeviceGetCurrPcieLinkGeneration", U32, 0, 1, PLAIN, false},
	{"pcie_width", "nvmlDeviceGetCurrPcieLinkWidth", U32, 0, 1, PLAIN, false},
	{"pcie_gen_max", "nvmlDeviceGetMaxPcieLinkGeneration", U32, 0, 1, PLAIN, false},
	{"pcie_width_max", "nvmlDeviceGetMaxPcieLinkWidth", U32, 0, 1, PLAIN, false},
	{"pcie_replays", "nvmlDeviceGetPcieReplayCounter", U32, 0, 1, PLAIN, false},
	{"ecc_current", "nvmlDeviceGetEccMode", FIRST, 0, 0, ON_OFF, true},
	{"ecc_pending", "nvmlDeviceGetEccMode", SECOND, 0, 0, ON_OFF, true},
	{"ecc_corrected", "nvmlDeviceGetTotalEccErrors", U64_OF,
	 ECC(NVML_ECC_CORRECTED, NVML_ECC_VOLATILE), 1, PLAIN, false},
	{"ecc_uncorrected", "nvmlDeviceGetTotalEccErrors", U64_OF,
	 ECC(NVML_ECC_UNCORRECTED, NVML_ECC_VOLATILE), 1, PLAIN, false},
	{"ecc_corrected_ever", "nvmlDeviceGetTotalEccErrors", U64_OF,
	 ECC(NVML_ECC_CORRECTED, NVML_ECC_AGGREGATE), 1, PLAIN, false},
	{"ecc_uncorrected_ever", "nvmlDeviceGetTotalEccErrors", U64_OF,
	 ECC(NVML_ECC_UNCORRECTED, NVML_ECC_AGGREGATE), 1, PLAIN, false},
	{"mig_current", "nvmlDeviceGetMigMode", FIRST, 0, 0, ON_OFF, true},
	{"mig_pending", "nvmlDeviceGetMigMode", SECOND, 0, 0, ON_OFF, true},
	{"persistence", "nvmlDeviceGetPersistenceMode", U32, 0, 0, ON_OFF, false},
	{"compute_mode", "nvmlDeviceGetComputeMode", U32, 0, 0, COMPUTE_MODE, true},
	{"retired_pending", "nvmlDeviceGetRetiredPagesPendingStatus", U32, 0, 0, YES_NO, true},
	{"virtualization", "nvmlDeviceGetVirtualizationMode", U32, 0, 0, VIRTUALIZATION, false},
};

#define N_CALLS (sizeof(calls) / sizeof(*calls))

static int field_number(const struct nvml_field *f, double *value)
{
	switch (f->type) {
	case 0:
		*value = f->value.d;
		return NVML_OK;
	case 1:
		*value = f->value.u;
		return NVML_OK;
	case 2:
		*value = (double)f->value.ul;
		return NVML_OK;
	case 3:
	case 4:
		*value = (double)f->value.ull;
		return NVML_OK;
	case 5:
		*value = f->value.i;
		return NVML_OK;
	default:
		return NVML_NOT_SUPPORTED;
	}
}

int nvml_field_value(const struct nvml *n, nvml_device d, unsigned id, unsigned scope,
		     double *value)
{
	int (*get)(nvml_device, int, struct nvml_field *) =
		nvml_symbol(n, "nvmlDeviceGetFieldValues");
	struct nvml_field f;

	memset(&f, 0, sizeof(f));
	f.id = id;
	f.scope = scope;
	int rc = get ? get(d, 1, &f) : NVML_NO_SYMBOL;

	if (rc == NVML_OK)
		rc = f.rc;
	return rc == NVML_OK ? field_number(&f, value) : rc;
}

/* A number in NVML's own unit; NVML's code. */
static int ask(const struct nvml *n, nvml_device d, const struct call *c, double *value)
{
	void *f = nvml_symbol(n, c->symbol);
	unsigned a = 0, b = 0;
	nvml_u64 wide = 0;
	int rc = NVML_NO_SYMBOL;

	if (!f && !strcmp(c->symbol, EVENTS_CALL))
		f = nvml_symbol(n, EVENTS_CALL_BEFORE);

	if (!f)
		return rc;
	if (c->shape == FIELD)
		return nvml_field_value(n, d, (unsigned)c->what, 0, value);
	if (c->shape == U32)
		rc = ((int (*)(nvml_device, unsigned *))f)(d, &a);
	else if (c->shape == U32_OF)
		rc = ((int (*)(nvml_device, int, unsigned *))f)(d, c->what, &a);
	else if (c->shape == U64)
		rc = ((int (*)(nvml_device, nvml_u64 *))f)(d, &wide);
	else if (c->shape == U64_OF)
		rc = ((int (*)(nvml_device, int, int, nvml_u64 *))f)(d, c->what / 2, c->what % 2,
								     &wide);
	else
		rc = ((int (*)(nvml_device, unsigned *, unsigned *))f)(d, &a, &b);
	*value = c->shape == U64 || c->shape == U64_OF ? (double)wide : c->shape == SECOND ? b : a;
	return rc;
}

static const char *word(enum show show, unsigned v)
{
	static const char *const on_off[] = {"off", "on"};
	static const char *const yes_no[] = {"no", "yes"};
	static const char *const compute[] = {"default", "exclusive_thread", "prohibited",
					      "exclusive_process"};
	static const char *const virt[] = {"none", "passthrough", "vgpu", "host_vgpu", "host_vsga"};

	switch (show) {
	case ON_OFF:
		return v < 2 ? on_off[v] : "unknown";
	case YES_NO:
		return v < 2 ? yes_no[v] : "unknown";
	case COMPUTE_MODE:
		return v < 4 ? compute[v] : "unknown";
	default:
		return v < 5 ? virt[v] : "unknown";
	}
}

/* Divided where the unit is a part: 123456 mW is 123.456 W to the last digit. */
static double si(const struct call *c, double v)
{
	return c->unit > 0 && c->unit < 1 ? v / (1 / c->unit) : v * c->unit;
}

static void number_row(struct nvml_gpu *g, const struct call *c, double v)
{
	char text[40];

	if (c->show == HEX)
		snprintf(text, sizeof(text), "0x%llx", (unsigned long long)v);
	else
		rows_number(text, si(c, v));
	gpu_row(g->rows, g->address, c->field, c->symbol, "%s",
		c->unit > 0 ? text : word(c->show, (unsigned)v));
}

static void text_row(struct nvml_gpu *g, const struct call *c)
{
	int (*get)(nvml_device, char *, unsigned) = nvml_symbol(g->n, c->symbol);
	char text[96] = "";
	int rc = get ? get(g->device, text, sizeof(text)) : NVML_NO_SYMBOL;

	text[sizeof(text) - 1] = '\0';
	if (rc == NVML_OK)
		gpu_row(g->rows, g->address, c->field, c->symbol, "%s", text);
	else
		nvml_missing(g, c->field, c->symbol, rc);
}

static void call_row(struct nvml_gpu *g, const struct call *c)
{
	double v = 0;

	if (c->shape == TEXT) {
		text_row(g, c);
		return;
	}
	int rc = ask(g->n, g->device, c, &v);

	if (rc == NVML_OK)
		number_row(g, c, v);
	else
		nvml_missing(g, c->field, c->symbol, rc);
}

void nvml_table_rows(struct nvml_gpu *g, bool state_only)
{
	for (size_t i = 0; i < N_CALLS; i++)
		if (!state_only || calls[i].state)
			call_row(g, &calls[i]);
}

void nvml_table_row(struct nvml_gpu *g, const char *field)
{
	for (size_t i = 0; i < N_CALLS; i++)
		if (!strcmp(calls[i].field, field))
			call_row(g, &calls[i]);
}

bool nvml_number(const struct nvml *n, unsigned index, const char *field, double *value)
{
	for (size_t i = 0; i < N_CALLS; i++) {
		const struct call *c = &calls[i];

		if (strcmp(c->field, field) || c->shape == TEXT || !n->device[index])
			continue;
		if (ask(n, n->device[index], c, value) != NVML_OK)
			return false;
		if (c->unit > 0)
			*value = si(c, *value);
		return true;
	}
	return false;
}
