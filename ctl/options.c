/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "ctl/options.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "text/ascii.h"
#include "ctl/commands.h"
#include "ctl/server.h"
#include "dialplan/inline_parse.h"
#include "ctl/listing.h"

#define TOOL "failoverctl"
#define TOOL_VERSION "0.1"

#define FOR_CHECK 1u
#define FOR_EXPLAIN 2u
#define FOR_CALLS 4u
#define FOR_STATS 8u
#define FOR_WATCH 16u
#define FOR_RELOAD 32u
#define FOR_BOTH (FOR_CHECK | FOR_EXPLAIN)
#define FOR_SERVER (FOR_CALLS | FOR_STATS | FOR_WATCH | FOR_RELOAD)

static const command_t commands[] = {
		{"check", FOR_CHECK, "find what is wrong, or looks wrong, with a plan",
				check_run, 0},
		{"explain", FOR_EXPLAIN,
				"say which rules apply to a call and who is tried, and why",
				explain_run, 0},
		{"calls", FOR_CALLS,
				"list the calls that are under way: calls [FIRST [COUNT] | "
				"CALL-ID]",
				calls_run, 2},
		{"stats", FOR_STATS, "show what the server has counted", stats_run, 0},
		{"watch", FOR_WATCH, "show calls and statistics every second",
				watch_run, 0},
		{"reload", FOR_RELOAD,
				"check the dial plan of the server, then have it loaded again",
				reload_run, 0},
};

#define COMMANDS (sizeof(commands) / sizeof(commands[0]))
#define COMMAND_NAMES "check, explain, calls, stats, watch or reload"

/* -- values ---------------------------------------------------------------- */

static int set_max_branches(
		options_t *options, const char *value, reason_t *why)
{
	char *end;
	long number = strtol(value, &end, 10);

	if(!is_digit(value[0]) || *end != '\0' || number < 1
			|| number > ATTEMPTS_MAX)
		return reason_give(why,
				"[%s] is no whole number from 1 to %d, as max_branches is in "
				"kamailio.cfg",
				value, ATTEMPTS_MAX);
	options->max_branches = (unsigned)number;
	return 0;
}

/* Keep the first error of a text, with its column. */
static void keep_first(void *context, const diagnostic_t *diagnostic)
{
	reason_t *why = context;

	if(why->text[0] == '\0')
		reason_give(why, "column %d: %s", diagnostic->column, diagnostic->text);
}

/* Read one level of settings, in the form of a script call. */
static int set_defaults(options_t *options, const char *value, reason_t *why)
{
	diagnostics_t diagnostics = {.emit = keep_first, .context = why};
	str text = str_of(value);
	fragment_t whole = fragment_of(&text);
	rule_t level = {0};

	if(inline_parse_settings(&whole, &level, options->arena, &diagnostics) < 0)
		return -1;
	settings_apply(&options->defaults, &level.settings);
	return 0;
}

static int set_colour(options_t *options, const char *value, reason_t *why)
{
	static const char *const names[] = {
			[COLOUR_AUTO] = "auto",
			[COLOUR_ALWAYS] = "always",
			[COLOUR_NEVER] = "never",
	};
	size_t i;

	for(i = 0; i < sizeof(names) / sizeof(names[0]); i++) {
		if(strcmp(value, names[i]) == 0) {
			options->colour = i;
			return 0;
		}
	}
	return reason_give(
			why, "[%s]: auto, always or never would be right", value);
}

static int set_json(options_t *options, const char *value, reason_t *why)
{
	(void)value;
	(void)why;
	options->is_json = true;
	return 0;
}

static int set_socket(options_t *options, const char *value, reason_t *why)
{
	if(value[0] == '\0')
		return reason_give(why, "the name of the socket is empty");
	options->socket = value;
	return 0;
}

static int set_rounds(options_t *options, const char *value, reason_t *why)
{
	char *end;

	options->rounds = strtol(value, &end, 10);
	if(!is_digit(value[0]) || *end != '\0' || options->rounds < 1)
		return reason_give(why, "[%s] is no whole number from 1 on", value);
	return 0;
}

