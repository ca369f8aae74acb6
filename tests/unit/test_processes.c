/* Reading processes.csv: what assay wrote, what is missing or old, and what cannot be trusted. */
#include "make_session.h"
#include "../../harness/formats/intern.h"

#include <fcntl.h>
#include <sys/stat.h>

#define HEAD "arm,block,position,process,bench,metric,labels,n,median,rate_wall,valid,cause\n"

static int parse(struct processes *p, struct intern *pool, const char *text, struct err *e)
{
	*p = (struct processes){.n = 0};
	*e = (struct err)ERR_INIT;
	return processes_parse(p, "processes.csv", text, strlen(text), pool, e);
}

static void test_rows(void **state)
{
	struct intern *pool = intern_new();
	struct processes p;
	struct err e;

	assert_int_equal(parse(&p, pool,
			       HEAD "host,0,0,1,mem,rate,\"gpu=0,size=4\",30,2.5,,1,\n"
				    "host,0,0,0,mem,rate,\"gpu=0,size=4\",30,1.5,7,0,thermal\n",
			       &e),
			 0);
	assert_int_equal(p.n, 2); /* put in order */
	assert_true(p.row[0].process == 0 && p.row[0].median == 1.5 && !p.row[0].valid);
	assert_string_equal(p.row[0].cause, "thermal");
	assert_ptr_equal(p.row[0].labels, p.row[1].labels);
	processes_free(&p);
	intern_free(pool);
}

static void test_refused(void **state)
{
	static const struct {
		const char *text, *said;
		unsigned line;
	} cases[] = {
		{HEAD "host,0,0,0,mem,rate,,30,nan,,1,\n", "median should be a number", 2},
		{HEAD "host,0,0,0,mem,rate,,30,inf,,1,\n", "median should be a number", 2},
		{HEAD "host,0,0,0,mem,rate,,30,1e999,,1,\n", "median should be a number", 2},
		{HEAD "host,0,0,0,mem,rate,,30,,,1,\n", "median should be a number", 2},
		{HEAD "host,-1,0,0,mem,rate,,30,1,,1,\n", "block should be a whole number", 2},
		{HEAD "host,0,0,0,mem,rate,,30,1,,2,\n", "valid should be 0 or 1", 2},
		{HEAD "host,0,0,0,mem,rate,,30,1,,yes,\n", "valid should be a whole number", 2},
		{HEAD "host,0,0,0,mem,rate,,30,1,,1,\nhost,0,0,0,mem,rate,,30,9,,1,\n",
		 "says the same as row 2", 3},
		{HEAD "host,0,0,0,mem,rate,,30,1,,1,", "cut off", 2},
		{HEAD "host,0,0,0,mem,rate,,30,1\n", "the row has 9 fields", 2},
		{"arm,block\n", "lacks the column", 1},
		{"", "is empty", 1},
	};

	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		struct intern *pool = intern_new();
		struct processes p;
		struct err e;

		assert_int_equal(parse(&p, pool, cases[i].text, &e), -EINVAL);
		HAS(e.text, cases[i].said);
		assert_int_equal(e.line, cases[i].line);
		processes_free(&p);
		intern_free(pool);
	}
}

static void test_a_million_columns(void **state)
{
	struct intern *pool = intern_new();
	struct buf text = BUF_INIT;
	struct processes p;
	struct err e;

	buf_puts(&text, "arm");
	for (unsigned i = 0; i < 1000000; i++)
		buf_printf(&text, ",c%u", i);
	buf_putc(&text, '\n');
	assert_int_equal(parse(&p, pool, text.s, &e), -EINVAL);
	HAS(e.text, "more than 64 fields");
	buf_free(&text);
	processes_free(&p);
	intern_free(pool);
}

/* ---- on disk ---- */

static void load(struct processes *p, const char *dir, struct intern *pool)
{
	struct err e = ERR_INIT;

	ok(processes_load(p, dir, pool, &e), &e);
}

