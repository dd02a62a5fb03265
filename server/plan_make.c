/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "../../core/sr_module.h"
#include "../../core/dprint.h"
#include "../../core/mem/shm_mem.h"

#include "server/plan_make.h"

#include "dialplan_parse.h"
#include "text/file.h"
#include "server/memory.h"
#include "server/self.h"
#include "server/source.h"
#include "server/workers.h"

#define TEXT_SOURCE "dialplan_text"

/* The size of a block depends on the size of the text, so that a large plan needs few
 * blocks. Each block is taken and released under a lock of all processes. */
#define PLAN_BLOCK_BYTES_MIN (4 * 1024)
#define PLAN_BLOCK_BYTES_MAX (256 * 1024)

#define SCRATCH_BLOCK_BYTES (64 * 1024)

/* While a new plan is in memory beside the old one, an eighth of the free memory must
 * be left for the calls. */
#define FREE_PART_LEFT 8

#define MIB (1024.0 * 1024.0)

/* -- what the server has ------------------------------------------------ */

/* Check the rules that could be read, even if others could not.
 * @return 0; -1 with every error reported; SOURCE_FAILED without memory */
static int check_server(const dialplan_t *dialplan, arena_t *scratch,
		diagnostics_t *diagnostics)
{
	int result = source_check(dialplan, scratch, diagnostics);
	int i;

	if(result == SOURCE_FAILED)
		return result;
	for(i = 0; i < dialplan->n_rules; i++) {
		if(server_check_rule(dialplan->rules[i], diagnostics) < 0)
			result = -1;
	}
	if(!workers_can_look_up())
		rules_warn_of_names(dialplan->rules, dialplan->n_rules, diagnostics);
	return result;
}

/* -- in one kind of memory ---------------------------------------------- */

/* A text, and how it is read. */
typedef struct reading
{
	const str *text;
	const char *source;
	bool asks_server; /* whether the server can be asked yet */
	bool lacks_memory;
	arena_t *arena, *scratch;
} reading_t;

static size_t block_bytes(const str *text)
{
	size_t bytes = (size_t)text->len;

	return bytes < PLAN_BLOCK_BYTES_MIN	  ? PLAN_BLOCK_BYTES_MIN
		   : bytes > PLAN_BLOCK_BYTES_MAX ? PLAN_BLOCK_BYTES_MAX
										  : bytes;
}

/* @return 0, or -1 with every error reported */
static int read_dialplan(
		reading_t *reading, plan_t *plan, diagnostics_t *diagnostics)
{
	str text;
	int result, checked;

	if(arena_copy(reading->arena, reading->text, &text) < 0)
		return -1;
	result = dialplan_read(&text, &plan->dialplan, reading->arena,
			reading->scratch, diagnostics);
	if(plan->dialplan != NULL && result == 0)
		result = dialplan_require_rule(plan->dialplan, diagnostics);
	if(plan->dialplan == NULL || !reading->asks_server)
		return result;
	checked = check_server(plan->dialplan, reading->scratch, diagnostics);
	if(checked == SOURCE_FAILED)
		reading->lacks_memory = true;
	return checked < 0 ? -1 : result;
}

static plan_t *read_plan(reading_t *reading, diagnostics_t *diagnostics)
{
	plan_t *plan = arena_alloc(reading->arena, sizeof(*plan));
	str source = str_of(reading->source);

	if(plan == NULL || arena_copy(reading->arena, &source, &plan->source) < 0
			|| read_dialplan(reading, plan, diagnostics) < 0)
		return NULL;
	plan->arena = reading->arena;
	plan->references = 1;
	plan->loaded_at = time(NULL);
	return plan;
}

