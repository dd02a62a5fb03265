/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "ctl/plan_text.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "dialplan_parse.h"
#include "text/file.h"
#include "ctl/print.h"

#define STDIN_NAME "<stdin>"

/* Read to the end of the text, but not more than one byte beyond the longest dial plan.
 * @return NULL, or what is wrong */
static const char *read_stdin(arena_t *arena, str *text)
{
	const int most = DIALPLAN_BYTES_MAX + 1;

	text->s = arena_alloc(arena, (size_t)most);
	if(text->s == NULL)
		return "there is no memory for it";
	text->len = 0;
	while(text->len < most) {
		ssize_t got = read(
				STDIN_FILENO, text->s + text->len, (size_t)(most - text->len));

		if(got < 0 && errno == EINTR)
			continue;
		if(got < 0)
			return strerror(errno);
		if(got == 0)
			return NULL;
		text->len += (int)got;
	}
	return "it is longer than 16 MiB, which is the most";
}

int plan_text_read(plan_text_t *plan, const char *path, arena_t *arena)
{
	bool is_stdin = strcmp(path, "-") == 0;
	const char *fault;

	plan->name = is_stdin ? STDIN_NAME : path;
	fault = is_stdin ? read_stdin(arena, &plan->text)
					 : file_read(path, DIALPLAN_MIB_MAX, arena, &plan->text);
	if(fault == NULL)
		return 0;
	fputs("failoverctl: ", stderr);
	print_string(stderr, plan->name);
	fprintf(stderr, ": cannot read the dial plan: %s\n", fault);
	return -1;
}
