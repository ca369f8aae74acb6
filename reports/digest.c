/* The machine and the run in a few lines: see digest.h. */
#include "digest.h"
#include "text.h"
#include "../harness/base/mem.h"
#include "../harness/judge/words.h"

#include <stdlib.h>
#include <string.h>

static const char *value(const struct bundle_data *d, const char *key)
{
	const char *v = bundle_value(d, NULL, key);

	return v ? v : "";
}

/* Adds text with something between it and what stands there already; nothing for "". */
static void join(struct buf *out, const char *between, const char *before, const char *text)
{
	if (!text[0])
		return;
	if (out->len)
		buf_puts(out, between);
	buf_puts(out, before);
	buf_puts(out, text);
}

static void put_machine(struct buf *out, const struct bundle_data *d)
{
	const char *sockets = value(d, "cpu.sockets"), *cpu = value(d, "cpu.model");

	join(out, "", "", value(d, "host.name"));
	if (cpu[0] && sockets[0] && strcmp(sockets, "1") != 0) {
		join(out, " · ", "", sockets);
		buf_puts(out, " × ");
		buf_puts(out, cpu);
	} else {
		join(out, " · ", "", cpu);
	}
	join(out, " · ", "kernel ", value(d, "host.kernel"));
}

/* "gpu.3.name" -> true with the field at the end. */
static bool is_gpu_name(const char *key)
{
	if (strncmp(key, "gpu.", 4) != 0)
		return false;
	size_t digits = strspn(key + 4, "0123456789");
	return digits && !strcmp(key + 4 + digits, ".name");
}

typedef bool key_fn(const char *key);

/* "8 × A, 1 × B": the values of one arm's rows with such a key, each once. */
static void put_counted(struct buf *out, const struct bundle_data *d, key_fn *wanted)
{
	char *done = mem_zalloc(d->n_manifest + 1, 1);
	const char *arm = NULL;

	for (size_t i = 0; i < d->n_manifest; i++) {
		const struct manifest_row *m = &d->manifest[i];
		unsigned same = 0;

		if (done[i] || !wanted(m->key) || (arm && strcmp(arm, m->arm) != 0))
			continue;
		arm = m->arm;
		for (size_t k = i; k < d->n_manifest; k++) {
			const struct manifest_row *x = &d->manifest[k];

			if (!wanted(x->key) || strcmp(x->arm, arm) || strcmp(x->value, m->value))
				continue;
			done[k] = 1;
			same++;
		}
		if (out->len)
			buf_puts(out, ", ");
		buf_printf(out, "%u × %s", same, m->value);
	}
	free(done);
}

static void put_gpus(struct buf *out, const struct bundle_data *d)
{
	const char *status = value(d, "cuda.status");

	put_counted(out, d, is_gpu_name);
	if (!out->len && status[0])
		buf_printf(out, "none measured (%s)", status);
	else if (!out->len)
		buf_puts(out, "none seen");
}

/* "clocks.lock.gpu.3" and nothing after it. */
static bool is_lock(const char *key)
{
	static const char prefix[] = "clocks.lock.gpu.";

	return !strncmp(key, prefix, sizeof(prefix) - 1) && !strchr(key + sizeof(prefix) - 1, '.');
}

/* "8 × locked at 1500 MHz": what became of --lock-clocks; equal words once. */
static void put_clocks(struct buf *out, const struct bundle_data *d)
{
	put_counted(out, d, is_lock);
}

static void put_driver(struct buf *out, const struct bundle_data *d)
{
	char *end;
	long max = strtol(value(d, "driver.cuda_max"), &end, 10);

	join(out, "", "", value(d, "driver.version"));
	if (out->len && max >= 1000)
		buf_printf(out, ", CUDA up to %ld.%ld", max / 1000, max % 1000 / 10);
}

static void put_date(struct buf *out, const struct bundle_data *d)
{
	join(out, "", "", value(d, "run.start_utc"));
}

void digest_suite(struct buf *out, const struct bundle_data *d)
{
	join(out, "", "", value(d, "suite.name"));
	join(out, ": ", "", value(d, "suite.summary"));
}

static void put_program(struct buf *out, const struct bundle_data *d)
{
	const char *version = value(d, "program.version"), *build = value(d, "program.build");

	join(out, "", "assay ", version);
	if (build[0] && strcmp(build, version) != 0)
		join(out, ", ", "build ", build);
	join(out, ", ", "seed ", value(d, "run.seed"));
}

