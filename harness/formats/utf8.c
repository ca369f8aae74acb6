/* UTF-8: see utf8.h. */
#include "utf8.h"
#include "../base/buf.h"

#include <string.h>

/* Bytes of the character at s, 0 where there is none. */
static size_t one(const unsigned char *s, size_t n)
{
	unsigned char low = 0x80, high = 0xbf; /* range of the second byte */
	size_t len;

	if (s[0] < 0x80)
		return 1;
	if (s[0] >= 0xc2 && s[0] <= 0xdf)
		len = 2;
	else if (s[0] >= 0xe0 && s[0] <= 0xef)
		len = 3;
	else if (s[0] >= 0xf0 && s[0] <= 0xf4)
		len = 4;
	else
		return 0;
	if (s[0] == 0xe0)
		low = 0xa0;
	else if (s[0] == 0xed)
		high = 0x9f;
	else if (s[0] == 0xf0)
		low = 0x90;
	else if (s[0] == 0xf4)
		high = 0x8f;
	if (n < len || s[1] < low || s[1] > high)
		return 0;
	for (size_t i = 2; i < len; i++) {
		if ((s[i] & 0xc0) != 0x80)
			return 0;
	}
	return len;
}

size_t utf8_valid(const char *s, size_t n)
{
	size_t at = 0;

	while (at < n) {
		size_t len = one((const unsigned char *)s + at, n - at);

		if (!len)
			break;
		at += len;
	}
	return at;
}

char *utf8_repair(const char *s)
{
	struct buf out = BUF_INIT;
	size_t n = strlen(s);

	for (;;) {
		size_t good = utf8_valid(s, n);

		buf_add(&out, s, good);
		if (good == n)
			return buf_steal(&out);
		buf_puts(&out, "\xef\xbf\xbd");
		s += good + 1;
		n -= good + 1;
	}
}
