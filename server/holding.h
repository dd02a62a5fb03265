/* SPDX-License-Identifier: GPL-2.0-or-later */
/* holding: the memory across calls as a call sees it: may a next hop be used, and
 * what has become of an attempt. It brings together what decides (hold), what
 * remembers (next_hops) and what is told to others (hold_news). */
#ifndef FAILOVER_SERVER_HOLDING_H
#define FAILOVER_SERVER_HOLDING_H

#include "../../core/ip_addr.h"

#include "dialplan/destination.h"
#include "server/next_hops.h"

#define HOLD_AFTER_MAX 100
#define HOLD_SECONDS_MAX 86400

/* What the parameters say; the numbers can be changed at run time. */
typedef struct hold_config
{
	hold_rules_t rules;
	unsigned probe_s; /* 0: no probes */
} hold_config_t;

/* One attempt at a next hop that is remembered. All zero: at one that is not. */
typedef struct holding_use
{
	next_hop_t *hop; /* pinned */
	hold_ticket_t ticket;
	long long began_ms;
	bool has_replied;
} holding_use_t;

typedef enum holding_end
{
	HOLDING_NOTHING, /* it shows nothing: the caller gave up, it rang too long */
	HOLDING_ANSWERED,
	HOLDING_REPLY,	/* a negative final reply */
	HOLDING_SILENT, /* no reply at all in time */
	HOLDING_UNSENT, /* it cannot be reached */
} holding_end_t;

/** @param config says what holds now
 * @param codes the replies that are failures of the server, hold_codes
 * @return 0, or -1 with the reason logged */
int holding_init(hold_config_t (*config)(void), const response_set_t *codes);

/** In the main process, once. @return 0, or -1 with the reason logged */
int holding_start(void);
void holding_destroy(void);

/** Is anything remembered at all? */
bool holding_is_on(void);

hold_config_t holding_config(void);

/** Is a reply with this code a failure of the server that sent it? */
bool holding_is_failing(int code);

/** May an attempt be made now? A Contact, `current`, a gateway of dispatcher and a
 * destination with {hold=off} are not remembered, and always may.
 * @param use zero; filled if the next hop is remembered, then to be ended
 * @param socket from which it is sent to; NULL: any
 * @param is_forced it is made, as nothing else is left */
bool holding_ask(holding_use_t *use, const target_t *target,
		const struct socket_info *socket, bool is_forced);

/** The attempt has got a provisional reply. */
void holding_note_reply(holding_use_t *use);

/** The attempt has ended. A second call does nothing.
 * @param code of the reply
 * @param retry_after_s of the same; 0: none */
void holding_finish(holding_use_t *use, holding_end_t end, int code,
		unsigned retry_after_s);

/** What an operator wants. @return false: there is no such next hop */
bool holding_put_out(const next_hop_name_t *name, unsigned for_s);
bool holding_release(const next_hop_name_t *name);

/** A probe was answered with this code. */
void holding_note_probe(const next_hop_name_t *name, int code);

/** Another server tells.
 * @return whether it is to be told what is known here */
bool holding_hear(const next_hop_name_t *name, const hold_news_t *news);

/** End what ends by itself; how many are held now. */
int holding_tick(void);

#endif
