/*
 * Any bytes as a bundle's evidence: the input is manifest.csv, steps.csv and samples.csv
 * with a line "--" between them. What loads must load the same after it was reopened (which
 * removes torn rows), and answer questions about facts.
 */
#include "fuzz.h"
#include "../../harness/base/mem.h"
#include "../../harness/formats/bundle.h"

#include <stdbool.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

static void put(const char *dir, const char *file, const char *data, size_t n)
{
	char *path = mem_printf("%s/%s", dir, file);
	FILE *f = fopen(path, "w");

	must(f && fwrite(data, 1, n, f) == n && !fclose(f));
	free(path);
}

/* Takes the text up to the next "\n--\n" (its newline included) off the front. */
static size_t part(const char **s, const char *end, const char **text)
{
	size_t left = (size_t)(end - *s);
	const char *cut = left ? memmem(*s, left, "\n--\n", 4) : NULL;
	size_t n = cut ? (size_t)(cut - *s) + 1 : left;

	*text = *s;
	*s = cut ? cut + 4 : end;
	return n;
}

static void use(const struct bundle_data *d)
{
	bool mixed;

	must(bundle_value(d, NULL, "schema"));
	bundle_fact(d, NULL, "ceiling", "copy", "bandwidth", "dir=h2d,gpu=0", &mixed);
	bundle_fact(d, "host", "pages", "null", "time", "", NULL);
	for (size_t i = 0; i < d->n_samples; i++)
		must(d->samples[i].arm && d->samples[i].labels &&
		     d->samples[i].value - d->samples[i].value == 0);
	for (size_t i = 0; i < d->n_manifest; i++)
		must(bundle_value(d, d->manifest[i].arm, d->manifest[i].key));
}

static void reopen(const char *dir, const struct bundle_data *before)
{
	struct err e = ERR_INIT;
	struct bundle *b;
	struct bundle_data after;

	if (bundle_reopen(&b, dir, &e))
		return; /* other columns, or in another order */
	bundle_close(b);
	if (bundle_load(&after, dir, &e))
		must(0);
	must(after.n_manifest == before->n_manifest && after.n_steps == before->n_steps &&
	     after.n_samples == before->n_samples);
	bundle_data_free(&after);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	static const char plan[] =
		"step,bench,label,params,processes,deadline,budget,estimate,required,"
		"skip,line\n";
	const char *s = (const char *)data, *end = s + size, *text;
	const char *tmp = access("/dev/shm", W_OK) ? "/tmp" : "/dev/shm";
	char *dir = mem_printf("%s/assay-fuzz-%d", tmp, (int)getpid());
	struct bundle_data d;
	struct err e = ERR_INIT;
	size_t n;

	mkdir(dir, 0700);
	n = part(&s, end, &text);
	put(dir, "manifest.csv", text, n);
	n = part(&s, end, &text);
	put(dir, "steps.csv", text, n);
	n = part(&s, end, &text);
	put(dir, "samples.csv", text, n);
	put(dir, "plan.csv", plan, sizeof(plan) - 1);
	if (!bundle_load(&d, dir, &e)) {
		must(!e.code);
		use(&d);
		reopen(dir, &d);
		bundle_data_free(&d);
	} else {
		must(e.code && e.text[0]);
	}
	for (const char *const *f =
		     (const char *const[]){"manifest.csv", "steps.csv", "samples.csv", "plan.csv",
					   "telemetry.csv", "run.log", NULL};
	     *f; f++) {
		char *path = mem_printf("%s/%s", dir, *f);

		unlink(path);
		free(path);
	}
	rmdir(dir);
	free(dir);
	return 0;
}
