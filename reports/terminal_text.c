/* Text on a terminal: what it can show, in columns. See terminal.h. */
#include "terminal.h"
#include "text.h"
#include "../harness/base/mem.h"

#include <stdlib.h>
#include <string.h>

#define NAME_WIDTH 14 /* of term_named */

void term_open(struct term *t, struct buf *out, const struct terminal_style *style)
{
	*t = (struct term){.out = out, .style = *style};
	t->style.columns = style->columns < 60 ? 60 : style->columns > 120 ? 120 : style->columns;
}

/* What ASCII terminals get in place of the marks. */
static const char *const plain[][2] = {
	{"●", "+"}, {"✕", "x"}, {"–", "-"}, {"◌", "?"},	  {"·", "|"}, {"▼", "v"},
	{"▲", "^"}, {"×", "x"}, {"±", "~"}, {"…", "..."}, {"’", "'"}, {"µ", "u"},
};

void term_put(struct term *t, const char *s)
{
	struct buf clean = BUF_INIT;

	text_plain(&clean, s);
	for (const char *p = buf_str(&clean); *p;) {
		size_t n = text_char(p), i = 0, known = sizeof(plain) / sizeof(plain[0]);

		while (i < known && strncmp(p, plain[i][0], n) != 0)
			i++;
		if (t->style.utf8 || n == 1)
			buf_add(t->out, p, n);
		else
			buf_puts(t->out, i < known ? plain[i][1] : "?");
		p += n;
	}
	buf_free(&clean);
}

void term_colour(struct term *t, const char *code)
{
	if (t->style.colour)
		buf_printf(t->out, "\033[%sm", code);
}

void term_pad(struct term *t, size_t n)
{
	while (n--)
		buf_putc(t->out, ' ');
}

void term_wrap(struct term *t, const char *s, size_t at, size_t indent)
{
	char *copy = mem_strdup(s), *save = NULL;
	bool first = true;

	for (char *w = strtok_r(copy, " \n", &save); w; w = strtok_r(NULL, " \n", &save)) {
		size_t width = text_width(w);

		if (!first && at + 1 + width > t->style.columns) {
			buf_putc(t->out, '\n');
			term_pad(t, indent);
			at = indent;
			first = true;
		}
		if (!first) {
			buf_putc(t->out, ' ');
			at++;
		}
		term_put(t, w);
		at += width;
		first = false;
	}
	buf_putc(t->out, '\n');
	free(copy);
}

void term_heading(struct term *t, const char *text)
{
	buf_putc(t->out, '\n');
	term_colour(t, "1");
	term_put(t, text);
	term_colour(t, "0");
	buf_putc(t->out, '\n');
	for (size_t i = 0; i < t->style.columns; i++)
		buf_puts(t->out, t->style.utf8 ? "─" : "-");
	buf_putc(t->out, '\n');
}

void term_cell(struct term *t, const char *text, size_t width)
{
	size_t w = text_width(text);

	term_pad(t, w < width ? width - w : 0);
	term_put(t, text);
}

/* The first characters, as many as fit; returns how many these are. */
static size_t put_some(struct term *t, const char *s, size_t width)
{
	size_t w = 0;

	for (; *s && w < width; w++) {
		char one[5] = "";

		memcpy(one, s, text_char(s));
		term_put(t, one);
		s += strlen(one);
	}
	return w;
}

/* Where it is cut the last part stays, which is mostly a size: "GPU 3, d2h bes…, 64 KiB". */
void term_label(struct term *t, const char *text, size_t width)
{
	struct buf clean = BUF_INIT;

	text_plain(&clean, text);
	const char *s = buf_str(&clean), *tail = "";
	size_t w;

	if (text_width(s) <= width) {
		w = put_some(t, s, width);
	} else {
		for (const char *p = s; (p = strstr(p, ", ")); p += 2)
			tail = p;
		if (text_width(tail) > width / 2)
			tail = "";
		w = put_some(t, s, width - text_width(tail) - 1);
		term_put(t, t->style.utf8 ? "…" : "~");
		w += 1 + put_some(t, tail, width);
	}
	term_pad(t, width - w);
	buf_free(&clean);
}

void term_named(struct term *t, const char *name, const char *text)
{
	term_put(t, name);
	term_pad(t, NAME_WIDTH - text_width(name));
	term_wrap(t, text, NAME_WIDTH, NAME_WIDTH);
}

void term_simulated(struct term *t, const struct bundle_data *d)
{
	const char *simulated = bundle_value(d, NULL, "simulated");

	if (!simulated)
		return;
	char *line = mem_printf("SIMULATED: %s. No number here says anything about a machine.",
				simulated);
	term_colour(t, "1;33");
	term_wrap(t, line, 0, 0);
	term_colour(t, "0");
	buf_putc(t->out, '\n');
	free(line);
}

void term_verdict(struct term *t, enum exit_code exit, const char *mark, const char *word,
		  const char *sentence)
{
	char *line = mem_printf("%s %s.", mark, word);

	term_colour(t, exit == EXIT_PASSED ? "1;32" : exit == EXIT_FAILED ? "1;31" : "1;33");
	term_put(t, line);
	term_colour(t, "0");
	buf_putc(t->out, ' ');
	term_wrap(t, sentence, text_width(line) + 1, 0);
	free(line);
}