static int set_call(options_t *options, const char *value, reason_t *why)
{
	(void)why;
	options->call = value;
	return 0;
}

static int set_all(options_t *options, const char *value, reason_t *why)
{
	(void)value;
	(void)why;
	options->shows_all = true;
	return 0;
}

/* -- the table ------------------------------------------------------------- */

typedef struct option_row
{
	unsigned commands; /* the commands that have this option */
	char letter;	   /* '\0': none */
	const char *name;  /* with its dashes; NULL: none */
	const char *value; /* the name of its value; NULL: it has none */
	const char *explanation;
	/* reads the value: the first function is for an option that describes the request,
	 * the second one for any other option; 0, or -1 with why filled */
	int (*tell)(request_t *request, const char *value, reason_t *why);
	int (*read)(options_t *options, const char *value, reason_t *why);
} option_row_t;

static const option_row_t rows[] = {
		{FOR_EXPLAIN, 'r', "--request", "LINE",
				"the request line: 'INVITE sip:9555@example.com SIP/2.0'",
				.tell = request_set_line},
		{FOR_EXPLAIN, 'H', "--header", "HEADER",
				"a header: 'From: <sip:100@example.com>'; may be repeated",
				.tell = request_add_header},
		{FOR_EXPLAIN, 'a', "--addr", "ADDRESS",
				"the IP address that the request comes from",
				.tell = request_set_addr},
		{FOR_EXPLAIN, 't', "--transport", "TRANSPORT",
				"what it comes over: UDP, TCP, TLS, SCTP, WS or WSS",
				.tell = request_set_transport},
		{FOR_EXPLAIN, 'l', "--localhost", "HOST[:PORT]",
				"a name or address of the server itself; may be repeated",
				.tell = request_add_own_host},
		{FOR_EXPLAIN, 'R', "--route", "ROUTE",
				"the top Route: '<sip:192.0.2.1;lr>'",
				.tell = request_set_route},
		{FOR_EXPLAIN, '\0', "--registered", "USER",
				"who is registered; may be repeated; '' for nobody",
				.tell = request_add_registered},
		{FOR_EXPLAIN, '\0', "--at", "TIME",
				"when: '2030/12/24 09:30:00'; without it, now",
				.tell = request_set_at},
		{FOR_EXPLAIN, '\0', "--set", "LHS=VALUE",
				"what else a condition asks for: '$pv($rU)=100', '&x=1'",
				.tell = request_set},
		{FOR_EXPLAIN, '\0', "--all", NULL,
				"name every rule that does not apply, not only the last ones",
				.read = set_all},
		{FOR_CHECK, '\0', "--call", "LIST",
				"the list of a script call; its settings may follow",
				.read = set_call},
		{FOR_BOTH, '\0', "--defaults", "SETTINGS",
				"the parameters of the module: 'timer.inviting=5; "
				"redirection=no'",
				.read = set_defaults},
		{FOR_BOTH, '\0', "--max-branches", "N",
				"max_branches of the server; 12 if not said",
				.read = set_max_branches},
		{FOR_SERVER, 's', "--socket", "PATH",
				"dgram_socket of jsonrpcs; " SERVER_SOCKET_DEFAULT,
				.read = set_socket},
		{FOR_WATCH, '\0', "--rounds", "N", "end after so many looks",
				.read = set_rounds},
		{FOR_BOTH | FOR_CALLS | FOR_STATS, '\0', "--json", NULL,
				"print JSON, for programs", .read = set_json},
		{FOR_BOTH | FOR_SERVER, '\0', "--color", "WHEN",
				"auto, always or never; auto is on a terminal",
				.read = set_colour},
};

#define ROWS (sizeof(rows) / sizeof(rows[0]))

/* -- help ------------------------------------------------------------------ */

