/* SPDX-License-Identifier: GPL-2.0-or-later */
/* explain_text: what `failoverctl explain` prints. */
#include "ctl/explain.h"

#include <stdio.h>

#include "ctl/describe.h"
#include "ctl/print.h"

/* -- rules -------------------------------------------------------------- */

static void print_rule(const rule_t *rule)
{
	printf("  rule of line %d", rule->line);
	if(rule->name.len == 0)
		return;
	fputs(", ", stdout);
	print_text(stdout, &rule->name);
}

static void print_bracketed(const str *text)
{
	putchar('[');
	print_text(stdout, text);
	putchar(']');
}

static void print_values(const asked_rule_t *asked)
{
	int i;

	if(asked->n_values == 1 && asked->values[0].len == 0) {
		fputs("it is empty or not there", stdout);
		return;
	}
	fputs("it is ", stdout);
	for(i = 0; i < asked->n_values; i++) {
		if(i > 0)
			fputs(", ", stdout);
		print_bracketed(&asked->values[i]);
	}
}

static void print_reason(const asked_rule_t *asked)
{
	char missing[512];

	switch(asked->outcome) {
		case OUTCOME_UNKNOWN:
			request_describe_missing(
					asked->condition->test->subject, missing, sizeof(missing));
			fputs("unknown, so taken not to hold: give it with ", stdout);
			print_string(stdout, missing);
			break;
		case OUTCOME_LIMIT:
			fputs("the search ran into a limit, so it does not hold: ", stdout);
			print_values(asked);
			break;
		case OUTCOME_MISFIT:
			fputs("what a condition above has caught does not fit into the "
				  "argument, so it does not hold",
					stdout);
			break;
		default:
			fputs("does not hold: ", stdout);
			print_values(asked);
			break;
	}
}

static void print_refused(const explanation_t *explanation)
{
	const asked_rule_t *asked = explanation->refused;

	if(asked == NULL)
		return;
	puts("not applied");
	if(explanation->n_left_out > 0)
		printf("  %d rules above are left out; --all names them\n",
				explanation->n_left_out);
	for(; asked != NULL; asked = asked->next) {
		print_rule(asked->rule);
		printf("\n    line %d: ", asked->condition->where.line);
		print_text(stdout, &asked->condition->where.text);
		fputs("\n      ", stdout);
		print_reason(asked);
		putchar('\n');
	}
	putchar('\n');
}

static void print_applied(const explanation_t *explanation)
{
	int i, group;

	puts("applied");
	for(i = 0; i < explanation->n_applied; i++) {
		const applied_rule_t *applied = &explanation->applied[i];

		print_rule(applied->rule);
		puts(applied->rule->continues
						? " ($continue: the rules below are asked "
						  "as well)"
						: "");
		for(group = 0; group < applied->rule->n_groups; group++) {
			printf(group < 9 ? "    %%%d = " : "    %%{%d} = ", group + 1);
			print_bracketed(&applied->groups[group]);
			putchar('\n');
		}
	}
	putchar('\n');
}

/* -- the chain ---------------------------------------------------------- */

static void print_attempt(const attempt_t *attempt, int number)
{
	const settings_t *settings = &attempt->settings;

	printf("  %d. ", number);
	if(attempt->target->gateway != NULL) {
		printf("the gateways of dispatcher set %d",
				attempt->target->gateway->set);
	} else {
		print_text(stdout, &attempt->target->uri);
		printf(" over %s", transport_name(attempt->transport));
	}
	if(attempt->next_hop.len > 0) {
		fputs(", to ", stdout);
		print_text(stdout, &attempt->next_hop);
	}
	if(attempt->target->is_current)
		fputs(" (the request's own)", stdout);
	printf("\n     inviting %s, provisional %s",
			describe_duration(settings->timer_inviting_ms).text,
			describe_duration(settings->timer_provisional_ms).text);
	if(settings->timer_ringing_ms > 0)
		printf(", ringing %s",
				describe_duration(settings->timer_ringing_ms).text);
	printf(", next after %s",
			describe_responses(&settings->pattern_response).text);
	if(settings->socket.len > 0) {
		fputs(", sent from ", stdout);
		print_text(stdout, &settings->socket);
	}
	putchar('\n');
}

static void print_attempts(const explanation_t *explanation)
{
	const attempt_t *attempt = explanation->attempts;
	const settings_t *settings = &explanation->route.settings;
	unsigned branches = explanation->options->max_branches;
	int number = 0;

	puts("tried, in this order");
	for(; attempt != NULL; attempt = attempt->next) {
		if(++number == explanation->n_tried + 1) {
			if(branches <= settings->attempts)
				printf("never tried, as max_branches is %u\n", branches);
			else
				printf("never tried, as attempts is %u\n", settings->attempts);
		}
		print_attempt(attempt, number);
	}
	putchar('\n');
}

