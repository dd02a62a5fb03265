/* SPDX-License-Identifier: GPL-2.0-or-later */
/* settings: the &failover.* settings. They are one table (settings.c): names, types,
 * ranges, defaults, explanations. The readers, the lists and the test of the
 * documentation use this table; a new setting is a new row. */
#ifndef FAILOVER_DIALPLAN_SETTINGS_H
#define FAILOVER_DIALPLAN_SETTINGS_H

#include <stddef.h>

#include "text/arena.h"
#include "text/diagnostics.h"
#include "dialplan/response_set.h"

/* before the name of a setting in a dial plan */
#define SETTINGS_PREFIX "&failover."

/* the name of the warning of a time that looks like milliseconds */
#define SETTINGS_UNIT_WARNING "timer-unit"

/* Each attempt takes a branch of the transaction, and tm has 30 of them. */
#define ATTEMPTS_MAX 30

/* What follows when a destination fails after it has rung. */
typedef enum ringing
{
	RINGING_CONTINUE, /* the next destination, as for any other */
	RINGING_STOP,	  /* it is final */
} ringing_t;

/* The Request-URI of an attempt. */
typedef enum ruri
{
	RURI_DESTINATION, /* the destination's own URI */
	RURI_KEEP,		  /* that of the request; the destination is a next hop */
} ruri_t;

/* What the caller gets when all destinations have failed. */
typedef enum reply_kind
{
	REPLY_LAST, /* the last reply; 408 for silence, 503 if it could not be sent to */
	REPLY_BEST,	 /* the best of all replies (RFC 3261 section 16.7) */
	REPLY_FIXED, /* the code and phrase written here */
} reply_kind_t;

typedef struct reply_choice
{
	reply_kind_t kind;
	int code;	/* of REPLY_FIXED */
	str phrase; /* NUL-terminated */
} reply_choice_t;

typedef enum setting_id
{
	SETTING_TIMER_INVITING,
	SETTING_TIMER_PROVISIONAL,
	SETTING_TIMER_RINGING,
	SETTING_PATTERN_RESPONSE,
	SETTING_REDIRECTION,
	SETTING_REDIRECTION_MAX,
	SETTING_REDIRECTION_ALLOW,
	SETTING_TIMER_TOTAL,
	SETTING_ATTEMPTS,
	SETTING_RINGING,
	SETTING_RURI,
	SETTING_REPLY,
	SETTING_PRESET,
	SETTING_SOCKET,
	SETTING_HOLD,
	SETTING_COUNT
} setting_id_t;

/* One level of settings: the parameters, a rule, a call, a destination. The
 * texts in it lie in the arena that it was read with. */
typedef struct settings
{
	/* bit (1 << setting_id): this level names it, perhaps without a value */
	unsigned named;
	unsigned written; /* bit (1 << setting_id): has a value at this level */
	/* the same, without those that come from the preset of the level */
	unsigned chosen;
	unsigned timer_inviting_ms;
	unsigned timer_provisional_ms;
	unsigned timer_ringing_ms; /* 0: off */
	unsigned timer_total_ms;   /* 0: off */
	response_set_t pattern_response;
	bool redirection;
	unsigned redirection_max;
	str redirection_allow; /* a pattern; len 0: every Contact */
	unsigned attempts;
	ringing_t ringing;
	ruri_t ruri;
	reply_choice_t reply;
	str preset; /* its name */
	str socket; /* the socket for a destination; len 0: any */
	bool hold;	/* a destination may be held, if hold_after is set */
} settings_t;

/* A row of the table. */
typedef struct setting
{
	const char *name;	  /* behind `&failover.`; NULL: it is only an option */
	const char *option;	  /* as an option of one destination; or NULL */
	const char *fallback; /* the default, as an author writes it */
	const char *explanation; /* one line */
	bool is_extension;		 /* not in the language of the Brekeke server */
	/* reads a value that is not empty; 0, or -1 with one error reported */
	int (*parse)(const struct setting *setting, const fragment_t *value,
			settings_t *settings, arena_t *arena, diagnostics_t *diagnostics);
	size_t offset, size;  /* of its field in settings_t */
	unsigned least, most; /* of a number */
} setting_t;

/** The table, in the order of setting_id_t: SETTING_COUNT rows. */
const setting_t *settings_table(void);

/** Make the lowest level: the defaults of all settings. */
void settings_builtin(settings_t *settings);

/** Find a setting.
 * @param name without the leading `&failover.`, in any case of letters
 * @return its row; NULL if there is none */
const setting_t *setting_find(const fragment_t *name);

/** Find a setting. If there is none, report an error that names all settings. */
const setting_t *setting_require(
		const fragment_t *name, diagnostics_t *diagnostics);

/** Find a setting by its name as an option of a destination. */
const setting_t *setting_find_option(const fragment_t *name);

/** Note that a level names a setting.
 * @return 0, or -1 with an error reported if it names the setting twice */
int settings_name(settings_t *settings, const setting_t *setting,
		const fragment_t *name, diagnostics_t *diagnostics);

/** Read the value of a setting into a level. A written setting overrides the preset of
 * the level, in any order.
 * @param value trimmed, without marks; empty: the level does not set it
 * @param arena for settings that are texts
 * @return 0, or -1 with one error reported */
int settings_read(settings_t *settings, const setting_t *setting,
		const fragment_t *value, arena_t *arena, diagnostics_t *diagnostics);

/** Does this level set a setting? */
bool settings_has(const settings_t *settings, setting_id_t id);

/** Is it written at this level, and does not come from its preset? */
bool settings_is_chosen(const settings_t *settings, setting_id_t id);

/** Copy the settings that are texts into another arena, so that they can outlive the
 * text that they were read from.
 * @return 0, or -1 without memory */
int settings_keep(settings_t *settings, arena_t *arena);

/** Apply a level to another one: the settings that it has replace the others. */
void settings_apply(settings_t *settings, const settings_t *level);

#endif