static void print_options(const command_t *command)
{
	size_t i;

	for(i = 0; i < ROWS; i++) {
		const option_row_t *row = &rows[i];
		char left[64] = "";
		char letter[8] = "    ";

		if(!(row->commands & command->bit))
			continue;
		if(row->letter != '\0')
			snprintf(letter, sizeof(letter), "-%c, ", row->letter);
		snprintf(left, sizeof(left), "%s%s%s%s", letter, row->name,
				row->value != NULL ? " " : "",
				row->value != NULL ? row->value : "");
		printf("  %-30s %s\n", left, row->explanation);
	}
}

static void print_help(void)
{
	size_t i;

	printf("Usage: " TOOL " check FILE [OPTION...]\n"
		   "       " TOOL " check --call LIST [SETTINGS] [OPTION...]\n"
		   "       " TOOL " explain FILE -r LINE [OPTION...]\n"
		   "       " TOOL " calls [FIRST [COUNT] | CALL-ID] [OPTION...]\n"
		   "       " TOOL " stats [OPTION...]\n"
		   "       " TOOL " watch [OPTION...]\n"
		   "       " TOOL " reload [OPTION...]\n"
		   "       " TOOL " --help | --version\n"
		   "\n"
		   "Reads a dial plan of Kamailio's module failover, without a server. "
		   "FILE may be -,\n"
		   "the standard input. calls, stats, watch and reload ask a running "
		   "server.\n");
	for(i = 0; i < COMMANDS; i++) {
		printf("\n%s: %s\n", commands[i].name, commands[i].explanation);
		print_options(&commands[i]);
	}
	printf("\n"
		   "Exit status: 0 all is well, or there are warnings only;\n"
		   "1 the plan has errors, or failover() would return -2, or the "
		   "server refused;\n"
		   "2 wrong usage, or the file cannot be read, or no server answers;\n"
		   "3 no rule applies.\n"
		   "The manual, failoverctl(1), says more.\n");
}

static void print_version(void)
{
	char pcre2[64] = "";

	pcre2_config(PCRE2_CONFIG_VERSION, pcre2);
	printf(TOOL " " TOOL_VERSION " (PCRE2 %s)\n", pcre2);
}

/* -- reading the command line ---------------------------------------------- */

/* Arguments that are left. */
typedef struct cursor
{
	int left;
	char **next;
} cursor_t;

static int refuse(const char *option, const char *why)
{
	fputs(TOOL ": ", stderr);
	if(option != NULL) {
		print_string(stderr, option);
		fputs(": ", stderr);
	}
	print_string(stderr, why);
	fputs("\n" TOOL " --help names what there is\n", stderr);
	return -1;
}

static const command_t *find_command(const char *name)
{
	size_t i;

	for(i = 0; i < COMMANDS; i++) {
		if(strcmp(name, commands[i].name) == 0)
			return &commands[i];
	}
	return NULL;
}

/* Find the text behind the name of an option in the same argument; NULL: it is another
 * option. */
static const char *behind_name(const option_row_t *row, const char *argument)
{
	size_t len = strlen(row->name);

	if(row->letter != '\0' && argument[0] == '-' && argument[1] == row->letter)
		return argument + 2;
	if(strncmp(argument, row->name, len) == 0
			&& (argument[len] == '\0' || argument[len] == '='))
		return argument + len;
	return NULL;
}

static const option_row_t *find_row(
		const command_t *command, const char *argument, const char **behind)
{
	size_t i;

	for(i = 0; i < ROWS; i++) {
		*behind = behind_name(&rows[i], argument);
		if(*behind != NULL && (rows[i].commands & command->bit))
			return &rows[i];
	}
	return NULL;
}

static int read_option(options_t *options, const option_row_t *row,
		const char *behind, cursor_t *cursor)
{
	reason_t why = {""};
	const char *value = NULL;

	if(row->value == NULL && *behind != '\0')
		return refuse(row->name, "it takes no value");
	if(row->value != NULL && *behind != '\0') {
		value = behind + (*behind == '=');
	} else if(row->value != NULL) {
		if(cursor->left == 0) {
			reason_give(&why, "%s is missing behind it", row->value);
			return refuse(row->name, why.text);
		}
		value = *cursor->next++;
		cursor->left--;
	}
	if((row->tell != NULL ? row->tell(&options->request, value, &why)
						  : row->read(options, value, &why))
			== 0)
		return 0;
	return refuse(row->name, why.text);
}

