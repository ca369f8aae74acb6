/*
 * See gpu_state.h. Known errors: what lasts less than a tenth of a second can lie between two
 * looks; the counters of heat see it, but are of drivers' making and only believed as a remark. A
 * GPU's power is a mean of about a second.
 */
#include "gpu_state.h"

#ifdef ASSAY_CUDA

#include "gpu.h"

#include "../harness/base/buf.h"
#include "../harness/base/clock.h"
#include "../harness/base/clock_events.h"
#include "../harness/base/mem.h"
#include "../harness/probe/nvml.h"
#include "../harness/probe/nvml_clocks.h"

#include <cuda_runtime_api.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define LOOK_EVERY_NS  100000000u
#define ENERGY_LEAST_S 1.0  /* below that the counter's own steps are too large a part */
#define HELD_LEAST     0.01 /* share of the time that a counter must have grown by */
#define NVML_SOURCE    "NVML, while this was measured"

/* Counters; NAN where the GPU has none. */
struct counts {
	double energy_j, corrected, uncorrected, capped_s, hot_s;
};

struct watched {
	int index; /* NVML's; -1: it does not have this GPU */
	double max_hz, limit_w, default_w;
	struct counts begin, end;
	unsigned long long events;    /* of all looks */
	double hz_sum, temperature_c; /* sum over the looks, the greatest */
	int looks;
};

struct gpu_state {
	struct nvml *nvml;
	int n;
	uint64_t begun_ns, looked_ns, ended_ns; /* measured clock */
	bool looked;				/* since begin */
	struct watched gpu[];
};

/* ---- reading ---- */

static double number(const struct gpu_state *s, const struct watched *w, const char *field)
{
	double v;

	return nvml_number(s->nvml, (unsigned)w->index, field, &v) ? v : NAN;
}

static struct counts count(const struct gpu_state *s, const struct watched *w)
{
	return (struct counts){.energy_j = number(s, w, "energy"),
			       .corrected = number(s, w, "ecc_corrected"),
			       .uncorrected = number(s, w, "ecc_uncorrected"),
			       .capped_s = nvml_capped_s(s->nvml, (unsigned)w->index),
			       .hot_s = nvml_hot_s(s->nvml, (unsigned)w->index)};
}

static void look_at(const struct gpu_state *s, struct watched *w)
{
	double hz = number(s, w, "clock_sm"), events = number(s, w, "clock_reasons"),
	       c = number(s, w, "temperature");

	if (isnan(hz) || isnan(events))
		return;
	w->events |= (unsigned long long)events;
	w->hz_sum += hz;
	w->temperature_c = fmax(w->temperature_c, c); /* of NAN and a number: the number */
	w->looks++;
}

static int find(struct gpu_state *s, int ordinal, struct err *e)
{
	char address[16];
	int rc = gpu_address(address, ordinal, e);

	s->gpu[ordinal].index = rc ? -1 : nvml_index(s->nvml, address);
	return rc;
}

int gpu_state_open(struct gpu_state **out, struct ctx *c, struct err *e)
{
	struct err why = ERR_INIT;
	struct gpu_state *s;
	int n = 0, rc = gpu_error((int)cudaGetDeviceCount(&n), e, "counting GPUs");

	*out = NULL;
	if (rc)
		return rc;
	s = mem_zalloc(1, sizeof(*s) + (size_t)n * sizeof(s->gpu[0]));
	s->n = n;
	if (nvml_open(&s->nvml, NULL, &why)) {
		ctx_log(c, "clocks, power and errors of the GPUs were not watched: %s", why.text);
		free(s);
		return 0;
	}
	for (int i = 0; i < n && !rc; i++)
		rc = find(s, i, e);
	*out = s;
	return rc;
}

void gpu_state_close(struct gpu_state *s)
{
	if (s)
		nvml_close(s->nvml);
	free(s);
}

void gpu_state_begin(struct gpu_state *s)
{
	if (!s)
		return;
	for (int i = 0; i < s->n; i++) {
		struct watched *w = &s->gpu[i];
		int index = w->index;

		*w = (struct watched){.index = index};
		if (index < 0)
			continue;
		w->max_hz = number(s, w, "clock_sm_max");
		w->limit_w = number(s, w, "power_limit");
		w->default_w = number(s, w, "power_limit_default");
		w->begin = w->end = count(s, w);
	}
	s->looked = false;
	s->begun_ns = s->ended_ns = clock_meas_ns();
}

void gpu_state_look(struct gpu_state *s)
{
	uint64_t now;

	if (!s)
		return;
	now = clock_meas_ns();
	if (s->looked && now - s->looked_ns < LOOK_EVERY_NS)
		return;
	s->looked = true;
	s->looked_ns = now;
	for (int i = 0; i < s->n; i++) {
		if (s->gpu[i].index >= 0)
			look_at(s, &s->gpu[i]);
	}
}

void gpu_state_end(struct gpu_state *s)
{
	if (!s)
		return;
	s->ended_ns = clock_meas_ns();
	for (int i = 0; i < s->n; i++) {
		if (s->gpu[i].index >= 0)
			s->gpu[i].end = count(s, &s->gpu[i]);
	}
}

static double lasted_s(const struct gpu_state *s)
{
	return (double)(s->ended_ns - s->begun_ns) * 1e-9;
}

double gpu_state_joules(const struct gpu_state *s, int ordinal)
{
	if (!s || ordinal >= s->n || s->gpu[ordinal].index < 0)
		return NAN;
	const struct watched *w = &s->gpu[ordinal];
	double j = w->end.energy_j - w->begin.energy_j;

	return j > 0 && lasted_s(s) >= ENERGY_LEAST_S ? j : NAN;
}

