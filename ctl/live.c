/* SPDX-License-Identifier: GPL-2.0-or-later */
/* live: the commands for a running server. */
#include "ctl/commands.h"

#include <stdio.h>
#include <string.h>
#include <sys/ioctl.h>
#include <unistd.h>

#include "ctl/json.h"
#include "ctl/server.h"

/* the most calls in one reply of failover.calls */
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

/* The size of the terminal. A pipe has no limit. */
typedef struct screen
{
	int columns, rows; /* 0: no limit */
	bool is_coloured;
} screen_t;

static screen_t screen_of(const options_t *options)
{
	screen_t screen = {.is_coloured = is_coloured(options->colour, stdout)};
	struct winsize size;

	if(isatty(STDOUT_FILENO) && ioctl(STDOUT_FILENO, TIOCGWINSZ, &size) == 0) {
		screen.columns = size.ws_col;
		screen.rows = size.ws_row;
	}
	return screen;
}

static const char *colour(const screen_t *screen, const char *code)
{
	return screen->is_coloured ? code : "";
}

/* -- calls -------------------------------------------------------------- */

/* columns before the destination */
#define INDENT 30
#define GAP 2

/* The widths of the columns of text. */
typedef struct table
{
	int destination, rule;
	bool is_wide; /* wider than the screen: rule and Call-ID are on the next line */
} table_t;

static int columns_of(const json_t *call, const char *name)
{
	return print_columns(text_of(call, name));
}

static void widen(int *columns, int wanted)
{
	if(*columns < wanted)
		*columns = wanted;
}

static table_t table_of(const json_t *list, const screen_t *screen)
{
	table_t table = {.destination = (int)strlen("DESTINATION"),
			.rule = (int)strlen("RULE")};
	int call_id = (int)strlen("CALL-ID");
	size_t i;

	for(i = 0; i < json_array_size(list); i++) {
		const json_t *call = json_array_get(list, i);

		widen(&table.destination, columns_of(call, "destination"));
		widen(&table.rule, columns_of(call, "rule"));
		widen(&call_id, columns_of(call, "call_id"));
	}
	table.is_wide =
			screen->columns > 0
			&& INDENT + table.destination + GAP + table.rule + GAP + call_id
					   > screen->columns;
	return table;
}

/* @param columns the width of the text and the gap after it */
static void show_column(const char *text, int columns)
{
	print_string(stdout, text);
	printf("%*s", columns - print_columns(text), "");
}

/* End the row of a call, or of the heading. */
static void show_texts(const table_t *table, const char *destination,
		const char *rule, const char *call_id, const char *look,
		const screen_t *screen)
{
	if(table->is_wide) {
		print_string(stdout, destination);
		printf("\n%*s", INDENT, "");
	} else {
		show_column(destination, table->destination + GAP);
	}
	show_column(rule, table->rule + GAP);
	fputs(colour(screen, look), stdout);
	print_string(stdout, call_id);
	puts(colour(screen, PLAIN));
}

static void show_call(
		const json_t *call, const table_t *table, const screen_t *screen)
{
	double seconds = (double)number_of(call, "attempt_ms") / 1000.0;
	bool is_ringing = strcmp(text_of(call, "state"), "proceeding") == 0;

	printf("%3ld/%-3ld %8.1f  %s%-10s%s  ", number_of(call, "attempt"),
			number_of(call, "of"), seconds,
			is_ringing ? "" : colour(screen, YELLOW), text_of(call, "state"),
			is_ringing ? "" : colour(screen, PLAIN));
	show_texts(table, text_of(call, "destination"), text_of(call, "rule"),
			text_of(call, "call_id"), DIM, screen);
}

