/* null: its distributions are what they say, and every outcome ends as it says. */
#include "fake_ctx.h"

#include <errno.h>
#include <signal.h>
#include <sys/wait.h>
#include <unistd.h>

extern const struct bench bench_null;

static struct ctx *make(const char *const *set, uint64_t case_seed)
{
	struct ctx *c = calloc(1, sizeof(*c));

	c->bench = &bench_null;
	c->set = set;
	c->case_seed = case_seed;
	return c;
}

static int by_value(const void *a, const void *b)
{
	double x = *(const double *)a, y = *(const double *)b;

	return (x > y) - (x < y);
}

/* Mean and standard deviation of ln(value / mean of the parameters). */
static void moments(const char *const *set, double *mean, double *sd, double *kurtosis)
{
	struct ctx *c = make(set, 7);
	struct err e = ERR_INIT;
	double s1 = 0, s2 = 0, s4 = 0, n;

	assert_int_equal(bench_null.run(c, &e), 0);
	n = (double)c->values;
	assert_true(n == 50000);
	for (size_t i = 0; i < c->values; i++)
		s1 += log(c->value[i] / 1e-4);
	*mean = s1 / n;
	for (size_t i = 0; i < c->values; i++) {
		double d = log(c->value[i] / 1e-4) - *mean;
		s2 += d * d;
		s4 += d * d * d * d;
	}
	*sd = sqrt(s2 / n);
	*kurtosis = s4 / n / (s2 / n * (s2 / n));
	free(c);
}

static void distributions(void **state)
{
	double mean, sd, kurtosis;

	moments((const char *[]){"n=50000", "sd=10000", NULL}, &mean, &sd, &kurtosis);
	assert_true(fabs(mean) < 2e-4);
	assert_true(fabs(sd / 0.01 - 1) < 0.02);
	assert_true(fabs(kurtosis - 3) < 0.15);
	moments((const char *[]){"n=50000", "sd=10000", "shape=bimodal", NULL}, &mean, &sd,
		&kurtosis);
	assert_true(fabs(mean) < 2e-4);
	assert_true(fabs(sd / 0.01 - 1) < 0.02);
	assert_true(kurtosis < 2.2);
	moments((const char *[]){"n=50000", "sd=10000", "shape=t3", NULL}, &mean, &sd, &kurtosis);
	assert_true(fabs(mean) < 3e-4);
	assert_true(kurtosis > 6);
}

/* Half of a t3's samples lie within 0.7649 / sqrt(3) of its scaled deviation. */
static void t3_has_its_quartiles(void **state)
{
	struct ctx *c = make((const char *[]){"n=50000", "sd=10000", "shape=t3", NULL}, 3);
	struct err e = ERR_INIT;

	assert_int_equal(bench_null.run(c, &e), 0);
	qsort(c->value, c->values, sizeof(double), by_value);
	assert_true(fabs(log(c->value[37500] / 1e-4) / (0.01 * 0.7649 / sqrt(3)) - 1) < 0.03);
	free(c);
}

static void a_process_has_its_own_offset(void **state)
{
	static const char *const set[] = {"n=1", "sd=0", "process_sd=20000", NULL};
	double s1 = 0, s2 = 0;
	const int n = 4000;

	for (int i = 0; i < n; i++) {
		struct ctx *c = make(set, (uint64_t)i * 0x9e3779b97f4a7c15u);
		struct err e = ERR_INIT;
		assert_int_equal(bench_null.run(c, &e), 0);
		double x = log(c->value[0] / 1e-4);
		s1 += x;
		s2 += x * x;
		free(c);
	}
	assert_true(fabs(s1 / n) < 0.002);
	assert_true(fabs(sqrt(s2 / n) / 0.02 - 1) < 0.05);
}

static void one_seed_gives_the_same_values(void **state)
{
	struct ctx *a = make(NULL, 5), *b = make(NULL, 5), *other = make(NULL, 6);
	struct err e = ERR_INIT;

	bench_null.run(a, &e);
	bench_null.run(b, &e);
	bench_null.run(other, &e);
	assert_int_equal(a->values, 30);
	assert_memory_equal(a->value, b->value, 30 * sizeof(double));
	assert_true(a->value[0] != other->value[0]);
	free(a);
	free(b);
	free(other);
}

static int end_of(const char *outcome, struct err *e)
{
	char word[32];
	const char *set[] = {word, NULL};
	struct ctx *c;
	int rc;

	snprintf(word, sizeof(word), "outcome=%s", outcome);
	c = make(set, 1);
	rc = bench_null.supported(c, e);
	if (!rc)
		rc = bench_null.run(c, e);
	if (!rc)
		rc = bench_null.verify(c, e);
	free(c);
	return rc;
}

static void outcomes_with_a_code(void **state)
{
	static const struct {
		const char *outcome;
		int code;
	} want[] = {{"pass", 0},
		    {"fail", -EBADMSG},
		    {"skip", -ENOTSUP},
		    {"skip_case", -ENOTSUP},
		    {"error", -EIO}};

	for (size_t i = 0; i < sizeof(want) / sizeof(want[0]); i++) {
		struct err e = ERR_INIT;
		assert_int_equal(end_of(want[i].outcome, &e), want[i].code);
		assert_int_equal(e.text[0] != 0, want[i].code != 0);
	}
}

static int signal_that_ends(const char *outcome, unsigned seconds)
{
	pid_t pid = fork();
	int status;

	if (pid == 0) {
		struct err e = ERR_INIT;
		signal(SIGSEGV, SIG_DFL); /* cmocka and sanitizers have their own */
		alarm(seconds);
		_exit(end_of(outcome, &e) ? 1 : 0);
	}
	assert_int_equal(waitpid(pid, &status, 0), pid);
	return WIFSIGNALED(status) ? WTERMSIG(status) : 0;
}

static void outcomes_without_one(void **state)
{
	assert_int_equal(signal_that_ends("crash", 10), SIGSEGV);
	assert_int_equal(signal_that_ends("hang", 1), SIGALRM);
	assert_int_equal(signal_that_ends("stubborn", 1), SIGALRM);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(distributions),
		cmocka_unit_test(t3_has_its_quartiles),
		cmocka_unit_test(a_process_has_its_own_offset),
		cmocka_unit_test(one_seed_gives_the_same_values),
		cmocka_unit_test(outcomes_with_a_code),
		cmocka_unit_test(outcomes_without_one),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
