/* A member's side of a gang: see gang.h. */
#include "gang.h"

#include "../harness/base/clock.h"
#include "../harness/base/mem.h"
#include "../harness/base/rng.h"
#include "../harness/base/status.h"

#include <errno.h>
#include <poll.h>
#include <pthread.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <unistd.h>

#define END_NS 3000000000ull /* to end in order once the step is gone */

/* Ends this process when the step is gone, whatever hangs in it. Known by its descriptor alone. */
static void *lifeline(void *arg)
{
	struct pollfd p = {.fd = (int)(intptr_t)arg, .events = POLLRDHUP};

	while (poll(&p, 1, -1) < 0 && errno == EINTR)
		;
	clock_wall_sleep_ns(END_NS);
	_exit(128 + SIGHUP);
}

static int start_lifeline(int fd)
{
	pthread_t t;
	sigset_t all, old;
	int rc;

	sigfillset(&all);
	pthread_sigmask(SIG_SETMASK, &all, &old);
	rc = pthread_create(&t, NULL, lifeline, (void *)(intptr_t)fd);
	if (!rc)
		pthread_detach(t);
	pthread_sigmask(SIG_SETMASK, &old, NULL);
	return rc;
}

/* The case that is measured next, told apart for each member. */
static void begin(uint64_t *last, const struct gang_message *m, unsigned rank)
{
	if (*last != m->stream)
		clock_meas_begin(rng_hash(m->stream, rank + 1));
	*last = m->stream;
	clock_meas_meet(m->time_ns);
}

static void obey(const struct gang_role *role, void *state, struct gang_turn *t,
		 struct gang_message *m)
{
	struct err e = ERR_INIT;
	unsigned char order[GANG_DATA_BYTES];

	memcpy(order, m->data, m->bytes);
	t->what = m->what;
	t->data = order;
	t->n = m->bytes;
	t->answer = m->data;
	t->answer_bytes = 0;
	m->code = role->act(state, t, &e);
	snprintf(m->why, sizeof(m->why), "%.*s", GANG_WHY_BYTES - 1, m->code ? e.text : "");
	m->bytes = (uint32_t)t->answer_bytes;
	m->time_ns = clock_meas_ns();
}

int gang_serve(const struct gang_role *role, int fd, unsigned rank, unsigned size)
{
	struct gang_turn t = {.rank = rank, .size = size};
	struct gang_message m;
	uint64_t stream = 0;
	void *state;

	setvbuf(stdout, NULL, _IOLBF, 0); /* its lines come in order with what it does */
	if (start_lifeline(fd)) {
		fprintf(stderr, "assay member: no thread\n");
		return EXIT_NOTHING;
	}
	state = mem_zalloc(1, role->state_bytes);
	while (!gang_receive(fd, &m)) {
		begin(&stream, &m, rank);
		obey(role, state, &t, &m);
		if (gang_send(fd, &m))
			break;
	}
	if (role->end)
		role->end(state);
	free(state);
	return EXIT_PASSED;
}
