/* Any lines as NCCL's: words stay within their bounds, and a second reading says the same. */
#include "fuzz.h"
#include "../../harness/base/mem.h"
#include "../../harness/formats/nccl_log.h"

#include <string.h>

static void read_all(struct nccl_log *l, const char *text)
{
	char *copy = mem_strdup(text), *save = NULL;

	memset(l, 0, sizeof(*l));
	for (char *s = strtok_r(copy, "\n", &save); s; s = strtok_r(NULL, "\n", &save))
		nccl_log_line(l, s);
	free(copy);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	char *text = mem_strndup((const char *)data, size);
	struct nccl_log l, again;
	enum nccl_way way;

	read_all(&l, text);
	read_all(&again, text);
	must(!memcmp(&l, &again, sizeof(l)));
	must(memchr(l.choice.algorithm, 0, sizeof(l.choice.algorithm)));
	must(memchr(l.choice.protocol, 0, sizeof(l.choice.protocol)));
	for (int w = 0; w <= NCCL_WAY_OTHER; w++)
		must(memchr(l.words[w], 0, sizeof(l.words[w])));
	must(nccl_log_worst(&l, &way) && way <= NCCL_WAY_OTHER);
	must(nccl_log_culprit(&l, way) < NCCL_LOG_RANKS);
	nccl_log_next(&l);
	must(!l.choice.algorithm[0]);
	free(text);
	return 0;
}
