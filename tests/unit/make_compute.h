/*
 * Made-up bundles of compute: products on several GPUs in several formats, clients that share one,
 * readings of telemetry. Beside make_bundle.h, for what the reports show of them.
 */
#ifndef ASSAY_TESTS_MAKE_COMPUTE_H
#define ASSAY_TESTS_MAKE_COMPUTE_H

#include "make_bundle.h"

/* Both metrics of a product and the clock beside them, three processes each. */
static inline void mk_product(struct bundle_data *d, int gpu, const char *type, double per_clock,
			      double hz, double reached)
{
	char *labels = mem_printf("gpu=%d,kernel=cublaslt,n=8192,type=%s", gpu, type);
	char *fact = mem_printf("fact.ceiling.gemm.flops{%s}", labels), limit[32];
	unsigned step = (unsigned)d->n_plan;

	snprintf(limit, sizeof(limit), "%.9g", per_clock * 132 * 1.98e9);
	mk_manifest_of(d, "host", fact, limit);
	mk_plan(d, step, "gemm", labels, false, "");
	for (unsigned p = 0; p < 3; p++) {
		struct mk_key k = {.bench = "gemm",
				   .metric = "flops",
				   .labels = labels,
				   .step = step,
				   .process = p};

		mk_step(d, step, p, ST_PASS, "1 case");
		mk_noise(d, &k, per_clock * 132 * hz * reached, 0.002, 0.001, 10);
		k.metric = "clock";
		mk_noise(d, &k, hz, 0.001, 0.0005, 3);
	}
	free(fact);
	free(labels);
}

/* Four GPUs, three formats; GPU 2 is held at a lower clock, GPU 3 is slow at its clock. */
static inline void mk_gemm(struct bundle_data *d)
{
	static const struct {
		const char *type;
		double rate;
	} format[] = {{"bf16", 4096}, {"fp64", 256}, {"fp8", 8192}};

	mk_metric(d, "gemm", "flops", "FLOP/s", "higher", "compute");
	mk_metric(d, "gemm", "clock", "Hz", "none", "info");
	for (int g = 0; g < 4; g++)
		for (size_t i = 0; i < 3; i++)
			mk_product(d, g, format[i].type, format[i].rate,
				   (g == 2 ? 0.85e9 : 1.755e9) * (1 + 0.002 * g),
				   g == 3 ? 0.55 : 0.78);
}

/* Speed-up of 1 to 8 clients that fill half of a GPU, time-sliced and under MPS. */
static inline void mk_mps(struct bundle_data *d)
{
	mk_metric(d, "mps", "stp", "x", "higher", "compute");
	for (int n = 1; n <= 8; n *= 2)
		for (int mps = 0; mps < 2; mps++) {
			char *labels = mem_printf("clients=%d,gpu=0,kernel=half,mode=%s", n,
						  mps ? "mps" : "timeslice");
			unsigned step = (unsigned)d->n_plan;
			struct mk_key k = {
				.bench = "mps", .metric = "stp", .labels = labels, .step = step};

			mk_plan(d, step, "mps", labels, false, "");
			mk_step(d, step, 0, ST_PASS, "1 case");
			mk_noise(d, &k, mps && n > 1 ? 1.96 : 0.98, 0, 0.002, 5);
			free(labels);
		}
}

static inline void mk_reading(struct bundle_data *d, double t_s, int gpu, const char *field,
			      double value)
{
	mk_telemetry(d, "host", t_s, gpu, field, value);
}

/* A minute of four GPUs: idle, at work, held down by heat on GPU 2. Only what changes is a row. */
static inline void mk_minute(struct bundle_data *d)
{
	for (int g = 0; g < 4; g++) {
		mk_reading(d, 1, g, "clock_sm", 345e6);
		mk_reading(d, 1, g, "power", 72 + g);
		mk_reading(d, 1, g, "temperature", 30 + g);
		mk_reading(d, 1, g, "clock_reasons", 1);
		mk_reading(d, 12.2, g, "clock_sm", 1980e6);
		mk_reading(d, 12.3, g, "clock_reasons", 0);
		for (int s = 13; s < 50; s++) {
			bool hot = g == 2 && s > 30;

			mk_reading(d, s, g, "power", hot ? 420 : 690 - g + s % 3);
			mk_reading(d, s, g, "temperature",
				   34 + g + (s < 40 ? s : 40) * 0.8 + (hot ? 14 : 0));
			mk_reading(d, s, g, "clock_sm", hot ? 1200e6 : 1755e6 + 15e6 * (s % 2));
			mk_reading(d, s, g, "clock_reasons", hot ? 0x20 : 4);
		}
		mk_reading(d, 51, g, "clock_sm", 345e6);
		mk_reading(d, 51, g, "power", 80);
		mk_reading(d, 51, g, "clock_reasons", 1);
	}
}

#endif
