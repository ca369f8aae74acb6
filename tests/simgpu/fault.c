/* Faults by name: see fault.h. */
#include "fault.h"
#include "profile.h"
#include "../../harness/base/units.h"

#include <errno.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdlib.h>
#include <string.h>

enum arg_type { INT, SIZE, NUM, WORD };

struct arg {
	const char *name;
	enum arg_type type;
	size_t offset;
	double min, max;
	const char *choices;
	bool required;
};

#define MAX_ARGS 4
struct rule {
	const char *name, *help;
	struct arg arg[MAX_ARGS];
};

#define AT(field) offsetof(struct fault, field)
#define GPU(req)                                                                                   \
	{                                                                                          \
		"gpu", INT, AT(gpu), 0, 1e3, NULL, req                                             \
	}
#define PEER                                                                                       \
	{                                                                                          \
		"peer", INT, AT(peer), 0, 1e3, NULL, true                                          \
	}
#define NODE                                                                                       \
	{                                                                                          \
		"node", INT, AT(node), 0, SIM_MAX_NODES - 1, NULL, true                            \
	}
#define SM                                                                                         \
	{                                                                                          \
		"sm", INT, AT(sm), 0, 1e3, NULL, true                                              \
	}
#define BY                                                                                         \
	{                                                                                          \
		"by", NUM, AT(by), -0.9, 0.9, NULL, true                                           \
	}
#define ARM                                                                                        \
	{                                                                                          \
		"arm", WORD, AT(arm), 0, 32, NULL, false                                           \
	}
#define WHAT                                                                                       \
	"|h2d|d2h|h2d_sm|d2h_sm|sm_latency|d2d|host_latency|host_read|host_write|host_copy|"       \
	"compute|host_triad|host_cache|host_alu|host_start|peer|nccl|launch|call|sync|graph|"      \
	"alloc|"                                                                                   \
	"context|overlap|hbm|hbm_latency|l2|l2_latency|share|"

