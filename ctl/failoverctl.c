/* SPDX-License-Identifier: GPL-2.0-or-later */
/* failoverctl: checks and explains dial plans without a server. It uses the code of the
 * module, so its answers are what the module does. */
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "ctl/options.h"
#include "ctl/print.h"

#define BLOCK_BYTES (64 * 1024)

/* Report output that could not be written, for example to a full disk. */
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
	/* a long report is better on stderr */
	setvbuf(stderr, NULL, _IOFBF, BLOCK_BYTES);
	print_init();
	command = options_read(&options, argc, argv, arena, &status);
	if(command != NULL)
		status = command->run(&options);
	arena_destroy(arena);
	return flush(status);
}
