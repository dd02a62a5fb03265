/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "ctl/server.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/time.h>
#include <sys/un.h>
#include <unistd.h>

#include "ctl/print.h"

#define ANSWER_BYTES_MAX (256 * 1024)
#define SECONDS_MAX 5

static asked_t complain(const char *socket_path, const char *what)
{
	fputs("failoverctl: ", stderr);
	print_string(stderr, socket_path);
	fprintf(stderr, ": %s\n", what);
	return ASKED_NOBODY;
}

static int set_address(struct sockaddr_un *address, const char *path)
{
	memset(address, 0, sizeof(*address));
	address->sun_family = AF_UNIX;
	if(strlen(path) >= sizeof(address->sun_path)) {
		errno = ENAMETOOLONG;
		return -1;
	}
	memcpy(address->sun_path, path, strlen(path));
	return 0;
}

/* A socket of our own. The system chooses its name in Linux' abstract namespace
 * (unix(7), autobind). The server runs as another user and could not write to a socket
 * that we make in the file system. */
static int open_socket(const char *socket_path)
{
	static const sa_family_t own = AF_UNIX;
	struct timeval limit = {.tv_sec = SECONDS_MAX};
	struct sockaddr_un server;
	int fd = socket(AF_UNIX, SOCK_DGRAM | SOCK_CLOEXEC, 0);

	if(fd < 0)
		return -1;
	if(set_address(&server, socket_path) < 0
			|| bind(fd, (const struct sockaddr *)&own, sizeof(own)) < 0
			|| setsockopt(fd, SOL_SOCKET, SO_RCVTIMEO, &limit, sizeof(limit))
					   < 0
			|| connect(fd, (struct sockaddr *)&server, sizeof(server)) < 0) {
		int why = errno;

		close(fd);
		errno = why;
		return -1;
	}
	return fd;
}

static char *make_question(const char *method, json_t *params)
{
	json_t *question = json_pack("{s:s, s:i, s:s, s:o}", "jsonrpc", "2.0", "id",
			1, "method", method, "params",
			params != NULL ? params : json_array());
	char *text = question == NULL ? NULL : json_dumps(question, JSON_COMPACT);

	json_decref(question);
	return text;
}

/* @return the answer, NUL-terminated, to be freed; NULL with errno set */
static char *exchange(const char *socket_path, const char *question)
{
	char *answer = malloc(ANSWER_BYTES_MAX);
	int fd = answer == NULL ? -1 : open_socket(socket_path);
	ssize_t len = -1;
	int why = errno;

	if(fd >= 0) {
		if(send(fd, question, strlen(question), 0) >= 0)
			len = recv(fd, answer, ANSWER_BYTES_MAX - 1, 0);
		why = errno;
		close(fd);
	}
	if(len >= 0) {
		answer[len] = '\0';
		return answer;
	}
	free(answer);
	errno = why;
	return NULL;
}

static asked_t read_answer(
		const char *socket_path, const char *text, json_t **result)
{
	json_t *answer = json_loads(text, 0, NULL);
	const char *message;

	*result = json_incref(json_object_get(answer, "result"));
	if(*result != NULL) {
		json_decref(answer);
		return ASKED_ANSWERED;
	}
	message = json_string_value(
			json_object_get(json_object_get(answer, "error"), "message"));
	if(message == NULL) {
		json_decref(answer);
		return complain(socket_path, "the answer is no JSON-RPC");
	}
	fputs("failoverctl: ", stderr);
	print_string(stderr, message);
	fputs("\n", stderr);
	json_decref(answer);
	return ASKED_REFUSED;
}

/* A file of another kind refuses a connection in the same way as a socket that nobody
 * reads. */
static bool is_no_socket(const char *path)
{
	struct stat found;

	return stat(path, &found) == 0 && !S_ISSOCK(found.st_mode);
}

/* Say why there is no answer, and how to get one. */
static asked_t complain_of(const char *socket_path, int why)
{
	char text[256];

	if(why == EAGAIN)
		return complain(socket_path,
				"no answer; is it the dgram_socket of the module jsonrpcs?");
	if(why == ECONNREFUSED && is_no_socket(socket_path))
		return complain(socket_path,
				"it is no socket; the dgram_socket of the module jsonrpcs "
				"would be right");
	snprintf(text, sizeof(text), "%s%s", strerror(why),
			why == ENOENT
					? "; the module jsonrpcs makes it where its dgram_socket "
					  "says, and -s names another one"
			: why == ECONNREFUSED ? "; the server that made it does not run"
			: why == EACCES		  ? "; ask as root or as the user of the server"
								  : "");
	return complain(socket_path, text);
}

asked_t server_ask(const char *socket_path, const char *method, json_t *params,
		json_t **result)
{
	char *question = make_question(method, params);
	char *answer = question == NULL ? NULL : exchange(socket_path, question);
	asked_t asked;

	free(question);
	if(answer == NULL)
		return complain_of(socket_path, errno);
	asked = read_answer(socket_path, answer, result);
	free(answer);
	return asked;
}
