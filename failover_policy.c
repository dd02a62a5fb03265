/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "failover_policy.h"

#include <strings.h>

const char *reason_name(reason_t reason)
{
	static const char *const names[REASON_COUNT] = {
			[REASON_FIRST] = "first",
			[REASON_REPLY] = "reply",
			[REASON_INVITING] = "inviting",
			[REASON_PROVISIONAL] = "provisional",
			[REASON_SEND] = "send",
			[REASON_REDIRECT] = "redirect",
	};

	return names[reason];
}

void chain_init(chain_t *chain, const settings_t *settings)
{
	*chain = (chain_t){.settings = *settings, .attempt = *settings};
}

void chain_add(chain_t *chain, target_t *target)
{
	target_t **link = &chain->waiting;

	while(*link != NULL)
		link = &(*link)->next;
	target->next = NULL;
	*link = target;
}

void chain_note_ringing(chain_t *chain)
{
	chain->has_rung = true;
}

static bool is_redirect(int code)
{
	return code >= 300 && code <= 399;
}

/* Does this reply lead on at all? */
static bool leads_on(const chain_t *chain, int code)
{
	return response_set_has(&chain->attempt.pattern_response, code);
}

static bool is_final_by_ringing(const chain_t *chain)
{
	return chain->has_rung && chain->settings.ringing == RINGING_STOP;
}

bool policy_wants_contacts(const chain_t *chain, int code)
{
	return is_redirect(code) && chain->settings.redirection
		   && leads_on(chain, code) && !is_final_by_ringing(chain);
}

static bool is_uri_in_list(const target_t *target, const target_t *list)
{
	for(; list != NULL; list = list->next) {
		if(target_equal_uri(target, list))
			return true;
	}
	return false;
}

static bool is_sips(const target_t *target)
{
	return target->uri.len >= 5 && strncasecmp(target->uri.s, "sips:", 5) == 0;
}

/* May this Contact be followed? A URI that was tried in this call is not tried
 * again (RFC 3261 section 8.1.3.4), which also cuts loops; and who was called
 * by sips must not be handed on in the clear (section 26.4.4). */
static bool may_follow(
		const chain_t *chain, const target_t *contact, const target_t *accepted)
{
	if(chain->tried != NULL && is_sips(chain->tried) && !is_sips(contact))
		return false;
	return !is_uri_in_list(contact, chain->tried)
		   && !is_uri_in_list(contact, accepted);
}

/* Put a Contact into a list: highest q first, in header order within equal q
 * (RFC 3261 section 16.6 leaves the order to q), each once. */
static void insert_by_q(target_t **list, target_t *contact)
{
	while(*list != NULL && (*list)->q >= contact->q)
		list = &(*list)->next;
	contact->next = *list;
	*list = contact;
}

/* The Contacts of a 3xx go before the rest of the list.
 * @return whether there is any to follow */
static bool follow_contacts(chain_t *chain, target_t *contacts)
{
	target_t *accepted = NULL;
	target_t *contact, *next, **end;
	bool is_any;

	for(contact = contacts; contact != NULL; contact = next) {
		next = contact->next;
		if(may_follow(chain, contact, accepted))
			insert_by_q(&accepted, contact);
	}
	/* in this order, so that the cap cuts off the least wanted ones */
	for(end = &accepted; *end != NULL; end = &(*end)->next) {
		if(chain->contacts_followed >= chain->settings.redirection_max)
			break;
		chain->contacts_followed++;
	}
	is_any = end != &accepted;
	*end = chain->waiting;
	chain->waiting = accepted;
	return is_any;
}

/* Has it been tried already, so that it must not be tried again? Only what an
 * author wrote twice is tried twice. */
static bool is_spent(const chain_t *chain, const target_t *target)
{
	const target_t *tried;

	if(target->is_contact)
		return is_uri_in_list(target, chain->tried);
	for(tried = chain->tried; tried != NULL; tried = tried->next) {
		if(tried->is_contact && tried->transport == target->transport
				&& target_equal_uri(tried, target))
			return true;
	}
	return false;
}

static target_t *take_next(chain_t *chain, int room)
{
	target_t *target;

	if(room <= 0 || chain->attempts >= chain->settings.attempts)
		return NULL;
	do {
		target = chain->waiting;
		if(target == NULL)
			return NULL;
		chain->waiting = target->next;
	} while(is_spent(chain, target));
	target->next = chain->tried;
	chain->tried = target;
	chain->attempts++;
	chain->attempt = chain->settings;
	if(target->options != NULL)
		settings_apply(&chain->attempt, target->options);
	return target;
}

static decision_t try_next(
		chain_t *chain, int room, reason_t reason, final_reply_t reply)
{
	decision_t decision = {.reason = reason, .reply = reply};

	decision.target = take_next(chain, room);
	return decision;
}

static decision_t after_reply(chain_t *chain, const event_t *event)
{
	static const final_reply_t as_it_is = {0, NULL};
	decision_t end = {.reason = REASON_REPLY, .reply = as_it_is};
	reason_t reason = REASON_REPLY;

	if(!leads_on(chain, event->code) || is_final_by_ringing(chain))
		return end;
	if(policy_wants_contacts(chain, event->code)
			&& follow_contacts(chain, event->contacts))
		reason = REASON_REDIRECT;
	return try_next(chain, event->room, reason, as_it_is);
}

decision_t policy_decide(chain_t *chain, const event_t *event)
{
	static const final_reply_t timeout = {408, "Request Timeout"};
	static const final_reply_t unavailable = {503, "Service Unavailable"};
	decision_t end = {.reason = REASON_PROVISIONAL, .reply = timeout};

	switch(event->kind) {
		case EVENT_START:
			return try_next(chain, event->room, REASON_FIRST, unavailable);
		case EVENT_REPLY:
			return after_reply(chain, event);
		case EVENT_INVITING:
			return try_next(chain, event->room, REASON_INVITING, timeout);
		case EVENT_PROVISIONAL:
			if(is_final_by_ringing(chain))
				return end;
			return try_next(chain, event->room, REASON_PROVISIONAL, timeout);
		case EVENT_SEND_FAILED:
			break;
	}
	return try_next(chain, event->room, REASON_SEND, unavailable);
}