static int read_word(options_t *options, const char *word)
{
	if(options->n_words == options->command->words_max)
		return refuse(word, "there is one argument too many");
	options->words[options->n_words++] = word;
	return 0;
}

static int read_file_name(options_t *options, const char *name)
{
	if(options->command->bit & FOR_SERVER)
		return read_word(options, name);
	if(options->file != NULL && options->call != NULL)
		return refuse(name,
				"there is one argument too many: only SETTINGS may follow "
				"--call LIST");
	if(options->file != NULL)
		return refuse(name, "one dial plan at a time is right");
	if(name[0] == '\0' && options->call == NULL)
		return refuse(NULL, "the name of the file is empty");
	options->file = name;
	return 0;
}

static int read_arguments(options_t *options, cursor_t *cursor)
{
	bool has_options = true;

	while(cursor->left > 0) {
		const char *argument = *cursor->next++;
		const char *behind;
		const option_row_t *row;

		cursor->left--;
		if(has_options && strcmp(argument, "--") == 0) {
			has_options = false;
			continue;
		}
		if(!has_options || argument[0] != '-' || argument[1] == '\0') {
			if(read_file_name(options, argument) < 0)
				return -1;
			continue;
		}
		row = find_row(options->command, argument, &behind);
		if(row == NULL)
			return refuse(argument, "there is no such option here");
		if(read_option(options, row, behind, cursor) < 0)
			return -1;
	}
	return 0;
}

/* Check the options together. */
static int check_together(options_t *options)
{
	reason_t why = {""};

	if(options->command->bit & FOR_SERVER)
		return 0;
	if(options->file == NULL && options->call == NULL)
		return refuse(options->command->name,
				"FILE is missing: a dial plan, or - for the standard input");
	if(options->command->bit != FOR_EXPLAIN)
		return 0;
	if(options->request.line.len == 0)
		return refuse("explain",
				"-r 'INVITE sip:100@192.0.2.1 SIP/2.0' is missing, the call "
				"that is to be explained");
	return request_finish(&options->request, &why) < 0 ? refuse(NULL, why.text)
													   : 0;
}

static bool asks_for(int argc, char **argv, const char *name)
{
	int i;

	for(i = 1; i < argc && strcmp(argv[i], "--") != 0; i++) {
		if(strcmp(argv[i], name) == 0)
			return true;
	}
	return false;
}

const command_t *options_read(
		options_t *options, int argc, char **argv, arena_t *arena, int *status)
{
	cursor_t cursor = {argc - 2, argv + 2};

	memset(options, 0, sizeof(*options));
	options->arena = arena;
	options->max_branches = MAX_BRANCHES_DEFAULT;
	options->socket = SERVER_SOCKET_DEFAULT;
	settings_builtin(&options->defaults);
	request_init(&options->request, arena);
	*status = STATUS_OK;
	if(asks_for(argc, argv, "--help") || asks_for(argc, argv, "-h")) {
		print_help();
		return NULL;
	}
	if(asks_for(argc, argv, "--version")) {
		print_version();
		return NULL;
	}
	*status = STATUS_USAGE;
	if(argc < 2) {
		refuse(NULL, "a command is missing: " COMMAND_NAMES " would be right");
		return NULL;
	}
	options->command = find_command(argv[1]);
	if(options->command == NULL) {
		refuse(argv[1], argv[1][0] == '-'
								? "there is no such option here: --help, "
								  "--version or a command (" COMMAND_NAMES
								  ") would be right"
								: "there is no such command: " COMMAND_NAMES
								  " would be right");
		return NULL;
	}
	if(read_arguments(options, &cursor) < 0 || check_together(options) < 0)
		return NULL;
	return options->command;
}
