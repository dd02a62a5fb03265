/* SPDX-License-Identifier: GPL-2.0-or-later */
/* failoverctl: reads dial plans without a server. It is made of the rooms that
 * the module is made of, so that what it says is what happens. */
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "ctl/options.h"
#include "ctl/print.h"

#define BLOCK_BYTES (64 * 1024)

/* What is printed to a full disk, or to nobody, is not printed. */
static int flush(int status)
{
	if(fflush(stdout) == 0 && !ferror(stdout))
		return status;
	fprintf(stderr, "failoverctl: cannot write: %s\n", strerror(errno));
	return STATUS_USAGE;
}

int main(int argc, char **argv)
{
	static const allocator_t allocator = {malloc, free};
	arena_t *arena = arena_create(&allocator, BLOCK_BYTES);
	const command_t *command;
	options_t options;
	int status;

	if(arena == NULL) {
		fputs("failoverctl: no memory\n", stderr);
		return STATUS_USAGE;
	}
	setvbuf(stderr, NULL, _IOFBF, BLOCK_BYTES); /* a long report goes there */
	print_init();
	command = options_read(&options, argc, argv, arena, &status);
	if(command != NULL)
		status = command->run(&options);
	arena_destroy(arena);
	return flush(status);
}