static plan_t *make_in(const allocator_t *allocator, reading_t *reading,
		diagnostics_t *diagnostics)
{
	plan_t *plan = NULL;

	reading->arena = arena_create(allocator, block_bytes(reading->text));
	reading->scratch = arena_create(&failover_heap, SCRATCH_BLOCK_BYTES);
	if(reading->arena == NULL || reading->scratch == NULL) {
		reading->lacks_memory = true;
	} else {
		plan = read_plan(reading, diagnostics);
		if(arena_has_failed(reading->arena)
				|| arena_has_failed(reading->scratch))
			reading->lacks_memory = true;
	}
	if(plan == NULL)
		arena_destroy(reading->arena);
	arena_destroy(reading->scratch);
	return plan;
}

/* -- in shared memory --------------------------------------------------- */

static bool is_enough(size_t needed)
{
	size_t available = (size_t)shm_available();

	return available > needed
		   && available - needed > available / FREE_PART_LEFT;
}

static void report_shared_memory(report_t *report, size_t needed)
{
	report->failure->lacks_memory = true;
	report_fault(report,
			"the dial plan needs %.1f MB of shared memory, free are %.1f MB, "
			"of which an eighth has to stay for the calls: a greater -m would "
			"be right",
			(double)needed / MIB, (double)shm_available() / MIB);
}

/* Make a plan of a text. It is first made in private memory, so its errors and its
 * size are known before it takes shared memory, which the calls need.
 * @return NULL with what is wrong reported */
static plan_t *make_plan(const str *text, report_t *report, bool asks_server)
{
	reading_t reading = {
			.text = text, .source = report->source, .asks_server = asks_server};
	diagnostics_t none = {0};
	plan_t *plan = make_in(&failover_heap, &reading, &report->diagnostics);
	size_t needed;

	if(reading.lacks_memory)
		report_no_memory(report);
	if(plan == NULL)
		return NULL;
	needed = arena_bytes(plan->arena);
	arena_destroy(plan->arena);
	reading.asks_server = false;
	plan = is_enough(needed) ? make_in(&failover_shm, &reading, &none) : NULL;
	if(plan == NULL)
		report_shared_memory(report, needed);
	return plan;
}

plan_t *plan_make_of_text(const str *text, failure_t *failure)
{
	plan_t *plan = NULL;
	report_t report;

	if(report_begin(&report, TEXT_SOURCE, failure) < 0)
		return NULL;
	plan = make_plan(text, &report, false);
	report_end(&report);
	return plan;
}

/* -- of a file ---------------------------------------------------------- */

static plan_t *make_of_file(arena_t *arena, report_t *report, bool is_reload)
{
	const char *fault;
	plan_t *plan;
	str text;

	fault = file_read(report->source, DIALPLAN_MIB_MAX, arena, &text);
	if(arena_has_failed(arena)) {
		report_no_memory(report);
		return NULL;
	}
	if(fault != NULL) {
		report_fault(report, "cannot read the dial plan: %s", fault);
		return NULL;
	}
	plan = make_plan(&text, report, is_reload);
	if(plan == NULL)
		return NULL;
	plan->is_file = true;
	return plan;
}

plan_t *plan_make_of_file(const char *path, bool is_reload, failure_t *failure)
{
	plan_t *plan = NULL;
	report_t report;
	arena_t *arena;

	if(report_begin(&report, path, failure) < 0)
		return NULL;
	arena = arena_create(&failover_heap, SCRATCH_BLOCK_BYTES);
	if(arena == NULL)
		report_no_memory(&report);
	else
		plan = make_of_file(arena, &report, is_reload);
	arena_destroy(arena);
	report_end(&report);
	return plan;
}

/* -- once all modules are loaded ---------------------------------------- */

int plan_check_server(const plan_t *plan)
{
	arena_t *scratch;
	failure_t failure;
	report_t report;
	int result = -1;

	if(report_begin(&report, plan->source.s, &failure) < 0)
		return -1;
	scratch = arena_create(&failover_heap, SCRATCH_BLOCK_BYTES);
	if(scratch != NULL)
		result = check_server(plan->dialplan, scratch, &report.diagnostics);
	if(scratch == NULL || result == SOURCE_FAILED)
		report_no_memory(&report);
	arena_destroy(scratch);
	report_end(&report);
	return result < 0 ? -1 : 0;
}
