/* placement and maps: what the kernel says about pages, and what is made of it. */
#include "../../harness/probe/maps.h"
#include "../../harness/probe/placement.h"

#include <errno.h>
#include <linux/filter.h>
#include <linux/seccomp.h>
#include <sched.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/syscall.h>
#include <unistd.h>

#include <cmocka.h>

static FILE *text_file(const char *text)
{
	FILE *f = tmpfile();

	assert_non_null(f);
	fputs(text, f);
	rewind(f);
	return f;
}

static const char smaps[] = "10000000-10400000 rw-p 00000000 00:00 0\n"
			    "Size:               4096 kB\n"
			    "Rss:                4096 kB\n"
			    "AnonHugePages:      2048 kB\n"
			    "VmFlags: rd wr mr mw me ac hg\n"
			    "20000000-20400000 rw-p 00000000 00:00 0 [heap]\n"
			    "Rss:                1000 kB\n"
			    "AnonHugePages:         0 kB\n";

static void huge_pages_of_one_mapping(void **state)
{
	FILE *f = text_file(smaps);
	struct maps_huge h = maps_huge(f, 0x10000000, 0x10400000);

	assert_int_equal(h.resident_bytes, 4096 << 10);
	assert_int_equal(h.thp_bytes, 2048 << 10);
	rewind(f);
	h = maps_huge(f, 0x10200000, 0x20001000);
	assert_int_equal(h.resident_bytes, 5096 << 10);
	rewind(f);
	h = maps_huge(f, 0x10400000, 0x20000000); /* the gap between both */
	assert_int_equal(h.resident_bytes, 0);
	fclose(f);
}

static const char numa_maps[] =
	"10000000 bind:0 anon=512 dirty=512 N0=500 N1=12 kernelpagesize_kB=4\n"
	"10200000 default anon=7 dirty=7 N2=7 kernelpagesize_kB=4\n"
	"20000000 bind:1 anon=2 dirty=2 huge N1=2 kernelpagesize_kB=2048\n"
	"7ffc00000000 default stack anon=3 dirty=3 N0=3 kernelpagesize_kB=4\n";

static void nodes_of_a_mapping(void **state)
{
	FILE *f = text_file(numa_maps);
	struct maps_nodes m = maps_nodes(f, 0x10000000, 0x10200000, 0);

	assert_int_equal(m.here_bytes, 500 * 4096);
	assert_int_equal(m.elsewhere_bytes, 12 * 4096);
	assert_int_equal(m.found, 1);
	rewind(f);
	m = maps_nodes(f, 0x20001000, 0x20002000, 1); /* inside a mapping: the one before counts */
	assert_int_equal(m.here_bytes, 4 << 20);
	assert_int_equal(m.elsewhere_bytes, 0);
	rewind(f);
	m = maps_nodes(f, 0x20000000, 0x20400000, 1); /* from its first byte: no neighbour */
	assert_int_equal(m.here_bytes, 4 << 20);
	assert_int_equal(m.elsewhere_bytes, 0);
	rewind(f);
	m = maps_nodes(f, 0x1000, 0x2000, 0); /* before all */
	assert_int_equal(m.found, -1);
	fclose(f);
}

static void memory_is_where_it_was_asked_for(void **state)
{
	static const enum pages ask[] = {PAGES_4K, PAGES_THP, PAGES_HUGETLB};

	for (size_t i = 0; i < sizeof(ask) / sizeof(ask[0]); i++) {
		struct err e = ERR_INIT;
		struct placement_proof proof;
		struct placement_buf b;

		assert_int_equal(placement_alloc(&b, 9 << 20, 0, ask[i], &e), 0);
		assert_true(b.pages <= ask[i]); /* falls back, never up */
		memset(b.p, 0x5a, b.bytes);
		placement_prove(b.p, b.bytes, 0, &proof);
		assert_int_equal(proof.result, PROOF_PROVEN);
		assert_int_equal(proof.found, 0);
		assert_int_equal(proof.elsewhere, 0);
		placement_free(&b);
		assert_null(b.p);
	}
}

static void another_node_is_refused_or_found_out(void **state)
{
	struct err e = ERR_INIT;
	struct placement_proof proof;
	struct placement_buf b;

	assert_int_equal(placement_alloc(&b, 4096, 200, PAGES_4K, &e), -EINVAL);
	assert_non_null(strstr(e.text, "node 200"));
	err_clear(&e);
	assert_int_equal(placement_alloc(&b, 1 << 20, 0, PAGES_4K, &e), 0);
	placement_prove(b.p, b.bytes, 1, &proof); /* pages of node 0 are not on node 1 */
	assert_int_equal(proof.result, PROOF_WRONG);
	assert_int_equal(proof.elsewhere, proof.pages);
	placement_free(&b);
}