/* By enum fault_kind. */
static const struct rule rules[] = {
	{"contaminate",
	 "contaminate share=S by=W [arm=NAME]: that share of the processes takes longer by W",
	 {{"share", NUM, AT(share), 0, 1, NULL, true}, BY, ARM}},
	{"corrupt_copy",
	 "corrupt_copy gpu=N [dir=h2d|d2h|d2d] [size=BYTES] [offset=BYTES]: one bit flips",
	 {GPU(true),
	  {"dir", WORD, AT(dir), 0, 8, "|h2d|d2h|d2d|", false},
	  {"size", SIZE, AT(size), 0, 1e13, NULL, false},
	  {"offset", SIZE, AT(offset), 0, 1e13, NULL, false}}},
	{"cpuset",
	 "cpuset node=N: a control group leaves this process the CPUs and memory of node N alone",
	 {NODE}},
	{"dead_sm", "dead_sm gpu=N sm=M: nothing runs on that SM", {GPU(true), SM}},
	{"drift",
	 "drift by=W [arm=NAME]: each process takes longer by W than the one before",
	 {BY, ARM}},
	{"driver_mismatch",
	 "driver_mismatch: kernel module and libraries of different versions",
	 {{0}}},
	{"driver_too_old", "driver_too_old: a driver that this CUDA runtime refuses", {{0}}},
	{"ecc",
	 "ecc gpu=N [what=corrected|uncorrected]: an ECC error is counted whenever it works",
	 {GPU(true), {"what", WORD, AT(what), 0, 16, "|corrected|uncorrected|", false}}},
	{"fabric_not_ready", "fabric_not_ready: the fabric manager has not finished", {{0}}},
	{"gpu_busy", "gpu_busy gpu=N: somebody else's process computes on it", {GPU(true)}},
	{"gpu_missing",
	 "gpu_missing gpu=N: on the PCI bus, neither in CUDA nor in NVML",
	 {GPU(true)}},
	{"hang",
	 "hang gpu=N [at=copy|init|nvml] [after=COPIES]: a call never returns",
	 {GPU(true),
	  {"at", WORD, AT(at), 0, 16, "|copy|init|nvml|", false},
	  {"after", INT, AT(after), 0, 1e9, NULL, false}}},
	{"lock_ignored",
	 "lock_ignored gpu=N: locking its clocks succeeds and changes nothing",
	 {GPU(true)}},
	{"lost_kernel",
	 "lost_kernel gpu=N: one in fifty kernels that count does nothing, nor does a block of "
	 "others",
	 {GPU(true)}},
	{"mps_missing", "mps_missing: no nvidia-cuda-mps-control", {{0}}},
	{"mps_refuses",
	 "mps_refuses [after=CLIENTS]: MPS lets no more than so many clients share a GPU; 0: none",
	 {{"after", INT, AT(after), 0, 1e3, NULL, false}}},
	{"nccl_async_error",
	 "nccl_async_error gpu=N [after=OPS]: its rank reports an error, its operation never ends",
	 {GPU(true), {"after", INT, AT(after), 0, 1e9, NULL, false}}},
	{"nccl_hang",
	 "nccl_hang gpu=N [after=OPS]: its rank never takes part in an operation",
	 {GPU(true), {"after", INT, AT(after), 0, 1e9, NULL, false}}},
	{"nccl_wrong_sum",
	 "nccl_wrong_sum gpu=N: one number of each sum that it gets is wrong",
	 {GPU(true)}},
	{"nccl_wrong_transport",
	 "nccl_wrong_transport gpu=N: NCCL reaches it through host memory",
	 {GPU(true)}},
	{"no_overlap",
	 "no_overlap gpu=N: copies wait for kernels, and kernels for copies",
	 {GPU(true)}},
	{"noisy_machine",
	 "noisy_machine sd=SD [arm=NAME]: spread from process to process, as a share",
	 {{"sd", NUM, AT(sd), 0, 0.5, NULL, true}, ARM}},
	{"no_clock_permission", "no_clock_permission: NVML refuses to lock clocks", {{0}}},
	{"nvlink_down",
	 "nvlink_down gpu=N link=L: one NVLink is inactive",
	 {GPU(true), {"link", INT, AT(link), 0, 17, NULL, true}}},
	{"nvlink_errors", "nvlink_errors gpu=N: its NVLinks repeat what was damaged", {GPU(true)}},
	{"nvml_missing", "nvml_missing: no libnvidia-ml.so.1", {{0}}},
	{"p2p_silent_drop",
	 "p2p_silent_drop gpu=N peer=M: what GPU N writes into GPU M's memory never arrives",
	 {GPU(true), PEER}},
	{"pcie_downtrain",
	 "pcie_downtrain gpu=N gen=G [width=W]: the link is slower than it could be",
	 {GPU(true),
	  {"gen", INT, AT(gen), 1, 6, NULL, true},
	  {"width", INT, AT(width), 1, 16, NULL, false}}},
	{"power_cap",
	 "power_cap gpu=N [watts=W]: a lower power limit than its siblings'",
	 {GPU(true), {"watts", NUM, AT(watts), 1, 5000, NULL, false}}},
	{"sdc",
	 "sdc gpu=N [every=PRODUCTS]: a bit of one matrix product in so many (16) is wrong",
	 {GPU(true), {"every", INT, AT(every), 1, 1e9, NULL, false}}},
	{"shift",
	 "shift what=h2d|d2h|h2d_sm|host_latency|… by=SHARE [gpu=N] [arm=NAME]: worse by "
	 "that share",
	 {{"what", WORD, AT(what), 0, 16, WHAT, true}, BY, GPU(false), ARM}},
	{"site_mps", "site_mps: an MPS daemon of the machine runs already", {{0}}},
	{"slow_hbm",
	 "slow_hbm gpu=N by=SHARE: its own memory streams slower by that share",
	 {GPU(true), BY}},
	{"slow_pair",
	 "slow_pair gpu=N peer=M by=SHARE: the way between two GPUs is slower, both ways",
	 {GPU(true), PEER, BY}},
	{"slow_sm",
	 "slow_sm gpu=N sm=M by=SHARE: that SM is slower than the others",
	 {GPU(true), SM, BY}},
	{"sticky_error",
	 "sticky_error gpu=N [after=COPIES]: illegal address from then on",
	 {GPU(true), {"after", INT, AT(after), 0, 1e9, NULL, false}}},
	{"thermal",
	 "thermal gpu=N [by=SHARE] [what=sw|hw|brake]: heat, or a power brake, holds its clock "
	 "down",
	 {GPU(true),
	  {"by", NUM, AT(by), 0.01, 0.9, NULL, false},
	  {"what", WORD, AT(what), 0, 16, "|sw|hw|brake|", false}}},
	{"wrong_numa",
	 "wrong_numa gpu=N node=M: firmware says node M; the GPU is near to the profile's",
	 {GPU(true), NODE}},
};

#define N_RULES ((int)(sizeof(rules) / sizeof(rules[0])))

const char *fault_help(int i)
{
	return i >= 0 && i < N_RULES ? rules[i].help : NULL;
}

static int bad_value(const struct arg *a, const char *v, struct err *e)
{
	return err_set(e, EINVAL, "%s=%s is out of range or malformed", a->name, v);
}

static int store(const struct arg *a, struct fault *f, const char *v, struct err *e)
{
	char *field = (char *)f + a->offset, *end, word[40];
	uint64_t u = 0;
	double d = 0;

	if (a->type == WORD) {
		size_t n = strlen(v);

		if (!n || n >= (size_t)a->max)
			return bad_value(a, v, e);
		word[0] = '|';
		memcpy(word + 1, v, n);
		strcpy(word + 1 + n, "|");
		if (a->choices && !strstr(a->choices, word))
			return err_set(e, EINVAL, "%s=%s: there is only %s", a->name, v,
				       a->choices);
		strcpy(field, v);
		return 0;
	}
	if (a->type == NUM) {
		d = strtod(v, &end);
		if (end == v || *end)
			return bad_value(a, v, e);
	} else if (a->type == SIZE ? units_parse_size(v, &u) : units_parse_u64(v, &u)) {
		return bad_value(a, v, e);
	} else {
		d = (double)u;
	}
	if (!(d >= a->min && d <= a->max))
		return bad_value(a, v, e);
	if (a->type == NUM)
		memcpy(field, &d, sizeof(d));
	else
		memcpy(field, &u, sizeof(u));
	return 0;
}

