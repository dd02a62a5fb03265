/* SPDX-License-Identifier: GPL-2.0-or-later */
/* options: the command line. Commands and options are tables (options.c). The tables
 * are used to read a command line and to print the help. */
#ifndef FAILOVER_CTL_OPTIONS_H
#define FAILOVER_CTL_OPTIONS_H

#include "ctl/print.h"
#include "ctl/described.h"
#include "dialplan/settings.h"

/* Exit statuses. */
#define STATUS_OK 0
#define STATUS_PLAN 1	 /* the plan has errors */
#define STATUS_USAGE 2	 /* wrong options, or the file cannot be read */
#define STATUS_NO_RULE 3 /* no rule applies */

#define MAX_BRANCHES_DEFAULT 12 /* as in tm */

typedef struct options
{
	const struct command *command;
	arena_t *arena;
	const char *file; /* or, with `call`, the settings, or NULL */
	const char *call; /* the list of a script call, instead of a plan */
	unsigned max_branches;
	settings_t defaults; /* each setting is set */
	request_t request;
	colour_t colour;
	bool is_json;
	bool shows_all;
	const char *socket;	  /* the server's socket */
	const char *words[2]; /* arguments for it */
	int n_words;
	long rounds; /* how many times to look; 0: until it is stopped */
} options_t;

/* A row of the table of commands. */
typedef struct command
{
	const char *name;
	unsigned bit; /* its bit in the option rows */
	const char *explanation;
	int (*run)(options_t *options); /* the exit status */
	int words_max;					/* of a command for a server */
} command_t;

/** Read a command line. --help and --version are carried out here.
 * @param options filled
 * @param arena holds the values of the options
 * @param status set to the exit status if there is no command to run
 * @return the command to run; NULL: none, and the output is already printed */
const command_t *options_read(
		options_t *options, int argc, char **argv, arena_t *arena, int *status);

#endif
