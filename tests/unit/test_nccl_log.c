/* What NCCL prints: lines of several versions, and who is to blame for a slow way. */
#include "../../harness/formats/nccl_log.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>

static struct nccl_log *fresh(void)
{
	static struct nccl_log l;

	memset(&l, 0, sizeof(l));
	return &l;
}

/* A line as NCCL begins it. */
static void say(struct nccl_log *l, const char *text)
{
	char line[512];

	snprintf(line, sizeof(line), "node-7:4242:4301 [3] NCCL INFO %s", text);
	nccl_log_line(l, line);
}

static void channel(struct nccl_log *l, int from, int to, const char *way)
{
	char text[128];

	snprintf(text, sizeof(text), "Channel 00/0 : %d[%d] -> %d[%d] via %s", from, from, to, to,
		 way);
	say(l, text);
}

static void ways(void **state)
{
	struct nccl_log *l = fresh();
	enum nccl_way way;

	assert_string_equal(nccl_log_worst(l, &way), "none");
	say(l, "Channel 00/0 : 0[0] -> 1[1] via P2P/CUMEM/read");
	say(l, "Channel 01/0 : 1[1a000] -> 2[3c000] via P2P/IPC");
	say(l, "Channel 30/0 : 2[2] -> 3[6] via P2P/direct pointer");
	assert_string_equal(nccl_log_worst(l, &way), "P2P");
	assert_string_equal(l->words[NCCL_WAY_P2P], "P2P/CUMEM/read");
	assert_int_equal(l->way[2][3], NCCL_WAY_P2P);
	assert_int_equal(l->way[3][2], NCCL_WAY_NONE);
	say(l, "Channel 02 : 3[3] -> 0[0] via SHM/direct/direct comm 0x55d nRanks 04");
	assert_string_equal(nccl_log_worst(l, &way), "SHM");
	assert_string_equal(l->words[way], "SHM/direct/direct");
	say(l, "Channel 00/0 : 7[7] -> 8[0] [send] via NET/IB/0/GDRDMA");
	assert_string_equal(nccl_log_worst(l, &way), "NET");
	say(l, "Channel 00/0 : 0[0] -> 1[1] via TELEPATHY/0");
	assert_string_equal(nccl_log_worst(l, &way), "other");
	assert_int_equal(l->lines, 6);
}

static void lines_that_are_none(void **state)
{
	static const char *const lines[] = {
		"Channel 00/24 : 0 1 2 3 4 5 6 7",
		"Channel 00/0 : 0[0] -> 1[1]",
		"Channel 00/0 : 64[0] -> 1[1] via P2P/CUMEM",
		"Channel 00/0 : -1[0] -> 1[1] via P2P/CUMEM",
		"Channel 00/0 : 0[0 -> 1 via P2P/CUMEM",
		"Bytes -> Algo RING",
		"AllReduce: opCount 1 sendbuff 0x1 recvbuff 0x2 count 4096",
		"Connected all rings",
		"",
	};
	struct nccl_log *l = fresh();
	struct nccl_log empty;

	memset(&empty, 0, sizeof(empty));
	for (size_t i = 0; i < sizeof(lines) / sizeof(lines[0]); i++)
		say(l, lines[i]);
	nccl_log_line(l, "Channel 00/0 : 0[0] -> 1[1] via SHM/direct/direct"); /* not NCCL's */
	assert_memory_equal(l, &empty, sizeof(empty));
}

static void choices(void **state)
{
	struct nccl_log *l = fresh();

	say(l, "AllReduce: 1073741824 Bytes -> Algo NVLS proto SIMPLE channel{Lo..Hi}={0..15}");
	assert_string_equal(l->choice.algorithm, "NVLS");
	assert_string_equal(l->choice.protocol, "SIMPLE");
	say(l, "8388608 Bytes -> Algo Ring proto LL128 channel{Lo..Hi}={0..15}");
	assert_string_equal(l->choice.algorithm, "RING");
	assert_string_equal(l->choice.protocol, "LL128");
	say(l, "32768 Bytes -> Algo 0 proto 0 time 8.400000"); /* up to 2.23 */
	assert_string_equal(l->choice.algorithm, "TREE");
	assert_string_equal(l->choice.protocol, "LL");
	say(l, "32768 Bytes -> Algo 99 proto 7 time 8.400000"); /* of a version to come */
	assert_string_equal(l->choice.algorithm, "99");
	assert_string_equal(l->choice.protocol, "7");
	nccl_log_next(l);
	assert_string_equal(l->choice.algorithm, "");
}

static void nvls(void **state)
{
	struct nccl_log *l = fresh();

	assert_false(nccl_log_nvls(l));
	say(l, "NVLS multicast support is available on dev 0"); /* 2.18: nothing is counted */
	assert_true(nccl_log_nvls(l));
	say(l, "24 coll channels, 0 collnet channels, 0 nvls channels, 32 p2p channels");
	assert_false(nccl_log_nvls(l));
	say(l, "24 coll channels, 16 nvls channels, 32 p2p channels, 32 p2p channels per peer");
	assert_true(nccl_log_nvls(l));
	say(l, "NVLS multicast support is not available on dev 3 (NVLS_NCHANNELS 0)");
	assert_false(nccl_log_nvls(l));
}

static void culprits(void **state)
{
	struct nccl_log *l = fresh();

	for (int r = 0; r < 8; r++)
		channel(l, r, (r + 1) % 8, "P2P/CUMEM");
	assert_int_equal(nccl_log_culprit(l, NCCL_WAY_SHM), -1);
	channel(l, 2, 3, "SHM/direct/direct"); /* one pair: either could be it */
	assert_int_equal(nccl_log_culprit(l, NCCL_WAY_SHM), -1);
	channel(l, 3, 4, "SHM/direct/direct");
	assert_int_equal(nccl_log_culprit(l, NCCL_WAY_SHM), 3);
	channel(l, 6, 7, "SHM/direct/direct"); /* and elsewhere: no one in common */
	assert_int_equal(nccl_log_culprit(l, NCCL_WAY_SHM), -1);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(ways),	    cmocka_unit_test(lines_that_are_none),
		cmocka_unit_test(choices),  cmocka_unit_test(nvls),
		cmocka_unit_test(culprits),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