/* @param lines the most lines to print; 0: no limit */
static void show_calls(const json_t *reply, const screen_t *screen, int lines)
{
	const json_t *list = json_object_get(reply, "list");
	table_t table = table_of(list, screen);
	int used = table.is_wide; /* its heading takes two lines as well */
	size_t i;

	if(json_array_size(list) > 0) {
		printf("%sATTEMPT  SECONDS  STATE       ", colour(screen, BOLD));
		show_texts(&table, "DESTINATION", "RULE", "CALL-ID", "", screen);
	}
	for(i = 0; i < json_array_size(list); i++) {
		used += table.is_wide ? 2 : 1;
		if(lines > 0 && used > lines)
			break;
		show_call(json_array_get(list, i), &table, screen);
	}
	printf("%ld calls under way, %zu shown\n", number_of(reply, "calls"), i);
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
	screen_t screen = screen_of(options);
	json_t *reply;
	asked_t asked = server_ask(
			options->socket, "failover.calls", words_of(options), &reply);

	if(asked != ASKED_ANSWERED)
		return status_of(asked);
	if(options->is_json) {
		json_print(reply);
		return STATUS_OK;
	}
	show_calls(reply, &screen, 0);
	json_decref(reply);
	return STATUS_OK;
}

/* -- stats -------------------------------------------------------------- */

/* Has a rate: it is a counter, and not a number of things that exist now. */
static bool is_counted(const char *name)
{
	return strcmp(name, "active") != 0 && strcmp(name, "held") != 0;
}

static void show_stats(const json_t *stats)
{
	const char *name;
	json_t *value;

	json_object_foreach((json_t *)stats, name, value)
	{
		printf("%-20s %10ld\n", name, (long)json_integer_value(value));
	}
}

/* Two of them in a row take 78 columns. */
#define RATE_COLUMNS 78

static bool has_two_in_a_row(const screen_t *screen)
{
	return screen->columns >= RATE_COLUMNS;
}

/* @param before the counters of one second ago; NULL: none */
static void show_rates(
		const json_t *stats, const json_t *before, const screen_t *screen)
{
	const char *name;
	json_t *value;
	int i = 0;

	json_object_foreach((json_t *)stats, name, value)
	{
		long now = (long)json_integer_value(value);
		char rate[32] = "";

		if(before != NULL && is_counted(name))
			snprintf(
					rate, sizeof(rate), "%ld/s", now - number_of(before, name));
		if(has_two_in_a_row(screen) && i++ % 2 == 0)
			printf("%-20s%10ld%7s    ", name, now, rate);
		else
			printf("%-20s%10ld%s%s\n", name, now, *rate != '\0' ? "  " : "",
					rate);
	}
	if(i % 2 != 0)
		putchar('\n');
}

static json_t *first_page(void)
{
	return json_pack("[s, s]", "1", SHOWN_MAX);
}

/* Show the next hops that are held or out of service: they are first in the list. */
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
	show_stats(reply);
	asked = show_held(options, reply);
	json_decref(reply);
	return status_of(asked);
}

/* -- watch -------------------------------------------------------------- */

/* How many lines of the screen are left for calls; 0: no limit. */
static int lines_for_calls(const json_t *stats, const screen_t *screen)
{
	int figures = (int)json_object_size(stats);
	int lines = screen->rows - (int)number_of(stats, "held")
				- (has_two_in_a_row(screen) ? (figures + 1) / 2 : figures);

	/* the title, the sum, a blank line, and the line of the cursor */
	lines -= 4;
	return screen->rows == 0 ? 0 : lines > 1 ? lines : 1;
}

/* @param before the counters of one second ago; is set to those of now */
static asked_t show_round(const options_t *options, json_t **before)
{
	screen_t screen = screen_of(options);
	json_t *calls, *stats;
	asked_t asked =
			server_ask(options->socket, "failover.calls", first_page(), &calls);

	if(asked != ASKED_ANSWERED)
		return asked;
	asked = server_ask(options->socket, "failover.stats", NULL, &stats);
	if(asked == ASKED_ANSWERED) {
		fputs(isatty(STDOUT_FILENO) ? FROM_THE_TOP : "", stdout);
		show_calls(calls, &screen, lines_for_calls(stats, &screen));
		putchar('\n');
		show_rates(stats, *before, &screen);
		asked = show_held(options, stats);
		fflush(stdout);
		json_decref(*before);
		*before = stats;
	}
	json_decref(calls);
	return asked;
}

int watch_run(options_t *options)
{
	json_t *before = NULL;
	asked_t asked = ASKED_ANSWERED;
	long round;

	for(round = 0; asked == ASKED_ANSWERED
				   && (options->rounds == 0 || round < options->rounds);
			round++) {
		if(round > 0)
			sleep(1);
		asked = show_round(options, &before);
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
