/*
 * Any bytes as a processes.csv. What is read is in order, each process once, its numbers finite; it
 * is written again and must be read the same.
 */
#include "fuzz.h"
#include "../../harness/base/buf.h"
#include "../../harness/base/units.h"
#include "../../harness/formats/csv.h"
#include "../../harness/formats/intern.h"
#include "../../harness/judge/processes.h"

#include <math.h>
#include <stdio.h>
#include <string.h>

static void put(struct buf *out, const struct process_row *r)
{
	char number[6][40];

	snprintf(number[0], 40, "%u", r->block);
	snprintf(number[1], 40, "%u", r->position);
	snprintf(number[2], 40, "%u", r->process);
	snprintf(number[3], 40, "%u", r->n);
	units_exact(number[4], 40, r->median);
	snprintf(number[5], 40, "%u", r->valid);
	const char *const f[] = {r->arm,    number[0], number[1], number[2], r->bench, r->metric,
				 r->labels, number[3], number[4], number[5], r->cause};

	csv_row(out, f, sizeof(f) / sizeof(f[0]));
}

static void same(const struct processes *p, const struct processes *q)
{
	must(p->n == q->n);
	for (size_t i = 0; i < p->n; i++) {
		const struct process_row *a = &p->row[i], *b = &q->row[i];

		must(a->arm == b->arm && a->bench == b->bench && a->metric == b->metric &&
		     a->labels == b->labels && a->cause == b->cause && a->block == b->block &&
		     a->process == b->process && a->median == b->median && a->valid == b->valid);
	}
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct intern *pool = intern_new();
	struct processes p = {.n = 0}, q = {.n = 0};
	struct buf again = BUF_INIT;
	struct err e = ERR_INIT;

	if (processes_parse(&p, "fuzz", data, size, pool, &e)) {
		must(e.code && e.text[0]);
		goto out;
	}
	must(!processes_sort(&p));
	buf_puts(&again, "arm,block,position,process,bench,metric,labels,n,median,valid,cause\n");
	for (size_t i = 0; i < p.n; i++) {
		must(isfinite(p.row[i].median) && p.row[i].valid <= 1);
		put(&again, &p.row[i]);
	}
	must(!processes_parse(&q, "again", again.s, again.len, pool, &e));
	same(&p, &q);
out:
	buf_free(&again);
	processes_free(&p);
	processes_free(&q);
	intern_free(pool);
	return 0;
}
