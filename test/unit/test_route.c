/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The result for a call: a plan and a request, and the route that follows. */
#include <stdlib.h>
#include <string.h>

#include "dialplan/inline_parse.h"
#include "dialplan/route.h"
#include "suites.h"
#include "support.h"

#define MATCH "[Matching Patterns]\n"
#define PLAN "[Deploy Patterns]\n"
#define GO_ON "[Deploy Patterns]\n$continue = true\n"

/* -- making a route ------------------------------------------------------- */

typedef struct play
{
	loaded_t loaded;
	request_t request;
	matcher_t *matcher;
	const applied_rule_t *applied;
	int n_applied;
	arena_t *arena;
	collector_t collector;
	route_t route;
	int result;
} play_t;

static void play_begin(play_t *play, const char *plan, const char *request)
{
	memset(play, 0, sizeof(*play));
	load(&play->loaded, plan);
	request_init(&play->request, request);
	play->matcher = matcher_create(&counting);
	play->arena = small_arena();
	collector_init(&play->collector);
}

/* Make the route, then release the data from which it was made. */
static void play_route(play_t *play, const request_view_t *view)
{
	/* so that only the settings of rules are written out */
	settings_t nothing = {0};

	play->n_applied = dialplan_match(play->loaded.plan, play->matcher,
			&play->request.source, NULL, &play->applied);
	ck_assert_int_gt(play->n_applied, 0);
	play->result = route_make(&play->route, play->applied, play->n_applied,
			&nothing, view, play->arena, &play->collector.diagnostics);
	request_free(&play->request);
	matcher_destroy(play->matcher);
	unload(&play->loaded);
}

static void play_end(play_t *play)
{
	arena_destroy(play->arena);
	ck_assert_int_eq(counting_live(), 0);
}

static void describe_target(const target_t *target, char *buffer, size_t size)
{
	char options[256] = "";

	if(target->is_current)
		print(buffer, size, "current %.*s/%s", STR_FMT(&target->uri),
				transport_name(target->transport));
	else
		print(buffer, size, "%.*s", STR_FMT(&target->uri));
	if(target->next_hop.len > 0)
		print(buffer, size, " via %.*s", STR_FMT(&target->next_hop));
	if(target->options != NULL)
		describe_settings(target->options, options, sizeof(options));
	if(options[0] != '\0')
		print(buffer, size, "{%s}", options);
}

static void describe_named(
		const named_text_t *list, const char *before, char *buffer, size_t size)
{
	for(; list != NULL; list = list->next) {
		ck_assert_int_eq(list->text.s[list->text.len], '\0');
		ck_assert_int_eq(list->name.s[list->name.len], '\0');
		print(buffer, size, "; %s%s:=%s", before, list->name.s, list->text.s);
	}
}

/* DESTINATION, ...[; SETTINGS][; Header:=VALUE][; &variable:=VALUE], or
 * = CODE REASON instead of the destinations. */
static void describe_route(const route_t *route, char *buffer, size_t size)
{
	const target_t *target;
	char settings[512] = "";

	if(route->is_reply) {
		ck_assert_ptr_null(route->targets);
		ck_assert_int_eq(route->reply_reason.s[route->reply_reason.len], '\0');
		print(buffer, size, "= %d %s", route->reply_code,
				route->reply_reason.s);
	}
	for(target = route->targets; target != NULL; target = target->next) {
		describe_target(target, buffer, size);
		print(buffer, size, target->next == NULL ? "" : ", ");
	}
	describe_settings(&route->settings, settings, sizeof(settings));
	print(buffer, size, "%s%s", settings[0] == '\0' ? "" : "; ", settings);
	describe_named(route->headers, "", buffer, size);
	describe_named(route->variables, "&", buffer, size);
}

/* -- merging -------------------------------------------------------------- */

/* How the request would be sent without a rule. */
static const request_view_t plain = {.uri = str_init("sip:555@example.com")};
static const request_view_t with_hop = {.uri = str_init("sip:555@example.com"),
		.next_hop = str_init("sip:10.0.0.9:5070;transport=tcp")};
static const request_view_t ours = {
		.uri = str_init("sip:555@example.com"), .is_ours = true};
static const request_view_t no_user = {.uri = str_init("sip:example.com")};
static const request_view_t odd_user = {
		.uri = str_init("sip:%2b49;x=1:pw@example.com")};
static const request_view_t by_tls = {
		.uri = str_init("sip:555@example.com;transport=tls")};
static const request_view_t by_sips = {.uri = str_init("sips:555@example.com")};
static const request_view_t by_sips_hop = {
		.uri = str_init("sip:555@e"), .next_hop = str_init("sips:10.0.0.9")};
static const request_view_t by_tel = {.uri = str_init("tel:555")};

#define CURRENT_OVER "current sip:555@example.com/"
#define CURRENT CURRENT_OVER "UDP"
#define VIA_A "sip:a@h via sip:h;transport=udp"
#define VIA_B "sip:b@h via sip:h;transport=udp"
#define VIA_C "sip:c@h via sip:h;transport=udp"

/* Set 1 has two gateways, one of them with a socket; set 2 none. */
static gateway_t *find_gateways(
		void *asker, int set, int algorithm, arena_t *arena)
{
	gateway_t *first = arena_alloc(arena, sizeof(*first));
	gateway_t *second = arena_alloc(arena, sizeof(*second));

	ck_assert_ptr_null(asker);
	if(set == 2)
		return NULL;
	*first = (gateway_t){.next = second,
			.set = set,
			.uri = str_init("sip:h"),
			.socket = str_init("out")};
	*second = (gateway_t){.set = set,
			.uri = algorithm == 4 ? (str)str_init("sip:trunk@k;transport=tcp")
								  : (str)str_init("sip:k:5070")};
	return first;
}

static const request_view_t with_gateways = {
		.uri = str_init("sip:555@example.com"), .find_gateways = find_gateways};

