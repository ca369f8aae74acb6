/* See mps.h. */
#include "mps.h"
#include "changes.h"

#include "../base/buf.h"
#include "../base/clock.h"
#include "../base/mem.h"
#include "../base/reap.h"
#include "../base/self.h"
#include "sysfs.h"

#include <ctype.h>
#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <spawn.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#define PROGRAM	      "nvidia-cuda-mps-control"
#define COMM	      "nvidia-cuda-mps" /* of the daemon and of its servers; cut off by the kernel */
#define DEFAULT	      "/tmp/nvidia-mps"
#define PIPE_NAME     "CUDA_MPS_PIPE_DIRECTORY="
#define ANSWER_S      10.0 /* for what should take a moment */
#define NAP_NS	      20000000ull
#define QUIT_S	      3.0 /* a daemon ends its servers first */
#define KILL_S	      1.0
#define END_S	      20.0 /* for the driver, which gives back what it held */
#define MAX_PROCESSES 64

char *mps_program(struct err *e)
{
	char *path = self_search_path(PROGRAM);

	if (!path)
		err_set(e, ENOENT,
			PROGRAM " is not on PATH: it comes with the driver (nvidia-compute-utils, "
				"nvidia-cuda-mps); a container has it with "
				"NVIDIA_DRIVER_CAPABILITIES=compute");
	return path;
}

/* ---- running the control program ---- */

/* The environment with MPS's variables replaced by those of a folder. Freed with its entries. */
static char **environment(const char *pipe_dir, const char *log_dir)
{
	size_t n = 0, cap = 0;
	char **env = mem_grow(NULL, 0, &cap, sizeof(*env));

	for (char **p = environ; p && *p; p++) {
		if (!strncmp(*p, "CUDA_MPS_", strlen("CUDA_MPS_")))
			continue;
		env = mem_grow(env, n + 3, &cap, sizeof(*env));
		env[n++] = mem_strdup(*p);
	}
	env = mem_grow(env, n + 3, &cap, sizeof(*env));
	env[n++] = mem_printf(PIPE_NAME "%s", pipe_dir);
	if (log_dir)
		env[n++] = mem_printf("CUDA_MPS_LOG_DIRECTORY=%s", log_dir);
	env[n] = NULL;
	return env;
}

static void free_environment(char **env)
{
	for (char **p = env; *p; p++)
		free(*p);
	free(env);
}

/* 0 if it ended well within ANSWER_S; else it is killed. */
static int wait_for(pid_t pid)
{
	int status = 0, rc = reap_until(pid, clock_wall_ns() + (uint64_t)(ANSWER_S * 1e9), &status);

	if (rc == -ETIMEDOUT) {
		kill(pid, SIGKILL);
		waitpid(pid, &status, 0);
		return rc;
	}
	return !rc && WIFEXITED(status) && !WEXITSTATUS(status) ? 0 : -EIO;
}

/* What was written to a memory file, its last line break cut off. */
static void take_words(int fd, struct buf *said)
{
	char data[512];
	ssize_t n;

	lseek(fd, 0, SEEK_SET);
	while ((n = read(fd, data, sizeof(data))) > 0)
		buf_add(said, data, (size_t)n);
	while (said->len && isspace((unsigned char)said->s[said->len - 1]))
		said->s[--said->len] = '\0';
}

/*
 * Runs the program once with a command on its standard input, or with -d. What it says goes to a
 * memory file, not to a pipe: a daemon that keeps its standard output open must hold nobody up.
 */
static int control(const char *program, char *const *env, const char *command, struct buf *said)
{
	char *const argv[] = {(char *)program, command ? NULL : (char *)"-d", NULL};
	int in = memfd_create("mps", MFD_CLOEXEC), out = memfd_create("mps", MFD_CLOEXEC);
	posix_spawn_file_actions_t files;
	pid_t pid;
	int rc;

	if (command && write(in, command, strlen(command)) >= 0)
		lseek(in, 0, SEEK_SET);
	posix_spawn_file_actions_init(&files);
	posix_spawn_file_actions_adddup2(&files, in, STDIN_FILENO);
	posix_spawn_file_actions_adddup2(&files, out, STDOUT_FILENO);
	posix_spawn_file_actions_adddup2(&files, out, STDERR_FILENO);
	rc = -posix_spawn(&pid, program, &files, NULL, argv, env);
	posix_spawn_file_actions_destroy(&files);
	if (!rc)
		rc = wait_for(pid);
	take_words(out, said);
	close(in);
	close(out);
	return rc;
}

