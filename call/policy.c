/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "call/policy.h"

#include "dialplan/pattern.h"
#include "sip/response.h"

/* the limit of a search for redirection.allow in a Contact URI */
#define ALLOW_STEPS_MAX 10000

const char *reason_name(reason_t reason)
{
	static const char *const names[REASON_COUNT] = {
			[REASON_FIRST] = "first",
			[REASON_REPLY] = "reply",
			[REASON_INVITING] = "inviting",
			[REASON_PROVISIONAL] = "provisional",
			[REASON_RINGING] = "ringing",
			[REASON_SEND] = "send",
			[REASON_REDIRECT] = "redirect",
			[REASON_RETRY] = "retry",
	};

	return names[reason];
}

void chain_init(chain_t *chain, const settings_t *settings, target_t *targets)
{
	*chain = (chain_t){
			.settings = *settings, .attempt = *settings, .waiting = targets};
}

void chain_note_ringing(chain_t *chain)
{
	chain->has_rung = true;
}

void chain_expire(chain_t *chain)
{
	chain->is_expired = true;
}

/* Does this reply lead to the next destination? */
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
	return response_is_redirect(code) && chain->settings.redirection
		   && chain->contacts_followed < chain->settings.redirection_max
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

/* May this Contact be followed? A URI that was tried in this call is not tried again
 * (RFC 3261 section 8.1.3.4); this also ends loops. A call to a sips URI must not
 * continue without TLS (section 26.4.4). */
static bool may_follow(const chain_t *chain, const target_t *contact,
		const target_t *accepted, const pattern_t *allow, searcher_t *searcher)
{
	if(chain->tried != NULL && sip_uri_is_sips(&chain->tried->uri)
			&& !sip_uri_is_sips(&contact->uri))
		return false;
	if(allow != NULL
			&& pattern_match(allow, searcher, &contact->uri, ALLOW_STEPS_MAX)
					   <= 0)
		return false;
	return !is_uri_in_list(contact, chain->tried)
		   && !is_uri_in_list(contact, accepted);
}

/* Put a Contact into a list, each one once: the highest q first, and Contacts of the
 * same q in the order of the header (RFC 3261 section 16.6). */
static void insert_by_q(target_t **list, target_t *contact)
{
	while(*list != NULL && (*list)->q >= contact->q)
		list = &(*list)->next;
	contact->next = *list;
	*list = contact;
}

/* The Contacts that may be followed, in the order in which they are tried. */
static target_t *choose_contacts(const chain_t *chain, target_t *contacts,
		const pattern_t *allow, searcher_t *searcher)
{
	target_t *chosen = NULL;
	target_t *contact, *next;

	for(contact = contacts; contact != NULL; contact = next) {
		next = contact->next;
		if(may_follow(chain, contact, chosen, allow, searcher))
			insert_by_q(&chosen, contact);
	}
	return chosen;
}

static target_t *choose_allowed_contacts(
		const chain_t *chain, target_t *contacts)
{
	fragment_t text = fragment_of(&chain->settings.redirection_allow);
	diagnostics_t none = {0};
	pattern_t allow;
	searcher_t searcher;
	target_t *chosen = NULL;

	if(text.text.len == 0)
		return choose_contacts(chain, contacts, NULL, NULL);
	/* it was checked when it was read, and it is compiled again here because
	 * redirections are rare */
	if(pattern_compile(&allow, &text, "", NULL, &none) < 0)
		return NULL;
	if(searcher_init(&searcher) == 0) {
		chosen = choose_contacts(chain, contacts, &allow, &searcher);
		searcher_destroy(&searcher);
	}
	pattern_destroy(&allow);
	return chosen;
}

/* Put the Contacts of a 3xx before the rest of the list.
 * @return whether there is a Contact to follow */
static bool follow_contacts(chain_t *chain, target_t *contacts)
{
	target_t *chosen = choose_allowed_contacts(chain, contacts);
	target_t **end;
	bool is_any;

	/* in their order, so that the limit removes those with the lowest q */
	for(end = &chosen; *end != NULL; end = &(*end)->next) {
		if(chain->contacts_followed >= chain->settings.redirection_max)
			break;
		chain->contacts_followed++;
	}
	is_any = end != &chosen;
	*end = chain->waiting;
	chain->waiting = chosen;
	return is_any;
}

/* Was it tried already, and must not be tried again? Only a destination that the
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

/* Take the next target from the list. When the list is used up, take those that were
 * passed over: no call is refused because its next hops are held. */
static target_t *pop(chain_t *chain)
{
	target_t *target = chain->waiting;

	if(target == NULL) {
		target = chain->passed_over;
		chain->passed_over = NULL;
		chain->is_forced = true;
	}
	if(target != NULL)
		chain->waiting = target->next;
	return target;
}

static bool is_passed_over(chain_t *chain, target_t *target)
{
	target_t **end = &chain->passed_over;

	if(chain->may_use == NULL
			|| chain->may_use(chain->asker, target, chain->is_forced))
		return false;
	while(*end != NULL)
		end = &(*end)->next;
	target->next = NULL;
	*end = target;
	return true;
}