static const struct
{
	const char *title, *plan;
	const request_view_t *view;
	const char *expected; /* NULL: refused */
	const char *errors;
} routes[] = {
		/* gateways of dispatcher */
		{"a set", PLAN "To = ds:1", &with_gateways,
				"sip:555@h via sip:h;transport=udp{socket=out}, sip:555@k:5070 "
				"via sip:k:5070;transport=udp",
				""},
		{"a user part and a transport of its own", PLAN "To = ds:1/4",
				&with_gateways,
				"sip:555@h via sip:h;transport=udp{socket=out}, "
				"sip:trunk@k;transport=tcp via sip:k;transport=tcp",
				""},
		{"options are those of each gateway",
				PLAN "To = ds:1{inviting=3,socket=in}", &with_gateways,
				"sip:555@h via sip:h;transport=udp{timer.inviting=3000 "
				"socket=in}, sip:555@k:5070 via "
				"sip:k:5070;transport=udp{timer.inviting=3000 socket=in}",
				""},
		{"a set without gateways is passed over",
				PLAN "To = ds:2\n$session = failover sip:b@h", &with_gateways,
				VIA_B, ""},
		{"a set without gateways alone is an error", PLAN "To = ds:2",
				&with_gateways, NULL,
				"2:6 refused: [ds:2]: dispatcher has no gateway there that can "
				"be used "
				"now"},
		{"gateways without the module dispatcher", PLAN "To = ds:7{inviting=3}",
				&plain, "ds:7/0{timer.inviting=3000}", ""},
		{"the R-URI of the call", PLAN "To = ds:1{ruri=keep}", &with_gateways,
				"sip:555@example.com via sip:h;transport=udp{ruri=1 "
				"socket=out}, sip:555@example.com via "
				"sip:k:5070;transport=udp{ruri=1}",
				""},
		/* one rule */
		{"To and a list",
				PLAN "To = sip:a@h\n$session = failover sip:b@h sip:c@h",
				&plain, VIA_A ", " VIA_B ", " VIA_C, ""},
		{"nothing", PLAN, &plain, CURRENT, ""},
		{"nothing, with a next hop", PLAN, &with_hop,
				CURRENT_OVER "TCP via sip:10.0.0.9:5070;transport=tcp", ""},
		{"T49: no To, a list", PLAN "$session = failover sip:b@h", &plain,
				CURRENT ", " VIA_B, ""},
		{"T34: $transport is To's only",
				PLAN "To = sip:a@h\n$transport = TCP\n"
					 "$session = failover sip:b@h",
				&plain, "sip:a@h via sip:h;transport=tcp, " VIA_B, ""},
		{"T35: a port, a transport", PLAN "To = sip:a@h:5070/tls", &plain,
				"sip:a@h:5070 via sip:h:5070;transport=tls", ""},
		{"T36: slashes",
				PLAN "To = sip:a/b@h\n$session = failover "
					 "sip:a@h;x=1/2",
				&plain,
				"sip:a/b@h via sip:h;transport=udp, sip:a@h;x=1/2 via "
				"sip:h;transport=udp",
				""},
		{"sips is sent over TLS", PLAN "To = sips:a@h", &plain,
				"sips:a@h via sip:h;transport=tls", ""},
		{"sips with ;transport=tcp", PLAN "To = sips:a@h;transport=tcp", &plain,
				"sips:a@h;transport=tcp via sip:h;transport=tls", ""},
		{"maddr", PLAN "To = sip:a@h;maddr=10.0.0.1", &plain,
				"sip:a@h;maddr=10.0.0.1 via sip:10.0.0.1;transport=udp", ""},
		{"options",
				PLAN "To = sip:a@h{inviting=5}\n$session = failover "
					 "sip:b@h{socket=x,pattern=4..}",
				&plain,
				VIA_A "{timer.inviting=5000}, " VIA_B
					  "{pattern.response=100:400-499 socket=x}",
				""},
		{"options of current", PLAN "To = current{inviting=5}", &plain,
				CURRENT "{timer.inviting=5000}", ""},
		{"settings", PLAN "&failover.attempts = 3\n&failover.ringing = stop",
				&plain, CURRENT "; attempts=3 ringing=1", ""},
		{"settings with texts",
				PLAN "&failover.reply = 480 x y\n"
					 "&failover.redirection.allow = @h\n"
					 "&failover.preset = carrier",
				&plain,
				CURRENT "; pattern.response=5:408-504 redirection=0 "
						"redirection.allow=@h ringing=1 reply=480 x y "
						"preset=carrier",
				""},
		{"headers and variables", PLAN "X-A = b c\nX-B =\n$rtp = true\n&x =",
				&plain, CURRENT "; X-A:=b c; X-B:=; &rtp:=true; &x:=", ""},

		/* a reply */
		{"a reply", PLAN "$action = 404 Not Here", &plain, "= 404 Not Here",
				""},
		{"a reply without a reason", PLAN "$action = 486", &plain,
				"= 486 Busy Here", ""},
		{"a reply of a code that nobody has defined", PLAN "$action = 499",
				&plain, "= 499 Request Failure", ""},
		{"a reply and variables", PLAN "$action = 404\n$x = y", &plain,
				"= 404 Not Found; &x:=y", ""},
		{"a reply needs no destination", PLAN "$action = 404", &ours,
				"= 404 Not Found", ""},

		/* current */
		{"current first", PLAN "To = current\n$session = failover sip:b@h",
				&plain, CURRENT ", " VIA_B, ""},
		{"current last", PLAN "To = sip:a@h\n$session = failover current",
				&with_hop,
				VIA_A ", " CURRENT_OVER
					  "TCP via sip:10.0.0.9:5070;transport=tcp",
				""},
		{"current over another transport", PLAN "$transport = TLS", &plain,
				CURRENT_OVER "TLS via sip:example.com;transport=tls", ""},
		{"current with a next hop over another transport",
				PLAN "$transport = TLS", &with_hop,
				CURRENT_OVER "TLS via sip:10.0.0.9:5070;transport=tls", ""},
		{"To = current over another transport",
				PLAN "To = current\n$transport = SCTP", &plain,
				CURRENT_OVER "SCTP via sip:example.com;transport=sctp", ""},

		{"the URI of current names its transport", PLAN, &by_tls,
				"current sip:555@example.com;transport=tls/TLS", ""},
		{"current is sips", PLAN, &by_sips, "current sips:555@example.com/TLS",
				""},
		{"current is sips, over TLS", PLAN "$transport = TLS", &by_sips,
				"current sips:555@example.com/TLS via "
				"sip:example.com;transport=tls",
				""},
		{"current is sips, not over TCP", PLAN "$transport = TCP", &by_sips,
				NULL,
				"1:1 refused: destination [current]: its URI is sips:, which "
				"goes over TLS only"},
		{"To = current is sips, not over UDP",
				PLAN "$transport = UDP\nTo = current", &by_sips, NULL,
				"3:6 refused: destination [current]: its URI is sips:, ..."},
		{"its next hop is sips, not over TCP", PLAN "$transport = TCP",
				&by_sips_hop, NULL,
				"1:1 refused: destination [current]: its URI is sips:, ..."},
		{"current is a tel URI", PLAN, &by_tel, "current tel:555/UDP", ""},
		{"current is a tel URI, over TCP", PLAN "$transport = TCP", &by_tel,
				NULL, "1:1 refused: destination [current]: ..."},

		/* the request is for ourselves */
		{"ours: the list alone", PLAN "$session = failover sip:b@h sip:c@h",
				&ours, VIA_B ", " VIA_C, ""},
		{"ours: To", PLAN "To = sip:a@h", &ours, VIA_A, ""},
		{"ours: To = current is what was written", PLAN "To = current", &ours,
				CURRENT, ""},
		{"ours: current in the list", PLAN "$session = failover current", &ours,
				CURRENT, ""},
		{"ours: without a list", PLAN, &ours, NULL,
				"1:1 refused: there is no destination: the request is for "
				"ourselves, "
				"and "
				"this rule has neither To nor a list"},
		{"ours: an empty list", "#\n" PLAN "$session = failover", &ours, NULL,
				"2:1 refused: there is no destination: ..."},
		{"ours: of several rules the last one is named",
				GO_ON GO_ON PLAN "X-A = b", &ours, NULL,
				"5:1 refused: there is no destination: ..."},
		{"ours: $transport is nobody's",
				PLAN "$transport = TCP\n$session = failover sip:b@h", &ours,
				VIA_B, ""},

		/* gateways */
		{"a gateway takes To's user",
				PLAN "To = sip:a@h\n$session = failover sip:g sip:c@h sip:i",
				&plain,
				VIA_A ", sip:a@g via sip:g;transport=udp, " VIA_C
					  ", sip:a@i via sip:i;transport=udp",
				""},
		{"a gateway as To takes the request's",
				PLAN "To = sip:f\n$session = failover sip:g", &plain,
				"sip:555@f via sip:f;transport=udp, sip:555@g via "
				"sip:g;transport=udp",
				""},
		{"without To it takes the request's", PLAN "$session = failover sip:g",
				&plain, CURRENT ", sip:555@g via sip:g;transport=udp", ""},
		{"ours: it takes the request's", PLAN "$session = failover sip:f sip:g",
				&ours,
				"sip:555@f via sip:f;transport=udp, sip:555@g via "
				"sip:g;transport=udp",
				""},
		{"ours: then that of the first of the list",
				PLAN "$session = failover sip:a@h sip:g", &ours,
				VIA_A ", sip:a@g via sip:g;transport=udp", ""},
		{"with port, parameters and transport",
				PLAN "$session = failover sip:g:5070;lr/TCP sips:[::1]", &ours,
				"sip:555@g:5070;lr via sip:g:5070;transport=tcp, "
				"sips:555@[::1] via sip:[::1];transport=tls",
				""},
		{"neither the request nor a destination has a user part",
				PLAN "To = sip:f\n$session = failover sip:g", &no_user,
				"sip:f via sip:f;transport=udp, sip:g via sip:g;transport=udp",
				""},
		{"a user part with all characters that are allowed", PLAN "To = sip:f",
				&odd_user, "sip:%2b49;x=1:pw@f via sip:f;transport=udp", ""},
		{"current gives the request's user",
				PLAN "To = current\n$session = failover sip:g", &plain,
				CURRENT ", sip:555@g via sip:g;transport=udp", ""},

		/* several rules */
		{"T45: settings of one, destinations of the other",
				GO_ON "&failover.timer.inviting = 3\n" PLAN
					  "To = sip:a@h\n$session = failover sip:b@h",
				&plain, VIA_A ", " VIA_B "; timer.inviting=3000", ""},
		{"a later To", GO_ON "To = sip:a@h\n" PLAN "To = sip:b@h", &plain,
				VIA_B, ""},
		{"an earlier To stays", GO_ON "To = sip:a@h\n" PLAN, &plain, VIA_A, ""},
		{"a later list",
				GO_ON "$session = failover sip:a@h sip:b@h\n" PLAN
					  "$session = failover sip:c@h",
				&ours, VIA_C, ""},
		{"a later empty list",
				GO_ON "To = sip:a@h\n$session = failover sip:b@h\n" PLAN
					  "$session = failover",
				&plain, VIA_A, ""},
		{"To of one, the list of the other",
				GO_ON "$session = failover sip:b@h\n" PLAN "To = sip:a@h",
				&plain, VIA_A ", " VIA_B, ""},
		{"a gateway takes the user of another rule's To",
				GO_ON "$session = failover sip:g\n" PLAN "To = sip:a@h", &plain,
				VIA_A ", sip:a@g via sip:g;transport=udp", ""},
		{"a later setting overrides an earlier one",
				GO_ON "&failover.attempts = 3\n&failover.ringing = stop\n" PLAN
					  "&failover.attempts = 4",
				&plain, CURRENT "; attempts=4 ringing=1", ""},
		{"a later preset overrides earlier settings",
				GO_ON "&failover.pattern.response = 486\n" PLAN
					  "&failover.preset = carrier",
				&plain,
				CURRENT "; pattern.response=5:408-504 redirection=0 ringing=1 "
						"preset=carrier",
				""},
		{"a later setting overrides an earlier preset",
				GO_ON "&failover.preset = carrier\n" PLAN
					  "&failover.pattern.response = 486",
				&plain,
				CURRENT "; pattern.response=1:486-486 redirection=0 ringing=1 "
						"preset=carrier",
				""},
		{"an empty setting changes nothing",
				GO_ON "&failover.attempts = 3\n" PLAN "&failover.attempts =",
				&plain, CURRENT "; attempts=3", ""},
		{"a later header overrides an earlier one",
				GO_ON "X-A = 1\nX-B = 2\n" PLAN "x-a = 3\nX-C = 4", &plain,
				CURRENT "; X-A:=3; X-B:=2; X-C:=4", ""},
		{"a later header in its compact form overrides",
				GO_ON "Subject = 1\n" PLAN "s = 2", &plain,
				CURRENT "; Subject:=2", ""},
		{"a later rule removes a header",
				GO_ON "X-A = 1\n" PLAN "X-A =", &plain, CURRENT "; X-A:=", ""},
		{"a later variable overrides an earlier one",
				GO_ON "$a = 1\n&b = 2\n" PLAN "&a = 3\n$c = 4", &plain,
				CURRENT "; &a:=3; &b:=2; &c:=4", ""},
		{"three rules",
				GO_ON "X-A = 1\n$a = 1\n&failover.attempts = 1\n" GO_ON
					  "X-A = 2\n$a = 2\n&failover.attempts = 2\n" PLAN
					  "X-A = 3\n$a = 3\n&failover.attempts = 3",
				&plain, CURRENT "; attempts=3; X-A:=3; &a:=3", ""},

		/* a reply and destinations */
		{"a later reply overrides destinations",
				GO_ON "To = sip:a@h\n$session = failover sip:b@h\n" PLAN
					  "$action = 404",
				&plain, "= 404 Not Found", ""},
		{"a later To beats a reply",
				GO_ON "$action = 404\n" PLAN "To = sip:a@h", &plain, VIA_A, ""},
		{"a later list overrides a reply",
				GO_ON "$action = 404\n" PLAN "$session = failover sip:b@h",
				&plain, CURRENT ", " VIA_B, ""},
		{"a later reply overrides a reply",
				GO_ON "$action = 404\n" PLAN "$action = 480", &plain,
				"= 480 Temporarily Unavailable", ""},
		{"a later rule without a reply or a list keeps the reply",
				GO_ON "$action = 404\n" PLAN "$transport = TCP\nX-A = b",
				&plain, "= 404 Not Found; X-A:=b", ""},
		{"destinations, a reply, destinations",
				GO_ON "To = sip:a@h\n" GO_ON "$action = 404\n" PLAN
					  "$session = failover sip:b@h",
				&plain, VIA_A ", " VIA_B, ""},

		/* $transport of another rule */
		{"$transport of a rule above",
				GO_ON "$transport = TCP\n" PLAN "To = sip:a@h", &plain,
				"sip:a@h via sip:h;transport=tcp", ""},
		{"$transport of a rule above, and To says another",
				GO_ON "$transport = TCP\n" PLAN "To = sip:a@h/TLS", &plain,
				"sip:a@h via sip:h;transport=tls", ""},
		{"$transport of a rule below",
				GO_ON "To = sip:a@h\n" PLAN "$transport = TCP", &plain,
				"sip:a@h via sip:h;transport=tcp", ""},
		{"$transport of a rule below beats what To says",
				GO_ON "To = sip:a@h/TLS\n" PLAN "$transport = TCP", &plain,
				"sip:a@h via sip:h;transport=tcp", ""},
		{"$transport of a rule below beats To's own",
				GO_ON "To = sip:a@h\n$transport = TLS\n" PLAN
					  "$transport = TCP",
				&plain, "sip:a@h via sip:h;transport=tcp", ""},
		{"To's own beats $transport of a rule above",
				GO_ON "$transport = TCP\n" PLAN "To = sip:a@h\n"
					  "$transport = SCTP",
				&plain, "sip:a@h via sip:h;transport=sctp", ""},
		{"the last $transport",
				GO_ON "$transport = TCP\n" GO_ON "$transport = TLS\n" PLAN
					  "To = sip:a@h",
				&plain, "sip:a@h via sip:h;transport=tls", ""},
		{"$transport of another rule, of current",
				GO_ON "$transport = TCP\n" PLAN "$session = failover sip:b@h",
				&plain,
				CURRENT_OVER "TCP via sip:example.com;transport=tcp, " VIA_B,
				""},
		{"$transport of a rule above, of sips",
				GO_ON "$transport = TCP\n" PLAN "To = sips:a@h", &plain,
				"sips:a@h via sip:h;transport=tls", ""},
		{"$transport = TLS of a rule below, of sips",
				GO_ON "To = sips:a@h\n" PLAN "$transport = TLS", &plain,
				"sips:a@h via sip:h;transport=tls", ""},
		{"$transport of a rule below, against sips",
				GO_ON "To = sips:a@h\n" PLAN "$transport = TCP", &plain, NULL,
				"5:14 $transport = TCP contradicts To, which says TLS: one of "
				"them would be right"},
		{"a rule is not changed by a call: the options of To stay",
				GO_ON "To = sip:a@h{inviting=5}\n" PLAN "$transport = TCP",
				&plain, "sip:a@h via sip:h;transport=tcp{timer.inviting=5000}",
				""},
};

