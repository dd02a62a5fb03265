/* SPDX-License-Identifier: GPL-2.0-or-later */
/* holding: what a call asks and reports about next hops: whether one may be used, and
 * how an attempt ended. It joins the decision (hold), the memory (next_hops) and the
 * news to others (hold_news). */
#ifndef FAILOVER_SERVER_HOLDING_H
#define FAILOVER_SERVER_HOLDING_H

#include "../../core/ip_addr.h"

#include "dialplan/destination.h"
#include "server/next_hops.h"

#define HOLD_AFTER_MAX 100
#define HOLD_SECONDS_MAX 86400

/* The values of the parameters; the numbers can be changed at run time. */
typedef struct hold_config
{
	hold_rules_t rules;
	unsigned probe_s; /* 0: no probes */
} hold_config_t;

/* One attempt at a remembered next hop. All zero: the next hop is not remembered. */
typedef struct holding_use
{
	next_hop_t *hop; /* pinned */
	hold_ticket_t ticket;
	long long began_ms;
	bool has_replied;
} holding_use_t;

typedef enum holding_end
{
	HOLDING_NOTHING, /* it shows nothing: the caller gave up, or it rang too long */
	HOLDING_ANSWERED,
	HOLDING_REPLY,	/* a negative final reply */
	HOLDING_SILENT, /* no reply at all in time */
	HOLDING_UNSENT, /* it cannot be reached */
} holding_end_t;

/** @param config returns the present values
 * @param codes the replies that are failures of the next hop (hold_codes)
 * @return 0, or -1 with the reason logged */
int holding_init(hold_config_t (*config)(void), const response_set_t *codes);

/** To be called in the main process, once. @return 0, or -1 with the reason logged */
int holding_start(void);
void holding_destroy(void);

/** Is anything remembered at all? */
bool holding_is_on(void);

hold_config_t holding_config(void);

/** Is a reply with this code a failure of the next hop? */
bool holding_is_failing(int code);

/** May an attempt be made now? A Contact, `current`, a gateway of dispatcher and a
 * destination with {hold=off} are not remembered: the answer is always yes.
 * @param use all zero; filled if the next hop is remembered; holding_finish() must follow
 *        then
 * @param socket the socket to send from; NULL: any
 * @param is_forced the attempt is made in any case, because nothing else is left */
bool holding_ask(holding_use_t *use, const target_t *target,
		const struct socket_info *socket, bool is_forced);

/** The attempt has got a provisional reply. */
void holding_note_reply(holding_use_t *use);

/** The attempt has ended, and its next hop is remembered. See holding_finish(). */
void holding_note_end(holding_use_t *use, holding_end_t end, int code,
		unsigned retry_after_s);

/** The attempt has ended. A second call of this does nothing.
 * @param code of the reply
 * @param retry_after_s of that reply; 0: none */
static inline void holding_finish(
		holding_use_t *use, holding_end_t end, int code, unsigned retry_after_s)
{
	if(use->hop != NULL)
		holding_note_end(use, end, code, retry_after_s);
}

/** Is a next hop remembered? */
bool holding_knows(const next_hop_name_t *name);

/** An operator takes a next hop out of service, or releases it.
 * @return false: there is no such next hop */
bool holding_put_out(const next_hop_name_t *name, unsigned for_s);
bool holding_release(const next_hop_name_t *name);

/** A probe was answered with this code. */
void holding_note_probe(const next_hop_name_t *name, int code);

/** Hear what another server says.
 * @return whether this server knows better and must tell the other one */
bool holding_hear(const next_hop_name_t *name, const hold_news_t *news);

/** Release each next hop whose time out of service is over.
 * @return how many are held now */
int holding_tick(void);

#endif