static void untouched_pages_are_unproven(void **state)
{
	size_t bytes = 1 << 20;
	void *p = mmap(NULL, bytes, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
	struct placement_proof proof;

	assert_ptr_not_equal(p, MAP_FAILED);
	placement_prove(p, bytes, 0, &proof);
	assert_int_not_equal(proof.result, PROOF_WRONG);
	if (!strncmp(proof.source, "move_pages", 10)) {
		assert_int_equal(proof.result, PROOF_UNPROVEN);
		assert_non_null(strstr(proof.source, "does not say where"));
	}
	munmap(p, bytes);
}

static void a_thread_runs_where_it_is_pinned(void **state)
{
	struct err e = ERR_INIT;
	int cpus[1024];
	int n = placement_cpus(0, cpus, 1024);

	assert_true(n > 0);
	for (int i = 1; i < n; i++)
		assert_true(cpus[i - 1] < cpus[i]);
	assert_int_equal(placement_pin_cpu(cpus[n - 1], &e), 0);
	assert_int_equal(sched_getcpu(), cpus[n - 1]);
	assert_int_not_equal(placement_pin_cpu(100000, &e), 0);
	assert_non_null(strstr(e.text, "CPU 100000"));
	assert_int_equal(placement_cpus(200, cpus, 1024), 0);
}

static void policy_can_be_set_and_taken_back(void **state)
{
	struct err e = ERR_INIT;
	int rc = placement_policy(0, &e);

	assert_true(rc == 0 || e.code == EPERM || e.code == ENOSYS);
	err_clear(&e);
	rc = placement_policy(-1, &e);
	assert_true(rc == 0 || e.code == EPERM || e.code == ENOSYS);
	err_clear(&e);
	assert_int_equal(placement_policy(200, &e), -EINVAL);
}

/* Makes the kernel refuse the NUMA calls as container engines do. False where it cannot. */
static bool refuse_numa_calls(void)
{
	struct sock_filter filter[] = {
		BPF_STMT(BPF_LD | BPF_W | BPF_ABS, offsetof(struct seccomp_data, nr)),
		BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, SYS_mbind, 3, 0),
		BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, SYS_set_mempolicy, 2, 0),
		BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, SYS_move_pages, 1, 0),
		BPF_STMT(BPF_RET | BPF_K, SECCOMP_RET_ALLOW),
		BPF_STMT(BPF_RET | BPF_K, SECCOMP_RET_ERRNO | EPERM),
	};
	struct sock_fprog prog = {sizeof(filter) / sizeof(filter[0]), filter};

	return !prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0) &&
	       !prctl(PR_SET_SECCOMP, SECCOMP_MODE_FILTER, &prog);
}

/* The last test: the filter stays. */
static void without_numa_calls_numa_maps_tells(void **state)
{
	struct err e = ERR_INIT;
	struct placement_proof proof;
	struct placement_buf b;

	if (!refuse_numa_calls())
		skip();
	assert_int_equal(placement_policy(0, &e), -EPERM);
	err_clear(&e);
	assert_int_equal(placement_alloc(&b, 3 << 20, 0, PAGES_4K, &e), 0);
	placement_prove(b.p, b.bytes, 0, &proof);
	assert_int_equal(proof.result, PROOF_PROVEN);
	assert_null(strstr(proof.source, "move_pages"));
	if (!strcmp(proof.source, "numa_maps")) {
		placement_prove(b.p, b.bytes, 1, &proof);
		assert_int_equal(proof.result, PROOF_WRONG);
		assert_int_equal(proof.elsewhere, proof.pages);
	}
	placement_free(&b);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(huge_pages_of_one_mapping),
		cmocka_unit_test(nodes_of_a_mapping),
		cmocka_unit_test(memory_is_where_it_was_asked_for),
		cmocka_unit_test(another_node_is_refused_or_found_out),
		cmocka_unit_test(untouched_pages_are_unproven),
		cmocka_unit_test(a_thread_runs_where_it_is_pinned),
		cmocka_unit_test(policy_can_be_set_and_taken_back),
		cmocka_unit_test(without_numa_calls_numa_maps_tells),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