START_TEST(merges_the_rules_that_apply)
{
	char found[1024] = "";
	play_t play;

	play_begin(&play, routes[_i].plan, "");
	play_route(&play, routes[_i].view);
	ck_assert_int_eq(play.result, routes[_i].expected == NULL ? -1 : 0);
	expect_reported(routes[_i].title, &play.collector, routes[_i].errors);
	if(play.result == 0) {
		describe_route(&play.route, found, sizeof(found));
		expect_same(routes[_i].title, found, routes[_i].expected);
	}
	play_end(&play);
}
END_TEST

/* -- captures ------------------------------------------------------------- */

static const struct
{
	const char *title, *plan, *request;
	const char *expected;
} captures[] = {
		{"T43: user parts",
				MATCH "$request = ^INVITE\n$request = sip:9(.+)@\n" PLAN
					  "To = sip:%1@h\n$session = failover sip:%1@b sip:c",
				"$request: INVITE sip:9777@example.com SIP/2.0",
				"sip:777@h via sip:h;transport=udp, sip:777@b via "
				"sip:b;transport=udp, sip:777@c via sip:c;transport=udp"},
		{"T44: of two lines",
				MATCH "$request = sip:9(.+)@\nFrom = sip:(.+)@\n" PLAN
					  "To = sip:a@h\n$session = failover sip:%1@b sip:%2@c",
				"$request: INVITE sip:9777@e SIP/2.0\nFrom: <sip:105@e>",
				VIA_A ", sip:777@b via sip:b;transport=udp, sip:105@c via "
					  "sip:c;transport=udp"},
		{"in all places",
				MATCH "X-A = (.+)-(.+)\n" PLAN
					  "To = sip:%1%2@h%1:50%2;p=%1;q=%2\nX-B = <%1>\n"
					  "$x = %2%1\n",
				"X-A: 1-70",
				"sip:170@h1:5070;p=1;q=70 via sip:h1:5070;transport=udp; "
				"X-B:=<1>; &x:=701"},
		{"in a reason", MATCH "X-A = (.+)\n" PLAN "$action = 404 No %1 here",
				"X-A: Bob", "= 404 No Bob here"},
		{"an empty reason is the code's own",
				MATCH "X-A = ^(.*)$\n" PLAN "$action = 404 %1",
				"X-A: ", "= 404 Not Found"},
		{"each rule has its own groups",
				MATCH "X-A = (.)(.)\n" GO_ON "X-B = %1%2\nTo = sip:%2@h\n" MATCH
					  "X-A = .(.)\n" PLAN "X-C = %1\n$session = failover "
					  "sip:%1@b",
				"X-A: 12",
				"sip:2@h via sip:h;transport=udp, sip:2@b via "
				"sip:b;transport=udp; X-B:=12; X-C:=2"},
		{"a group that took no part is empty",
				MATCH "X-A = (1)|(2)\n" PLAN "To = sip:a%1@h\nX-B = [%1%2]",
				"X-A: 2", "sip:a@h via sip:h;transport=udp; X-B:=[2]"},
		{"a group of a negated condition is empty",
				MATCH "X-A = !(1)\nX-A = (2)\n" PLAN
					  "To = sip:a%1%2@h\nX-B = [%1]",
				"X-A: 2", "sip:a2@h via sip:h;transport=udp; X-B:=[]"},
		{"a group of an absent header is empty",
				MATCH "X-A = (.*)\n" PLAN "X-B = [%1]", "",
				CURRENT "; X-B:=[]"},
		{"percent signs", MATCH "X-A = (.*)\n" PLAN "X-B = %%%1%%%%1",
				"X-A: a%%1", CURRENT "; X-B:=%a%%1%%1"},
		{"a whole IPv6 address", MATCH "X-A = (.*)\n" PLAN "To = sip:a@%1",
				"X-A: [::1]", "sip:a@[::1] via sip:[::1];transport=udp"},
};

