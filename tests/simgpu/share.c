/* See share.h. */
#include "share.h"

#include "sim.h"

#include <errno.h>
#include <math.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#define UNIT		      1e12
#define PID_FILE	      "nvidia-cuda-mps-control.pid"
#define MPS_CONNECTION_FAILED 805
#define MPS_MAX_CLIENTS	      808

/* One simulated server a process, by design of the link seam. */
static struct {
	uint64_t turn, before;
	unsigned slot; /* of said[]: the one of this turn */
	bool asked, mps;
} own;

void sim_turn(uint64_t ns)
{
	own.before = own.turn;
	own.turn = ns;
	own.slot ^= 1;
}

static bool alive(int pid)
{
	return pid > 0 && (!kill(pid, 0) || errno == EPERM);
}

/* This process's place; NULL where there is none left. */
static struct sim_sharer *place(int gpu)
{
	struct sim_sharer *s = sim_sharers(gpu);

	for (int i = 0; i < SIM_SHARERS; i++) {
		if (s[i].pid == getpid())
			return &s[i];
	}
	for (int i = 0; i < SIM_SHARERS; i++) {
		int32_t was = s[i].pid;

		if (alive(was))
			continue;
		if (atomic_compare_exchange_strong(&s[i].pid, &was, (int32_t)getpid())) {
			s[i].said[0].turn = s[i].said[1].turn = 0;
			s[i].client = 0;
			return &s[i];
		}
	}
	return NULL;
}

/* Once a turn: what a process does in it is of one kind. */
static void say(int gpu, double sms, double memory, double noise)
{
	struct sim_sharer *me = place(gpu);

	if (!me || !own.turn || me->said[own.slot].turn == own.turn)
		return;
	me->said[own.slot].turn = 0;
	me->said[own.slot].sms = (int64_t)(sms * UNIT);
	me->said[own.slot].memory = (int64_t)(memory * UNIT);
	me->said[own.slot].noise = (int64_t)(noise * UNIT);
	me->said[own.slot].turn = own.turn;
}

struct sum {
	int n;
	int64_t sms, memory, noise; /* whole numbers: the order of adding must not be seen */
};

static struct sum who_was_there(int gpu)
{
	const struct sim_sharer *s = sim_sharers(gpu);
	struct sum sum = {0};

	for (int i = 0; i < SIM_SHARERS && own.before; i++) {
		for (int k = 0; k < 2; k++) {
			if (s[i].said[k].turn != own.before || !alive(s[i].pid))
				continue;
			sum.n++;
			sum.sms += s[i].said[k].sms;
			sum.memory += s[i].said[k].memory;
			sum.noise += s[i].said[k].noise;
		}
	}
	return sum;
}

double sim_shared_s(int gpu, double alone_s, double sms, double memory)
{
	double noise = sim_noise("share", gpu), most;
	struct sum sum = who_was_there(gpu);

	say(gpu, sms, memory, noise);
	if (sum.n < 2)
		return alone_s * noise;
	noise = (double)sum.noise / UNIT / sum.n / (1 - sim_shift("share", gpu));
	if (!own.mps)
		return alone_s * noise * sum.n / sim_profile()->gpu[gpu].timeslice_share;
	most = fmax((double)sum.sms, (double)sum.memory) / UNIT;
	return alone_s * noise * fmax(1, most);
}

/* ---- MPS ---- */

bool sim_mps(void)
{
	const char *dir = getenv("CUDA_MPS_PIPE_DIRECTORY"), *root = getenv("ASSAY_SYSROOT");
	char path[512];
	int pid = 0;
	FILE *f;

	if (own.asked)
		return own.mps;
	own.asked = true;
	if (dir)
		snprintf(path, sizeof(path), "%s/" PID_FILE, dir);
	else
		snprintf(path, sizeof(path), "%s/tmp/nvidia-mps/" PID_FILE, root ? root : "");
	f = fopen(path, "re");
	own.mps = f && fscanf(f, "%d", &pid) == 1 && alive(pid);
	if (f)
		fclose(f);
	return own.mps;
}

int sim_mps_sms(int gpu)
{
	const char *percent = getenv("CUDA_MPS_ACTIVE_THREAD_PERCENTAGE");
	int all = (int)sim_profile()->gpu[gpu].sms, some;
	double share = percent ? strtod(percent, NULL) : 100;

	if (!sim_mps() || !(share > 0 && share < 100))
		return all;
	some = (int)(all * share / 100) / 2 * 2;
	return some < 2 ? 2 : some;
}

bool sim_mps_serves(int pid)
{
	for (int d = 0; d < sim_profile()->n_devices; d++) {
		const struct sim_sharer *s = sim_sharers(d);

		for (int i = 0; i < SIM_SHARERS; i++) {
			if (s[i].pid == pid && s[i].client)
				return true;
		}
	}
	return false;
}

int sim_mps_connect(int gpu)
{
	const struct fault *refuses = sim_fault(FAULT_MPS_REFUSES, gpu);
	const struct sim_sharer *s = sim_sharers(gpu);
	int limit = sim_driver_cuda() >= 13010 ? 60 : 48, clients = 0;
	struct sim_sharer *me;

	if (!sim_mps())
		return 0;
	if (refuses && !refuses->after)
		return MPS_CONNECTION_FAILED;
	if (refuses && refuses->after < limit)
		limit = (int)refuses->after;
	for (int i = 0; i < SIM_SHARERS; i++)
		clients += s[i].client && alive(s[i].pid);
	me = clients < limit ? place(gpu) : NULL;
	if (!me)
		return MPS_MAX_CLIENTS;
	me->client = 1;
	return 0;
}
