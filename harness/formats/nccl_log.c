/*
 * What NCCL prints about itself: see nccl_log.h. The lines read, after "… NCCL INFO ":
 *   Channel 00/0 : 0[0] -> 1[1] via P2P/CUMEM
 *   Channel 00 : 2[2] -> 3[3] via SHM/direct/direct
 *   Channel 00/0 : 7[7] -> 8[0] [send] via NET/IB/0/GDRDMA
 *   NVLS multicast support is [not ]available on dev 0 (NVLS_NCHANNELS 16)
 *   24 coll channels, 16 collnet channels, 16 nvls channels, 32 p2p channels, …
 *   AllReduce: 1048576 Bytes -> Algo RING proto LL128 channel{Lo..Hi}={0..23}
 *   1048576 Bytes -> Algo 4 proto 2 time 27.400000     (up to 2.23: numbers)
 */
#include "nccl_log.h"

#include <ctype.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* The numbers of older versions, in NCCL's order. */
static const char *const algorithms[] = {
	"TREE", "RING", "COLLNET_DIRECT", "COLLNET_CHAIN", "NVLS", "NVLS_TREE", "PAT"};
static const char *const protocols[] = {"LL", "LL128", "SIMPLE"};
static const char *const ways[] = {"none", "P2P", "SHM", "NET", "other"};

/* A word up to a blank in capitals; a number becomes the word that it stands for. */
static const char *take_word(char *out, size_t size, const char *s, const char *const *names,
			     size_t n)
{
	size_t len = 0;
	char *end;
	unsigned long number = strtoul(s, &end, 10);

	while (s[len] && s[len] != ' ')
		len++;
	if (isdigit((unsigned char)*s) && end == s + len && number < n)
		snprintf(out, size, "%s", names[number]);
	else
		snprintf(out, size, "%.*s", (int)(len < size ? len : size - 1), s);
	for (char *c = out; *c; c++)
		*c = (char)toupper((unsigned char)*c);
	return s + len;
}

static bool take_choice(struct nccl_log *l, const char *s)
{
	static const char algo[] = "Bytes -> Algo ", proto[] = " proto ";
	const char *at = strstr(s, algo);
	struct nccl_choice c = {"", ""};

	if (!at)
		return false;
	at = take_word(c.algorithm, sizeof(c.algorithm), at + sizeof(algo) - 1, algorithms,
		       sizeof(algorithms) / sizeof(algorithms[0]));
	if (strncmp(at, proto, sizeof(proto) - 1) != 0)
		return false;
	take_word(c.protocol, sizeof(c.protocol), at + sizeof(proto) - 1, protocols,
		  sizeof(protocols) / sizeof(protocols[0]));
	l->choice = c;
	return true;
}

/* "12[3]": the number before the bracket. NULL where it is none. */
static const char *take_rank(const char *s, int *rank)
{
	char *end;
	long v;

	if (!isdigit((unsigned char)*s))
		return NULL;
	v = strtol(s, &end, 10);
	if (*end != '[' || v >= NCCL_LOG_RANKS)
		return NULL;
	*rank = (int)v;
	end = strchr(end, ']');
	return end ? end + 1 : NULL;
}

static enum nccl_way way_of(const char *word)
{
	for (int w = NCCL_WAY_P2P; w < NCCL_WAY_OTHER; w++) {
		size_t n = strlen(ways[w]);

		if (!strncmp(word, ways[w], n) && (!word[n] || word[n] == '/' || word[n] == ' '))
			return (enum nccl_way)w;
	}
	return NCCL_WAY_OTHER;
}

static bool take_channel(struct nccl_log *l, const char *s)
{
	const char *colon, *via;
	enum nccl_way w;
	int from, to;

	if (strncmp(s, "Channel ", 8) != 0 || !(colon = strstr(s, " : ")))
		return false;
	s = take_rank(colon + 3, &from);
	if (!s || strncmp(s, " -> ", 4) != 0 || !(s = take_rank(s + 4, &to)))
		return false;
	via = strstr(s, " via ");
	if (!via)
		return false;
	via += 5;
	w = way_of(via);
	if (!*l->words[w])
		snprintf(l->words[w], sizeof(l->words[w]), "%.*s", (int)strcspn(via, " "), via);
	if (w > l->way[from][to])
		l->way[from][to] = (unsigned char)w;
	return true;
}

static bool take_nvls(struct nccl_log *l, const char *s)
{
	const char *channels = strstr(s, " nvls channels");

	if (!strncmp(s, "NVLS multicast support is ", 26)) {
		if (!strncmp(s + 26, "not ", 4))
			l->no_nvls = true;
		else
			l->nvls = true;
		return true;
	}
	if (!channels || !strstr(s, " coll channels"))
		return false;
	while (channels > s && isdigit((unsigned char)channels[-1]))
		channels--;
	l->nvls_counted = true;
	l->nvls_built |= strtoul(channels, NULL, 10) > 0;
	return true;
}

void nccl_log_line(struct nccl_log *l, const char *line)
{
	static const char mark[] = "NCCL INFO ";
	const char *s = strstr(line, mark);

	if (!s)
		return;
	s += sizeof(mark) - 1;
	l->lines += take_channel(l, s) || take_nvls(l, s) || take_choice(l, s);
}

void nccl_log_next(struct nccl_log *l)
{
	memset(&l->choice, 0, sizeof(l->choice));
}

bool nccl_log_nvls(const struct nccl_log *l)
{
	return l->nvls && !l->no_nvls && (l->nvls_built || !l->nvls_counted);
}

const char *nccl_log_worst(const struct nccl_log *l, enum nccl_way *way)
{
	*way = NCCL_WAY_NONE;
	for (int i = 0; i < NCCL_LOG_RANKS; i++) {
		for (int k = 0; k < NCCL_LOG_RANKS; k++) {
			if (l->way[i][k] > *way)
				*way = (enum nccl_way)l->way[i][k];
		}
	}
	return ways[*way];
}

/* Whether all ways of that kind begin or end at the rank. */
static bool all_touch(const struct nccl_log *l, enum nccl_way way, int rank, bool *any)
{
	for (int i = 0; i < NCCL_LOG_RANKS; i++) {
		for (int k = 0; k < NCCL_LOG_RANKS; k++) {
			if (l->way[i][k] != way)
				continue;
			*any = true;
			if (i != rank && k != rank)
				return false;
		}
	}
	return true;
}

int nccl_log_culprit(const struct nccl_log *l, enum nccl_way way)
{
	int found = -1;

	for (int r = 0; r < NCCL_LOG_RANKS; r++) {
		bool any = false;

		if (!all_touch(l, way, r, &any) || !any)
			continue;
		if (found >= 0)
			return -1; /* one pair alone: either could be it */
		found = r;
	}
	return found;
}