/* Whether a daemon answers at these pipes. */
static bool answers(const char *program, const char *pipe_dir)
{
	char **env = environment(pipe_dir, NULL);
	struct buf said = BUF_INIT;
	int rc = control(program, env, "get_server_list\n", &said);

	buf_free(&said);
	free_environment(env);
	return !rc;
}

/* ---- whose processes ---- */

struct process {
	pid_t pid;
	char pipe_dir[256]; /* "" where it is another user's and not told */
};

static ssize_t read_at(const char *root, const char *pid, const char *file, char *out, size_t size)
{
	char path[512];
	int fd;
	ssize_t n;

	snprintf(path, sizeof(path), "%s/proc/%s/%s", root, pid, file);
	fd = open(path, O_RDONLY | O_CLOEXEC | O_NONBLOCK);
	n = fd < 0 ? -1 : read(fd, out, size - 1);
	if (fd >= 0)
		close(fd);
	out[n > 0 ? n : 0] = '\0';
	return n;
}

/* Whether that is a process of MPS, and where its pipes are. */
static bool look(const char *root, const char *pid, struct process *p)
{
	char env[16384];
	ssize_t n = read_at(root, pid, "comm", env, sizeof(env));

	if (n <= 0 || strncmp(env, COMM "\n", strlen(COMM) + 1))
		return false;
	p->pid = (pid_t)strtol(pid, NULL, 10);
	snprintf(p->pipe_dir, sizeof(p->pipe_dir), "%s", "");
	n = read_at(root, pid, "environ", env, sizeof(env));
	if (n <= 0)
		return n < 0 && errno == EACCES; /* else it is on its way out, and has none */
	snprintf(p->pipe_dir, sizeof(p->pipe_dir), "%s", DEFAULT);
	for (ssize_t at = 0; at < n; at += (ssize_t)strlen(env + at) + 1) {
		if (!strncmp(env + at, PIPE_NAME, strlen(PIPE_NAME)))
			snprintf(p->pipe_dir, sizeof(p->pipe_dir), "%s",
				 env + at + strlen(PIPE_NAME));
	}
	return true;
}

/* Daemons and servers that /proc below root shows; how many. */
static int processes(const char *root, struct process *out, int max)
{
	char path[256];
	DIR *proc;
	struct dirent *d;
	int n = 0;

	snprintf(path, sizeof(path), "%s/proc", root);
	proc = opendir(path);
	while (proc && n < max && (d = readdir(proc))) {
		if (isdigit((unsigned char)d->d_name[0]) && look(root, d->d_name, &out[n]))
			n++;
	}
	if (proc)
		closedir(proc);
	return n;
}

char *mps_site(void)
{
	struct process p[MAX_PROCESSES];
	int n = processes(sysfs_root(), p, MAX_PROCESSES);
	char *program, *path, *words = NULL;

	for (int i = 0; i < n && !words; i++) {
		if (strncmp(p[i].pipe_dir, MPS_DIR_PREFIX, strlen(MPS_DIR_PREFIX)))
			words = mem_printf("an MPS daemon of this machine runs (pid %d, %s)",
					   (int)p[i].pid,
					   *p[i].pipe_dir ? p[i].pipe_dir : "another user's");
	}
	path = mem_printf("%s" DEFAULT, sysfs_root());
	program = words ? NULL : self_search_path(PROGRAM);
	if (program && answers(program, path)) /* of the host, its pipes mounted here */
		words = mem_printf("an MPS daemon answers at " DEFAULT);
	free(program);
	free(path);
	return words;
}

/* ---- a daemon of our own ---- */

/* A journal is a file: what it names must be what we could have made. */
static bool is_ours(const char *dir)
{
	size_t n = strlen(MPS_DIR_PREFIX);

	return !strncmp(dir, MPS_DIR_PREFIX, n) && dir[n] && !strchr(dir + n, '/');
}

static int make_folders(const char *dir, const char *pipes, const char *logs, struct err *e)
{
	if (!is_ours(dir))
		return err_set(e, EINVAL, "%s is no folder of ours for MPS", dir);
	if (mkdir(dir, 0700) || mkdir(pipes, 0700) || mkdir(logs, 0700))
		return err_set(e, errno, "cannot make %s for MPS: %s", dir, strerror(errno));
	return 0;
}

