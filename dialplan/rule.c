/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "dialplan/rule.h"

#include <string.h>

#include "sip/header_name.h"

/* room for the value of a setting after its holes are filled */
#define SETTING_BYTES_MAX 1024

int destinations_parse(const fragment_t *text, destination_t **list,
		arena_t *arena, diagnostics_t *diagnostics)
{
	fragment_t rest = *text;
	fragment_t word;
	int result = 0;

	while(*list != NULL)
		list = &(*list)->next;
	while(fragment_next_word(&rest, &word)) {
		*list = destination_parse(&word, arena, diagnostics);
		if(*list == NULL)
			result = -1;
		else
			list = &(*list)->next;
	}
	return result;
}

int settings_leave_from(settings_t *options, const str *address,
		transport_t transport, arena_t *arena)
{
	static const char *const protos[TRANSPORT_COUNT] = {
			[TRANSPORT_UDP] = "udp:",
			[TRANSPORT_TCP] = "tcp:",
			[TRANSPORT_TLS] = "tls:",
			[TRANSPORT_SCTP] = "sctp:",
	};
	int len = (int)strlen(protos[transport]);
	str *socket = &options->socket;

	if(settings_has(options, SETTING_SOCKET))
		return 0;
	/* without a port: any socket of the server with this address */
	socket->s = arena_alloc(arena, len + address->len + 1);
	if(socket->s == NULL)
		return -1;
	memcpy(socket->s, protos[transport], len);
	memcpy(socket->s + len, address->s, address->len);
	socket->len = len + address->len;
	options->written |= 1u << SETTING_SOCKET;
	return 0;
}

const destination_t *rule_next_destination(
		const rule_t *rule, const destination_t *before)
{
	if(before == NULL)
		return rule->first != NULL ? rule->first : rule->further;
	return before == rule->first ? rule->further : before->next;
}

/* -- headers and variables ---------------------------------------------- */

/* Find the entry of a name in the list. If there is none, it is appended. */
static named_text_t *named_text(named_text_t **list, const str *name,
		bool (*is_same)(const str *a, const str *b), arena_t *arena)
{
	named_text_t *added;

	for(; *list != NULL; list = &(*list)->next) {
		if(is_same(&(*list)->name, name))
			return *list;
	}
	added = arena_alloc(arena, sizeof(*added));
	if(added == NULL || arena_copy(arena, name, &added->name) < 0)
		return NULL;
	*list = added;
	return added;
}

int assignment_fill(const assignment_t *assignment, const str *values,
		str *text, arena_t *arena)
{
	char buffer[RULE_VALUE_BYTES_MAX];
	str filled = {buffer, 0};
	int bad_hole;

	filled.len = template_fill(
			&assignment->value, values, buffer, sizeof(buffer), &bad_hole);
	return filled.len < 0 ? -1 : arena_copy(arena, &filled, text);
}

static int assign(const assignment_t *assignment, const str *values,
		named_text_t **list, bool (*is_same)(const str *a, const str *b),
		arena_t *arena, diagnostics_t *diagnostics)
{
	named_text_t *named = named_text(list, &assignment->name, is_same, arena);

	if(named != NULL
			&& assignment_fill(assignment, values, &named->text, arena) == 0)
		return 0;
	if(arena_has_failed(arena))
		return diagnostics_error(
				diagnostics, &assignment->where, "no memory for a value");
	return diagnostics_refusal(diagnostics, &assignment->where,
			"[%.*s]: what is put in has a line end in it, or is too long",
			SHOWN(&assignment->where));
}

int rule_headers(const rule_t *rule, const str *values, named_text_t **list,
		arena_t *arena, diagnostics_t *diagnostics)
{
	const assignment_t *it;

	for(it = rule->headers; it != NULL; it = it->next) {
		if(assign(it, values, list, header_name_equal, arena, diagnostics) < 0)
			return -1;
	}
	return 0;
}

int rule_variables(const rule_t *rule, const str *values, named_text_t **list,
		arena_t *arena, diagnostics_t *diagnostics)
{
	const assignment_t *it;

	for(it = rule->variables; it != NULL; it = it->next) {
		if(assign(it, values, list, str_equal, arena, diagnostics) < 0)
			return -1;
	}
	return 0;
}

/* -- settings ----------------------------------------------------------- */

/* The value came with a request, so it is a refusal. */
static void refuse(void *context, const diagnostic_t *diagnostic)
{
	const diagnostics_t *diagnostics = context;
	diagnostic_t refusal = *diagnostic;

	refusal.severity = SEVERITY_REFUSAL;
	if(diagnostics->emit != NULL)
		diagnostics->emit(diagnostics->context, &refusal);
}

static int read_open_setting(const open_setting_t *open, const str *values,
		settings_t *settings, arena_t *arena, diagnostics_t *diagnostics)
{
	char buffer[SETTING_BYTES_MAX];
	diagnostics_t refusals = {.emit = refuse, .context = diagnostics};
	fragment_t value = open->where;
	int bad_hole;

	value.marks = NULL;
	value.n_marks = 0;
	value.text.s = buffer;
	value.text.len = template_fill(
			&open->value, values, buffer, sizeof(buffer), &bad_hole);
	if(value.text.len < 0)
		return diagnostics_refusal(diagnostics, &open->where,
				"[%.*s]: what is put in has a line end in it, or is too long",
				SHOWN(&open->where));
	value = fragment_trim(&value);
	if(settings_read(settings, open->setting, &value, arena, &refusals) == 0)
		return 0;
	diagnostics->errors += refusals.errors;
	return -1;
}

int rule_settings(const rule_t *rule, const str *values, settings_t *settings,
		arena_t *arena, diagnostics_t *diagnostics)
{
	settings_t level;
	const open_setting_t *open;

	if(rule->open_settings == NULL) {
		settings_apply(settings, &rule->settings);
		return 0;
	}
	level = rule->settings;
	for(open = rule->open_settings; open != NULL; open = open->next) {
		if(read_open_setting(open, values, &level, arena, diagnostics) < 0)
			return -1;
	}
	settings_apply(settings, &level);
	return 0;
}

static bool leads_to_name(const destination_t *destination)
{
	place_t place;

	return destination_find_known_place(destination, &place)
		   && !sip_host_is_address(&place.host);
}

/* Count the destinations behind the first one whose host is a name.
 * @param first set to the first of them */
static int count_names(const rule_t *rule, const destination_t **first)
{
	const destination_t *it;
	int count = 0;

	for(it = rule->further; it != NULL; it = it->next) {
		if(!leads_to_name(it))
			continue;
		if(count++ == 0)
			*first = it;
	}
	return count;
}

void rules_warn_of_names(
		rule_t *const *rules, int n_rules, diagnostics_t *diagnostics)
{
	static const char advice[] =
			"is looked up while other calls wait, when the destination before "
			"it stays silent: an IP address would be right, or async_workers=2 "
			"in kamailio.cfg, or a name that stays in the DNS cache "
			"(dns_cache_min_ttl)";
	const destination_t *first = NULL;
	int count = 0;
	int i;

	for(i = 0; i < n_rules; i++) {
		const destination_t *it = NULL;

		count += count_names(rules[i], &it);
		if(first == NULL)
			first = it;
	}
	if(count == 1)
		diagnostics_warning(diagnostics, &first->where, "[%.*s] %s",
				SHOWN(&first->where), advice);
	else if(count > 1)
		diagnostics_warning(diagnostics, &first->where,
				"[%.*s], like %d more, %s", SHOWN(&first->where), count - 1,
				advice);
}
