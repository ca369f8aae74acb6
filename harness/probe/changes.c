/* The table of kinds of change: see changes.h. */
#include "changes.h"
#include "clocks.h"
#include "mps.h"
#include "../base/mem.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

static const struct change *const kinds[] = {&clocks_change, &clocks_look, &mps_change};

#define KINDS	  (sizeof(kinds) / sizeof(*kinds))
#define MAX_WORDS 16

struct changes {
	void *own[KINDS];
};

struct changes *changes_open(void)
{
	return mem_zalloc(1, sizeof(struct changes));
}

void changes_close(struct changes *c)
{
	for (size_t i = 0; i < KINDS; i++)
		if (kinds[i]->close && c->own[i])
			kinds[i]->close(c->own[i]);
	free(c);
}

/* Number of the kind in the table, or -EINVAL. */
static int find(const char *request, struct err *e)
{
	size_t n = strcspn(request, " ");

	for (size_t i = 0; request[n] && i < KINDS; i++)
		if (strlen(kinds[i]->name) == n && !strncmp(kinds[i]->name, request, n))
			return (int)i;
	return err_set(e, EINVAL, "this assay knows no change \"%s\"", request);
}

const struct change *changes_kind(const char *request, struct err *e)
{
	int i = find(request, e);

	return i < 0 ? NULL : kinds[i];
}

char *changes_subject(const char *request)
{
	const char *s = strchr(request, ' ');

	return s ? mem_strndup(s + 1, strcspn(s + 1, " ")) : mem_strdup("");
}

typedef int change_fn(void **own, const char *const *word, size_t n, struct buf *answer,
		      struct err *e);

static int call(change_fn *fn, void **own, const char *request, struct buf *answer, struct err *e)
{
	char *copy = mem_strdup(request), *save = NULL;
	const char *word[MAX_WORDS];
	size_t n = 0;

	strtok_r(copy, " ", &save);
	for (char *w = strtok_r(NULL, " ", &save); w && n < MAX_WORDS;
	     w = strtok_r(NULL, " ", &save))
		word[n++] = w;
	int rc = n ? fn(own, word, n, answer, e)
		   : err_set(e, EINVAL, "\"%s\" does not say what to change", request);

	free(copy);
	return rc;
}

int changes_make(struct changes *c, const char *request, struct buf *answer, struct err *e)
{
	int i = find(request, e);

	return i < 0 ? i : call(kinds[i]->make, &c->own[i], request, answer, e);
}

int changes_undo(struct changes *c, const char *request, struct buf *answer, struct err *e)
{
	int i = find(request, e);

	return i < 0 ? i : call(kinds[i]->undo, &c->own[i], request, answer, e);
}