/* "gpu=3" against the rule; *given has a bit for each argument seen. */
static int parse_arg(const struct rule *r, struct fault *f, const char *word, unsigned *given,
		     struct err *e)
{
	size_t n = strcspn(word, "=");

	for (unsigned i = 0; i < MAX_ARGS && r->arg[i].name; i++) {
		const struct arg *a = &r->arg[i];

		if (strlen(a->name) != n || strncmp(a->name, word, n) != 0)
			continue;
		if (!word[n] || *given & 1u << i)
			return err_set(e, EINVAL, "%s needs one value", a->name);
		*given |= 1u << i;
		return store(a, f, word + n + 1, e);
	}
	return err_set(e, EINVAL, "%s has no \"%.*s\"; it is: %s", r->name, (int)n, word, r->help);
}

static int parse_one(struct fault *f, char *text, int n_gpus, struct err *e)
{
	char *save, *word = strtok_r(text, " \t\n", &save);
	unsigned given = 0;
	int k = 0;

	while (k < N_RULES && strcmp(rules[k].name, word) != 0)
		k++;
	if (k == N_RULES)
		return err_set(e, EINVAL, "no fault \"%s\"; see tests/simgpu/README.md", word);
	*f = (struct fault){.kind = (enum fault_kind)k,
			    .gpu = -1,
			    .peer = -1,
			    .link = -1,
			    .offset = -1,
			    .size = -1,
			    .every = 16,
			    .at = "copy"};
	while ((word = strtok_r(NULL, " \t\n", &save))) {
		if (parse_arg(&rules[k], f, word, &given, e))
			return -EINVAL;
	}
	for (unsigned i = 0; i < MAX_ARGS && rules[k].arg[i].name; i++) {
		if (rules[k].arg[i].required && !(given & 1u << i))
			return err_set(e, EINVAL, "%s lacks %s; it is: %s", rules[k].name,
				       rules[k].arg[i].name, rules[k].help);
	}
	if (f->gpu >= n_gpus || f->peer >= n_gpus)
		return err_set(e, EINVAL, "%s=%d: this server has GPUs 0 to %d",
			       f->gpu >= n_gpus ? "gpu" : "peer",
			       (int)(f->gpu >= n_gpus ? f->gpu : f->peer), n_gpus - 1);
	return 0;
}

int fault_parse(struct fault_list *l, const char *text, int n_gpus, struct err *e)
{
	char *copy = strdup(text ? text : ""), *save, *part;
	struct err first = ERR_INIT;
	int r = 0;

	l->n = 0;
	if (!copy)
		return err_set(e, ENOMEM, "no memory");
	for (part = strtok_r(copy, ";", &save); part && !r; part = strtok_r(NULL, ";", &save)) {
		if (!part[strspn(part, " \t\n")])
			continue;
		if (l->n == SIM_MAX_FAULTS)
			r = err_set(&first, EINVAL, "more than %d faults", SIM_MAX_FAULTS);
		else
			r = parse_one(&l->f[l->n], part, n_gpus, &first);
		l->n += !r;
	}
	if (r)
		err_at(e, EINVAL, "FAULT", (unsigned)l->n + 1, "%s", first.text);
	free(copy);
	return r;
}

void fault_keep_arm(struct fault_list *l, const char *arm)
{
	int n = 0;

	for (int i = 0; i < l->n; i++) {
		if (!*l->f[i].arm || !strcmp(l->f[i].arm, arm))
			l->f[n++] = l->f[i];
	}
	l->n = n;
}

static bool concerns(int64_t named, int asked)
{
	return asked < 0 || named < 0 || named == asked;
}

const struct fault *fault_find_with(const struct fault_list *l, enum fault_kind kind, int gpu,
				    int peer, int link)
{
	for (int i = 0; i < l->n; i++) {
		const struct fault *f = &l->f[i];

		if (f->kind == kind && concerns(f->gpu, gpu) && concerns(f->peer, peer) &&
		    concerns(f->link, link))
			return f;
	}
	return NULL;
}

const struct fault *fault_find(const struct fault_list *l, enum fault_kind kind, int gpu)
{
	return fault_find_with(l, kind, gpu, -1, -1);
}

double fault_shift(const struct fault_list *l, const char *what, int gpu)
{
	double good = 1;

	for (int i = 0; i < l->n; i++) {
		const struct fault *f = &l->f[i];

		if (f->kind == FAULT_SHIFT && !strcmp(f->what, what) &&
		    (f->gpu < 0 || f->gpu == gpu))
			good *= 1 - f->by;
	}
	return 1 - good;
}
