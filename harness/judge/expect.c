/*
 * What a benchmark found beside what is right (bench.h: ctx_expect): the facts found.WHAT and
 * wanted.WHAT. Where several processes found different things, the one that is wrong counts. A
 * WHAT that is not in the table is judged as well, with plain words.
 */
#include "rules.h"

#include <stdio.h>
#include <string.h>

#define WHAT_SIZE 32
#define MOST	  16 /* different WHATs of one benchmark */

struct expectation {
	const char *what;
	const char *is, *when, *wanted; /* "IS found WHEN, right WANTED: advice" */
	const char *advice;
};

static const struct expectation known[] = {
	{"link", "the PCIe link runs at", " under load", "is possible",
	 "reseat the card, check riser and BIOS link speed"},
	{"nvlink", "only", " are active", "belong there",
	 "look for XIDs and NVLink errors in the kernel log, restart the Fabric Manager and reset "
	 "the GPU; if a link stays down, the board or its baseboard needs service"},
	{"nvlink_errors", "NVLink errors while this was measured:", "", "is right",
	 "read nvidia-smi nvlink -e and the kernel log for XID 74; a link that keeps counting "
	 "needs "
	 "service"},
	{"peer_access", "peer access:", "", "is possible between these two",
	 "see nvidia-smi topo -p2p rw; ACS, IOMMU and a virtual machine prevent it"},
	{"transport", "NCCL went by", "", "is possible here",
	 "see NCCL's log in run.log, nvidia-smi topo -m, the Fabric Manager, and inherited NCCL_* "
	 "variables"},
	{"clock_events", "clocks were held down by", " while this was measured", "is right",
	 "look at temperatures, fans and air flow (nvidia-smi -q -d TEMPERATURE,PERFORMANCE), and "
	 "for a power brake at the power supplies; then measure again"},
	{"ecc", "ECC errors while this was measured:", "", "is right",
	 "read nvidia-smi -q -d ECC,ROW_REMAPPER and the kernel log for XID 48, 63, 64 and 94; "
	 "a GPU that keeps counting needs service"},
	{"sms", "only", " SMs answered", "belong there",
	 "look for XIDs in the kernel log and reset the GPU; if SMs stay silent, the GPU needs "
	 "service"},
	{"sm_speed", "of its SMs", "", "is right",
	 "reset the GPU and measure again; an SM that stays slow means that the GPU needs service"},
	{"repeats", "repeats of the same product:", "", "is right",
	 "this is silent data corruption: take the GPU out of use, read the kernel log for XIDs "
	 "and run NVIDIA's field diagnostic"},
	{"mps", "MPS was", " for this process", "was meant",
	 "see CUDA_MPS_PIPE_DIRECTORY and whether another MPS daemon runs"},
	{"mps_after", "a fresh process", " after the MPS daemon was ended", "is right",
	 "the GPU or its driver has kept something: see the kernel log for XIDs, end what still "
	 "runs there, reset the GPU"},
	{"overlap", "copies and kernels ran", "", "is right",
	 "look for a debugger or profiler that serialises them, a virtual GPU, and whether the GPU "
	 "has copy engines (asyncEngineCount)"},
	{"node", "host memory lay on node", "", "was asked for",
	 "look for a cpuset or a memory policy that leaves that node out"},
};

static const struct expectation unknown = {"expectation", "found:", "", "is right",
					   "mend this and measure again"};

static const struct expectation *expectation_of(const char *what)
{
	for (size_t i = 0; i < sizeof(known) / sizeof(known[0]); i++)
		if (!strcmp(known[i].what, what))
			return &known[i];
	return &unknown;
}

static void compare(struct result *r, const struct bundle_data *d, const char *what)
{
	const struct expectation *x = expectation_of(what);
	const struct manifest_row *wanted, *found;
	char kind[WHAT_SIZE + 16];

	snprintf(kind, sizeof(kind), "wanted.%s", what);
	wanted = bundle_fact(d, r->arm, kind, r->bench, r->metric, r->labels, NULL);
	if (!wanted)
		return;
	snprintf(kind, sizeof(kind), "found.%s", what);
	found = bundle_fact_unlike(d, r->arm, kind, r->bench, r->metric, r->labels, wanted->value);
	if (!found || !strcmp(found->value, wanted->value))
		return;
	rules_fail(r, x->what, 0, "%s%s%s %s%s, %s %s: %s", x == &unknown ? what : "",
		   x == &unknown ? " " : "", x->is, found->value, x->when, wanted->value, x->wanted,
		   x->advice);
}

/* Takes WHAT out of "fact.found.WHAT.BENCH…"; false for other facts and other benchmarks. */
static bool what_of(const char *key, const char *bench, char what[WHAT_SIZE])
{
	static const char prefix[] = "fact.found.";
	size_t n, len = strlen(bench);

	if (strncmp(key, prefix, sizeof(prefix) - 1) != 0)
		return false;
	key += sizeof(prefix) - 1;
	n = strcspn(key, ".");
	if (!key[n] || n >= WHAT_SIZE || strncmp(key + n + 1, bench, len) != 0 ||
	    !strchr(".{", key[n + 1 + len]))
		return false;
	memcpy(what, key, n);
	what[n] = '\0';
	return true;
}

void rules_expect(struct result *r, const struct bundle_data *d)
{
	char what[MOST][WHAT_SIZE];
	size_t n = 0;

	for (size_t i = 0; r->s.n && i < d->n_manifest && n < MOST; i++) {
		size_t k = 0;

		if (!what_of(d->manifest[i].key, r->bench, what[n]))
			continue;
		while (strcmp(what[k], what[n]) != 0)
			k++;
		if (k < n)
			continue;
		compare(r, d, what[n++]);
	}
}
