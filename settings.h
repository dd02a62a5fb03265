/* SPDX-License-Identifier: GPL-2.0-or-later */
/* settings: the &failover.* settings. They are one table (settings.c): names,
 * types, ranges, defaults, what each is for. Reading, listing and the test of
 * the documentation go by the table; a further setting is a further row. */
#ifndef FAILOVER_SETTINGS_H
#define FAILOVER_SETTINGS_H

#include <stddef.h>

#include "diagnostics.h"
#include "response_set.h"

/* Each attempt takes a branch of the transaction, and tm has 30 of them. */
#define ATTEMPTS_MAX 30

/* What becomes of the failure of a destination that has rung. */
typedef enum ringing
{
	RINGING_CONTINUE, /* the next destination, as for any other */
	RINGING_STOP,	  /* it is final */
} ringing_t;

typedef enum setting_id
{
	SETTING_TIMER_INVITING,
	SETTING_TIMER_PROVISIONAL,
	SETTING_PATTERN_RESPONSE,
	SETTING_REDIRECTION,
	SETTING_REDIRECTION_MAX,
	SETTING_ATTEMPTS,
	SETTING_RINGING,
	SETTING_COUNT
} setting_id_t;

/* One level of settings: the parameters, a rule, a call, a destination. */
typedef struct settings
{
	unsigned named;	  /* bit (1 << setting_id): stands there, if only empty */
	unsigned written; /* bit (1 << setting_id): has a value at this level */
	unsigned timer_inviting_ms;
	unsigned timer_provisional_ms;
	response_set_t pattern_response;
	bool redirection;
	unsigned redirection_max;
	unsigned attempts;
	unsigned ringing; /* a ringing_t */
} settings_t;

/* A row of the table. */
typedef struct setting
{
	const char *name;		 /* behind `&failover.` */
	const char *option;		 /* as an option of one destination; or NULL */
	const char *fallback;	 /* the default, as an author would write it */
	const char *explanation; /* one line */
	bool is_extension;		 /* not in the language of the Brekeke server */
	/* reads a value that is not empty; 0, or -1 with one error reported */
	int (*parse)(const fragment_t *value, const struct setting *setting,
			void *field, diagnostics_t *diagnostics);
	size_t offset, size;  /* of its field in settings_t */
	unsigned least, most; /* of a number */
} setting_t;

/** The table, in the order of setting_id_t: SETTING_COUNT rows. */
const setting_t *settings_table(void);

/** What holds where nothing is written at any level; all are written in it. */
void settings_builtin(settings_t *settings);

/** Find a setting.
 * @param name without the leading `&failover.`, in any case of letters
 * @return its row; NULL if there is none */
const setting_t *setting_find(const fragment_t *name);

/** Find a setting; without one, report an error that names them all. */
const setting_t *setting_require(
		const fragment_t *name, diagnostics_t *diagnostics);

/** Find a setting by its name as an option of a destination. */
const setting_t *setting_find_option(const fragment_t *name);

/** Note that a setting stands at a level.
 * @return 0, or -1 with an error reported if it stands there already */
int settings_name(settings_t *settings, const setting_t *setting,
		const fragment_t *name, diagnostics_t *diagnostics);

/** Read the value of a setting into a level.
 * @param value trimmed, without marks; empty: the level is silent about it
 * @return 0, or -1 with one error reported */
int settings_read(settings_t *settings, const setting_t *setting,
		const fragment_t *value, diagnostics_t *diagnostics);

/** Is a setting written at this level? */
bool settings_has(const settings_t *settings, setting_id_t id);

/** Lay a level over another: what is written in it replaces what was there. */
void settings_apply(settings_t *settings, const settings_t *level);

#endif
