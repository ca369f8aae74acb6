/* host_io, whole, on a small file: what it says, what it finds, what it leaves behind. */
#include "fake_ctx.h"

#include "../../kernels/io_file.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <sys/vfs.h>
#include <unistd.h>

extern const struct bench bench_host_io;

#define TMPFS 0x01021994

static char folder[] = "/var/tmp/assay-test-io-XXXXXX";
static char dir[64], size[] = "size=2MiB";

static int make_folder(void **state)
{
	if (!mkdtemp(folder))
		return -1;
	snprintf(dir, sizeof(dir), "dir=%s", folder);
	return 0;
}

static int remove_folder(void **state)
{
	return rmdir(folder);
}

static void need_a_disk(void)
{
	struct statfs s;

	if (statfs(folder, &s) || s.f_type == TMPFS) {
		print_message("/var/tmp is no disk\n");
		skip();
	}
}

static struct ctx *make(const char *const *set)
{
	struct ctx *c = calloc(1, sizeof(*c));

	c->bench = &bench_host_io;
	c->set = set;
	return c;
}

static struct ctx *set_up(const char *const *set)
{
	struct ctx *c = make(set);
	struct err e = ERR_INIT;

	if (fake_setup(c, &e))
		fail_msg("setup: %s", e.text);
	return c;
}

static int entries(void)
{
	DIR *d = opendir(folder);
	int n = 0;

	assert_non_null(d);
	while (readdir(d))
		n++;
	closedir(d);
	return n - 2; /* . and .. */
}

/* What a file system refuses is a skip with its reason; all else must be right. */
static void every_case(void **state)
{
	static const char *const op[] = {"op=read", "op=write"};
	static const char *const access[] = {"access=seq", "access=rand4k"};
	static const char *const cache[] = {"cache=buffered", "cache=direct", "cache=warm"};

	need_a_disk();
	for (int i = 0; i < 12; i++) {
		const char *set[] = {"where=bind",	dir,	      size, op[i / 6],
				     access[i / 3 % 2], cache[i % 3], NULL};
		struct ctx *c = set_up(set);
		struct err e = ERR_INIT;
		int rc = bench_host_io.run(c, &e);

		assert_int_equal(entries(), 0); /* a SIGKILL now would leave nothing */
		if (i / 6 == 1 && i % 3 == 2)
			assert_int_equal(rc, -ENOTSUP);
		if (rc) {
			assert_int_equal(rc, -ENOTSUP);
			assert_true(*e.text);
		} else {
			assert_int_equal(c->operations, 3);
			assert_string_equal(c->metric, i / 3 % 2 ? "latency" : "bandwidth");
			assert_int_equal(bench_host_io.verify(c, &e), 0);
		}
		assert_non_null(fake_fact(c, "filesystem"));
		assert_string_equal(fake_fact(c, "folder"), folder);
		fake_end(c);
	}
	assert_int_equal(entries(), 0);
}

/* Somebody changes one byte of the file; and, in another case, a block lands at a wrong place. */
static void wrong_data_fails(void **state)
{
	static const char *const ops[] = {"op=read", "op=write"};
	char block[IO_BLOCK_BYTES];

	need_a_disk();
	for (int i = 0; i < 2; i++) {
		const char *set[] = {"where=bind",     dir, size, ops[i], "access=seq",
				     "cache=buffered", NULL};
		struct ctx *c = set_up(set);
		struct err e = ERR_INIT;
		int fd;

		assert_int_equal(bench_host_io.run(c, &e), 0);
		fd = ((struct io_file *)c->state)->fd; /* first member of its state */
		assert_int_equal(pread(fd, block, sizeof(block), 8192), sizeof(block));
		if (i)
			assert_int_equal(pwrite(fd, block, sizeof(block), 12288), sizeof(block));
		else
			assert_int_equal(pwrite(fd, "", 1, 12345), 1);
		assert_int_equal(bench_host_io.verify(c, &e), -EBADMSG);
		assert_non_null(strstr(e.text, "block 3 of the file"));
		assert_non_null(strstr(e.text, i ? "first at offset 12288" : "offset 12345"));
		fake_end(c);
	}
}

/* A write that was lost: the block still has its older generation. */
static void a_lost_write_fails(void **state)
{
	struct io_file f;
	struct err e = ERR_INIT;

	assert_int_equal(io_file_open(&f, folder, 2 << 20, 0, 7, &e), 0);
	assert_int_equal(io_file_check(&f, &e), 0);
	io_file_renew(&f, 8192, IO_BLOCK_BYTES);
	assert_int_equal(io_file_check(&f, &e), -EBADMSG);
	assert_non_null(strstr(e.text, "block 2 of the file"));
	err_clear(&e);
	io_file_renew(&f, 8192, IO_BLOCK_BYTES);
	assert_int_equal(io_file_write(&f, 8192, IO_BLOCK_BYTES, &e), 0);
	assert_int_equal(io_file_check(&f, &e), 0);
	io_file_close(&f);
}

static void cold_is_cold_and_warm_is_warm(void **state)
{
	struct io_file f;
	struct err e = ERR_INIT;
	double share = -1;

	need_a_disk();
	assert_int_equal(io_file_open(&f, folder, 2 << 20, 0, 7, &e), 0);
	assert_int_equal(io_file_check(&f, &e), 0);
	assert_int_equal(io_file_cached(&f, &share, &e), 0);
	assert_true(share > 0.99);
	assert_int_equal(io_file_drop(&f, &e), 0);
	assert_int_equal(io_file_cached(&f, &share, &e), 0);
	assert_true(share < 0.01);
	io_file_close(&f);
}

static void a_guest_takes_no_more_than_a_tenth(void **state)
{
	struct io_file f;
	struct err e = ERR_INIT;

	assert_int_equal(io_file_open(&f, folder, (uint64_t)1 << 50, 0, 7, &e), -ENOTSUP);
	assert_non_null(strstr(e.text, "more than a tenth"));
	io_file_close(&f);
	assert_int_equal(entries(), 0);
}

static void refused(const char *where, const char *says)
{
	const char *set[] = {"where=bind", where, size, NULL};
	struct ctx *c = make(set);
	struct err e = ERR_INIT;

	assert_int_equal(fake_setup(c, &e), -ENOTSUP);
	assert_non_null(strstr(e.text, says));
	fake_end(c);
}

static void folders_that_will_not_do(void **state)
{
	struct statfs s;

	refused("dir=/nonexistent/folder", "name another folder with dir=");
	if (!statfs("/dev/shm", &s) && s.f_type == TMPFS && !access("/dev/shm", W_OK))
		refused("dir=/dev/shm", "lies in memory");
}

static void root_is_the_root_file_system(void **state)
{
	const char *set[] = {"where=root", size, NULL};
	struct ctx *c = make(set);
	struct err e = ERR_INIT;
	int rc = fake_setup(c, &e);

	if (rc) {
		assert_int_equal(rc, -ENOTSUP); /* read-only, or in memory */
		assert_true(*e.text);
	} else {
		assert_non_null(fake_fact(c, "filesystem"));
	}
	fake_end(c);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(every_case),
		cmocka_unit_test(wrong_data_fails),
		cmocka_unit_test(a_lost_write_fails),
		cmocka_unit_test(cold_is_cold_and_warm_is_warm),
		cmocka_unit_test(a_guest_takes_no_more_than_a_tenth),
		cmocka_unit_test(folders_that_will_not_do),
		cmocka_unit_test(root_is_the_root_file_system),
	};

	return cmocka_run_group_tests(tests, make_folder, remove_folder);
}
