/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "../../core/sr_module.h"
#include "../../core/dprint.h"
#include "../../core/locking.h"
#include "../../core/mem/shm_mem.h"

#include "server/plan.h"

#include <limits.h>
#include <string.h>
#include <unistd.h>

#include "server/plan_make.h"

/* What the processes share. */
typedef struct slot
{
	gen_lock_t lock; /* for all fields, and for the references of each plan */
	plan_t *plan;
	bool is_reloading;
	failure_t failure;
} slot_t;

static slot_t *slot; /* NULL: no plan is loaded */

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

/* @param plan NULL if it could not be made
 * @return 0, or -1 with the reason logged */
static int install(plan_t *plan)
{
	if(plan == NULL)
		return -1;
	if(make_slot(plan) == 0) {
		LM_INFO("%s: %d rules are loaded\n", plan->source.s,
				plan->dialplan->n_rules);
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

/* Make a path absolute, because the server changes its folder after it has read the
 * configuration, and before any reload.
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
	char buffer[PATH_MAX];
	const char *path = absolute_path(name, buffer, sizeof(buffer));
	failure_t failure;

	if(refuse_second() < 0)
		return -1;
	if(path == NULL) {
		LM_ERR("%s: this path is too long\n", name);
		return -1;
	}
	return install(plan_make_of_file(path, false, &failure));
}

int plan_load_text(const str *text)
{
	failure_t failure;

	return refuse_second() < 0 ? -1
							   : install(plan_make_of_text(text, &failure));
}

int plan_check(void)
{
	if(slot == NULL)
		return 0;
	return plan_check_server(slot->plan);
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

/* @return false: another process is reloading; true: call end_reload() afterwards */
static bool begin_reload(void)
{
	bool is_granted;

	lock_get(&slot->lock);
	is_granted = !slot->is_reloading;
	slot->is_reloading = true;
	lock_release(&slot->lock);
	return is_granted;
}

/* @param plan replaces the current plan; NULL: the reload failed */
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
	plan = plan_make_of_file(old->source.s, true, failure);
	failure->at = time(NULL);
	if(plan != NULL) {
		result = RELOAD_DONE;
		LM_NOTICE("%s: %d rules are loaded in the place of %d\n", old->source.s,
				plan->dialplan->n_rules, old->dialplan->n_rules);
	} else {
		result = failure->lacks_memory ? RELOAD_NO_MEMORY : RELOAD_BAD;
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
	/* the other processes have ended; one of them may still have held the lock or a
	 * reference */
	arena_destroy(slot->plan->arena);
	lock_destroy(&slot->lock);
	shm_free(slot);
	slot = NULL;
}