/* "copy (8 steps), host_latency (1 step)": steps that passed, by benchmark. */
static void put_measured(struct buf *out, const struct report *r)
{
	const struct results *all = r->results;

	for (size_t i = 0; i < all->n_steps; i++) {
		const char *bench = all->step[i].bench;
		unsigned passed = 0, of = 0;
		bool first = true;

		if (r->comparison && !strcmp(bench, COMPARE_CONTROL))
			continue;
		for (size_t k = 0; k < all->n_steps; k++) {
			if (strcmp(all->step[k].bench, bench) != 0)
				continue;
			first &= k >= i;
			passed += all->step[k].status == ST_PASS;
			of++;
		}
		if (!first || !passed)
			continue;
		join(out, ", ", "", bench[0] ? bench : "unnamed");
		if (passed < of)
			buf_printf(out, " (%u of %u steps)", passed, of);
		else
			buf_printf(out, " (%u step%s)", of, of == 1 ? "" : "s");
	}
}

/* Whether text is ", 7" of "GPUs 0–5, 7" or ", MIG 7.0" and not the ", 7 KiB" after it. */
static bool goes_on(const char *text)
{
	size_t n = text[1] == ' ' ? strspn(text + 2, "0123456789.–") : 0;

	return n ? !text[2 + n] || strchr(",;", text[2 + n]) : !strncmp(text, ", MIG ", 6);
}

/* "GPU 1 to GPU 4" of "GPU 1 (0000:1a:00.0) to GPU 4 (0000:9a:00.0), write": no more, no address.
 */
static void add_gpus(struct buf *out, const char *where)
{
	for (const char *p = where; *p && (*p != ',' || goes_on(p)); p++) {
		const char *end = *p == ' ' && p[1] == '(' ? strchr(p, ')') : NULL;

		if (end)
			p = end;
		else
			buf_putc(out, *p);
	}
}

/* "copy GPU 3 (timed out)": the GPU alone, the reason only of what was skipped. */
static void name_missing(struct buf *out, const struct finding *x)
{
	buf_puts(out, x->bench[0] ? x->bench : "a step");
	if (x->where[0])
		buf_putc(out, ' ');
	add_gpus(out, x->where);
	buf_puts(out, " (");
	words_cut(out, x->status == ST_SKIP ? x->reason : text_status_word(x->status), 120);
	buf_putc(out, ')');
}

/* Findings without a number, each named once. */
static void put_missing(struct buf *out, const struct findings *f)
{
	size_t told = 0;

	for (size_t i = 0; i < f->n; i++) {
		struct buf name = BUF_INIT;

		if (f->f[i].number)
			continue;
		name_missing(&name, &f->f[i]);
		if (told < 6 && (!out->len || !strstr(out->s, name.s))) {
			join(out, "; ", "", name.s);
			told++;
		} else if (told == 6) {
			buf_puts(out, "; and more, see below");
			told++;
		}
		buf_free(&name);
	}
}

void digest_side(struct buf *out, const struct bundle_data *d, size_t bundles)
{
	static const struct {
		const char *before;
		void (*make)(struct buf *out, const struct bundle_data *d);
	} parts[] = {
		{"", put_machine}, {"GPUs ", put_gpus}, {"driver ", put_driver}, {"", put_date}};

	for (size_t i = 0; i < sizeof(parts) / sizeof(parts[0]); i++) {
		struct buf part = BUF_INIT;

		parts[i].make(&part, d);
		join(out, " · ", parts[i].before, buf_str(&part));
		buf_free(&part);
	}
	if (bundles > 1)
		buf_printf(out, " (one of %zu bundles)", bundles);
}

size_t digest_make(struct digest_line line[DIGEST_LINES], const struct report *r,
		   const struct findings *f)
{
	const struct bundle_data *d = r->data;
	struct digest_line all[DIGEST_LINES] = {
		{.name = "Machine"}, {.name = "GPUs"},	       {.name = "Clocks"},
		{.name = "Driver"},  {.name = "Date"},	       {.name = "Suite"},
		{.name = "Ran"},     {.name = "Not measured"}, {.name = "Program"},
	};
	size_t n = 0;

	put_machine(&all[0].text, d);
	put_gpus(&all[1].text, d);
	put_clocks(&all[2].text, d);
	put_driver(&all[3].text, d);
	put_date(&all[4].text, d);
	digest_suite(&all[5].text, d);
	put_measured(&all[6].text, r);
	put_missing(&all[7].text, f);
	put_program(&all[8].text, d);
	for (size_t i = 0; i < DIGEST_LINES; i++)
		if (all[i].text.len)
			line[n++] = all[i];
	return n;
}