START_TEST(puts_captures_in)
{
	char found[512] = "";
	play_t play;

	play_begin(&play, captures[_i].plan, captures[_i].request);
	play_route(&play, &plain);
	expect_reported(captures[_i].title, &play.collector, "");
	ck_assert_int_eq(play.result, 0);
	describe_route(&play.route, found, sizeof(found));
	expect_same(captures[_i].title, found, captures[_i].expected);
	play_end(&play);
}
END_TEST

/* -- values of a caller --------------------------------------------------- */

/* The places for the value. There is one rule for each place, with one destination, one
 * header or one variable; the value must not add another. */
typedef enum putting
{
	PLACE_USER,
	PLACE_HOST,
	PLACE_PORT,
	PLACE_PARAM,
	PLACE_HEADER,
	PLACE_REASON,
	PLACE_VARIABLE,
	PLACES
} putting_t;

#define CAPTURED MATCH "X-A = (?s)^(.*)$\n" PLAN

static const struct
{
	const char *plan;
	const char *before,
			*behind; /* the texts round the value in the description */
	const char *error;
} places[PLACES] = {
		[PLACE_USER] = {CAPTURED "To = sip:%1@h",
				"sip:", "@h via sip:h;transport=udp",
				"4:6 refused: destination [sip:%1@h]: ..."},
		[PLACE_HOST] = {CAPTURED "To = sip:a@%1", "sip:a@", NULL,
				"4:6 refused: destination [sip:a@%1]: ..."},
		[PLACE_PORT] = {CAPTURED "To = sip:a@h:%1", "sip:a@h:", NULL,
				"4:6 refused: destination [sip:a@h:%1]: ..."},
		[PLACE_PARAM] = {CAPTURED "To = sip:a@h;p=%1",
				"sip:a@h;p=", " via sip:h;transport=udp",
				"4:6 refused: destination [sip:a@h;p=%1]: ..."},
		[PLACE_HEADER] = {CAPTURED "X-B = <%1>", CURRENT "; X-B:=<", ">",
				"4:1 refused: [X-B]: what is put in has a line end in it, or "
				"is too "
				"long"},
		[PLACE_REASON] = {CAPTURED "$action = 404 No %1.", "= 404 No ", ".",
				"4:1 refused: [$action]: what is put into the reason has a "
				"control "
				"character in it, or is too long"},
		[PLACE_VARIABLE] = {CAPTURED "$x = <%1>", CURRENT "; &x:=<", ">",
				"4:1 refused: [$x]: what is put in has a line end in it, or is "
				"too "
				"long"},
};

