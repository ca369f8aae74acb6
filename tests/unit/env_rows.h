/* The rows that the environment of a recorded machine gives, kept to be asked for. */
#ifndef ASSAY_TESTS_ENV_ROWS_H
#define ASSAY_TESTS_ENV_ROWS_H

#include "../../harness/probe/env.h"
#include "sysfs_tree.h"

#include <ctype.h>

struct seen {
	char *key, *value, *source;
};
static struct seen *seen;
static size_t n_seen, cap_seen;

static void forget(void)
{
	for (size_t i = 0; i < n_seen; i++) {
		free(seen[i].key);
		free(seen[i].value);
		free(seen[i].source);
	}
	n_seen = 0;
}

static void collect(void *arg, const char *key, const char *value, const char *source)
{
	assert_non_null(value);
	assert_true(source && *source);
	for (const char *p = key; *p; p++)
		assert_true(islower((unsigned char)*p) || isdigit((unsigned char)*p) ||
			    strchr("._:-", *p));
	for (const char *p = value; *p; p++)
		assert_true((unsigned char)*p >= ' ');
	seen = mem_grow(seen, n_seen, &cap_seen, sizeof(*seen));
	seen[n_seen++] = (struct seen){mem_strdup(key), mem_strdup(value), mem_strdup(source)};
}

static const struct seen *find(const char *key)
{
	for (size_t i = 0; i < n_seen; i++)
		if (!strcmp(seen[i].key, key))
			return &seen[i];
	return NULL;
}

static void assert_row(const char *key, const char *value)
{
	const struct seen *s = find(key);

	if (!s || strcmp(s->value, value))
		print_message("%s is %s, not %s\n", key, s ? s->value : "missing", value);
	assert_non_null(s);
	assert_string_equal(s->value, value);
}

/* Those of the host. */
static void host_of(const char *tree)
{
	forget();
	tree_use(tree);
	env_host(collect, NULL);
	tree_drop();
}

#endif
