/*
 * Keys in words. It knows labels by the conventions of the metric key (gpu, peer, gpus, member,
 * node, cpu_node, size in bytes), not by benchmark; any other label reads as its value, or name
 * and number.
 */
#include "words.h"
#include "../base/mem.h"
#include "../base/units.h"
#include "../formats/key.h"

#include <stdlib.h>
#include <string.h>

#define SOME	6 /* values named before "and N more" */
#define SET_MAX 64

bool words_number(const char *text, double *v)
{
	char *end;

	if (*text < '0' || *text > '9')
		return false;
	double x = strtod(text, &end);
	if (*end || strpbrk(text, "xXnN"))
		return false;
	if (v)
		*v = x;
	return true;
}

/* Words that rise by what they mean, after all others (-1). */
static int rank(const char *word)
{
	static const char *const rising[] = {"none", "half", "full"};

	for (int i = 0; i < 3; i++)
		if (!strcmp(word, rising[i]))
			return i;
	return -1;
}

/* By their letters, but a run of digits by its value: "0:7.0" before "0:10.0". */
static int by_letters(const char *a, const char *b)
{
	const char *p = a, *q = b;

	while (*p && *q) {
		size_t n = strspn(p, "0123456789"), m = strspn(q, "0123456789");
		unsigned long long x = n ? strtoull(p, NULL, 10) : 0;
		unsigned long long y = m ? strtoull(q, NULL, 10) : 0;

		if (n && m && x != y)
			return x < y ? -1 : 1;
		if (!(n && m) && *p != *q)
			return strcmp(p, q);
		p += n && m ? n : 1;
		q += n && m ? m : 1;
	}
	return *p || *q ? strcmp(p, q) : strcmp(a, b);
}

int words_order(const char *a, const char *b)
{
	double x = 0, y = 0;
	bool numbers = words_number(a, &x) && words_number(b, &y);
	int p = rank(a), q = rank(b);

	if (numbers && x != y)
		return x < y ? -1 : 1;
	return p != q ? p - q : by_letters(a, b);
}

void words_name(struct buf *out, const char *name)
{
	static const char *const known[][2] = {
		{"gpu", "GPU"},		  {"gpus", "GPUs"},	   {"peer", "peer GPU"},
		{"cpu_node", "CPU node"}, {"node", "memory node"}, {"p2p", "P2P"},
		{"member", "GPU"},	  {"coll", "collective"},  {"algo", "algorithm"},
		{"dir", "direction"},
	};

	for (size_t i = 0; i < sizeof(known) / sizeof(known[0]); i++) {
		if (!strcmp(name, known[i][0])) {
			buf_puts(out, known[i][1]);
			return;
		}
	}
	for (const char *c = name; *c; c++)
		buf_putc(out, *c == '_' ? ' ' : *c);
}

/* "0+1+2+5" as "0–2, 5" */
static void put_set(struct buf *out, const char *set)
{
	char *copy = mem_strdup(set), *save = NULL, *part[SET_MAX];
	size_t n = 0;

	for (char *s = strtok_r(copy, "+", &save); s && n < SET_MAX; s = strtok_r(NULL, "+", &save))
		part[n++] = s;
	words_values(out, "gpu", part, n);
	free(copy);
}

/* Values that people write in another way. */
static const struct {
	const char *name, *value, *words;
} written[] = {
	{"algo", "nvls", "NVLS"},
	{"algo", "ring", "Ring"},
	{"dir", "both", "both ways"},
	{"dir", "both_d2h", "d2h beside h2d"},
	{"dir", "both_h2d", "h2d beside d2h"},
	{"engine", "ce", "CE"},
	{"engine", "sm", "SM"},
	{"memory", "hugepage", "huge pages"},
	{"memory", "writecombined", "write-combined"},
	{"threads", "0", "one a core"},
};

void words_value(struct buf *out, const char *name, const char *value)
{
	const char *instance = strchr(value, ':');
	char size[40];
	double v;

	for (size_t i = 0; i < sizeof(written) / sizeof(written[0]); i++) {
		if (!strcmp(name, written[i].name) && !strcmp(value, written[i].value)) {
			buf_puts(out, written[i].words);
			return;
		}
	}
	if (!strcmp(name, "size") && words_number(value, &v))
		buf_puts(out, v > 0 ? units_size(size, sizeof(size), v) : "automatic");
	else if (!strcmp(name, "gpus"))
		put_set(out, value);
	else if (instance && (!strcmp(name, "gpu") || !strcmp(name, "peer")))
		buf_printf(out, "%.*s, MIG %s", (int)(instance - value), value, instance + 1);
	else
		buf_puts(out, value);
}

/* Labels that read as a sentence of their own. */
static const struct {
	const char *name, *value, *words;
} sayings[] = {
	{"gpu", "all", "all GPUs"},
	{"gpus", "all", "all GPUs"},
	{"peer", "none", "no peer"},
	{"member", "sum", "sum of all"},
	{"algo", "default", "default algorithm"},
};

void words_label(struct buf *out, const char *name, const char *value)
{
	static const char *const named[] = {"node", "cpu_node", "gpu", "gpus",
					    "peer", "p2p",	"load"};
	bool with_name = words_number(value, NULL) && strcmp(name, "size") != 0;

	for (size_t i = 0; i < sizeof(sayings) / sizeof(sayings[0]); i++) {
		if (!strcmp(name, sayings[i].name) && !strcmp(value, sayings[i].value)) {
			buf_puts(out, sayings[i].words);
			return;
		}
	}
	for (size_t i = 0; i < sizeof(named) / sizeof(named[0]); i++)
		with_name |= !strcmp(name, named[i]);
	if (with_name) {
		words_name(out, !strcmp(name, "gpus") && !strchr(value, '+') ? "gpu" : name);
		buf_putc(out, ' ');
	}
	words_value(out, name, value);
}

