/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The commands for a running server. */
#include "ctl/commands.h"

#include <stdio.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#include "ctl/json.h"
#include "ctl/server.h"

/* of one reply of failover.calls */
#define SHOWN_MAX "50"

#define BOLD "\033[1m"
#define DIM "\033[2m"
#define YELLOW "\033[33m"
#define PLAIN "\033[0m"
#define FROM_THE_TOP "\033[H\033[2J"

static int status_of(asked_t asked)
{
	return asked == ASKED_ANSWERED	? STATUS_OK
		   : asked == ASKED_REFUSED ? STATUS_PLAN
									: STATUS_USAGE;
}

static long number_of(const json_t *object, const char *name)
{
	return (long)json_integer_value(json_object_get(object, name));
}

static const char *text_of(const json_t *object, const char *name)
{
	const char *text = json_string_value(json_object_get(object, name));

	return text != NULL ? text : "";
}

static bool is_colour_wanted(const options_t *options)
{
	return is_coloured(options->colour, stdout);
}

/* -- calls -------------------------------------------------------------- */

static void show_call(const json_t *call, bool is_coloured_)
{
	double seconds = (double)number_of(call, "attempt_ms") / 1000.0;
	bool is_ringing = strcmp(text_of(call, "state"), "proceeding") == 0;

	printf("%3ld/%-3ld %8.1f  %s%-10s%s  ", number_of(call, "attempt"),
			number_of(call, "of"), seconds,
			is_coloured_ && !is_ringing ? YELLOW : "", text_of(call, "state"),
			is_coloured_ && !is_ringing ? PLAIN : "");
	print_string(stdout, text_of(call, "destination"));
	fputs("  ", stdout);
	if(*text_of(call, "rule") != '\0') {
		print_string(stdout, text_of(call, "rule"));
		fputs("  ", stdout);
	}
	fputs(is_coloured_ ? DIM : "", stdout);
	print_string(stdout, text_of(call, "call_id"));
	fputs(is_coloured_ ? PLAIN "\n" : "\n", stdout);
}

static void show_calls(const json_t *reply, bool is_coloured_)
{
	const json_t *list = json_object_get(reply, "list");
	size_t i;

	if(json_array_size(list) > 0)
		printf("%sATTEMPT  SECONDS  STATE       DESTINATION  RULE  "
			   "CALL-ID%s\n",
				is_coloured_ ? BOLD : "", is_coloured_ ? PLAIN : "");
	for(i = 0; i < json_array_size(list); i++)
		show_call(json_array_get(list, i), is_coloured_);
	printf("%ld calls under way, %zu shown\n", number_of(reply, "calls"),
			json_array_size(list));
}

static json_t *words_of(const options_t *options)
{
	json_t *params = json_array();
	int i;

	for(i = 0; i < options->n_words; i++)
		json_array_append_new(params, json_of_string(options->words[i]));
	return params;
}

int calls_run(options_t *options)
{
	json_t *reply;
	asked_t asked = server_ask(
			options->socket, "failover.calls", words_of(options), &reply);

	if(asked != ASKED_ANSWERED)
		return status_of(asked);
	if(options->is_json) {
		json_print(reply);
		return STATUS_OK;
	}
	show_calls(reply, is_colour_wanted(options));
	json_decref(reply);
	return STATUS_OK;
}

/* -- stats -------------------------------------------------------------- */

/* @param before the same some seconds ago, for a rate; NULL: none */
static void show_stats(const json_t *stats, const json_t *before, long seconds)
{
	const char *name;
	json_t *value;

	json_object_foreach((json_t *)stats, name, value)
	{
		long now = (long)json_integer_value(value);

		printf("%-20s %10ld", name, now);
		if(before != NULL && seconds > 0 && strcmp(name, "active") != 0
				&& strcmp(name, "held") != 0)
			printf("  %8.1f a second",
					(double)(now - number_of(before, name)) / (double)seconds);
		putchar('\n');
	}
}

static json_t *first_page(void)
{
	return json_pack("[s, s]", "1", SHOWN_MAX);
}

/* Which next hops are held or out of service: they stand first in the list. */
static asked_t show_held(const options_t *options, const json_t *stats)
{
	json_t *reply;
	const json_t *list;
	asked_t asked;
	size_t i;

	if(number_of(stats, "held") == 0)
		return ASKED_ANSWERED;
	asked = server_ask(
			options->socket, "failover.destinations", first_page(), &reply);
	if(asked != ASKED_ANSWERED)
		return asked;
	list = json_object_get(reply, "list");
	for(i = 0; i < json_array_size(list) && (long)i < number_of(reply, "held");
			i++) {
		const json_t *hop = json_array_get(list, i);

		printf("%-20s ", text_of(hop, "state"));
		print_string(stdout, text_of(hop, "next_hop"));
		printf(" until %s\n", text_of(hop, "until"));
	}
	json_decref(reply);
	return ASKED_ANSWERED;
}

int stats_run(options_t *options)
{
	json_t *reply;
	asked_t asked = server_ask(options->socket, "failover.stats", NULL, &reply);

	if(asked != ASKED_ANSWERED)
		return status_of(asked);
	if(options->is_json) {
		json_print(reply);
		return STATUS_OK;
	}
	show_stats(reply, NULL, 0);
	asked = show_held(options, reply);
	json_decref(reply);
	return status_of(asked);
}

/* -- watch -------------------------------------------------------------- */

int watch_run(options_t *options)
{
	bool is_terminal = isatty(STDOUT_FILENO);
	json_t *before = NULL;
	asked_t asked = ASKED_ANSWERED;
	long round;

	for(round = 0; options->rounds == 0 || round < options->rounds; round++) {
		json_t *calls, *stats;

		if(round > 0)
			sleep(1);
		asked = server_ask(
				options->socket, "failover.calls", first_page(), &calls);
		if(asked != ASKED_ANSWERED)
			break;
		asked = server_ask(options->socket, "failover.stats", NULL, &stats);
		if(asked == ASKED_ANSWERED) {
			fputs(is_terminal ? FROM_THE_TOP : "", stdout);
			show_calls(calls, is_colour_wanted(options));
			putchar('\n');
			show_stats(stats, before, 1);
			asked = show_held(options, stats);
			fflush(stdout);
			json_decref(before);
			before = stats;
		}
		json_decref(calls);
		if(asked != ASKED_ANSWERED)
			break;
	}
	json_decref(before);
	return status_of(asked);
}

/* -- reload ------------------------------------------------------------- */

int reload_run(options_t *options)
{
	json_t *reply;
	asked_t asked = server_ask(options->socket, "failover.list",
			json_pack("[s, s]", "1", "1"), &reply);
	int status;

	if(asked != ASKED_ANSWERED)
		return status_of(asked);
	options->file = text_of(reply, "file");
	status = options->file[0] == '/' ? check_run(options) : STATUS_OK;
	json_decref(reply);
	fflush(stderr);
	if(status != STATUS_OK)
		return status;
	asked = server_ask(options->socket, "failover.reload", NULL, &reply);
	if(asked != ASKED_ANSWERED)
		return status_of(asked);
	printf("%s: %ld rules are loaded\n", text_of(reply, "file"),
			number_of(reply, "rules"));
	json_decref(reply);
	return STATUS_OK;
}