int mps_start(const char *dir, struct err *e)
{
	char *program = mps_program(e), *pipes = mem_printf("%s/" MPS_PIPE, dir),
	     *logs = mem_printf("%s/" MPS_LOG, dir);
	char **env = environment(pipes, logs);
	uint64_t until = clock_wall_ns() + (uint64_t)(ANSWER_S * 1e9);
	struct buf said = BUF_INIT;
	struct err ignored = ERR_INIT;
	bool there = false;
	int rc = program ? make_folders(dir, pipes, logs, e) : -ENOENT;

	if (rc)
		goto out;
	rc = control(program, env, NULL, &said);
	while (!rc && !(there = answers(program, pipes)) && clock_wall_ns() < until)
		clock_wall_sleep_ns(NAP_NS);
	if (!there) {
		rc = err_set(e, rc ? -rc : ETIMEDOUT, PROGRAM " -d %s%s%s",
			     rc ? "failed" : "started no daemon that answers", said.len ? ": " : "",
			     buf_str(&said));
		mps_stop(dir, &ignored);
	}
out:
	buf_free(&said);
	free_environment(env);
	free(logs);
	free(pipes);
	free(program);
	return rc;
}

/* Below a folder that is ours: links are removed, not followed. */
static void remove_below(int at, const char *name)
{
	int fd = openat(at, name, O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC);
	struct stat st;
	DIR *d = fd >= 0 && !fstat(fd, &st) && st.st_uid == geteuid() ? fdopendir(fd) : NULL;
	struct dirent *f;

	while (d && (f = readdir(d))) {
		if (!strcmp(f->d_name, ".") || !strcmp(f->d_name, ".."))
			continue;
		if (unlinkat(fd, f->d_name, 0) && errno == EISDIR)
			remove_below(fd, f->d_name);
	}
	if (d)
		closedir(d);
	else if (fd >= 0)
		close(fd);
	unlinkat(at, name, AT_REMOVEDIR);
}

/* A daemon's processes as they were found. */
struct found {
	pid_t pid[MAX_PROCESSES];
	int n;
};

static void find_all(const char *pipes, struct found *c)
{
	struct process p[MAX_PROCESSES];
	int n = processes("", p, MAX_PROCESSES);

	c->n = 0;
	for (int i = 0; i < n; i++) {
		if (!strcmp(p[i].pipe_dir, pipes))
			c->pid[c->n++] = p[i].pid;
	}
}

/*
 * By its state, not by its memory: a process that ends gives that up first, and what it holds of
 * the GPU last. A dead one that nobody has taken note of holds nothing.
 */
static bool lives(pid_t pid)
{
	char name[16], stat[256];
	const char *state;

	snprintf(name, sizeof(name), "%d", (int)pid);
	if (read_at("", name, "stat", stat, sizeof(stat)) <= 0 || !strstr(stat, "(" COMM ")"))
		return false;
	state = strrchr(stat, ')');
	return state[1] == ' ' && state[2] != 'Z' && state[2] != 'X';
}

static void signal_all(const struct found *c, int sig)
{
	for (int i = 0; i < c->n; i++) {
		if (lives(c->pid[i]))
			kill(c->pid[i], sig);
	}
}

/* Whether they are gone within that time. */
static bool gone(const struct found *c, double seconds)
{
	uint64_t until = clock_wall_ns() + (uint64_t)(seconds * 1e9);

	for (int i = 0; i < c->n; i++) {
		while (lives(c->pid[i])) {
			if (clock_wall_ns() > until)
				return false;
			clock_wall_sleep_ns(NAP_NS);
		}
	}
	return true;
}

int mps_stop(const char *dir, struct err *e)
{
	char *pipes = mem_printf("%s/" MPS_PIPE, dir), *program = self_search_path(PROGRAM);
	char **env = environment(pipes, NULL);
	struct buf said = BUF_INIT;
	struct found all;
	int rc = is_ours(dir) ? 0 : err_set(e, EINVAL, "%s is no folder of ours for MPS", dir);

	if (rc)
		goto out;
	find_all(pipes, &all);
	if (all.n && program && !control(program, env, "quit\n", &said))
		gone(&all, QUIT_S);
	signal_all(&all, SIGTERM);
	if (!gone(&all, KILL_S))
		signal_all(&all, SIGKILL);
	if (!gone(&all, END_S))
		rc = err_set(e, EBUSY, "a process of the MPS daemon in %s does not end", dir);
	else
		remove_below(AT_FDCWD, dir);
out:
	buf_free(&said);
	free_environment(env);
	free(program);
	free(pipes);
	return rc;
}

/* ---- as a change ---- */

static int make(void **own, const char *const *word, size_t n, struct buf *answer, struct err *e)
{
	return n == 1 ? mps_start(word[0], e) : err_set(e, EINVAL, "mps wants DIR");
}

static int undo(void **own, const char *const *word, size_t n, struct buf *answer, struct err *e)
{
	int rc = mps_stop(word[0], e);

	if (!rc)
		buf_printf(answer, "%s: MPS daemon ended", word[0]);
	return rc;
}

const struct change mps_change = {.name = "mps", .make = make, .undo = undo};