/* How many of v[0..n) count up by one, from the first on. */
static size_t run_of(char *const *v, size_t n)
{
	double first, x;
	size_t k = 1;

	if (!words_number(v[0], &first))
		return 1;
	while (k < n && words_number(v[k], &x) && x == first + (double)k)
		k++;
	return k;
}

void words_values(struct buf *out, const char *name, char *const *values, size_t n)
{
	bool size = !strcmp(name, "size");
	size_t told = 0;

	if (size && n > 3) {
		words_value(out, name, values[0]);
		buf_puts(out, " to ");
		words_value(out, name, values[n - 1]);
		return;
	}
	for (size_t i = 0; i < n; told++) {
		size_t k = size ? 1 : run_of(values + i, n - i);

		if (told)
			buf_puts(out, ", ");
		if (told == SOME) {
			buf_printf(out, "and %zu more", n - i);
			return;
		}
		words_value(out, name, values[i]);
		if (k > 1) {
			buf_puts(out, k > 2 ? "–" : ", ");
			words_value(out, name, values[i + k - 1]);
		}
		i += k;
	}
}

bool words_is_gpu(const char *name)
{
	return !strcmp(name, "gpu") || !strcmp(name, "peer") || !strcmp(name, "gpus") ||
	       !strcmp(name, "member");
}

/* Before the set of which a member is one: "GPU 3 of " */
static void put_member(struct buf *out, const char *labels)
{
	char *member = key_get(labels, "member");

	if (member && words_number(member, NULL))
		buf_printf(out, "GPU %s of ", member);
	free(member);
}

/*
 * The labels that name GPUs, or those that do not. A peer follows its GPU: "GPU 0 to GPU 3"; a
 * member stands before its set: "GPU 3 of GPUs 0–7".
 */
static void some_labels(struct buf *out, const char *labels, bool gpu)
{
	char *copy = mem_strdup(labels), *save = NULL;
	bool set = false;

	for (char *l = strtok_r(copy, ",", &save); l; l = strtok_r(NULL, ",", &save)) {
		char *eq = strchr(l, '=');
		bool pair;

		if (!eq)
			continue;
		*eq = '\0';
		if (words_is_gpu(l) != gpu ||
		    (gpu && !strcmp(l, "member") && words_number(eq + 1, NULL) && set))
			continue;
		set |= !strcmp(l, "gpus");
		pair = !strcmp(l, "peer") && strcmp(eq + 1, "none") != 0 && out->len;
		if (out->len)
			buf_puts(out, pair ? " to " : ", ");
		if (!strcmp(l, "gpus"))
			put_member(out, labels);
		words_label(out, pair ? "gpu" : l, eq + 1);
	}
	free(copy);
}

bool words_gpus(struct buf *out, const char *labels)
{
	struct buf words = BUF_INIT;
	bool any;

	some_labels(&words, labels, true);
	any = words.len > 0;
	buf_puts(out, buf_str(&words));
	buf_free(&words);
	return any;
}

void words_labels(struct buf *out, const char *labels)
{
	struct buf words = BUF_INIT;

	some_labels(&words, labels, true);
	some_labels(&words, labels, false);
	buf_puts(out, buf_str(&words));
	buf_free(&words);
}

/* Whether text is "a=1,b=2", every part of it a valid label. */
static bool is_labels(const char *text)
{
	char *copy = mem_strdup(text), *save = NULL;
	bool labels = strchr(text, '=') && text[0] != ',';

	for (char *l = strtok_r(copy, ",", &save); l && labels; l = strtok_r(NULL, ",", &save)) {
		char *eq = strchr(l, '=');

		if (eq)
			*eq = '\0';
		labels = eq && key_valid_name(l) && key_valid_value(eq + 1);
	}
	free(copy);
	return labels;
}

/* One word; a mark of punctuation at its end stays. */
static void put_word(struct buf *out, const char *word, size_t n, bool without_gpu)
{
	size_t end = n && strchr(":;.,)", word[n - 1]) ? n - 1 : n;
	char *key = mem_strndup(word, end);
	struct buf words = BUF_INIT;

	if (!is_labels(key)) {
		buf_add(out, word, n);
	} else {
		some_labels(&words, key, true);
		if (without_gpu)
			buf_reset(&words);
		some_labels(&words, key, false);
		buf_puts(out, buf_str(&words));
		if (words.len)
			buf_add(out, word + end, n - end);
	}
	buf_free(&words);
	free(key);
}

void words_text(struct buf *out, const char *text, bool without_gpu)
{
	while (*text) {
		size_t n = strcspn(text, " ");

		put_word(out, text, n, without_gpu);
		text += n;
		n = strspn(text, " ");
		buf_add(out, text, n);
		text += n;
	}
}

void words_cut(struct buf *out, const char *s, size_t n)
{
	size_t len = strlen(s);

	if (len <= n) {
		buf_add(out, s, len);
		return;
	}
	while (n && ((unsigned char)s[n] & 0xc0) == 0x80)
		n--;
	buf_add(out, s, n);
	buf_puts(out, "…");
}

void words_count(struct buf *out, unsigned n, const char *noun)
{
	buf_printf(out, "%u %s%s", n, noun, n == 1 ? "" : "s");
}
