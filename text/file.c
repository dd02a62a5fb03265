/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "text/file.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

/* @return 0, or -1 with errno set; errno is 0 if the file has become shorter */
static int read_all(int fd, str *text)
{
	int len = 0;

	while(len < text->len) {
		ssize_t got = read(fd, text->s + len, (size_t)(text->len - len));

		if(got < 0 && errno == EINTR)
			continue;
		if(got == 0)
			errno = 0;
		if(got <= 0)
			return -1;
		len += (int)got;
	}
	return 0;
}

static bool is_changed(const struct stat *before, const struct stat *after)
{
	return before->st_size != after->st_size
		   || before->st_mtim.tv_sec != after->st_mtim.tv_sec
		   || before->st_mtim.tv_nsec != after->st_mtim.tv_nsec;
}

/* Read an open file.
 * @return NULL, or what is wrong */
static const char *read_open(int fd, int mib_max, arena_t *arena, str *text)
{
	static char too_long[64];
	struct stat before, after;

	if(fstat(fd, &before) < 0)
		return strerror(errno);
	if(!S_ISREG(before.st_mode))
		return "it is no regular file";
	if(before.st_size > (off_t)mib_max * 1024 * 1024) {
		snprintf(too_long, sizeof(too_long),
				"it is longer than %d MiB, which is the most", mib_max);
		return too_long;
	}
	text->len = (int)before.st_size;
	text->s = arena_alloc(arena, (size_t)text->len + 1);
	if(text->s == NULL)
		return "there is no memory for it";
	if(read_all(fd, text) < 0 && errno != 0)
		return strerror(errno);
	/* somebody is writing the file now; half a dial plan can be a valid one */
	if(fstat(fd, &after) < 0 || is_changed(&before, &after))
		return "it was changed while it was read; try again";
	return NULL;
}

const char *file_read(const char *path, int mib_max, arena_t *arena, str *text)
{
	/* opening a FIFO without a writer must not stop the server */
	int fd = open(path, O_RDONLY | O_NONBLOCK | O_CLOEXEC);
	const char *fault =
			fd < 0 ? strerror(errno) : read_open(fd, mib_max, arena, text);

	if(fd >= 0)
		close(fd);
	return fault;
}
