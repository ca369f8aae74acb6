/*
 * Which fact of the manifest speaks about a metric key (bundle.h): the one that names
 * most of it. A fact without an arm speaks about every arm.
 */
#include "bundle.h"
#include "key.h"

#include <string.h>

/* Takes a word off the front of *s where one of the ends, or the text's end, follows; NULL:
 * anything. */
static bool skip_word(const char **s, const char *word, const char *ends)
{
	size_t n = strlen(word);

	if (strncmp(*s, word, n) || (ends && !strchr(ends, (*s)[n])))
		return false;
	*s += n;
	return true;
}

static size_t count_labels(const char *s, size_t n)
{
	size_t labels = n > 0;

	for (size_t i = 0; i < n; i++)
		labels += s[i] == ',';
	return labels;
}

/*
 * How closely "fact.KIND.BENCH[.METRIC]{labels}" describes the key: labels named, then
 * whether the metric is. 0: it speaks of something else.
 */
static size_t match(const char *fact, const char *kind, const char *bench, const char *metric,
		    const char *labels)
{
	char want[1024];
	size_t n = 0, named = 0;

	if (!skip_word(&fact, "fact.", NULL) || !skip_word(&fact, kind, ".") ||
	    !skip_word(&fact, ".", NULL) || !skip_word(&fact, bench, ".{"))
		return 0;
	if (*fact == '.') {
		fact++;
		if (!skip_word(&fact, metric, "{"))
			return 0;
		named = 1;
	}
	if (*fact == '{') {
		n = strcspn(++fact, "}");
		if (n >= sizeof(want))
			return 0;
	}
	memcpy(want, fact, n);
	want[n] = '\0';
	if (!key_subset(want, labels))
		return 0;
	return 1 + 2 * count_labels(want, n) + named;
}

/* unlike (may be NULL): among equally specific ones a fact with another value is preferred. */
static const struct manifest_row *search(const struct bundle_data *d, const char *arm,
					 const char *kind, const char *bench, const char *metric,
					 const char *labels, const char *unlike, bool *mixed)
{
	const struct manifest_row *best = NULL;
	size_t best_score = 0;
	bool differ = false;

	for (size_t i = 0; i < d->n_manifest; i++) {
		const struct manifest_row *m = &d->manifest[i];

		if (arm && *m->arm && strcmp(m->arm, arm))
			continue;
		size_t score = match(m->key, kind, bench, metric, labels);
		if (!score || score < best_score)
			continue;
		differ = score == best_score && (differ || strcmp(m->value, best->value));
		if (score > best_score || (unlike && !strcmp(best->value, unlike)))
			best = m;
		best_score = score;
	}
	if (mixed)
		*mixed = differ;
	return best;
}

const struct manifest_row *bundle_fact(const struct bundle_data *d, const char *arm,
				       const char *kind, const char *bench, const char *metric,
				       const char *labels, bool *mixed)
{
	return search(d, arm, kind, bench, metric, labels, NULL, mixed);
}

const struct manifest_row *bundle_fact_unlike(const struct bundle_data *d, const char *arm,
					      const char *kind, const char *bench,
					      const char *metric, const char *labels,
					      const char *value)
{
	return search(d, arm, kind, bench, metric, labels, value, NULL);
}