static const struct
{
	const char *title;
	const char *bytes;
	int len;
	/* the value in each place; NULL: it is refused; S: it is unchanged */
	const char *user, *host, *port, *param, *header, *reason, *variable;
} hostile[] = {
#define S "as it is"
		{"a number", TEXT("5060"), S, S, S, S, S, S, S},
		{"a name", TEXT("gw.example.com"), S, S, NULL, S, S, S, S},
		{"nothing", TEXT(""), NULL, NULL, NULL, NULL, S, S, S},
		{"a blank", TEXT("a b"), "a%20b", NULL, NULL, "a%20b", S, S, S},
		{"a further destination", TEXT("a@h sip:b@evil"),
				"a%40h%20sip%3Ab%40evil", NULL, NULL, "a%40h%20sip:b%40evil", S,
				S, S},
		{"@", TEXT("a@evil"), "a%40evil", NULL, NULL, "a%40evil", S, S, S},
		{"options", TEXT("a{inviting=3600}"), "a%7Binviting=3600%7D", NULL,
				NULL, "a%7Binviting%3D3600%7D", S, S, S},
		{"a transport", TEXT("a/TCP"), S, NULL, NULL, S, S, S, S},
		{"a parameter", TEXT("a;transport=tcp"), S, NULL, NULL,
				"a%3Btransport%3Dtcp", S, S, S},
		{"headers", TEXT("a?Route=<sip:evil>"), "a?Route=%3Csip%3Aevil%3E",
				NULL, NULL, "a%3FRoute%3D%3Csip:evil%3E", S, S, S},
		{"a bracket", TEXT("a>;lr"), "a%3E;lr", NULL, NULL, "a%3E%3Blr", S, S,
				S},
		{"quotes", TEXT("\"a\\\"'"), "%22a%5C%22'", NULL, NULL, "%22a%5C%22'",
				S, S, S},
		{"a colon", TEXT("a:b"), "a%3Ab", NULL, NULL, S, S, S, S},
		{"a port", TEXT("evil:5060"), "evil%3A5060", NULL, NULL, S, S, S, S},
		{"brackets", TEXT("[::1]"), "%5B%3A%3A1%5D", S, NULL, S, S, S, S},
		{"brackets that are no address", TEXT("[::x]"), "%5B%3A%3Ax%5D", NULL,
				NULL, S, S, S, S},
		{"an escape", TEXT("a%40b"), S, NULL, NULL, S, S, S, S},
		{"half an escape", TEXT("a%4"), "a%254", NULL, NULL, "a%254", S, S, S},
		{"a group of the plan", TEXT("%1%{2}"), "%251%25%7B2%7D", NULL, NULL,
				"%251%25%7B2%7D", S, S, S},
		{"a pseudo-variable", TEXT("$(ru)$$"), S, NULL, NULL, S, S, S, S},
		{"a comma", TEXT("a,b"), S, NULL, NULL, "a%2Cb", S, S, S},
		{"UTF-8", TEXT("\xc3\xa4"), "%C3%A4", NULL, NULL, "%C3%A4", S, S, S},
		{"bytes", TEXT("\x80\xff"), "%80%FF", NULL, NULL, "%80%FF", S, S, S},
		{"a port too high", TEXT("65536"), S, S, NULL, S, S, S, S},
		{"port 0", TEXT("0"), S, S, NULL, S, S, S, S},
		{"an address that is none", TEXT("300.1.1.1"), S, NULL, NULL, S, S, S,
				S},
		{"a tab", TEXT("a\tb"), "a%09b", NULL, NULL, "a%09b", S, NULL, S},
		{"an escape sequence", TEXT("\x1b[0m"), "%1B%5B0m", NULL, NULL,
				"%1B[0m", S, NULL, S},
		{"DEL", TEXT("\x7f"), "%7F", NULL, NULL, "%7F", S, NULL, S},
		{"CR LF and a header", TEXT("a\r\nEvil: b"), NULL, NULL, NULL, NULL,
				NULL, NULL, NULL},
		{"CR", TEXT("a\rb"), NULL, NULL, NULL, NULL, NULL, NULL, NULL},
		{"LF", TEXT("a\nb"), NULL, NULL, NULL, NULL, NULL, NULL, NULL},
		{"a folded line", TEXT("a\r\n b"), NULL, NULL, NULL, NULL, NULL, NULL,
				NULL},
		{"LF at the end", TEXT("a\n"), NULL, NULL, NULL, NULL, NULL, NULL,
				NULL},
		{"NUL", TEXT("a\0b"), NULL, NULL, NULL, NULL, NULL, NULL, NULL},
		{"an escaped CR LF", TEXT("a%0d%0ab"), S, NULL, NULL, S, S, S, S},
};

