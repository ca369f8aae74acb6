/* How the numbers were made: what each benchmark does, then how intervals come about. */
#include "html.h"
#include "../harness/base/mem.h"

#include <stdlib.h>
#include <string.h>

/* "bench.copy.method" -> "copy"; the caller frees. NULL for any other key. */
static char *bench_of(const char *key)
{
	size_t n = strlen(key);

	if (n < 14 || strncmp(key, "bench.", 6) != 0 || strcmp(key + n - 7, ".method") != 0)
		return NULL;
	return mem_strndup(key + 6, n - 13);
}

static void put_benchmarks(struct page *p)
{
	const struct bundle_data *d = p->r->data;
	bool open = false;

	for (size_t i = 0; i < d->n_manifest; i++) {
		char *bench = bench_of(d->manifest[i].key);

		if (bench) {
			buf_puts(p->out, open ? "" : "<dl class=\"method\">\n");
			html_put(p->out, "<dt>%s</dt><dd>%s</dd>\n", bench, d->manifest[i].value);
			open = true;
		}
		free(bench);
	}
	buf_puts(p->out, open ? "</dl>\n" : "");
}

static bool single_process(const struct page *p)
{
	for (size_t i = 0; i < p->r->results->n; i++)
		if (p->r->results->r[i].s.n && p->r->results->r[i].processes_valid == 1)
			return true;
	return false;
}

void html_method(struct page *p)
{
	buf_puts(p->out, "<section id=\"method\">\n<h2>Method</h2>\n");
	put_benchmarks(p);
	buf_puts(
		p->out,
		"<h3>Medians and intervals</h3>\n"
		"<p>A step is a process of its own. Inside it, a case is warmed up and sampled "
		"until "
		"its interval is narrow or its time is spent; no sample is dropped for being far "
		"off, only for a named cause. The number shown is the median of the processes’ "
		"medians.</p>\n"
		"<p>With two or more processes, ± is the larger side of the order-statistics "
		"interval over the process medians, at the level that so few values can reach: two "
		"give 50&#8239;%, six are needed for 95&#8239;%.");
	if (single_process(p))
		buf_puts(p->out,
			 " With one process the interval speaks about that process only, corrected "
			 "for the correlation of its samples. It says nothing about the next start "
			 "of "
			 "the program, and no comparison should use it.");
	buf_puts(p->out,
		 "</p>\n<p>Spread is 1.4826 times the median absolute deviation of all samples, as "
		 "a "
		 "share of the median. The ceiling is what the hardware’s links, clocks and widths "
		 "allow; where it was read stands under Environment. A number above its ceiling is "
		 "a "
		 "broken measurement and fails.</p>\n"
		 "<p>Rates are scaled by powers of 1000 (GB/s), sizes by powers of 1024 (MiB). "
		 "All numbers with all digits are in results.csv, each process in processes.csv, "
		 "each sample in samples.csv; <code>sha256sum -c SHA256SUMS</code> proves that the "
		 "evidence is unchanged.</p>\n</section>\n");
}
