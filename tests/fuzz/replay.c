/*
 * Runs a fuzzer's corpus once, without libFuzzer, as TAP: replay_NAME reads
 * tests/fuzz/corpus/NAME/. A crash leaves fewer lines than announced.
 */
#include "../../harness/base/buf.h"
#include "../../harness/base/err.h"
#include "../../harness/base/mem.h"
#include "../../harness/formats/slurp.h"
#include "fuzz.h"

#include <dirent.h>
#include <stdio.h>
#include <string.h>

static int visible(const struct dirent *d)
{
	return d->d_name[0] != '.';
}

int main(int argc, char **argv)
{
	const char *file = strrchr(argv[0], '/');
	char *dir =
		mem_printf("tests/fuzz/corpus/%s", (file ? file + 1 : argv[0]) + strlen("replay_"));
	struct dirent **entry;
	int n = scandir(dir, &entry, visible, alphasort);

	printf("1..%d\n", n);
	for (int i = 0; i < n; i++) {
		char *path = mem_printf("%s/%s", dir, entry[i]->d_name);
		struct buf text = BUF_INIT;
		struct err e = ERR_INIT;
		int rc = slurp(&text, path, SIZE_MAX, &e);

		fflush(stdout);
		if (!rc)
			rc = LLVMFuzzerTestOneInput((const uint8_t *)buf_str(&text), text.len);
		printf("%s %d - %s\n", rc ? "not ok" : "ok", i + 1, path);
		buf_free(&text);
		free(path);
		free(entry[i]);
	}
	if (n >= 0)
		free(entry);
	free(dir);
	return n > 0 ? 0 : 1;
}