static void set_time(const char *dir, const char *file, long s)
{
	struct timespec t[2] = {{.tv_sec = s}, {.tv_sec = s}};
	char *path = mem_printf("%s/%s", dir, file);

	assert_int_equal(utimensat(AT_FDCWD, path, t, 0), 0);
	free(path);
}

static void write_processes(const char *dir, const char *row)
{
	char *text = mem_printf("%s%s", HEAD, row);

	write_text(dir, "processes.csv", text, strlen(text));
	free(text);
}

/* A step of three samples. */
static void make_one_step(const char *dir)
{
	struct err e = ERR_INIT;
	struct bundle *b;

	ok(bundle_create(&b, dir, &e), &e);
	for (unsigned i = 0; i < 3; i++)
		ok(add_sample(b, 0, i, &e), &e);
	add_step(b, 0, 3);
	bundle_close(b);
}

/* Where it is missing or older than any evidence, the evidence is asked. */
static void test_missing_or_old(void **state)
{
	static const char *const evidence[] = {"manifest.csv", "plan.csv", "steps.csv",
					       "samples.csv"};
	const char *dir = *state;
	struct intern *pool = intern_new();
	struct processes p;

	make_one_step(dir);
	load(&p, dir, pool);
	assert_true(p.again);
	assert_int_equal(p.n, 1);
	double real = p.row[0].median;
	processes_free(&p);

	write_processes(dir, "host,0,0,0,copy,bandwidth,\"dir=h2d,gpu=3\",3,42,,1,\n");
	set_time(dir, "processes.csv", 2000000000);
	load(&p, dir, pool);
	assert_true(!p.again && p.n == 1 && p.row[0].median == 42);
	processes_free(&p);
	for (int i = 0; i < 4; i++) {
		set_time(dir, evidence[i], 2000000001);
		load(&p, dir, pool);
		assert_true(p.again && p.row[0].median == real);
		processes_free(&p);
		set_time(dir, evidence[i], 1999999999);
	}
	intern_free(pool);
}

/* A number that cannot be true is compared with nothing. */
static void test_untrue_numbers_are_not_valid(void **state)
{
	const char *dir = *state;
	struct intern *pool = intern_new();
	struct err e = ERR_INIT;
	struct processes p;
	struct bundle *b;

	make_one_step(dir);
	ok(bundle_reopen(&b, dir, &e), &e);
	ok(bundle_add_manifest(b, "host", "fact.ceiling.copy.bandwidth{gpu=3}", "1e9", "PCIe", &e),
	   &e);
	bundle_close(b);
	load(&p, dir, pool);
	assert_int_equal(p.row[0].valid, 0);
	assert_string_equal(p.row[0].cause, "untrue");
	processes_free(&p);
	intern_free(pool);
}

static void test_damaged_file_names_the_mend(void **state)
{
	const char *dir = *state;
	struct intern *pool = intern_new();
	struct err e = ERR_INIT;
	struct processes p;

	make_one_step(dir);
	write_processes(dir, "host,0,0,0,copy,bandwidth,x,3,nan,,1,\n");
	assert_int_equal(processes_load(&p, dir, pool, &e), -EINVAL);
	HAS(e.file, "processes.csv");
	HAS(e.text, "delete this file, it is made again from the evidence");
	processes_free(&p);
	intern_free(pool);
}

static void test_newer_schema(void **state)
{
	const char *dir = *state;
	struct intern *pool = intern_new();
	struct err e = ERR_INIT;
	struct processes p;
	const char *text = "arm,key,value,source\n,schema,2,assay\n";

	make_one_step(dir);
	write_text(dir, "manifest.csv", text, strlen(text));
	assert_int_equal(processes_load(&p, dir, pool, &e), -EPROTONOSUPPORT);
	HAS(e.text, "schema 2");
	processes_free(&p);
	intern_free(pool);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_rows),
		cmocka_unit_test(test_refused),
		cmocka_unit_test(test_a_million_columns),
		TEST(test_missing_or_old),
		TEST(test_untrue_numbers_are_not_valid),
		TEST(test_damaged_file_names_the_mend),
		TEST(test_newer_schema),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
