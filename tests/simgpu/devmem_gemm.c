/* See devmem_gemm.h. */
#include "devmem_gemm.h"
#include "../../harness/base/rng.h"

#include <string.h>

/* Copies `bytes` from byte `offset` on of a row of elements, each made when it is needed. */
typedef uint64_t element_fn(uint64_t index, const uint64_t *arg);
static void make_elements(char *dst, size_t offset, size_t bytes, size_t of_element,
			  element_fn *element, const uint64_t *arg)
{
	while (bytes) {
		uint64_t bits = element(offset / of_element, arg);
		size_t in = offset % of_element, n = of_element - in;

		n = n < bytes ? n : bytes;
		memcpy(dst, (const char *)&bits + in, n); /* little-endian */
		dst += n;
		offset += n;
		bytes -= n;
	}
}

/* ---- factors: arg is type, seed ---- */

static uint64_t of_factor(uint64_t index, const uint64_t *arg)
{
	return gemm_bits((enum compute_type)arg[0], index, (uint32_t)arg[1]);
}

static void factor_bytes(void *dst, size_t offset, size_t bytes, const uint64_t *arg)
{
	make_elements(dst, offset, bytes, compute_bytes((enum compute_type)arg[0]), of_factor, arg);
}

void dev_factor(struct dev *d, size_t at, size_t bytes, enum compute_type type, uint32_t seed)
{
	const struct dev_made m = {
		.make = factor_bytes, .arg = {(uint64_t)type, seed}, .origin = at};

	dev_make(d, at, bytes, &m);
}

bool dev_is_factor(const struct dev *d, size_t at, size_t bytes, enum compute_type type,
		   uint32_t *seed)
{
	struct dev_made m;

	if (dev_part(d, at, bytes, &m) < bytes || m.make != factor_bytes || m.origin != at ||
	    m.arg[0] != (uint64_t)type)
		return false;
	*seed = (uint32_t)m.arg[1];
	return true;
}

/* ---- products: arg is type and bit + 1, seeds, n and k, flipped element ---- */

static struct sim_product product_of(const uint64_t *arg)
{
	return (struct sim_product){
		.type = (enum compute_type)(arg[0] >> 32),
		.bit = (int)(uint32_t)arg[0] - 1,
		.seed_a = (uint32_t)(arg[1] >> 32),
		.seed_b = (uint32_t)arg[1],
		.n = (int)(arg[2] >> 32),
		.k = (int)(uint32_t)arg[2],
		.flipped = arg[3],
	};
}

/* In float64: int8 is exact so, and the rest nearer to the truth than on any GPU. */
static double sum_of(uint64_t index, const struct sim_product *p)
{
	uint64_t k = (uint64_t)p->k, n = (uint64_t)p->n, a = index / n * k, b = index % n * k;
	double sum = 0;

	for (uint64_t i = 0; i < k; i++)
		sum += gemm_value(p->type, a + i, p->seed_a) *
		       gemm_value(p->type, b + i, p->seed_b);
	return sum;
}

static uint64_t of_product(uint64_t index, const uint64_t *arg)
{
	const struct sim_product p = product_of(arg);
	double sum = sum_of(index, &p);
	uint64_t bits = gemm_sum_of(p.type) == GEMM_SUM_FP64	? gemm_double_bits(sum)
			: gemm_sum_of(p.type) == GEMM_SUM_INT32 ? (uint32_t)(int32_t)sum
								: gemm_float_bits((float)sum);

	return p.bit >= 0 && index == p.flipped ? bits ^ (uint64_t)1 << p.bit : bits;
}

static void product_bytes(void *dst, size_t offset, size_t bytes, const uint64_t *arg)
{
	make_elements(dst, offset, bytes, gemm_sum_bytes(product_of(arg).type), of_product, arg);
}

void dev_product(struct dev *d, size_t at, size_t bytes, const struct sim_product *p)
{
	const struct dev_made m = {
		.make = product_bytes,
		.arg = {(uint64_t)p->type << 32 | (uint32_t)(p->bit + 1),
			(uint64_t)p->seed_a << 32 | p->seed_b,
			(uint64_t)(uint32_t)p->n << 32 | (uint32_t)p->k,
			p->bit < 0 ? 0 : p->flipped},
		.origin = at,
	};

	dev_make(d, at, bytes, &m);
}

/* ---- digests ---- */

static void digest_made(const struct dev_made *m, size_t at, size_t bytes, struct gemm_digest *out)
{
	uint64_t h = rng_hash(at - m->origin, bytes);

	for (size_t i = 0; i < sizeof(m->arg) / sizeof(m->arg[0]); i++)
		h = rng_hash(h, m->arg[i]);
	out->sum += h;
}

void dev_digest(const struct dev *d, size_t at, size_t bytes, enum gemm_sum kind,
		struct gemm_digest *out)
{
	uint32_t word[1024];
	struct dev_made m;

	for (size_t done = 0, n; done < bytes; done += n) {
		n = dev_part(d, at + done, bytes - done, &m);
		if (m.make == product_bytes) {
			digest_made(&m, at + done, n, out);
			continue;
		}
		n = n < sizeof(word) ? n / 4 * 4 : sizeof(word);
		n = n ? n : 4; /* a word of two kinds */
		dev_read(d, at + done, word, n);
		for (size_t i = 0; i < n / 4; i++) {
			out->sum += gemm_digest_word(done / 4 + i, word[i]);
			out->broken += (uint64_t)gemm_is_broken(kind, done / 4 + i, word[i]);
		}
	}
}
