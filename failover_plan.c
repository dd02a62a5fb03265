/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "../../core/sr_module.h"
#include "../../core/dprint.h"
#include "../../core/locking.h"
#include "../../core/mem/shm_mem.h"

#include "failover_plan.h"

#include <limits.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "dialplan_parse.h"
#include "failover_file.h"
#include "failover_log.h"
#include "failover_memory.h"
#include "failover_server.h"
#include "failover_source.h"

#define TEXT_SOURCE "dialplan_text"

/* A plan is read into blocks in proportion to its text, so that a large one
 * takes few: each is taken and given back under the lock of all processes. */
#define PLAN_BLOCK_BYTES_MIN (4 * 1024)
#define PLAN_BLOCK_BYTES_MAX (256 * 1024)

#define SCRATCH_BLOCK_BYTES (64 * 1024)

/* What has to stay for the calls when a new plan is in memory beside the old:
 * one part in so many of all that is free. */
#define FREE_PART_LEFT 8

#define MIB (1024.0 * 1024.0)

struct plan
{
	arena_t *arena; /* the plan itself is in it */
	int references; /* under the lock: one is the slot's */
	dialplan_t *dialplan;
	str source; /* NUL-terminated */
	bool is_file;
	time_t loaded_at;
};

/* What the processes share. */
typedef struct slot
{
	gen_lock_t lock; /* of all that is here, and of each plan's references */
	plan_t *plan;
	bool is_reloading;
	failure_t failure;
} slot_t;

static slot_t *slot; /* NULL: no plan is loaded */

/* -- making a plan ------------------------------------------------------ */

/* What the rules ask of this server.
 * @return 0, or -1 with every error reported */
static int check_server(const dialplan_t *dialplan, diagnostics_t *diagnostics)
{
	int result = 0;
	int i;

	for(i = 0; i < dialplan->n_subjects; i++) {
		if(source_check(dialplan->subjects[i], diagnostics) < 0)
			result = -1;
	}
	for(i = 0; i < dialplan->n_rules; i++) {
		if(server_check_rule(dialplan->rules[i], diagnostics) < 0)
			result = -1;
	}
	return result;
}

static size_t block_bytes(const str *text)
{
	size_t bytes = (size_t)text->len;

	return bytes < PLAN_BLOCK_BYTES_MIN	  ? PLAN_BLOCK_BYTES_MIN
		   : bytes > PLAN_BLOCK_BYTES_MAX ? PLAN_BLOCK_BYTES_MAX
										  : bytes;
}

static plan_t *read_into(arena_t *arena, arena_t *scratch, const str *text,
		const char *source, diagnostics_t *diagnostics)
{
	plan_t *plan = arena_alloc(arena, sizeof(*plan));
	str name = {(char *)source, (int)strlen(source)};
	str copy;

	if(plan == NULL || arena_copy(arena, &name, &plan->source) < 0
			|| arena_copy(arena, text, &copy) < 0)
		return NULL;
	plan->dialplan = dialplan_parse(&copy, arena, scratch, diagnostics);
	if(plan->dialplan == NULL)
		return NULL;
	plan->arena = arena;
	plan->references = 1;
	plan->loaded_at = time(NULL);
	return plan;
}

static plan_t *make_in(const allocator_t *allocator, const str *text,
		const char *source, diagnostics_t *diagnostics)
{
	arena_t *arena = arena_create(allocator, block_bytes(text));
	arena_t *scratch = arena_create(&failover_heap, SCRATCH_BLOCK_BYTES);
	plan_t *plan = NULL;

	if(arena != NULL && scratch != NULL)
		plan = read_into(arena, scratch, text, source, diagnostics);
	if(plan == NULL)
		arena_destroy(arena);
	arena_destroy(scratch);
	return plan;
}

static void report_memory(report_t *report, size_t needed)
{
	char line[256];

	snprintf(line, sizeof(line),
			"%s: the dial plan needs %.1f MB of shared memory, free are %.1f "
			"MB: a greater -m would be right",
			report->source, (double)needed / MIB,
			(double)shm_available() / MIB);
	report_fault(report, line);
}

static bool is_enough(size_t needed)
{
	size_t available = (size_t)shm_available();

	return available > needed
		   && available - needed > available / FREE_PART_LEFT;
}