static target_t *take_next(chain_t *chain, int room)
{
	target_t *target;

	if(room <= 0 || chain->is_expired
			|| chain->attempts >= chain->settings.attempts)
		return NULL;
	do {
		target = pop(chain);
		if(target == NULL)
			return NULL;
	} while(is_spent(chain, target) || is_passed_over(chain, target));
	target->next = chain->tried;
	chain->tried = target;
	chain->attempts++;
	/* most have none of their own, and a copy costs */
	if(chain->has_options)
		chain->attempt = chain->settings;
	chain->has_options = target->options != NULL;
	if(target->options != NULL)
		settings_apply(&chain->attempt, target->options);
	return target;
}

const final_reply_t final_as_it_is = {.kind = FINAL_AS_IT_IS};
static const final_reply_t request_timeout = {
		.kind = FINAL_OWN, .code = 408, .phrase = "Request Timeout"};
static const final_reply_t service_unavailable = {
		.kind = FINAL_OWN, .code = 503, .phrase = "Service Unavailable"};

/* Remember the best reply. A 3xx whose Contacts are followed is not a candidate (RFC
 * 3261 section 16.7, step 4). */
static void note_reply(chain_t *chain, const result_t *result)
{
	if(chain->best_code != 0
			&& response_rank(chain->best_code) <= response_rank(result->code))
		return;
	chain->best_code = result->code;
	chain->best_branch = result->branch;
}

/* All destinations have failed. A real reply is better than the reply that stands for
 * a silent destination. */
static final_reply_t reply_of_failure(
		const chain_t *chain, const result_t *result, final_reply_t last)
{
	const reply_choice_t *choice = &chain->settings.reply;
	final_reply_t earlier = {.kind = FINAL_EARLIER,
			.code = chain->best_code,
			.branch = chain->best_branch};

	if(choice->kind == REPLY_FIXED)
		return (final_reply_t){.kind = FINAL_OWN,
				.code = choice->code,
				.phrase = choice->phrase.s};
	if(choice->kind == REPLY_LAST)
		return last;
	if(chain->best_code == 0 && result->kind != RESULT_REPLY)
		return chain->has_timed_out ? request_timeout : last;
	if(chain->best_code == 0)
		return last;
	if(result->kind == RESULT_REPLY && result->branch == chain->best_branch)
		return last;
	return earlier;
}

/* @param last the reply if there is no next target and the caller gets the last reply */
static decision_t try_next(chain_t *chain, const result_t *result,
		reason_t reason, final_reply_t last)
{
	decision_t decision = {.reason = reason};

	decision.target = take_next(chain, result->room);
	chain->reason = reason;
	chain->last = last;
	chain->result_before = *result;
	if(decision.target == NULL)
		decision.reply = reply_of_failure(chain, result, last);
	return decision;
}

static decision_t after_reply(chain_t *chain, const result_t *result)
{
	decision_t end = {.reason = REASON_REPLY,
			.is_rejected = true,
			.reply = final_as_it_is};

	if(!leads_on(chain, result->code) || is_final_by_ringing(chain))
		return end;
	if(policy_wants_contacts(chain, result->code)
			&& follow_contacts(chain, result->contacts))
		return try_next(chain, result, REASON_REDIRECT, final_as_it_is);
	note_reply(chain, result);
	return try_next(chain, result, REASON_REPLY, final_as_it_is);
}

static decision_t after_timeout(
		chain_t *chain, const result_t *result, reason_t reason)
{
	decision_t end = {.reason = reason, .reply = request_timeout};

	chain->has_timed_out = true;
	if(result->kind != RESULT_INVITING && is_final_by_ringing(chain))
		return end;
	return try_next(chain, result, reason, request_timeout);
}

/* The script has dropped the target. Decide as if it had not been in the list. */
static decision_t after_drop(chain_t *chain, const result_t *result)
{
	result_t before = chain->result_before;

	before.room = result->room;
	chain->attempts--;
	return try_next(chain, &before, chain->reason, chain->last);
}

decision_t policy_decide(chain_t *chain, const result_t *result)
{
	switch(result->kind) {
		case RESULT_NONE_YET:
			return try_next(chain, result, REASON_FIRST, service_unavailable);
		case RESULT_REPLY:
			return after_reply(chain, result);
		case RESULT_INVITING:
			return after_timeout(chain, result, REASON_INVITING);
		case RESULT_PROVISIONAL:
			return after_timeout(chain, result, REASON_PROVISIONAL);
		case RESULT_RINGING:
			return after_timeout(chain, result, REASON_RINGING);
		case RESULT_DROPPED:
			return after_drop(chain, result);
		case RESULT_UNSENT:
			break;
	}
	return try_next(chain, result, REASON_SEND, service_unavailable);
}

void policy_retry(chain_t *chain)
{
	chain->attempts++;
	chain->reason = REASON_RETRY;
}

final_reply_t policy_reply_now(const chain_t *chain)
{
	const result_t none = {.kind = RESULT_INVITING};

	return reply_of_failure(chain, &none, request_timeout);
}
