/* See compute.h. */
#include "compute.h"

#include <stdbool.h>
#include <string.h>

static const struct {
	const char *name;
	size_t bytes;
} types[COMPUTE_TYPES] = {
	[COMPUTE_FP64] = {"fp64", 8}, [COMPUTE_FP32] = {"fp32", 4}, [COMPUTE_TF32] = {"tf32", 4},
	[COMPUTE_BF16] = {"bf16", 2}, [COMPUTE_FP16] = {"fp16", 2}, [COMPUTE_FP8] = {"fp8", 1},
	[COMPUTE_INT8] = {"int8", 1},
};

/* 10.3 has a cut rate of int8 and fp64, which is not published; so are 8.7, 8.8 and 11.0 as a
 * whole. */
static const struct {
	int major, minor;
	double rate[COMPUTE_TYPES]; /* fp64, fp32, tf32, bf16, fp16, fp8, int8 */
} rates[] = {
	{7, 0, {64, 128, 0, 0, 1024, 0, 0}},
	{7, 5, {4, 128, 0, 0, 1024, 0, 2048}},
	{8, 0, {128, 128, 1024, 2048, 2048, 0, 4096}},
	{8, 6, {4, 256, 512, 1024, 1024, 0, 2048}},
	{8, 9, {4, 256, 512, 1024, 1024, 2048, 2048}},
	{9, 0, {256, 256, 2048, 4096, 4096, 8192, 8192}},
	{10, 0, {0, 256, 4096, 8192, 8192, 16384, 16384}},
	{10, 3, {0, 256, 4096, 8192, 8192, 16384, 0}},
	{12, 0, {4, 256, 512, 1024, 1024, 2048, 2048}},
	{12, 1, {4, 256, 512, 1024, 1024, 2048, 2048}},
};

enum compute_type compute_type_of(const char *name)
{
	int i = 0;

	while (i < COMPUTE_TYPES && strcmp(types[i].name, name) != 0)
		i++;
	return (enum compute_type)i;
}

const char *compute_name(enum compute_type type)
{
	return types[type].name;
}

size_t compute_bytes(enum compute_type type)
{
	return types[type].bytes;
}

double compute_rate(int major, int minor, enum compute_type type)
{
	for (size_t i = 0; i < sizeof(rates) / sizeof(rates[0]); i++) {
		if (rates[i].major == major && rates[i].minor == minor)
			return rates[i].rate[type];
	}
	return 0;
}

/* GeForce RTX 20 to 50. Their cards of 7.0, 8.0, 9.0 and 10.0 there are not. */
double compute_card_rate(const char *name, int major, int minor, enum compute_type type)
{
	bool halved = type == COMPUTE_TF32 || type == COMPUTE_BF16 || type == COMPUTE_FP16 ||
		      type == COMPUTE_FP8;

	return compute_rate(major, minor, type) / (halved && strstr(name, "GeForce") ? 2 : 1);
}