static const char *expected_of(int row, putting_t place)
{
	const char *const by_place[PLACES] = {hostile[row].user, hostile[row].host,
			hostile[row].port, hostile[row].param, hostile[row].header,
			hostile[row].reason, hostile[row].variable};

	return by_place[place];
}

/* The value as it is written in its place; NULL: it is refused. */
static const char *value_in(int row, putting_t place)
{
	const char *expected = expected_of(row, place);

	return expected != NULL && strcmp(expected, S) == 0 ? hostile[row].bytes
														: expected;
}

static void expect_in_place(int row, putting_t place, const play_t *play)
{
	const char *value = value_in(row, place);
	const char *behind = places[place].behind;
	const route_t *route = &play->route;
	char found[512] = "", expected[512] = "";

	ck_assert_msg((play->result == 0) == (value != NULL), "%s, place %d: %d %s",
			hostile[row].title, place, play->result, play->collector.text);
	expect_reported(hostile[row].title, &play->collector,
			value == NULL ? places[place].error : "");
	if(value == NULL)
		return;
	describe_route(route, found, sizeof(found));
	print(expected, sizeof(expected), "%s%s", places[place].before, value);
	/* the next hop contains a host and a port again */
	if(place == PLACE_HOST)
		print(expected, sizeof(expected), " via sip:%s;transport=udp", value);
	else if(place == PLACE_PORT)
		print(expected, sizeof(expected), " via sip:h:%s;transport=udp", value);
	else
		print(expected, sizeof(expected), "%s", behind);
	expect_same(hostile[row].title, found, expected);
	/* nothing was added: there is one destination, one header, one variable */
	ck_assert(route->targets == NULL || route->targets->next == NULL);
	ck_assert(route->targets == NULL || route->targets->options == NULL);
	ck_assert(route->headers == NULL || route->headers->next == NULL);
	ck_assert(route->variables == NULL || route->variables->next == NULL);
}

