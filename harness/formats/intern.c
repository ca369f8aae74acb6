/* Text kept once: see intern.h. A hash table with open addressing, at most half full. */
#include "intern.h"
#include "../base/mem.h"

#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

struct intern {
	char **slot;
	size_t n, size; /* size is a power of two */
};

struct intern *intern_new(void)
{
	struct intern *p = mem_zalloc(1, sizeof(*p));

	p->size = 1024;
	p->slot = mem_zalloc(p->size, sizeof(*p->slot));
	return p;
}

/* FNV-1a (Fowler, Noll, Vo), 64 bits. */
static size_t hash(const char *s)
{
	uint64_t h = 0xcbf29ce484222325u;

	for (; *s; s++)
		h = (h ^ (unsigned char)*s) * 0x100000001b3u;
	return (size_t)(h ^ (h >> 32));
}

/* The slot that holds s, or the free one where it belongs. */
static char **find(const struct intern *p, const char *s)
{
	size_t at = hash(s) & (p->size - 1);

	while (p->slot[at] && strcmp(p->slot[at], s))
		at = (at + 1) & (p->size - 1);
	return &p->slot[at];
}

static void grow(struct intern *p)
{
	struct intern old = *p;

	p->size *= 2;
	p->slot = mem_zalloc(p->size, sizeof(*p->slot));
	for (size_t i = 0; i < old.size; i++) {
		if (old.slot[i])
			*find(p, old.slot[i]) = old.slot[i];
	}
	free(old.slot);
}

char *intern(struct intern *p, const char *s)
{
	char **slot = find(p, s);

	if (*slot)
		return *slot;
	char *copy = *slot = mem_strdup(s);
	if (++p->n * 2 > p->size)
		grow(p);
	return copy;
}

void intern_free(struct intern *p)
{
	if (!p)
		return;
	for (size_t i = 0; i < p->size; i++)
		free(p->slot[i]);
	free(p->slot);
	free(p);
}
