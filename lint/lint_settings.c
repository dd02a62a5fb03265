/* SPDX-License-Identifier: GPL-2.0-or-later */
/* lint_settings: checks of the & settings: patterns of replies, redirects, timers. */
#include "lint/lint.h"

#include <stdio.h>

#include "text/ascii.h"
#include "text/text.h"

/* -- response patterns -------------------------------------------------- */

static int count_codes(const response_set_t *set, int from, int to)
{
	int count = 0;
	int code;

	for(code = from; code <= to; code++)
		count += response_set_has(set, code);
	return count;
}

static bool matches_any(const response_set_t *set)
{
	return count_codes(set, RESPONSE_CODE_MIN, RESPONSE_CODE_MAX) > 0;
}

static bool matches_redirect(const response_set_t *set)
{
	return count_codes(set, 300, 399) > 0;
}

#define DIGITS "0123456789"

/* The text of a pattern without its exclamation mark. */
static str without_negation(const fragment_t *value)
{
	bool is_negated = value->text.len > 0 && value->text.s[0] == '!';
	fragment_t regex =
			fragment_part(value, is_negated, value->text.len - is_negated);

	return fragment_trim(&regex).text;
}

/* Does an expression match an empty text by mistake, although it names codes? */
static bool is_empty_slip(lint_t *lint, const fragment_t *value)
{
	static const str nothing = str_init("");
	str regex = without_negation(value);
	diagnostics_t none = {0};
	pattern_t pattern;
	int found;

	if(!str_has_any(&regex, DIGITS)
			|| pattern_compile(&pattern, value, "", NULL, &none) < 0)
		return false;
	found = pattern_match(
			&pattern, &lint->searcher, &nothing, PATTERN_STEPS_MAX);
	found = found >= 0 && found != pattern.is_negated;
	pattern_destroy(&pattern);
	return found;
}

static bool is_all_or_nothing(const response_set_t *set)
{
	int count = count_codes(set, RESPONSE_CODE_MIN, RESPONSE_CODE_MAX);

	return count == 0 || count == RESPONSE_CODES;
}

static void see_pattern_empty(
		lint_t *lint, const fragment_t *value, const settings_t *settings)
{
	str regex = without_negation(value);
	bool is_negated = value->text.s[0] == '!';

	/* this excludes most patterns, so they cost nothing */
	if(!is_all_or_nothing(&settings->pattern_response)
			|| !is_empty_slip(lint, value))
		return;
	if(lint_has_empty_alternative(&regex))
		diagnostics_warning(lint->diagnostics, value,
				"[%.*s] has an empty alternative, so it matches %s code: leave "
				"out the bar that nothing stands beside",
				SHOWN(value), is_negated ? "no" : "every");
	else
		diagnostics_warning(lint->diagnostics, value,
				"[%.*s] matches an empty text too, and so %s code: 5.. would "
				"match every 5xx",
				SHOWN(value), is_negated ? "no" : "every");
}

int lint_pattern_empty(lint_t *lint)
{
	lint_visit_setting(lint, SETTING_PATTERN_RESPONSE, see_pattern_empty);
	return 0;
}

/* Does a text of digits, dots and letters match this code from an offset on? */
static bool matches_at(const str *text, const char *digits, int offset)
{
	int i;

	if(offset + text->len > 3)
		return false;
	for(i = 0; i < text->len; i++) {
		if(text->s[i] != '.' && text->s[i] != digits[offset + i])
			return false;
	}
	return true;
}

/* Does an alternative match a code? It has no special character but the dot. */
static bool matches_a_code(const str *alternative)
{
	str text = *alternative;
	bool is_begin = text.len > 0 && text.s[0] == '^';
	bool is_end = text.len > is_begin && text.s[text.len - 1] == '$';
	char digits[16];
	int code, offset;

	text.s += is_begin;
	text.len -= is_begin + is_end;
	for(code = RESPONSE_CODE_MIN; code <= RESPONSE_CODE_MAX; code++) {
		snprintf(digits, sizeof(digits), "%d", code);
		for(offset = 0; offset <= 3 - text.len; offset++) {
			if((!is_begin || offset == 0) && (!is_end || offset == 3 - text.len)
					&& matches_at(&text, digits, offset))
				return true;
		}
	}
	return false;
}