START_TEST(does_not_let_a_caller_add_anything)
{
	int place;

	for(place = 0; place < PLACES; place++) {
		play_t play;

		play_begin(&play, places[place].plan, "");
		request_add(&play.request, "X-A", hostile[_i].bytes, hostile[_i].len);
		play_route(&play, &plain);
		expect_in_place(_i, place, &play);
		play_end(&play);
	}
}
END_TEST

/* The greatest length of a value in each place. */
static const struct
{
	const char *plan;
	int most;
	const char *error;
} long_ones[] = {
		{CAPTURED "To = sip:%1@h", 1023 - 6,
				"4:6 refused: destination [sip:%1@h]: ..."},
		{CAPTURED "To = sip:h;p=%1", 1023 - 8 - 4,
				"4:6 refused: destination [sip:h;p=%1]: ..."},
		{CAPTURED "$action = 404 %1", 127,
				"4:1 refused: [$action]: what is put into the reason has a "
				"control "
				"character in it, or is too long"},
		{CAPTURED "X-B = %1%1%1%1%1", 4096 / 5,
				"4:1 refused: [X-B]: what is put in has a line end in it, or "
				"is too "
				"long"},
		{CAPTURED "$x = %1%1%1%1%1", 4096 / 5,
				"4:1 refused: [$x]: what is put in has a line end in it, or is "
				"too "
				"long"},
};

START_TEST(limits_the_length_of_a_value)
{
	static char bytes[4096];
	int more;

	memset(bytes, '1', sizeof(bytes));
	for(more = 0; more <= 1; more++) {
		play_t play;

		play_begin(&play, long_ones[_i].plan, "");
		request_add(&play.request, "X-A", bytes, long_ones[_i].most + more);
		play_route(&play, &plain);
		ck_assert_msg(play.result == -more, "%d bytes: %s",
				long_ones[_i].most + more, play.collector.text);
		expect_reported(long_ones[_i].plan, &play.collector,
				more ? long_ones[_i].error : "");
		play_end(&play);
	}
}
END_TEST

/* The user part of the Request-URI also comes from a caller. */
static const struct
{
	const char *bytes;
	int len;
	const char *expected; /* the result for To = sip:g; NULL: refused */
} users[] = {
		{TEXT("555"), "sip:555@g via sip:g;transport=udp"},
		{TEXT("a b"), "sip:a%20b@g via sip:g;transport=udp"},
		{TEXT("a@b"), "sip:a%40b@g via sip:g;transport=udp"},
		{TEXT("a:b"), "sip:a:b@g via sip:g;transport=udp"},
		{TEXT("a>{}\"<"), "sip:a%3E%7B%7D%22%3C@g via sip:g;transport=udp"},
		{TEXT("*21#"), "sip:*21%23@g via sip:g;transport=udp"},
		{TEXT("a\r\nb"), NULL},
		{TEXT("a\0b"), NULL},
};

START_TEST(takes_a_user_part_as_data)
{
	request_view_t view = {0};
	char uri[64] = "tel:", found[256] = "";
	play_t play;

	/* in a tel URI all the text after the scheme is the user part */
	memcpy(uri + 4, users[_i].bytes, users[_i].len);
	view.uri = exact(uri, 4 + users[_i].len);
	play_begin(&play, PLAN "To = sip:g", "");
	play_route(&play, &view);
	exact_free(&view.uri);
	ck_assert_int_eq(play.result, users[_i].expected == NULL ? -1 : 0);
	if(play.result == 0) {
		describe_route(&play.route, found, sizeof(found));
		expect_same(users[_i].bytes, found, users[_i].expected);
	} else {
		expect_reported(users[_i].bytes, &play.collector,
				"2:6 refused: destination [sip:g]: ...");
	}
	play_end(&play);
}
END_TEST

/* -- levels --------------------------------------------------------------- */

START_TEST(puts_its_settings_over_the_defaults)
{
	static const request_view_t view = {.uri = str_init("sip:555@h")};
	arena_t *arena = small_arena();
	diagnostics_t diagnostics = {0};
	settings_t defaults;
	loaded_t loaded;
	applied_rule_t applied;
	route_t route;

	load(&loaded, PLAN "&failover.timer.inviting = 3");
	settings_builtin(&defaults);
	defaults.attempts = 7;
	applied.rule = loaded.plan->rules[0];
	applied.groups = NULL;
	ck_assert_int_eq(route_make(&route, &applied, 1, &defaults, &view, arena,
							 &diagnostics),
			0);
	ck_assert_uint_eq(route.settings.timer_inviting_ms, 3000);
	ck_assert_uint_eq(route.settings.timer_provisional_ms, 20000);
	ck_assert_uint_eq(route.settings.attempts, 7);
	ck_assert_uint_eq(route.settings.written, (1u << SETTING_COUNT) - 1);
	unload(&loaded);
	arena_destroy(arena);
}
END_TEST

/* -- the arguments of a call ---------------------------------------------- */

/* failover(destinations, settings) goes the same way, with pseudo-variables
 * instead of captures. $0 is a hole. */
