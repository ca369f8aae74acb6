/*
 * What makes the processes, boots and nodes of the simulated server differ, and the faults that
 * make them differ more: each by as much as it says. Each value comes from a process of its own.
 */
#include "sim.h"
#include "../simgpu/sim.h"
#include "../../harness/base/clock.h"
#include "../../harness/probe/placement.h"

#include <math.h>

#define H100 "hgx-h100"
#define N    300

/* ---- one process, one value ---- */

static int pipe_fd[2];
static uint64_t stream;

static void measure(void)
{
	struct host_load l = {.kind = HOST_CHASE, .threads = 1, .amount = 1e6};
	double sum = 0;

	clock_meas_begin(stream);
	for (int i = 0; i < 50; i++)
		sum += log(placement_time(&l, 1) / 1e6 / sim_profile()->memory.latency_local_s);
	sum /= 50;
	CHECK(write(pipe_fd[1], &sum, sizeof(sum)) == (ssize_t)sizeof(sum));
}

/* The log of what a process of that stream measures, over the truth. */
static double value(const char *fault, uint64_t of_stream)
{
	double v;

	stream = of_stream;
	assert_int_equal(pipe(pipe_fd), 0);
	assert_server(H100, fault, measure);
	assert_int_equal(read(pipe_fd[0], &v, sizeof(v)), sizeof(v));
	close(pipe_fd[0]);
	close(pipe_fd[1]);
	return v;
}

static void name(const char *variable, int n)
{
	char text[32];

	snprintf(text, sizeof(text), "%d", n);
	if (n)
		setenv(variable, text, 1);
	else
		unsetenv(variable);
}

static double sd(const double *v, int n)
{
	double mean = 0, sum = 0;

	for (int i = 0; i < n; i++)
		mean += v[i] / n;
	for (int i = 0; i < n; i++)
		sum += (v[i] - mean) * (v[i] - mean);
	return sqrt(sum / (n - 1));
}

/* ---- nodes and sessions ---- */

/* Spread of the mean of four processes over so many boots, or nodes. */
static double spread_over(const char *variable)
{
	double v[N / 4];

	for (int i = 0; i < N / 4; i++) {
		name(variable, i + 1);
		v[i] = 0;
		for (uint64_t k = 0; k < 4; k++)
			v[i] += value("", k) / 4;
	}
	name(variable, 0);
	return sd(v, N / 4);
}

static void test_session_and_node_effects(void **s)
{
	double session = spread_over("ASSAY_SIM_SESSION"), node = spread_over("ASSAY_SIM_NODE");

	/* 0.15 % and 0.4 % in the profile; four processes of 0.08 % add 0.04 % */
	if (!(session > 0.0012 && session < 0.0019))
		fail_msg("sessions spread by %g", session);
	if (!(node > 0.0033 && node < 0.0048))
		fail_msg("nodes spread by %g", node);
	/* none is named: the profile's truth */
	assert_true(fabs(value("", 1)) < 0.003);
}

static void test_one_session_same_numbers(void **s)
{
	double first;

	name("ASSAY_SIM_SESSION", 3);
	first = value("", 5);
	assert_true(first == value("", 5));
	name("ASSAY_SIM_SESSION", 4);
	assert_true(first != value("", 5));
	name("ASSAY_SIM_SESSION", 0);
}

static char plain_uuid[SIM_TEXT];

static void is_second_boot_of_n07(void)
{
	CHECK(!strcmp(sim_profile()->server.hostname, "n07"));
	CHECK(!strcmp(sim_profile()->server.utc, "2026-01-22T12:00:00Z")); /* a week later */
	CHECK(!strcmp(sim_driver(), "590.10.01"));
	CHECK(!strcmp(sim_module(), "590.10.01"));
	CHECK(strcmp(sim_profile()->gpu[0].uuid, plain_uuid) != 0);
	CHECK(strlen(sim_profile()->gpu[0].uuid) == strlen(plain_uuid));
}

static void says_uuid(void)
{
	const char *uuid = sim_profile()->gpu[0].uuid;

	CHECK(write(pipe_fd[1], uuid, SIM_TEXT) == SIM_TEXT);
}

static void test_identity(void **s)
{
	assert_int_equal(pipe(pipe_fd), 0);
	assert_server(H100, "", says_uuid);
	assert_int_equal(read(pipe_fd[0], plain_uuid, SIM_TEXT), SIM_TEXT);
	close(pipe_fd[0]);
	close(pipe_fd[1]);
	setenv("ASSAY_SIM_NODE", "n07", 1);
	setenv("ASSAY_SIM_SESSION", "2", 1);
	setenv("ASSAY_SIM_DRIVER", "590.10.01", 1);
	assert_server(H100, "", is_second_boot_of_n07);
	setenv("ASSAY_SIM_NODE", "N 7", 1);
	assert_false(passed(on_server(H100, "", 60, is_second_boot_of_n07)));
	unsetenv("ASSAY_SIM_NODE");
	unsetenv("ASSAY_SIM_DRIVER");
	setenv("ASSAY_SIM_SESSION", "0", 1);
	assert_false(passed(on_server(H100, "", 60, says_uuid)));
	unsetenv("ASSAY_SIM_SESSION");
}

/* ---- faults ---- */

static void test_contaminate(void **s)
{
	int strays = 0;

	for (uint64_t i = 0; i < N; i++) {
		double v = value("contaminate share=0.2 by=0.05", i);

		if (fabs(v - log(1.05)) < 0.004)
			strays++;
		else
			assert_true(fabs(v) < 0.004);
	}
	if (strays < 40 || strays > 80)
		fail_msg("%d of %d processes strayed", strays, N);
}

static void test_noisy_machine(void **s)
{
	double v[N], spread;

	for (int i = 0; i < N; i++)
		v[i] = value("noisy_machine sd=0.05", (uint64_t)i);
	spread = sd(v, N);
	if (!(spread > 0.045 && spread < 0.055))
		fail_msg("processes spread by %g", spread);
}

static void test_drift(void **s)
{
	char state[] = "/tmp/assay-test-state.XXXXXX";
	int fd = mkstemp(state);
	double first, last = 0;

	assert_true(fd >= 0);
	close(fd);
	setenv("ASSAY_SIM_STATE", state, 1);
	first = value("drift by=0.01", 1);
	for (int i = 0; i < 9; i++)
		last = value("drift by=0.01", 1);
	unsetenv("ASSAY_SIM_STATE");
	unlink(state);
	assert_true(fabs(first) < 0.003);
	assert_true(fabs(last - first - 9 * log(1.01)) < 1e-9);
}

static void test_other_arm(void **s)
{
	/* this process measures no arm: what concerns one leaves it alone */
	assert_true(value("shift what=host_latency by=0.1 arm=b", 1) == value("", 1));
	assert_true(fabs(value("shift what=host_latency by=0.1", 1) - log(1.1)) < 0.004);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_session_and_node_effects),
		cmocka_unit_test(test_one_session_same_numbers),
		cmocka_unit_test(test_identity),
		cmocka_unit_test(test_contaminate),
		cmocka_unit_test(test_noisy_machine),
		cmocka_unit_test(test_drift),
		cmocka_unit_test(test_other_arm),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