static void see_alternative(lint_t *lint, const fragment_t *alternative)
{
	if(alternative->text.len == 0 || matches_a_code(&alternative->text))
		return;
	diagnostics_warning(lint->diagnostics, alternative,
			"[%.*s] in this pattern matches no code from %d to %d: %s",
			SHOWN(alternative), RESPONSE_CODE_MIN, RESPONSE_CODE_MAX,
			response_set_advice(&alternative->text));
}

static void see_pattern_alternatives(
		lint_t *lint, const fragment_t *value, const settings_t *settings)
{
	bool is_negated = value->text.s[0] == '!';
	fragment_t rest =
			fragment_part(value, is_negated, value->text.len - is_negated);

	if(str_has_any(&rest.text, "\\[](){}*+?!") || !str_has_any(&rest.text, "|")
			|| !matches_any(&settings->pattern_response))
		return;
	while(rest.text.len > 0) {
		int bar = fragment_find(&rest, 0, '|');
		int end = bar < 0 ? rest.text.len : bar;
		int next = bar < 0 ? end : end + 1;
		fragment_t alternative = fragment_part(&rest, 0, end);

		see_alternative(lint, &alternative);
		rest = fragment_part(&rest, next, rest.text.len - next);
	}
}

int lint_pattern_alternative(lint_t *lint)
{
	lint_visit_setting(
			lint, SETTING_PATTERN_RESPONSE, see_pattern_alternatives);
	return 0;
}

static void see_negated_twice(
		lint_t *lint, const fragment_t *value, const settings_t *settings)
{
	fragment_t second;

	(void)settings;
	if(value->text.len < 2 || value->text.s[1] != '!'
			|| value->text.s[0] != '!')
		return;
	second = fragment_part(value, 1, 1);
	diagnostics_warning(lint->diagnostics, &second,
			"[%.*s]: the first ! negates, the second one is searched for as it "
			"stands: one would be right",
			SHOWN(value));
}

int lint_pattern_negated_twice(lint_t *lint)
{
	lint_visit_setting(lint, SETTING_PATTERN_RESPONSE, see_negated_twice);
	lint_visit_setting(lint, SETTING_REDIRECTION_ALLOW, see_negated_twice);
	return 0;
}

/* -- redirection -------------------------------------------------------- */

static bool has_redirect_option(const destination_t *destination)
{
	for(; destination != NULL; destination = destination->next) {
		if(settings_has(&destination->options, SETTING_PATTERN_RESPONSE)
				&& matches_redirect(&destination->options.pattern_response))
			return true;
	}
	return false;
}

/* Can a 3xx match the pattern of the rule, or the pattern of a destination? */
static bool may_redirect(const walk_t *walk)
{
	const rule_t *first = walk_first(walk);
	const rule_t *further = walk_further(walk);

	return (matches_redirect(&walk->settings.pattern_response)
				   && walk_is_used(walk, SETTING_PATTERN_RESPONSE))
		   || (first != NULL && has_redirect_option(first->first))
		   || (further != NULL && has_redirect_option(further->further));
}

/* Does a written redirection = true have no effect in this rule? */
static bool is_unmatched(const walk_t *walk)
{
	const rule_t *origin = walk_origin(walk, SETTING_REDIRECTION);

	return walk_is_sure(walk, SETTING_REDIRECTION) && origin != NULL
		   && settings_is_chosen(&origin->settings, SETTING_REDIRECTION)
		   && walk->settings.redirection
		   && walk_is_sure(walk, SETTING_PATTERN_RESPONSE)
		   && walk_knows_destinations(walk) && !may_redirect(walk)
		   && (!walk->rule->has_reply || walk->rule->continues);
}

/* Is the reason in the options of the destinations, as the rule's own pattern does
 * match a 3xx? */
static bool is_unmatched_by_options(const walk_t *walk)
{
	return matches_redirect(&walk->settings.pattern_response);
}

