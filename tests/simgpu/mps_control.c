/*
 * Stand-in for nvidia-cuda-mps-control, which scripts/sim puts on PATH: a daemon with a pipe
 * directory (-d), or a program that passes commands from its standard input to it. Clients find it
 * as the model does (share.c), by the pid that it leaves there. It serves nothing: what clients do
 * to each other is in the model. It ends with its machine, the folder of the run.
 */
#include <errno.h>
#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <unistd.h>

#define SOCKET	 "control"
#define PID_FILE "nvidia-cuda-mps-control.pid"
#define LOOK_MS	 200

/* Into the pipe directory: a path relative to it is never too long for a socket. */
static int enter(int make)
{
	const char *dir = getenv("CUDA_MPS_PIPE_DIRECTORY"), *root = getenv("ASSAY_SYSROOT");
	char path[4096];

	if (dir)
		snprintf(path, sizeof(path), "%s", dir);
	else
		snprintf(path, sizeof(path), "%s/tmp/nvidia-mps", root ? root : "");
	if (make)
		mkdir(path, 0755);
	return chdir(path);
}

static int open_socket(int listening)
{
	struct sockaddr_un a = {.sun_family = AF_UNIX, .sun_path = SOCKET};
	int fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0), rc;

	if (fd < 0)
		return -1;
	if (listening)
		rc = bind(fd, (struct sockaddr *)&a, sizeof(a)) || listen(fd, 8);
	else
		rc = connect(fd, (struct sockaddr *)&a, sizeof(a));
	if (!rc)
		return fd;
	close(fd);
	return -1;
}

static int machine_is_there(void)
{
	const char *state = getenv("ASSAY_SIM_STATE");
	char path[4096];

	snprintf(path, sizeof(path), "%s", state ? state : "/");
	if (strrchr(path, '/'))
		strrchr(path, '/')[1] = '\0';
	return !access(path, F_OK);
}

/* One command a connection. Returns 0 at the end. */
static int serve(int fd)
{
	char command[256], *line = NULL;
	ssize_t n = read(fd, command, sizeof(command) - 1);

	command[n > 0 ? n : 0] = '\0';
	line = strtok(command, "\n");
	if (line && !strncmp(line, "quit", 4)) {
		unlink(PID_FILE);
		unlink(SOCKET);
		close(fd);
		return 0;
	}
	if (line && strcmp(line, "get_server_list") != 0)
		dprintf(fd, "Command \"%s\" is not known to the simulated server\n", line);
	close(fd);
	return 1;
}

static int serve_all(int listener)
{
	struct pollfd p = {.fd = listener, .events = POLLIN};

	for (;;) {
		int ready = poll(&p, 1, LOOK_MS), fd;

		if (!machine_is_there())
			return 0;
		if (ready <= 0)
			continue;
		fd = accept(listener, NULL, NULL);
		if (fd >= 0 && !serve(fd))
			return 0;
	}
}

static int start(void)
{
	int fd, there;
	FILE *f;
	pid_t pid;

	if (enter(1)) {
		fprintf(stderr, "no pipe directory: %s\n", strerror(errno));
		return 1;
	}
	there = open_socket(0);
	if (there >= 0) {
		fprintf(stderr, "An instance of this daemon is already running\n");
		return 1;
	}
	unlink(SOCKET);
	fd = open_socket(1);
	pid = fd < 0 ? -1 : fork();
	if (pid < 0) {
		fprintf(stderr, "no daemon: %s\n", strerror(errno));
		return 1;
	}
	if (!pid) {
		setsid();
		return serve_all(fd);
	}
	f = fopen(PID_FILE, "w");
	if (!f)
		return 1;
	fprintf(f, "%d\n", (int)pid);
	return fclose(f) != 0;
}

int main(int argc, char **argv)
{
	char command[256], answer[256];
	ssize_t n;

	signal(SIGPIPE, SIG_IGN);
	if (argc > 1 && !strcmp(argv[1], "-d"))
		return start();
	while (fgets(command, sizeof(command), stdin)) {
		int fd = enter(0) ? -1 : open_socket(0);

		if (fd < 0) {
			fprintf(stderr, "Cannot find MPS control daemon process\n");
			return 1;
		}
		if (write(fd, command, strlen(command)) < 0)
			return 1;
		while ((n = read(fd, answer, sizeof(answer))) > 0)
			fwrite(answer, 1, (size_t)n, stdout);
		close(fd);
	}
	return 0;
}
