/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "../../core/sr_module.h"

#include "server/holding.h"

#include <time.h>

#include "server/hold_news.h"
#include "server/statistics.h"

static hold_config_t (*read_config)(void);
static response_set_t failing_codes;

int holding_init(hold_config_t (*config)(void), const response_set_t *codes)
{
	read_config = config;
	failing_codes = *codes;
	return next_hops_init() < 0 ? -1 : hold_news_init();
}

int holding_start(void)
{
	return hold_news_start();
}

void holding_destroy(void)
{
	hold_news_destroy();
	next_hops_destroy();
}

bool holding_is_on(void)
{
	return read_config().rules.after > 0;
}

hold_config_t holding_config(void)
{
	return read_config();
}

bool holding_is_failing(int code)
{
	return response_set_has(&failing_codes, code);
}

/* -- with the next hop locked -------------------------------------------- */

/* A version is at least the present time, because a server that has just started does
 * not know how far the others have counted. */
static void raise_version(hold_t *hold)
{
	struct timespec now;
	unsigned long long now_ms;

	clock_gettime(CLOCK_REALTIME, &now);
	now_ms = now.tv_sec * 1000ULL + now.tv_nsec / 1000000;
	if(hold->version < now_ms)
		hold->version = now_ms;
}

/* Tell what has changed here.
 * @param version the version before the change */
static void note(next_hop_t *hop, unsigned long long version, bool is_changed,
		long long now_ms)
{
	if(hop->hold.version == version)
		return;
	raise_version(&hop->hold);
	hold_news_tell(hop, is_changed, true, now_ms);
}

static void note_held(bool is_changed)
{
	if(is_changed)
		statistics_add(STATISTIC_HOLDS);
}

/* -- attempts ----------------------------------------------------------- */

static bool is_remembered(const target_t *target)
{
	return !target->is_contact && !target->is_current && target->gateway == NULL
		   && (target->options == NULL
				   || !settings_has(target->options, SETTING_HOLD)
				   || target->options->hold);
}

static bool make_name(next_hop_name_t *name, const target_t *target,
		const struct socket_info *socket)
{
	/* zeros fill the first text up to NEXT_HOP_PROTO_BYTES */
	static const struct
	{
		str proto, port;
	} transports[TRANSPORT_COUNT] = {
			[TRANSPORT_UDP] = {{"udp:\0\0\0", 4}, str_init(":5060")},
			[TRANSPORT_TCP] = {{"tcp:\0\0\0", 4}, str_init(":5060")},
			[TRANSPORT_TLS] = {{"tls:\0\0\0", 4}, str_init(":5061")},
			[TRANSPORT_SCTP] = {{"sctp:\0\0", 5}, str_init(":5060")},
	};
	static const str any = {0};
	const str *from = socket == NULL			 ? &any
					  : socket->sockname.len > 0 ? &socket->sockname
												 : &socket->sock_str;
	const str place = {target->next_hop.s + strlen("sip:"), target->place_len};

	return next_hop_make_name(name, &transports[target->transport].proto,
			&place, target->is_address,
			target->has_port ? NULL : &transports[target->transport].port,
			from);
}

bool holding_ask(holding_use_t *use, const target_t *target,
		const struct socket_info *socket, bool is_forced)
{
	hold_config_t config;
	next_hop_name_t name;
	next_hop_t *hop;
	unsigned long long version;
	bool may;

	if(!is_remembered(target) || !make_name(&name, target, socket))
		return true;
	config = read_config();
	use->began_ms = next_hops_now_ms();
	hop = next_hops_lock(&name, true, use->began_ms);
	if(hop == NULL)
		return true;
	version = hop->hold.version;
	may = hold_use(
			&hop->hold, is_forced, &config.rules, use->began_ms, &use->ticket);
	note(hop, version, true, use->began_ms);
	if(may) {
		hop->pins++;
		hop->figures.attempts++;
		use->hop = hop;
	}
	next_hop_unlock(hop);
	if(!may)
		statistics_add(STATISTIC_PASSED_OVER);
	return may;
}

static void note_first_reply(holding_use_t *use, long long now_ms)
{
	if(use->has_replied)
		return;
	use->has_replied = true;
	use->hop->figures.first_replies++;
	use->hop->figures.first_reply_ms += now_ms - use->began_ms;
}

void holding_note_reply(holding_use_t *use)
{
	next_hop_t *hop = use->hop;
	long long now_ms;
	unsigned long long version;

	if(hop == NULL || use->has_replied || !next_hops_are_there())
		return;
	now_ms = next_hops_now_ms();
	next_hop_lock(hop);
	version = hop->hold.version;
	note_first_reply(use, now_ms);
	note(hop, version, hold_note_reply(&hop->hold, &use->ticket, now_ms),
			now_ms);
	next_hop_unlock(hop);
}