/* Make a plan of a text. It is made in private memory first: so whatever is wrong
 * with it, and how much it needs, is known before any shared memory is taken
 * that the calls may need.
 * @param asks_server whether the server can be asked already
 * @return NULL with what is wrong reported */
static plan_t *make_plan(const str *text, report_t *report, bool asks_server,
		reload_result_t *result)
{
	diagnostics_t none = {0};
	plan_t *plan =
			make_in(&failover_heap, text, report->source, &report->diagnostics);
	size_t needed;

	*result = RELOAD_BAD;
	if(plan == NULL && report->failure->errors == 0) {
		*result = RELOAD_NO_MEMORY;
		report_fault(report, "there is no memory to read the dial plan");
	}
	if(plan == NULL
			|| (asks_server
					&& check_server(plan->dialplan, &report->diagnostics)
							   < 0)) {
		if(plan != NULL)
			arena_destroy(plan->arena);
		return NULL;
	}
	needed = arena_bytes(plan->arena);
	arena_destroy(plan->arena);
	plan = is_enough(needed)
				   ? make_in(&failover_shm, text, report->source, &none)
				   : NULL;
	*result = plan == NULL ? RELOAD_NO_MEMORY : RELOAD_DONE;
	if(plan == NULL)
		report_memory(report, needed);
	return plan;
}

/* -- loading at start --------------------------------------------------- */

/* @return 0, or -1 with the reason logged */
static int make_slot(plan_t *plan)
{
	slot = shm_malloc(sizeof(*slot));
	if(slot == NULL) {
		SHM_MEM_ERROR;
		return -1;
	}
	memset(slot, 0, sizeof(*slot));
	if(lock_init(&slot->lock) == NULL) {
		LM_ERR("cannot make a lock\n");
		shm_free(slot);
		slot = NULL;
		return -1;
	}
	slot->plan = plan;
	return 0;
}

static int load(const str *text, const char *source, bool is_file)
{
	failure_t failure;
	reload_result_t result;
	report_t report;
	plan_t *plan;

	report_init(&report, source, &failure);
	plan = make_plan(text, &report, false, &result);
	if(plan == NULL)
		return -1;
	plan->is_file = is_file;
	if(make_slot(plan) == 0) {
		LM_INFO("%s: %d rules are loaded\n", source, plan->dialplan->n_rules);
		return 0;
	}
	arena_destroy(plan->arena);
	return -1;
}

static int refuse_second(void)
{
	if(slot == NULL)
		return 0;
	LM_ERR("there is a dial plan already: give one of dialplan and "
		   "dialplan_text, once\n");
	return -1;
}

/* The path from the root on: the server goes to another folder once it has read
 * its configuration, and a reload comes after that.
 * @return NULL if it is too long */
static const char *absolute_path(const char *path, char *buffer, size_t size)
{
	size_t len;

	if(path[0] == '/')
		return path;
	if(getcwd(buffer, size) == NULL)
		return NULL;
	len = strlen(buffer);
	if(len + 1 + strlen(path) >= size)
		return NULL;
	buffer[len] = '/';
	strcpy(buffer + len + 1, path);
	return buffer;
}

int plan_load_file(const char *name)
{
	arena_t *arena;
	char buffer[PATH_MAX];
	const char *path = absolute_path(name, buffer, sizeof(buffer));
	char why[512];
	int result = -1;
	str text;

	if(refuse_second() < 0)
		return -1;
	if(path == NULL) {
		LM_ERR("%s: this path is too long\n", name);
		return -1;
	}
	arena = arena_create(&failover_heap, SCRATCH_BLOCK_BYTES);
	if(arena == NULL)
		return -1;
	if(file_read(path, arena, &text, why, sizeof(why)) < 0)
		LM_ERR("%s\n", why);
	else
		result = load(&text, path, true);
	arena_destroy(arena);
	return result;
}

int plan_load_text(const str *text)
{
	return refuse_second() < 0 ? -1 : load(text, TEXT_SOURCE, false);
}

int plan_check(void)
{
	diagnostics_t diagnostics;

	if(slot == NULL)
		return 0;
	if(slot->plan->dialplan->n_rules == 0)
		LM_WARN("%s: the dial plan has no rule, so failover() takes no call\n",
				slot->plan->source.s);
	diagnostics = log_diagnostics(slot->plan->source.s);
	return check_server(slot->plan->dialplan, &diagnostics);
}

