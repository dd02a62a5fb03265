/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "ctl/commands.h"

#include <stdio.h>

#include "lint/dialplan_lint.h"
#include "dialplan_parse.h"
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

int check_run(options_t *options)
{
	lint_options_t lint = {.defaults = &options->defaults,
			.max_branches = options->max_branches};
	arena_t *arena = options->arena;
	const dialplan_t *plan;
	plan_text_t text;
	listing_t listing;

	if(plan_text_read(&text, options->file, arena) < 0)
		return STATUS_USAGE;
	listing_init(&listing, text.name, &text.text, arena);
	plan = dialplan_parse(&text.text, arena, arena, &listing.diagnostics);
	if(plan != NULL && dialplan_require_rule(plan, &listing.diagnostics) < 0)
		plan = NULL;
	/* after an error, a warning may only be its consequence */
	if(plan != NULL
			&& dialplan_lint(plan, &lint, arena, &listing.diagnostics) < 0)
		return no_memory();
	listing.are_warnings_pending = plan == NULL;
	if(listing_sort(&listing) < 0)
		return no_memory();
	show(options, &listing);
	return plan == NULL ? STATUS_PLAN : STATUS_OK;
}