/* ---- saying ---- */

/* For each of "flops,energy"; "" is one as well: all of them. */
static void each_metric(const char *metrics, void (*fn)(void *, const char *), void *arg)
{
	char metric[48];
	size_t n;

	do {
		n = strcspn(metrics, ",");
		snprintf(metric, sizeof(metric), "%.*s", (int)n, metrics);
		fn(arg, metric);
		metrics += n + (metrics[n] == ',');
	} while (*metrics);
}

struct saying {
	struct ctx *c;
	const char *labels, *text;
};

static void say_events(void *arg, const char *metric)
{
	const struct saying *y = arg;

	ctx_expect(y->c, "clock_events", metric, y->labels, y->text, "none", NVML_SOURCE);
}

static void say_remark(void *arg, const char *metric)
{
	const struct saying *y = arg;

	ctx_remark(y->c, metric, y->labels, y->text, NVML_SOURCE);
}

static double mean_mhz(const struct watched *w)
{
	return w->hz_sum / w->looks * 1e-6;
}

static void events_words(const struct watched *w, struct buf *b)
{
	static const struct {
		unsigned event, silent; /* not said beside one of these */
		const char *words;
	} known[] = {
		{CLOCK_SW_THERMAL, 0, "thermal slowdown by the driver"},
		{CLOCK_HW_THERMAL, 0, "thermal slowdown by hardware"},
		{CLOCK_HW_BRAKE, 0, "power brake"},
		{CLOCK_HW, CLOCK_HW_THERMAL | CLOCK_HW_BRAKE, "slowdown by hardware"},
	};

	for (size_t i = 0; i < sizeof(known) / sizeof(known[0]); i++) {
		if (w->events & known[i].event && !(w->events & known[i].silent))
			buf_printf(b, "%s%s", b->len ? " and " : "", known[i].words);
	}
	if (b->len && w->temperature_c > 0)
		buf_printf(b, " at up to %.0f °C", w->temperature_c);
}

/* A counter that grew by a part of the time, and by no more than that: else it is none of these. */
static bool held(const struct gpu_state *s, double begin, double end)
{
	double lasted = lasted_s(s), grew = end - begin;

	return grew > HELD_LEAST * lasted && grew <= 1.1 * lasted + 0.1;
}

static void say_clocks(const struct gpu_state *s, const struct watched *w, struct ctx *c,
		       const char *metrics, const char *labels)
{
	struct buf b = BUF_INIT;
	struct saying y = {.c = c, .labels = labels};
	bool seen;

	if (!w->looks)
		return;
	events_words(w, &b);
	seen = b.len > 0;
	y.text = seen ? buf_str(&b) : "none";
	each_metric(metrics, say_events, &y);
	if (!seen && held(s, w->begin.hot_s, w->end.hot_s)) {
		y.text = "NVML counted time in which heat held the clocks down, though none of "
			 "the looks saw it: look at the GPU's temperatures";
		each_metric(metrics, say_remark, &y);
	}
	buf_free(&b);
}

/* Its clock moves by itself: 50 MHz are near enough, and mostly the same in all processes. */
static void held_at(const struct watched *w, struct buf *b)
{
	buf_printf(b, "it held the SMs at about %.0f", round(mean_mhz(w) / 50) * 50);
	if (w->max_hz > 0)
		buf_printf(b, " of %.0f", w->max_hz * 1e-6);
	buf_printf(b, " MHz");
}

static void say_power(const struct gpu_state *s, const struct watched *w, struct ctx *c,
		      const char *metrics, const char *labels)
{
	bool lower = w->limit_w < w->default_w - 0.5;
	bool capped = w->looks &&
		      (w->events & CLOCK_POWER_CAP || held(s, w->begin.capped_s, w->end.capped_s));
	struct saying y = {.c = c, .labels = labels};
	struct buf b = BUF_INIT;

	if (!capped && (!lower || w->looks))
		return;
	if (lower)
		buf_printf(&b,
			   "the power limit is %.0f W, below this GPU's default of %.0f W "
			   "(nvidia-smi -pl %.0f puts it back)",
			   w->limit_w, w->default_w, w->default_w);
	else if (w->limit_w > 0)
		buf_printf(&b, "the power limit is %.0f W, the default", w->limit_w);
	else
		buf_printf(&b, "there is a power limit");
	if (capped) {
		buf_printf(&b, ": ");
		held_at(w, &b);
		buf_printf(&b, "%s", lower ? "" : ", which is normal under full load");
	}
	y.text = buf_str(&b);
	each_metric(metrics, say_remark, &y);
	buf_free(&b);
}

static void say_errors(const struct watched *w, struct ctx *c, const char *labels)
{
	double corrected = w->end.corrected - w->begin.corrected,
	       uncorrected = w->end.uncorrected - w->begin.uncorrected;
	char found[80] = "0";

	if (isnan(corrected) || isnan(uncorrected))
		return;
	if (uncorrected > 0)
		snprintf(found, sizeof(found), "%.0f uncorrected and %.0f corrected", uncorrected,
			 corrected);
	else if (corrected > 0)
		snprintf(found, sizeof(found), "%.0f corrected", corrected);
	ctx_expect(c, "ecc", "", labels, found, "0", "nvmlDeviceGetTotalEccErrors");
}

void gpu_state_say(const struct gpu_state *s, int ordinal, struct ctx *c, const char *metrics,
		   const char *labels)
{
	const struct watched *w = s && ordinal < s->n ? &s->gpu[ordinal] : NULL;

	if (!w || w->index < 0)
		return;
	say_clocks(s, w, c, metrics, labels);
	say_power(s, w, c, metrics, labels);
	say_errors(w, c, labels);
}

#endif