bool plan_is_loaded(void)
{
	return slot != NULL;
}

/* -- sharing it --------------------------------------------------------- */

plan_t *plan_acquire(void)
{
	plan_t *plan;

	if(slot == NULL)
		return NULL;
	lock_get(&slot->lock);
	plan = slot->plan;
	plan->references++;
	lock_release(&slot->lock);
	return plan;
}

void plan_release(plan_t *plan)
{
	bool is_last;

	if(plan == NULL)
		return;
	lock_get(&slot->lock);
	is_last = --plan->references == 0;
	lock_release(&slot->lock);
	if(is_last)
		arena_destroy(plan->arena);
}

const dialplan_t *plan_dialplan(const plan_t *plan)
{
	return plan->dialplan;
}

const char *plan_source(const plan_t *plan)
{
	return plan->source.s;
}

time_t plan_loaded_at(const plan_t *plan)
{
	return plan->loaded_at;
}

void plan_last_failure(failure_t *failure)
{
	lock_get(&slot->lock);
	*failure = slot->failure;
	lock_release(&slot->lock);
}

/* -- reloading ---------------------------------------------------------- */

/* @return whether nobody else is reloading; then it is for end_reload() */
static bool begin_reload(void)
{
	bool is_granted;

	lock_get(&slot->lock);
	is_granted = !slot->is_reloading;
	slot->is_reloading = true;
	lock_release(&slot->lock);
	return is_granted;
}

/* @param plan takes the place of the one that is there; NULL: it failed */
static void end_reload(plan_t *plan, const failure_t *failure)
{
	plan_t *old = NULL;

	lock_get(&slot->lock);
	if(plan != NULL) {
		old = slot->plan;
		slot->plan = plan;
	} else {
		slot->failure = *failure;
	}
	slot->is_reloading = false;
	lock_release(&slot->lock);
	plan_release(old);
}

static plan_t *read_again(
		const char *path, failure_t *failure, reload_result_t *result)
{
	arena_t *arena = arena_create(&failover_heap, SCRATCH_BLOCK_BYTES);
	plan_t *plan = NULL;
	report_t report;
	char why[512];
	str text;

	*result = RELOAD_NO_MEMORY;
	report_init(&report, path, failure);
	if(arena == NULL) {
		report_fault(&report, "no memory to read the dial plan");
		return NULL;
	}
	if(file_read(path, arena, &text, why, sizeof(why)) < 0) {
		*result = RELOAD_BAD;
		report_fault(&report, why);
	} else {
		plan = make_plan(&text, &report, true, result);
	}
	arena_destroy(arena);
	if(plan == NULL || plan->dialplan->n_rules > 0)
		return plan;
	/* more likely it is just being written than meant */
	*result = RELOAD_BAD;
	snprintf(why, sizeof(why),
			"%s: there is no rule in it: a rule with $action would refuse all "
			"calls, if that is meant",
			path);
	report_fault(&report, why);
	arena_destroy(plan->arena);
	return NULL;
}

reload_result_t plan_reload(failure_t *failure)
{
	plan_t *old = plan_acquire();
	reload_result_t result = RELOAD_NO_FILE;
	plan_t *plan;

	memset(failure, 0, sizeof(*failure));
	if(old == NULL || !old->is_file)
		goto end;
	result = RELOAD_BUSY;
	if(!begin_reload())
		goto end;
	plan = read_again(old->source.s, failure, &result);
	failure->at = time(NULL);
	if(plan != NULL) {
		plan->is_file = true;
		LM_NOTICE("%s: %d rules are loaded in the place of %d\n", old->source.s,
				plan->dialplan->n_rules, old->dialplan->n_rules);
	} else {
		LM_NOTICE("%s: the dial plan stays as it was, with %d rules\n",
				old->source.s, old->dialplan->n_rules);
	}
	end_reload(plan, failure);
end:
	plan_release(old);
	return result;
}

void plan_destroy(void)
{
	if(slot == NULL)
		return;
	/* the other processes are gone, and one of them may have taken the lock, or a
	 * reference, with it */
	arena_destroy(slot->plan->arena);
	lock_destroy(&slot->lock);
	shm_free(slot);
	slot = NULL;
}
