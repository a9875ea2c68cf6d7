/* SPDX-License-Identifier: MIT */
/* The clients' side of the control socket, and what both sides read with. */
#include <errno.h>
#include <poll.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

#include "core/dial.h"
#include "core/log.h"
#include "tools/mtool/ctl.h"

int ctl_get_str(const json_t *request, const char *name, const char *def,
		const char **out, struct err *e)
{
	json_t *v = json_object_get(request, name);

	*out = v ? json_string_value(v) : def;
	if (*out)
		return 0;
	return err_set(e, EXIT_USAGE, "\"%s\" %s", name,
		       v ? "is no string" : "is missing");
}

int ctl_get_int(const json_t *request, const char *name, json_int_t def,
		json_int_t *out, struct err *e)
{
	json_t *v = json_object_get(request, name);

	if (v && !json_is_integer(v))
		return err_set(e, EXIT_USAGE, "\"%s\" is no integer", name);
	if (!v && def < 0)
		return err_set(e, EXIT_USAGE, "\"%s\" is missing", name);
	*out = v ? json_integer_value(v) : def;
	return 0;
}

bool ctl_get_bool(const json_t *request, const char *name)
{
	return json_is_true(json_object_get(request, name));
}

static const char supervisor[] = "the supervisor";

static int send_line(int fd, const json_t *request, uint64_t end_ms,
		     struct err *e)
{
	char *text = json_dumps(request, JSON_COMPACT);
	size_t n = text ? strlen(text) : 0, done = 0;
	int rc = -1;

	if (!text || n >= CTL_LINE_MAX) {
		err_set(e, EXIT_USAGE, "request too long");
		goto out;
	}
	text[n++] = '\n';
	while (done < n) {
		ssize_t r = send(fd, text + done, n - done, MSG_NOSIGNAL);

		if (r > 0)
			done += (size_t)r;
		else if (errno != EAGAIN && errno != EINTR) {
			err_sys(e, EXIT_FAILED, "supervisor");
			goto out;
		} else if (dial_await(fd, POLLOUT, end_ms, supervisor, e) < 0)
			goto out;
	}
	rc = 0;
out:
	free(text);
	return rc;
}

/*
 * Append to `line` what has come, up to the first newline and no further: the
 * rest is not ours. 1 when the line is whole, 0 if not yet, -1 and *e.
 */
static int take_some(int fd, char *line, size_t *len, struct err *e)
{
	size_t room = CTL_ANSWER_MAX - *len;
	ssize_t n = recv(fd, line + *len, room, MSG_PEEK);
	char *nl;

	if (n < 0 && (errno == EAGAIN || errno == EINTR))
		return 0;
	if (n <= 0)
		return err_set(e, EXIT_FAILED, "the supervisor hung up%s",
			       room ? "" : ": answer too long");
	nl = memchr(line + *len, '\n', (size_t)n);
	if (nl)
		n = nl - (line + *len) + 1;
	n = recv(fd, line + *len, (size_t)n, 0);
	*len += n > 0 ? (size_t)n : 0;
	return nl != NULL;
}

static int check_answer(const json_t *answer, struct err *e)
{
	const char *text = json_string_value(json_object_get(answer, "error"));
	json_int_t code = json_integer_value(json_object_get(answer, "code"));

	if (json_is_true(json_object_get(answer, "ok")))
		return 0;
	if (code < EXIT_FAILED || code > EXIT_HOST)
		code = EXIT_FAILED;
	return err_set(e, (enum exit_code)code, "%s",
		       text ? text : "the supervisor makes no sense");
}

static int read_answer(int fd, uint64_t end_ms, json_t **answer, struct err *e)
{
	char *line = malloc(CTL_ANSWER_MAX);
	size_t len = 0;
	json_t *j = NULL;
	int r;

	if (!line)
		return err_sys(e, EXIT_FAILED, "memory");
	do {
		r = dial_await(fd, POLLIN, end_ms, supervisor, e);
		if (r == 0)
			r = take_some(fd, line, &len, e);
	} while (r == 0);
	if (r > 0)
		j = json_loadb(line, len, JSON_REJECT_DUPLICATES, NULL);
	free(line);
	if (r < 0 || check_answer(j, e) < 0) {
		json_decref(j);
		return -1;
	}
	if (answer)
		*answer = j;
	else
		json_decref(j);
	return 0;
}

int ctl_talk(int fd, const json_t *request, json_t **answer, int timeout_ms,
	     struct err *e)
{
	uint64_t end_ms = clock_ms() + (uint64_t)timeout_ms;

	if (send_line(fd, request, end_ms, e) < 0)
		return -1;
	return read_answer(fd, end_ms, answer, e);
}

int ctl_attach(const char *path, const json_t *request, json_t **answer,
	       int timeout_ms, struct err *e)
{
	uint64_t end_ms = clock_ms() + (uint64_t)timeout_ms;
	int fd = dial(path, end_ms, e);

	if (fd < 0)
		return -1;
	if (ctl_talk(fd, request, answer, timeout_ms, e) < 0) {
		close(fd);
		return -1;
	}
	return fd;
}

int ctl_call(const char *path, const json_t *request, json_t **answer,
	     int timeout_ms, struct err *e)
{
	int fd = ctl_attach(path, request, answer, timeout_ms, e);

	if (fd < 0)
		return -1;
	close(fd);
	return 0;
}

bool ctl_vm_gone(const char *path)
{
	const char *slash = strrchr(path, '/');
	char dir[sizeof(((struct sockaddr_un *)0)->sun_path)];

	if (!slash || (size_t)(slash - path) >= sizeof(dir))
		return false;
	memcpy(dir, path, (size_t)(slash - path));
	dir[slash - path] = '\0';
	return access(dir, F_OK) < 0 && errno == ENOENT;
}
