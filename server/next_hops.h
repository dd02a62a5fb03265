/* SPDX-License-Identifier: GPL-2.0-or-later */
/* next_hops: the table of next hops that are remembered across calls, in shared
 * memory. It has at most NEXT_HOPS_MAX entries. If it is full, the entry that was not
 * used for the longest time is removed, but never one that is held and whose time is
 * not over, or that an attempt is under way to. Each bucket has a lock, and nothing
 * slow is done under it.
 * This file draws no conclusions from the figures. */
#ifndef FAILOVER_SERVER_NEXT_HOPS_H
#define FAILOVER_SERVER_NEXT_HOPS_H

#include "server/hold.h"
#include "text/text.h"

#define NEXT_HOPS_MAX 4096

/* proto:host:port, then /SOCKET if one is chosen */
#define NEXT_HOP_NAME_BYTES_MAX 400
#define NEXT_HOP_PROTO_BYTES 8
#define NEXT_HOP_URI_BYTES_MAX (NEXT_HOP_NAME_BYTES_MAX + 32)

typedef struct next_hop_figures
{
	unsigned attempts, answered;
	unsigned replies[7]; /* negative final replies by class: [3] to [6] */
	unsigned timeouts, send_failures;
	unsigned first_replies;			   /* how many first replies came, */
	unsigned long long first_reply_ms; /* and after how long, added up */
} next_hop_figures_t;

typedef struct next_hop
{
	struct next_hop *before,
			*after; /* links of its bucket, in the order of use */
	unsigned hash;
	unsigned pins; /* attempts under way */
	long long used_ms;
	hold_t hold;
	next_hop_figures_t figures;
	long long probed_ms; /* when the last probe was sent; 0: none */
	int name_len;
	char name[];
} next_hop_t;

/* The name of a next hop, with its hash. */
typedef struct next_hop_name
{
	unsigned hash;
	int len;
	char text[NEXT_HOP_NAME_BYTES_MAX + 8]; /* zero bytes follow the text */
} next_hop_name_t;

/** Make the name of a next hop.
 * @param proto "udp:", "tcp:", "tls:", "sctp:"; NEXT_HOP_PROTO_BYTES bytes can be read
 * @param place HOST or HOST:PORT
 * @param is_address the host is one, and not a name
 * @param port ":5060", where the place has none; NULL: it has one
 * @param socket the socket to send from; len 0: any
 * @return false if the name is too long */
bool next_hop_make_name(next_hop_name_t *name, const str *proto,
		const str *place, bool is_address, const str *port, const str *socket);

/** Read a name that this server or another one has made.
 * @return false if it is not the name of a next hop */
bool next_hop_read_name(next_hop_name_t *name, const str *text);

/** The name of a next hop that is in the table. */
void next_hop_copy_name(next_hop_name_t *name, const next_hop_t *hop);

/** The name as a URI, `sip:HOST:PORT;transport=udp`, and the socket in it.
 * @param buffer room for NEXT_HOP_URI_BYTES_MAX bytes; the URI is written there */
str next_hop_uri(const next_hop_name_t *name, char *buffer);
str next_hop_socket(const next_hop_name_t *name);

/** @return 0, or -1 with the reason logged */
int next_hops_init(void);
void next_hops_destroy(void);

/** Is there a table? When the server stops, modules end in any order, and tm may
 * release its transactions after this module has ended. */
bool next_hops_are_there(void);

/** Find a next hop, and lock its bucket.
 * @param is_to_be_made add it if it is not there
 * @return NULL, and nothing is locked: it is not there, or there is no room */
next_hop_t *next_hops_lock(
		const next_hop_name_t *name, bool is_to_be_made, long long now_ms);

/** Lock the bucket of a pinned next hop. */
void next_hop_lock(next_hop_t *hop);
void next_hop_unlock(next_hop_t *hop);

/** Call a function for each next hop, with its bucket locked. The function must not
 * block. */
void next_hops_walk(void (*visit)(next_hop_t *hop, void *param), void *param);

/** Milliseconds of the monotonic clock. */
long long next_hops_now_ms(void);

#endif