static const struct
{
	const char *title, *list, *settings;
	const char *value;
	const request_view_t *view;
	const char *expected; /* NULL: refused */
	const char *errors;
} arguments[] = {
		{"a list", "sip:a@h sip:g", "", "", &plain,
				VIA_A ", sip:a@g via sip:g;transport=udp", ""},
		{"current first", "current sip:b@h/TCP", "attempts=2", "", &plain,
				CURRENT ", sip:b@h via sip:h;transport=tcp; attempts=2", ""},
		{"if the request is for ourselves, the first destination is in the "
		 "list",
				"sip:b@h", "", "", &ours, VIA_B, ""},
		{"a value", "sip:$0@h", "attempts=$0", "3", &plain,
				"sip:3@h via sip:h;transport=udp; attempts=3", ""},
		{"a value that is not valid", "sip:b@h", "attempts=$0",
				"3; ringing=stop", &plain, NULL,
				"1:10 refused: [3; ringing=stop] is no whole number from 1 to "
				"30, ..."},
		{"a value with a line end", "sip:b@h", "reply=$0", "480 a\nb", &plain,
				NULL,
				"1:7 refused: [$0]: what is put in has a line end in it, or is "
				"too long"},
		{"a value that must not be in a host", "sip:a@$0", "", "h/TCP", &plain,
				NULL, "1:1 refused: destination [sip:a@$0]: ..."},
};

START_TEST(takes_the_arguments_of_a_call)
{
	arena_t *arena = small_arena();
	mark_t marks[2][MARKS_MAX];
	str texts[2] = {exact(arguments[_i].list, (int)strlen(arguments[_i].list)),
			exact(arguments[_i].settings, (int)strlen(arguments[_i].settings))};
	fragment_t list = marked(&texts[0], marks[0]);
	fragment_t written = marked(&texts[1], marks[1]);
	str value = exact(arguments[_i].value, (int)strlen(arguments[_i].value));
	settings_t nothing = {0};
	collector_t collector;
	rule_t rule = {.line = 1};
	applied_rule_t applied = {&rule, &value};
	char found[256] = "";
	route_t route;
	int result;

	collector_init(&collector);
	ck_assert_int_eq(inline_parse_destinations(
							 &list, &rule, arena, &collector.diagnostics),
			0);
	ck_assert_int_eq(inline_parse_settings(
							 &written, &rule, arena, &collector.diagnostics),
			0);
	result = route_make(&route, &applied, 1, &nothing, arguments[_i].view,
			arena, &collector.diagnostics);
	ck_assert_int_eq(result, arguments[_i].expected == NULL ? -1 : 0);
	expect_reported(arguments[_i].title, &collector, arguments[_i].errors);
	exact_free(&value);
	exact_free(&texts[0]);
	exact_free(&texts[1]);
	if(result == 0) {
		describe_route(&route, found, sizeof(found));
		expect_same(arguments[_i].title, found, arguments[_i].expected);
	}
	arena_destroy(arena);
}
END_TEST

/* -- no memory ------------------------------------------------------------ */

#define LONG_REASON "a reason that does not fit into what is left of a block"
#define LONG_REASON_WORD "a-name-that-does-not-fit-into-what-is-left-of-a-block"

static int make_a_route(const applied_rule_t *applied, int count, int n,
		void (*fail_from)(int n))
{
	settings_t defaults;
	diagnostics_t diagnostics = {0};
	route_t route;
	arena_t *arena;
	int result;

	settings_builtin(&defaults);
	arena = small_arena();
	fail_from(n);
	result = route_make(
			&route, applied, count, &defaults, &with_hop, arena, &diagnostics);
	ck_assert_msg((result < 0) == counting_has_failed(),
			"%d when the %d. allocation failed", result, n);
	ck_assert_int_eq(result<0, diagnostics.errors> 0);
	counting_fail_at(0);
	arena_destroy(arena);
	return result;
}

START_TEST(reports_a_lack_of_memory)
{
	static const char *const plans[] = {MATCH
			"X-A = (.)\n" GO_ON "X-B = %1\n$x = %1\n"
			"&failover.reply = 480 " LONG_REASON
			"\n&failover.preset = carrier\n"
			"&failover.redirection.allow = @h\n$transport = TCP\n" PLAN
			"$session = failover sip:b@h{inviting=5,socket=y} sip:c\n"
			"X-B = 2\n",
			PLAN "To = sip:a@h{socket=x}\n$session = failover current",
			PLAN "$action = 404 No"};
	loaded_t loaded;
	request_t request;
	matcher_t *matcher = matcher_create(&counting);
	const applied_rule_t *applied;
	int count, n;

	load(&loaded, plans[_i]);
	request_init(&request, "X-A: 1");
	count = dialplan_match(
			loaded.plan, matcher, &request.source, NULL, &applied);
	for(n = 1; make_a_route(applied, count, n, counting_fail_at) < 0; n++)
		;
	ck_assert_int_gt(n, 1);
	for(n = 1; make_a_route(applied, count, n, counting_fail_once) < 0; n++)
		;
	request_free(&request);
	matcher_destroy(matcher);
	unload(&loaded);
}
END_TEST

Suite *suite_route(void)
{
	Suite *suite = suite_create("route");
	TCase *tc = new_tcase("route");

	tcase_add_loop_test(tc, merges_the_rules_that_apply, 0, ROWS(routes));
	tcase_add_loop_test(tc, puts_captures_in, 0, ROWS(captures));
	tcase_add_loop_test(
			tc, does_not_let_a_caller_add_anything, 0, ROWS(hostile));
	tcase_add_loop_test(tc, limits_the_length_of_a_value, 0, ROWS(long_ones));
	tcase_add_loop_test(tc, takes_a_user_part_as_data, 0, ROWS(users));
	tcase_add_test(tc, puts_its_settings_over_the_defaults);
	tcase_add_loop_test(tc, takes_the_arguments_of_a_call, 0, ROWS(arguments));
	tcase_add_loop_test(tc, reports_a_lack_of_memory, 0, 3);
	suite_add_tcase(suite, tc);
	return suite;
}
