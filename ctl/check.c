/* SPDX-License-Identifier: GPL-2.0-or-later */
/* check: the command that finds mistakes in dial plans and in the strings of a script
 * call. */
#include "ctl/commands.h"

#include <stdio.h>
#include <string.h>

#include "lint/dialplan_lint.h"
#include "dialplan_parse.h"
#include "ctl/call_text.h"
#include "ctl/json.h"
#include "ctl/plan_text.h"
#include "ctl/listing.h"

static int no_memory(void)
{
	fputs("failoverctl: no memory\n", stderr);
	return STATUS_USAGE;
}

static void show(const options_t *options, const listing_t *listing)
{
	json_t *object;

	if(!options->is_json) {
		listing_show(listing, stderr, is_coloured(options->colour, stderr));
		listing_summary(listing, stderr);
		return;
	}
	object = json_object();
	json_object_set_new(object, "file", json_of_string(listing->name));
	listing_json(listing, object);
	json_print(object);
}

/* Sort and show what was found. */
static int end_check(
		const options_t *options, listing_t *listing, bool is_right)
{
	listing->are_warnings_pending = !is_right;
	if(listing_sort(listing) < 0)
		return no_memory();
	show(options, listing);
	return is_right ? STATUS_OK : STATUS_PLAN;
}

/* Leave out the findings that are only wrong in a plan: in a script call, $name is a
 * pseudo-variable. */
static void report_of_call(void *context, const diagnostic_t *diagnostic)
{
	listing_t *listing = context;

	if(strcmp(diagnostic->name, "placeholder-literal") == 0)
		return;
	listing->diagnostics.warnings++;
	listing->diagnostics.emit(listing->diagnostics.context, diagnostic);
}

/* Check the strings of a script call. */
static int check_call(const options_t *options)
{
	static const str nothing = str_init("");
	call_text_t text = {0};
	lint_options_t lint = {.defaults = &options->defaults,
			.max_branches = options->max_branches,
			.call_settings = &text.settings};
	dialplan_t plan = {.n_rules = 1};
	arena_t *arena = options->arena;
	listing_t listing;
	diagnostics_t diagnostics = {.emit = report_of_call, .context = &listing};
	rule_t *rule;

	listing_init(&listing, "--call", &nothing, arena);
	rule = call_text_read(
			options->call, options->file, &text, arena, &listing.diagnostics);
	listing.text = text.text;
	if(rule == NULL && arena_has_failed(arena))
		return no_memory();
	plan.rules = &rule;
	if(rule != NULL && dialplan_lint(&plan, &lint, arena, &diagnostics) < 0)
		return no_memory();
	return end_check(options, &listing, rule != NULL);
}

int check_run(options_t *options)
{
	lint_options_t lint = {.defaults = &options->defaults,
			.max_branches = options->max_branches};
	arena_t *arena = options->arena;
	const dialplan_t *plan;
	plan_text_t text;
	listing_t listing;

	if(options->call != NULL)
		return check_call(options);
	if(plan_text_read(&text, options->file, arena) < 0)
		return STATUS_USAGE;
	listing_init(&listing, text.name, &text.text, arena);
	plan = dialplan_parse(&text.text, arena, arena, &listing.diagnostics);
	if(plan != NULL && dialplan_require_rule(plan, &listing.diagnostics) < 0)
		plan = NULL;
	/* after an error, a warning may only be a result of it */
	if(plan != NULL
			&& dialplan_lint(plan, &lint, arena, &listing.diagnostics) < 0)
		return no_memory();
	return end_check(options, &listing, plan != NULL);
}
