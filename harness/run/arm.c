/* Arms: see arm.h. */
#include "arm.h"
#include "../base/buf.h"
#include "../base/mem.h"
#include "../base/self.h"
#include "../formats/key.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>
#include <wordexp.h>

/* The launcher's program, absolute where it is a file of ours or the user's. Caller frees. */
static char *find_program(const char *word, const char *scripts, struct err *e)
{
	if (strchr(word, '/')) {
		char *full = access(word, X_OK) ? NULL : realpath(word, NULL);

		if (!full)
			err_set(e, EINVAL, "the launcher %s cannot be executed: %s", word,
				strerror(errno));
		return full;
	}
	for (size_t i = 0; scripts && i < 2; i++) {
		char *full = i ? mem_printf("%s/in-%s", scripts, word)
			       : mem_printf("%s/%s", scripts, word);

		if (!access(full, X_OK) && !strncmp(strrchr(full, '/'), "/in-", 4))
			return full;
		free(full);
	}
	char *found = self_search_path(word);
	if (found) {
		free(found);
		return mem_strdup(word); /* the name stays: execvp finds it */
	}
	err_set(e, EINVAL,
		"there is no launcher \"%s\": name a program, or one of scripts/in-* as podman",
		word);
	return NULL;
}

/* 'it''s' for a word that a shell would split or change. */
static void quote(struct buf *out, const char *word)
{
	if (out->len)
		buf_putc(out, ' ');
	if (*word && !word[strspn(word, "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ"
					"0123456789_./:=,+@%-")]) {
		buf_puts(out, word);
		return;
	}
	buf_putc(out, '\'');
	for (; *word; word++)
		buf_puts(out, *word == '\'' ? "'\\''" : (char[]){*word, '\0'});
	buf_putc(out, '\'');
}

static int split(struct arm *a, const char *text, const char *scripts, struct err *e)
{
	struct buf all = BUF_INIT;
	wordexp_t w;
	int rc = 0;

	if (wordexp(text, &w, WRDE_NOCMD | WRDE_UNDEF))
		return err_set(e, EINVAL,
			       "launcher: cannot split \"%s\" into words; quote what a shell would "
			       "not take literally",
			       text);
	if (!w.we_wordc || w.we_wordc > ARM_WORDS)
		rc = err_set(e, EINVAL, "a launcher has 1 to %d words", ARM_WORDS);
	for (size_t i = 0; i < w.we_wordc && !rc; i++) {
		char *word =
			i ? mem_strdup(w.we_wordv[i]) : find_program(w.we_wordv[0], scripts, e);

		if (!word) {
			rc = -EINVAL;
			break;
		}
		a->word[a->words++] = word;
		quote(&all, word);
	}
	wordfree(&w);
	a->launcher = buf_steal(&all);
	return rc;
}

/* What a launcher is called: "podman" for …/in-podman. */
static char *default_name(const struct arm *a)
{
	const char *base = strrchr(a->word[0], '/');

	base = base ? base + 1 : a->word[0];
	return mem_strdup(strncmp(base, "in-", 3) ? base : base + 3);
}

int arm_parse(struct arm *a, const char *text, const char *scripts, const char *program,
	      struct err *e)
{
	size_t n = strcspn(text, "=");
	int rc = 0;

	*a = (struct arm){.program = program, .throttled_periods = -1, .throttled_s = -1};
	if (text[n] && !memchr(text, '/', n) && !memchr(text, ' ', n)) {
		a->name = mem_strndup(text, n);
		text += n + 1;
	}
	if (!strcmp(text, "host")) {
		a->launcher = mem_strdup("");
	} else {
		rc = split(a, text, scripts, e);
		if (!rc && !a->name)
			a->name = default_name(a);
	}
	if (!rc && !a->name)
		a->name = mem_strdup("host");
	if (!rc && !key_valid_value(a->name))
		rc = err_set(e, EINVAL,
			     "\"%s\" is no name of an arm; use letters, digits and _.:+-", a->name);
	if (rc)
		arm_free(a);
	return rc;
}

void arm_rename(struct arm *a, const char *name)
{
	char *copy = mem_strdup(name);

	free(a->name);
	a->name = copy;
}

void arm_free(struct arm *a)
{
	for (size_t i = 0; i < a->words; i++)
		free(a->word[i]);
	free(a->name);
	free(a->launcher);
	machine_free(&a->m);
	memset(a, 0, sizeof(*a));
}