/* The pattern stands in the same rule as redirection = true, or above it. */
static void warn_unmatched(const walk_t *walk, const rule_t *origin)
{
	fragment_t where =
			rule_setting_where(walk->lint, origin, SETTING_REDIRECTION);

	diagnostics_warning(walk->lint->diagnostics, &where,
			"no redirect is followed, as %s: 3.. as one of its alternatives "
			"would be right",
			is_unmatched_by_options(walk)
					? "the pattern of each destination matches no 3xx"
					: "pattern.response matches no 3xx here");
}

/* The pattern stands in a rule below redirection = true. */
static void warn_unmatched_below(
		const walk_t *walk, const rule_t *origin, const rule_t *culprit)
{
	fragment_t wish =
			rule_setting_where(walk->lint, origin, SETTING_REDIRECTION);
	fragment_t where = is_unmatched_by_options(walk)
							   ? walk_first(walk)->first->where
							   : rule_setting_where(walk->lint, culprit,
									   SETTING_PATTERN_RESPONSE);

	diagnostics_warning(walk->lint->diagnostics, &where,
			"no redirect is followed here, though line %d says so, as the "
			"pattern matches no 3xx: 3.. as one of its alternatives, or "
			"&failover.redirection = false, would be right",
			wish.line);
}

int lint_redirection_unmatched(lint_t *lint)
{
	blame_t blame = {0};
	walk_t walk;

	walk_begin(&walk, lint);
	while(walk_next(&walk)) {
		const rule_t *origin, *culprit;

		if(!is_unmatched(&walk))
			continue;
		origin = walk_origin(&walk, SETTING_REDIRECTION);
		culprit = is_unmatched_by_options(&walk)
						  ? walk_first(&walk)
						  : walk_origin(&walk, SETTING_PATTERN_RESPONSE);
		culprit = rule_below(origin, culprit);
		if(!walk_blame(&walk, culprit, &blame))
			continue;
		if(culprit == origin)
			warn_unmatched(&walk, origin);
		else
			warn_unmatched_below(&walk, origin, culprit);
	}
	return 0;
}

/* Can this rule follow a redirect from any destination at all? */
static bool leads_anywhere(const walk_t *walk)
{
	static const setting_id_t ids[] = {SETTING_REDIRECTION,
			SETTING_REDIRECTION_MAX, SETTING_REDIRECTION_ALLOW,
			SETTING_PATTERN_RESPONSE};
	size_t i;

	for(i = 0; i < sizeof(ids) / sizeof(ids[0]); i++) {
		if(!walk_is_sure(walk, ids[i]))
			return false;
	}
	return !walk->rule->has_reply && walk->settings.redirection
		   && walk->settings.redirection_max > 0
		   && walk->settings.redirection_allow.len == 0 && may_redirect(walk);
}

int lint_redirection_anywhere(lint_t *lint)
{
	const rule_t *first = NULL;
	fragment_t where;
	walk_t walk;
	int count = 0;
	char further[64] = "";
	const char *prefix = lint_setting_prefix(lint);

	walk_begin(&walk, lint);
	while(walk_next(&walk)) {
		if(!leads_anywhere(&walk))
			continue;
		count++;
		if(first == NULL)
			first = walk.rule;
	}
	if(first == NULL)
		return 0;
	if(count > 1)
		snprintf(further, sizeof(further), ", and by %d further rule%s,",
				count - 1, count > 2 ? "s" : "");
	where = rule_setting_where(lint, first, SETTING_REDIRECTION);
	diagnostics_warning(lint->diagnostics, &where,
			"by this %s%s a redirect may lead anywhere: "
			"%sredirection.allow = @gw\\.example\\.com limits it, "
			"%sredirection = false switches it off",
			lint_rule_word(lint), further, prefix, prefix);
	return 0;
}

