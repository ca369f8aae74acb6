/*
 * Keys in words. It knows labels by the conventions of the metric key (gpu, node, cpu_node,
 * size in bytes), not by benchmark; any other label reads as its value, or name and number.
 */
#include "words.h"
#include "../base/mem.h"
#include "../base/units.h"
#include "../formats/key.h"

#include <stdlib.h>
#include <string.h>

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

void words_name(struct buf *out, const char *name)
{
	if (!strcmp(name, "gpu"))
		buf_puts(out, "GPU");
	else if (!strcmp(name, "cpu_node"))
		buf_puts(out, "CPU node");
	else if (!strcmp(name, "node"))
		buf_puts(out, "memory node");
	else
		for (const char *c = name; *c; c++)
			buf_putc(out, *c == '_' ? ' ' : *c);
}

void words_value(struct buf *out, const char *name, const char *value)
{
	char size[40];
	double v;

	if (!strcmp(name, "size") && words_number(value, &v))
		buf_puts(out, v > 0 ? units_size(size, sizeof(size), v) : "automatic");
	else
		buf_puts(out, value);
}

void words_label(struct buf *out, const char *name, const char *value)
{
	bool number = words_number(value, NULL);

	if (!strcmp(name, "gpu") && !strcmp(value, "all")) {
		buf_puts(out, "all GPUs");
		return;
	}
	if ((number && strcmp(name, "size") != 0) || !strcmp(name, "node") ||
	    !strcmp(name, "cpu_node") || !strcmp(name, "gpu")) {
		words_name(out, name);
		buf_putc(out, ' ');
	}
	words_value(out, name, value);
}

/* The labels that are gpu, or those that are not. */
static void some_labels(struct buf *out, const char *labels, bool gpu)
{
	char *copy = mem_strdup(labels), *save = NULL;

	for (char *l = strtok_r(copy, ",", &save); l; l = strtok_r(NULL, ",", &save)) {
		char *eq = strchr(l, '=');

		if (!eq)
			continue;
		*eq = '\0';
		if (!strcmp(l, "gpu") != gpu)
			continue;
		if (out->len)
			buf_puts(out, ", ");
		words_label(out, l, eq + 1);
	}
	free(copy);
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