/* @return whether it is a failure of the next hop */
static bool count(holding_use_t *use, holding_end_t end, int code)
{
	next_hop_figures_t *figures = &use->hop->figures;

	switch(end) {
		case HOLDING_NOTHING:
			break;
		case HOLDING_ANSWERED:
			figures->answered++;
			break;
		case HOLDING_REPLY:
			if(code >= 300 && code <= 699)
				figures->replies[code / 100]++;
			return holding_is_failing(code);
		case HOLDING_SILENT:
			figures->timeouts++;
			return true;
		case HOLDING_UNSENT:
			figures->send_failures++;
			return true;
	}
	return false;
}

void holding_note_end(
		holding_use_t *use, holding_end_t end, int code, unsigned retry_after_s)
{
	hold_config_t config;
	next_hop_t *hop = use->hop;
	long long now_ms;
	unsigned long long version;
	bool is_changed = false;

	if(!next_hops_are_there())
		return;
	now_ms = next_hops_now_ms();
	next_hop_lock(hop);
	version = hop->hold.version;
	if(end == HOLDING_ANSWERED || end == HOLDING_REPLY)
		note_first_reply(use, now_ms);
	if(count(use, end, code)) {
		config = read_config();
		is_changed = hold_note_failure(
				&hop->hold, &use->ticket, retry_after_s, &config.rules, now_ms);
		note_held(is_changed);
	} else if(end == HOLDING_NOTHING) {
		hold_note_nothing(&hop->hold, &use->ticket, now_ms);
	} else {
		is_changed = hold_note_life(&hop->hold, &use->ticket, now_ms);
	}
	note(hop, version, is_changed, now_ms);
	hop->pins--;
	use->hop = NULL;
	next_hop_unlock(hop);
}

/* -- operators, probes and other servers -------------------------------- */

bool holding_knows(const next_hop_name_t *name)
{
	next_hop_t *hop = next_hops_lock(name, false, next_hops_now_ms());

	if(hop == NULL)
		return false;
	next_hop_unlock(hop);
	return true;
}

bool holding_put_out(const next_hop_name_t *name, unsigned for_s)
{
	long long now_ms = next_hops_now_ms();
	next_hop_t *hop = next_hops_lock(name, true, now_ms);
	unsigned long long version;
	bool was_up;

	if(hop == NULL)
		return false;
	version = hop->hold.version;
	was_up = hop->hold.state == HOLD_UP;
	hold_put_out(&hop->hold, for_s, now_ms);
	note_held(was_up);
	note(hop, version, true, now_ms);
	next_hop_unlock(hop);
	return true;
}

bool holding_release(const next_hop_name_t *name)
{
	long long now_ms = next_hops_now_ms();
	next_hop_t *hop = next_hops_lock(name, false, now_ms);
	unsigned long long version;

	if(hop == NULL)
		return false;
	version = hop->hold.version;
	note(hop, version, hold_release(&hop->hold, now_ms), now_ms);
	next_hop_unlock(hop);
	return true;
}

void holding_note_probe(const next_hop_name_t *name, int code)
{
	long long now_ms = next_hops_now_ms();
	next_hop_t *hop;
	unsigned long long version;

	if(code == 408 || holding_is_failing(code))
		return;
	hop = next_hops_lock(name, false, now_ms);
	if(hop == NULL)
		return;
	version = hop->hold.version;
	note(hop, version, hold_note_probe(&hop->hold, now_ms), now_ms);
	next_hop_unlock(hop);
}

bool holding_hear(const next_hop_name_t *name, const hold_news_t *news)
{
	long long now_ms = next_hops_now_ms();
	next_hop_t *hop = next_hops_lock(name, news->state != HOLD_UP, now_ms);
	hold_heard_t heard;

	if(hop == NULL)
		return false;
	heard = hold_hear(&hop->hold, news, now_ms);
	if(heard == HEARD_CHANGED) {
		note_held(hold_is_held(&hop->hold, now_ms));
		hold_news_tell(hop, true, false, now_ms);
	}
	next_hop_unlock(hop);
	return heard == HEARD_BETTER_KNOWN;
}

typedef struct sweep
{
	long long now_ms;
	int n_held;
} sweep_t;

static void tick(next_hop_t *hop, void *param)
{
	sweep_t *sweep = param;
	unsigned long long version = hop->hold.version;

	if(hop->hold.state == HOLD_UP)
		return;
	note(hop, version, hold_tick(&hop->hold, sweep->now_ms), sweep->now_ms);
	sweep->n_held += hold_is_held(&hop->hold, sweep->now_ms);
}

int holding_tick(void)
{
	sweep_t sweep = {.now_ms = next_hops_now_ms()};

	next_hops_walk(tick, &sweep);
	return sweep.n_held;
}