int lint_redirection_off(lint_t *lint)
{
	static const setting_id_t ids[] = {
			SETTING_REDIRECTION_ALLOW, SETTING_REDIRECTION_MAX};
	walk_t walk;
	size_t i;

	walk_begin(&walk, lint);
	while(walk_next(&walk)) {
		if(!walk_is_sure(&walk, SETTING_REDIRECTION)
				|| walk.settings.redirection)
			continue;
		for(i = 0; i < sizeof(ids) / sizeof(ids[0]); i++) {
			fragment_t where;

			if(!settings_is_chosen(&walk.rule->settings, ids[i]))
				continue;
			where = rule_setting_where(lint, walk.rule, ids[i]);
			diagnostics_warning(lint->diagnostics, &where,
					"%s does nothing here, as redirection is false: "
					"%sredirection = true would be needed",
					settings_table()[ids[i]].name, lint_setting_prefix(lint));
		}
	}
	return 0;
}

/* -- timers ------------------------------------------------------------- */

typedef struct duration_text
{
	char text[24];
} duration_text_t;

static duration_text_t duration_text(unsigned ms)
{
	duration_text_t made;
	bool is_seconds = ms % 1000 == 0;

	snprintf(made.text, sizeof(made.text), "%u%s", is_seconds ? ms / 1000 : ms,
			is_seconds ? " s" : " ms");
	return made;
}

/* @param rule the rule with the timers, for the message; NULL: the place says it */
static void warn_beyond_total(const walk_t *walk, const fragment_t *where,
		const char *name, unsigned ms, const rule_t *rule)
{
	duration_text_t timer = duration_text(ms);
	duration_text_t total = duration_text(walk->settings.timer_total_ms);
	char by[48] = "";

	if(rule != NULL)
		snprintf(by, sizeof(by), ", as by the rule of line %d", rule->line);
	diagnostics_warning(walk->lint->diagnostics, where,
			"timer.total ends the call after %s, so that %s of %s is never "
			"over%s: a longer total, or a shorter timer, would let the next "
			"destination have its turn",
			total.text, name, timer.text, by);
}

static unsigned timer_of(const settings_t *settings, setting_id_t id)
{
	return id == SETTING_TIMER_INVITING ? settings->timer_inviting_ms
										: settings->timer_provisional_ms;
}

static void see_rule_timer(const walk_t *walk, setting_id_t id, blame_t *blame)
{
	unsigned ms = timer_of(&walk->settings, id);
	const rule_t *culprit = rule_below(
			walk_origin(walk, id), walk_origin(walk, SETTING_TIMER_TOTAL));
	fragment_t where = rule_where(walk->rule);

	if(!walk_is_sure(walk, id) || ms < walk->settings.timer_total_ms
			|| !walk_is_used(walk, id) || !walk_blame(walk, culprit, blame))
		return;
	if(culprit != NULL)
		where = rule_setting_where(walk->lint, culprit,
				settings_is_chosen(&culprit->settings, id)
						? id
						: SETTING_TIMER_TOTAL);
	warn_beyond_total(walk, &where, settings_table()[id].name, ms,
			culprit == NULL || culprit == walk->rule ? NULL : walk->rule);
}

static void see_option_timer(
		const walk_t *walk, const destination_t *destination, setting_id_t id)
{
	for(; destination != NULL; destination = destination->next) {
		unsigned ms = timer_of(&destination->options, id);

		if(settings_has(&destination->options, id)
				&& ms >= walk->settings.timer_total_ms)
			warn_beyond_total(walk, &destination->where,
					settings_table()[id].option, ms, NULL);
	}
}

int lint_timer_beyond_total(lint_t *lint)
{
	static const setting_id_t ids[] = {
			SETTING_TIMER_INVITING, SETTING_TIMER_PROVISIONAL};
	blame_t blames[sizeof(ids) / sizeof(ids[0])] = {0};
	walk_t walk;
	size_t i;

	walk_begin(&walk, lint);
	while(walk_next(&walk)) {
		if(!walk_is_sure(&walk, SETTING_TIMER_TOTAL)
				|| walk.settings.timer_total_ms == 0
				|| (walk.rule->has_reply && !walk.rule->continues))
			continue;
		for(i = 0; i < sizeof(ids) / sizeof(ids[0]); i++) {
			see_rule_timer(&walk, ids[i], &blames[i]);
			see_option_timer(&walk, walk.rule->first, ids[i]);
			see_option_timer(&walk, walk.rule->further, ids[i]);
		}
	}
	return 0;
}
