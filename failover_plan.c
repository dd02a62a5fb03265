/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "../../core/sr_module.h"
#include "../../core/dprint.h"

#include "failover_plan.h"

#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "dialplan_parse.h"
#include "failover_log.h"
#include "failover_memory.h"
#include "failover_server.h"

/* a plan is read into few blocks: rules are small, texts large */
#define PLAN_BLOCK_BYTES (16 * 1024)

static arena_t *plan_arena;
static rule_t *plan_rule;
static const char *plan_source; /* for messages; in the arena, or a constant */

/* Parse the text, which lies in the arena. */
static int load(arena_t *arena, const str *text, const char *source)
{
	diagnostics_t diagnostics = log_diagnostics(source);

	if(dialplan_parse(text, arena, &plan_rule, &diagnostics) < 0) {
		arena_destroy(arena);
		return -1;
	}
	plan_arena = arena;
	plan_source = source;
	return 0;
}

static arena_t *create_arena(void)
{
	if(plan_arena != NULL) {
		LM_ERR("there is a dial plan already: give one of dialplan and "
			   "dialplan_text, once\n");
		return NULL;
	}
	return arena_create(&failover_shm, PLAN_BLOCK_BYTES);
}

/* Read a whole file.
 * @return 0, or -1 with the reason logged */
static int read_file(const char *path, arena_t *arena, str *text)
{
	struct stat status;
	ssize_t got;
	/* opening a FIFO without a writer must not stop the server */
	int fd = open(path, O_RDONLY | O_NONBLOCK | O_CLOEXEC);

	if(fd < 0 || fstat(fd, &status) < 0) {
		LM_ERR("%s: cannot read the dial plan: %s\n", path, strerror(errno));
		goto error;
	}
	if(!S_ISREG(status.st_mode)) {
		LM_ERR("%s: this is no regular file, so no dial plan\n", path);
		goto error;
	}
	if(status.st_size > DIALPLAN_BYTES_MAX) {
		LM_ERR("%s: a dial plan is at most %d bytes long, this file has %lld\n",
				path, DIALPLAN_BYTES_MAX, (long long)status.st_size);
		goto error;
	}
	text->s = arena_alloc(arena, (size_t)status.st_size + 1);
	if(text->s == NULL)
		goto error;
	text->len = 0;
	while(text->len < status.st_size) {
		got = read(fd, text->s + text->len, (size_t)status.st_size - text->len);
		if(got < 0) {
			LM_ERR("%s: cannot read the dial plan: %s\n", path,
					strerror(errno));
			goto error;
		}
		if(got == 0)
			break;
		text->len += (int)got;
	}
	close(fd);
	return 0;
error:
	if(fd >= 0)
		close(fd);
	return -1;
}

int plan_load_file(const char *path)
{
	arena_t *arena = create_arena();
	str name = {(char *)path, (int)strlen(path)};
	str text;

	if(arena == NULL)
		return -1;
	if(arena_copy(arena, &name, &name) < 0
			|| read_file(path, arena, &text) < 0) {
		arena_destroy(arena);
		return -1;
	}
	return load(arena, &text, name.s);
}

int plan_load_text(const str *text)
{
	arena_t *arena = create_arena();
	str copy;

	if(arena == NULL)
		return -1;
	if(arena_copy(arena, text, &copy) < 0) {
		arena_destroy(arena);
		return -1;
	}
	return load(arena, &copy, "dialplan_text");
}

int plan_check(void)
{
	diagnostics_t diagnostics = log_diagnostics(plan_source);

	if(plan_rule != NULL)
		return server_check_rule(plan_rule, &diagnostics);
	if(plan_is_loaded())
		LM_WARN("%s: the dial plan has no rule, so failover() takes no call\n",
				plan_source);
	return 0;
}

bool plan_is_loaded(void)
{
	return plan_arena != NULL;
}

const rule_t *plan_match(void)
{
	return plan_rule;
}

void plan_destroy(void)
{
	arena_destroy(plan_arena);
	plan_arena = NULL;
	plan_rule = NULL;
}