static void print_redirection(const settings_t *settings)
{
	if(!settings->redirection || settings->redirection_max == 0) {
		puts("  a redirect that matches is a failure like any other");
		return;
	}
	printf("  a redirect that matches is followed, to %u Contact%s at the most",
			settings->redirection_max,
			settings->redirection_max == 1 ? "" : "s");
	if(settings->redirection_allow.len > 0) {
		fputs(", if they match ", stdout);
		print_bracketed(&settings->redirection_allow);
	}
	putchar('\n');
}

static void print_end(const explanation_t *explanation)
{
	const settings_t *settings = &explanation->route.settings;
	unsigned most = settings->attempts < explanation->options->max_branches
							? settings->attempts
							: explanation->options->max_branches;
	description_t reply = describe_reply(&settings->reply);

	puts("limits");
	print_redirection(settings);
	if(settings->ringing == RINGING_STOP)
		puts("  the failure of a destination that has rung is final");
	if(settings->timer_total_ms > 0)
		printf("  after %s the call ends, whatever is left\n",
				describe_duration(settings->timer_total_ms).text);
	printf("  at most %u attempt%s; when all have failed the caller gets ",
			most, most == 1 ? "" : "s");
	print_string(stdout, reply.text);
	puts("\n");
}

/* -- what is changed ---------------------------------------------------- */

static void print_headers(const route_t *route)
{
	const named_text_t *header;

	if(route->headers == NULL)
		return;
	puts("headers of the INVITE that is sent");
	for(header = route->headers; header != NULL; header = header->next) {
		fputs("  ", stdout);
		print_text(stdout, &header->name);
		if(header->text.len == 0) {
			puts(" is removed");
			continue;
		}
		fputs(": ", stdout);
		print_text(stdout, &header->text);
		putchar('\n');
	}
	putchar('\n');
}

static void print_variables(const route_t *route)
{
	const named_text_t *variable;

	if(route->variables == NULL)
		return;
	puts("for the script");
	for(variable = route->variables; variable != NULL;
			variable = variable->next) {
		fputs("  $xavp(failover=>", stdout);
		print_text(stdout, &variable->name);
		fputs(") = ", stdout);
		print_bracketed(&variable->text);
		putchar('\n');
	}
	putchar('\n');
}

static void print_route(const explanation_t *explanation)
{
	const route_t *route = &explanation->route;

	if(route->is_reply) {
		printf("answered with %d ", route->reply_code);
		print_text(stdout, &route->reply_reason);
		puts("\n");
	} else {
		print_attempts(explanation);
		print_end(explanation);
		print_headers(route);
	}
	print_variables(route);
}

/* If the R-URI is the server's own, it is not the first destination of any rule. In a
 * list of destinations, it sends the call to this server again. */
static void print_note(const explanation_t *explanation)
{
	const attempt_t *attempt = explanation->attempts;

	while(attempt != NULL && !attempt->target->is_current)
		attempt = attempt->next;
	if(attempt == NULL)
		return;
	if(!explanation->knows_own)
		puts("note: the request's own destination is taken for another host "
			 "than this server; -l OUR-HOST would tell");
	else if(explanation->is_ours)
		puts("note: the request's own destination is this server, so that the "
			 "call comes back to it");
}

/* Print the values that were given but that no rule uses: they are mistakes, or names
 * in another form. */
static void print_unasked(const explanation_t *explanation)
{
	const dialplan_t *plan = explanation->plan;
	const asked_for_t *set;

	for(set = explanation->options->request.sets; set != NULL;
			set = set->next) {
		if(request_is_asked(&set->subject, plan->subjects, plan->n_subjects))
			continue;
		fputs("note: no rule asks for ", stdout);
		print_text(stdout, &set->subject.where.text);
		putchar('\n');
	}
}

/* A value of the call does not fit in a rule. */
static void print_failure(const explanation_t *explanation)
{
	fflush(stdout);
	listing_show(explanation->listing, stderr,
			is_coloured(explanation->options->colour, stderr));
	listing_summary(explanation->listing, stderr);
	puts("this call cannot be made by these rules: failover() returns -2");
}

void explain_print_text(const explanation_t *explanation)
{
	print_refused(explanation);
	if(explanation->n_applied == 0) {
		puts("no rule applies: failover() returns -1");
		print_unasked(explanation);
		return;
	}
	print_applied(explanation);
	if(explanation->listing != NULL) {
		print_failure(explanation);
		return;
	}
	print_route(explanation);
	print_note(explanation);
	print_unasked(explanation);
}
