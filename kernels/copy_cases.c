/*
 * See copy_cases.h. sweep=short keeps a suite short: pinned memory that the copy engine copies one
 * way is measured with every size; where the memory, the engine or the direction is another one,
 * with four sizes, and only one of the three at a time. The four are a page, what is still a
 * latency, the knee and the peak.
 */
#include "copy_cases.h"
#include "gpu.h"

#include <stdio.h>
#include <string.h>

#define PART_ALIGN ((size_t)64 << 10) /* pages of each architecture */

static const uint64_t few_sizes[] = {(uint64_t)4 << 10, (uint64_t)64 << 10, (uint64_t)4 << 20,
				     (uint64_t)256 << 20};
enum { FEW = sizeof(few_sizes) / sizeof(few_sizes[0]) };

const struct param copy_params[] = {
	GPU_PARAM_GPU,
	{.name = "node",
	 .type = PARAM_NODE,
	 .def = "local",
	 .help = "NUMA node of the host memory and of the thread"},
	{.name = "memory",
	 .type = PARAM_ENUM,
	 .scope = SCOPE_CASE,
	 .def = "pinned",
	 .choices = COPY_KIND_CHOICES,
	 .help = "kind of host memory; hugepage: registered as well"},
	{.name = "engine",
	 .type = PARAM_ENUM,
	 .scope = SCOPE_CASE,
	 .def = "ce",
	 .choices = "ce|sm",
	 .help = "what moves the data; ce: copy engine, sm: a kernel (no pageable memory)"},
	{.name = "dir",
	 .type = PARAM_ENUM,
	 .scope = SCOPE_CASE,
	 .def = "h2d,d2h",
	 .choices = COPY_DIR_CHOICES,
	 .help = "host to device, device to host, both at once (the sum, or the rate of one; no "
		 "pageable memory)"},
	GPU_PARAM_COPY_SIZE("256MiB"),
	{.name = "sweep",
	 .type = PARAM_ENUM,
	 .def = "full",
	 .choices = "full|short",
	 .option = true,
	 .help = "short: all sizes for pinned, ce, one way; else four of them (4KiB, 64KiB, 4MiB, "
		 "256MiB), and not two other things at once"},
	{.name = NULL},
};

/* ---- directions ---- */

enum copy_dir copy_dir(const char *name)
{
	static const char *const names[] = {"h2d", "d2h", "both", "both_h2d", "both_d2h"};
	int d = 0;

	while (d < COPY_DIRS - 1 && strcmp(names[d], name) != 0)
		d++;
	return (enum copy_dir)d;
}

bool copy_dir_both(enum copy_dir dir)
{
	return dir >= COPY_BOTH;
}

int copy_dir_ways(enum copy_dir dir)
{
	return dir == COPY_BOTH ? 2 : 1;
}

/* ---- cases ---- */

static bool is_short(const struct ctx *c)
{
	return !strcmp(ctx_str(c, "sweep"), "short");
}

static bool is_few(uint64_t size)
{
	for (int i = 0; i < FEW; i++) {
		if (few_sizes[i] == size)
			return true;
	}
	return false;
}

bool copy_applies(const struct ctx *c)
{
	enum copy_kind kind = copy_kind(ctx_str(c, "memory"));
	bool sm = !strcmp(ctx_str(c, "engine"), "sm");
	bool both = copy_dir_both(copy_dir(ctx_str(c, "dir")));
	int others = (kind != COPY_PINNED) + sm + both;

	if (kind == COPY_PAGEABLE && (sm || both))
		return false;
	if (!is_short(c) || others == 0)
		return true;
	return others == 1 && is_few(ctx_u64(c, "size"));
}

/* ---- how much memory they need ---- */

bool copy_both(const struct ctx *c)
{
	return ctx_has(c, "dir", "both") || ctx_has(c, "dir", "both_h2d") ||
	       ctx_has(c, "dir", "both_d2h");
}

size_t copy_part(size_t size)
{
	return (size + PART_ALIGN - 1) / PART_ALIGN * PART_ALIGN;
}

/* The largest of all sizes, or of the few among them. */
static size_t largest(const struct ctx *c, bool few)
{
	char text[32];

	for (int i = FEW - 1; i >= 0 && few; i--) {
		snprintf(text, sizeof(text), "%llu", (unsigned long long)few_sizes[i]);
		if (ctx_has(c, "size", text))
			return few_sizes[i];
	}
	return few ? 0 : ctx_max_u64(c, "size");
}

size_t copy_bytes(const struct ctx *c, enum copy_kind kind)
{
	bool few = is_short(c), pinned = kind == COPY_PINNED;
	size_t one_way = largest(c, few && !pinned), two = 0;

	if (copy_both(c) && (pinned || (!few && kind != COPY_PAGEABLE)))
		two = 2 * copy_part(largest(c, few));
	return two > one_way ? two : one_way;
}

size_t copy_bytes_most(const struct ctx *c)
{
	size_t most = 0;

	for (int kind = 0; kind < COPY_KINDS; kind++) {
		size_t bytes = copy_bytes(c, (enum copy_kind)kind);

		if (ctx_has(c, "memory", copy_kind_name((enum copy_kind)kind)) && bytes > most)
			most = bytes;
	}
	return most;
}
