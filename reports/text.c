/* Text for people: see text.h. */
#include "text.h"

#include <math.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

size_t text_char(const char *s)
{
	const unsigned char *u = (const unsigned char *)s;
	size_t n = u[0] < 0x80 ? 1 : u[0] < 0xc2 ? 0 : u[0] < 0xe0 ? 2 : u[0] < 0xf0 ? 3 : 4;

	if (u[0] > 0xf4)
		return 0;
	for (size_t i = 1; i < n; i++)
		if ((u[i] & 0xc0) != 0x80)
			return 0;
	/* overlong forms, surrogates, beyond U+10FFFF */
	if ((u[0] == 0xe0 && u[1] < 0xa0) || (u[0] == 0xed && u[1] > 0x9f) ||
	    (u[0] == 0xf0 && u[1] < 0x90) || (u[0] == 0xf4 && u[1] > 0x8f))
		return 0;
	return n;
}

size_t text_width(const char *s)
{
	size_t n = 0;

	for (; *s; s++)
		n += ((unsigned char)*s & 0xc0) != 0x80;
	return n;
}

/* C0, DEL and C1 controls. */
static bool control(const char *s, size_t n)
{
	unsigned char c = (unsigned char)s[0];

	return c < 0x20 || c == 0x7f || (n == 2 && c == 0xc2 && (unsigned char)s[1] < 0xa0);
}

void text_plain(struct buf *out, const char *s)
{
	while (*s) {
		size_t n = text_char(s);

		if (n && !control(s, n))
			buf_add(out, s, n);
		else
			buf_puts(out, *s == '\n' || *s == '\t' ? " " : "?");
		s += n ? n : 1;
	}
}

static void escape(struct buf *out, const char *s)
{
	while (*s) {
		size_t n = text_char(s);

		if (*s == '&')
			buf_puts(out, "&amp;");
		else if (*s == '<')
			buf_puts(out, "&lt;");
		else if (*s == '>')
			buf_puts(out, "&gt;");
		else if (*s == '"')
			buf_puts(out, "&quot;");
		else if (*s == '\'')
			buf_puts(out, "&#39;");
		else if (*s == '\n' || *s == '\t')
			buf_putc(out, ' ');
		else if (!n || control(s, n))
			buf_puts(out, "\xef\xbf\xbd");
		else
			buf_add(out, s, n);
		s += n ? n : 1;
	}
}

static void put_decimal(struct buf *out, int digits, double v)
{
	char text[64];

	snprintf(text, sizeof(text), "%.*f", digits, v);
	if (strchr(text, '.')) {
		size_t n = strlen(text);

		while (text[n - 1] == '0')
			n--;
		text[text[n - 1] == '.' ? n - 1 : n] = '\0';
	}
	buf_puts(out, strcmp(text, "-0") != 0 ? text : "0");
}

void html_put(struct buf *out, const char *fmt, ...)
{
	va_list ap;

	va_start(ap, fmt);
	for (const char *p = fmt; *p; p++) {
		size_t run = strcspn(p, "%");

		buf_add(out, p, run);
		p += run;
		if (!*p)
			break;
		switch (*++p) {
		case 's':
			escape(out, va_arg(ap, const char *));
			break;
		case 'c':
			buf_putc(out, (char)va_arg(ap, int));
			break;
		case 'd':
			buf_printf(out, "%d", va_arg(ap, int));
			break;
		case 'u':
			buf_printf(out, "%u", va_arg(ap, unsigned));
			break;
		case 'z': /* %zu */
			buf_printf(out, "%zu", va_arg(ap, size_t));
			p++;
			break;
		case '.': /* %.Nf */
			put_decimal(out, p[1] - '0', va_arg(ap, double));
			p += 2;
			break;
		case '%':
			buf_putc(out, '%');
			break;
		default:
			abort(); /* a programming error, seen by the first test that comes here */
		}
	}
	va_end(ap);
}

const char *text_number(char *out, size_t n, double v, const struct scale *sc)
{
	return units_digits(out, n, v / sc->factor, 4);
}

const char *text_percent(char *out, size_t n, double share)
{
	double v = fabs(share * 100);

	if (v == 0)
		snprintf(out, n, "0");
	else if (v < 0.01)
		snprintf(out, n, "<0.01");
	else if (v < 0.995)
		snprintf(out, n, "%.2f", v);
	else if (v < 9.95)
		snprintf(out, n, "%.1f", v);
	else
		snprintf(out, n, "%.0f", v);
	return out;
}

double text_halfwidth(const struct result *r)
{
	const struct summary *s = &r->s;

	if (s->n < 2 || !(fabs(s->median) > 0) || !isfinite(s->ci_lo) || !isfinite(s->ci_hi))
		return NAN;
	return fmax(s->ci_hi - s->median, s->median - s->ci_lo) / fabs(s->median);
}

double text_spread(const struct result *r)
{
	return r->s.n > 1 && fabs(r->s.median) > 0 ? r->s.mad / fabs(r->s.median) : NAN;
}

double text_share(const struct result *r)
{
	return r->ceiling > 0 && r->s.n ? r->s.median / r->ceiling : NAN;
}

static int by_size(const void *a, const void *b)
{
	size_t x = *(const size_t *)a, y = *(const size_t *)b;

	return (x > y) - (x < y);
}

void text_sampling(struct buf *out, const struct result *r, const char *times)
{
	size_t n[64], k = 0;

	for (size_t i = 0; i < r->processes && k < 64; i++)
		if (r->process[i].valid)
			n[k++] = r->process[i].n;
	if (!k) {
		buf_puts(out, "0");
		return;
	}
	qsort(n, k, sizeof(*n), by_size);
	buf_printf(out, "%zu %s %zu", r->processes_valid, times, n[k / 2]);
}

const char *text_verdict(enum exit_code exit)
{
	switch (exit) {
	case EXIT_PASSED:
		return "Passed";
	case EXIT_FAILED:
		return "Failed";
	case EXIT_NOTHING:
		return "Nothing measured";
	default:
		return "Inconclusive";
	}
}

const char *text_verdict_mark(enum exit_code exit)
{
	return exit == EXIT_PASSED    ? "●"
	       : exit == EXIT_FAILED  ? "✕"
	       : exit == EXIT_NOTHING ? "–"
				      : "◌";
}

const char *text_status_word(enum status s)
{
	static const char *const words[ST_N] = {
		[ST_PASS] = "passed", [ST_FAIL] = "failed",	  [ST_SKIP] = "skipped",
		[ST_ERROR] = "error", [ST_TIMEOUT] = "timed out", [ST_BUSY] = "busy",
	};

	return words[s];
}

void text_sentence(struct buf *out, const char *s)
{
	size_t n = strspn(s, "abcdefghijklmnopqrstuvwxyz");
	bool plain = n && (s[n] == ' ' || s[n] == ',');

	if (plain)
		buf_putc(out, (char)(s[0] - 'a' + 'A'));
	buf_puts(out, s + plain);
}

const char *text_status_mark(enum status s)
{
	static const char *const marks[ST_N] = {
		[ST_PASS] = "●",  [ST_FAIL] = "✕",    [ST_SKIP] = "–",
		[ST_ERROR] = "✕", [ST_TIMEOUT] = "✕", [ST_BUSY] = "◌",
	};

	return marks[s];
}
