/* See mig.h. What an instance's copy engines reach of the GPU's rates is the profile's word. */
#include "mig.h"
#include "../../harness/base/rng.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>

bool sim_mig_on(const struct sim_gpu *g)
{
	return strcmp(g->mig, "off") != 0 && strcmp(g->mig, "none") != 0;
}

int sim_mig_first(const struct sim_profile *p, int gpu)
{
	for (int i = p->n_gpus; i < p->n_devices; i++) {
		if (p->gpu[i].parent == gpu)
			return i;
	}
	return -1;
}

static const struct sim_mig *kind_named(const struct sim_profile *p, const char *name)
{
	for (int i = 0; i < p->n_kinds; i++) {
		if (!strcmp(p->kind[i].name, name))
			return &p->kind[i];
	}
	return NULL;
}

static void derive(struct sim_gpu *i, const struct sim_gpu *whole, const struct sim_mig *k)
{
	*i = *whole;
	snprintf(i->model, sizeof(i->model), "%.80s MIG %.40s", whole->model, k->name);
	i->kind = k;
	strcpy(i->mig, "none"); /* it is not divided any further */
	i->sms = k->sms;
	i->copy_engines =
		k->copy_engines < whole->copy_engines ? k->copy_engines : whole->copy_engines;
	i->memory_bytes = k->memory_bytes;
	i->memory_used_bytes = (int64_t)((double)whole->memory_used_bytes * k->memory_share);
	i->l2_bytes = (int64_t)((double)whole->l2_bytes * k->memory_share);
	i->bus_bits = (int64_t)((double)whole->bus_bits * k->memory_share);
	i->memory_copy_bytes_s *= k->memory_share;
	i->memory_read_bytes_s *= k->memory_share;
	i->memory_write_bytes_s *= k->memory_share;
	i->memory_triad_bytes_s *= k->memory_share;
	i->l2_read_bytes_s *= k->memory_share;
	i->l2_write_bytes_s *= k->memory_share;
	i->h2d_pinned_bytes_s *= k->copy_share;
	i->d2h_pinned_bytes_s *= k->copy_share;
	i->h2d_wc_bytes_s *= k->copy_share;
	i->d2h_wc_bytes_s *= k->copy_share;
	i->h2d_sm_bytes_s *= k->copy_share;
	i->d2h_sm_bytes_s *= k->copy_share;
	i->peer_bytes_s = 0; /* no peer access between instances */
	i->nvlinks = 0;
}

/* One "7.0 1g.10gb" of a GPU; *n: how much of the text it took. */
static int add_instance(struct sim_profile *p, int gpu, const char *text, int *n, struct err *e)
{
	char name[SIM_TEXT];
	int gi, ci;

	if (sscanf(text, "%d.%d %127[^, ]%n", &gi, &ci, name, n) != 3 || gi < 0 || ci < 0)
		return err_set(e, EINVAL,
			       "[gpu %d] mig=%s is neither on, off, none nor "
			       "instances as in \"1.0 4g.40gb, 2.0 3g.40gb\"",
			       gpu, p->gpu[gpu].mig);
	const struct sim_mig *k = kind_named(p, name);

	if (!k)
		return err_set(e, EINVAL,
			       "[gpu %d] has a MIG instance %s, but there is no [mig %s]", gpu,
			       name, name);
	if (p->n_devices == SIM_MAX_DEVICES)
		return err_set(e, EINVAL, "more than %d GPUs and MIG instances", SIM_MAX_DEVICES);
	struct sim_gpu *i = &p->gpu[p->n_devices++];

	derive(i, &p->gpu[gpu], k);
	i->parent = gpu;
	i->gi = gi;
	i->ci = ci;
	return 0;
}

int sim_mig_divide(struct sim_profile *p, struct err *e)
{
	p->n_devices = p->n_gpus;
	for (int g = 0; g < p->n_gpus; g++) {
		const char *text = p->gpu[g].mig;
		int n = 0, rc = 0;

		p->gpu[g].parent = g;
		if (!sim_mig_on(&p->gpu[g]) || !strcmp(text, "on"))
			continue;
		for (; *text && !rc; text += n) {
			rc = add_instance(p, g, text, &n, e);
			n += (int)strspn(text + n, ", ");
		}
		if (rc)
			return rc;
	}
	return 0;
}

void sim_mig_name(struct sim_profile *p, uint64_t host)
{
	for (int i = p->n_gpus; i < p->n_devices; i++) {
		struct sim_gpu *g = &p->gpu[i];
		uint64_t a = rng_hash(rng_hash(host + 2, (uint64_t)g->parent),
				      (uint64_t)(g->gi * 64 + g->ci));
		uint64_t b = rng_mix(a + 1);

		snprintf(g->uuid, SIM_TEXT, "MIG-%08x-%04x-%04x-%04x-%012llx", (unsigned)(a >> 32),
			 (unsigned)(a >> 16) & 0xffff, (unsigned)a & 0xffff, (unsigned)(b >> 48),
			 (unsigned long long)(b & 0xffffffffffffull));
	}
}
