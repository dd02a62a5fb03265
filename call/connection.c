/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "../../core/sr_module.h"
#include "../../core/locking.h"
#include "../../core/tcp_conn.h"

#include "call/connection.h"

#include "server/compat.h"

/* of core/tcp_main.c; its header uses this name in macros only */
extern struct tcp_conn_alias **tcpconn_aliases_hash;
extern struct tcp_connection **tcpconn_id_hash;
extern gen_lock_t *tcpconn_lock;

/* Over which connection does the server send to this address? This searches like
 * tcp_send (core/tcp_main.c), but never finds a connection of another transport.
 * @param from the local address, if the send socket was forced; otherwise any */
static int find_id(const struct dest_info *dst, struct ip_addr *to, int port,
		struct ip_addr *from)
{
	unsigned hash = tcp_addr_hash(to, (unsigned short)port, from, 0);
	bool is_any = ip_addr_any(from);
	struct tcp_conn_alias *alias;

	for(alias = tcpconn_aliases_hash[hash]; alias != NULL;
			alias = alias->next) {
		const struct tcp_connection *c = alias->parent;

		if(c->state != S_CONN_BAD && alias->port == port
				&& c->rcv.proto == dst->proto && ip_addr_cmp(to, &c->rcv.src_ip)
				&& (is_any || ip_addr_cmp(from, &c->rcv.dst_ip)))
			return c->id;
	}
	return CONNECTION_LOST;
}

/* The same where the send socket does not count (_tcpconn_find_any_local there). */
static int find_any_id(
		const struct dest_info *dst, struct ip_addr *to, int port)
{
	unsigned i;

	for(i = 0; i < TCP_ID_HASH_SIZE; i++) {
		const struct tcp_connection *c;

		for(c = tcpconn_id_hash[i]; c != NULL; c = c->id_next) {
			if(c->state != S_CONN_BAD && c->rcv.src_port == port
					&& c->rcv.proto == dst->proto
					&& ip_addr_cmp(to, (struct ip_addr *)&c->rcv.src_ip))
				return c->id;
		}
	}
	return CONNECTION_LOST;
}

int connection_of(const struct dest_info *dst)
{
	struct ip_addr to, from;
	int id;

	if(dst->proto != PROTO_TCP && dst->proto != PROTO_TLS)
		return CONNECTION_NONE;
	if(dst->id > 0 && connection_is_alive(dst->id))
		return dst->id;
	su2ip_addr(&to, (union sockaddr_union *)&dst->to);
	ip_addr_mk_any(to.af, &from);
	if((dst->send_flags.f & SND_F_FORCE_SOCKET) && dst->send_sock != NULL)
		from = dst->send_sock->address;
	TCPCONN_LOCK
	id = find_id(dst, &to, su_getport(&dst->to), &from);
	if(id == CONNECTION_LOST && compat_takes_any_connection())
		id = find_any_id(dst, &to, su_getport(&dst->to));
	TCPCONN_UNLOCK
	return id;
}

bool connection_is_alive(int id)
{
	const struct tcp_connection *c;
	bool is_found = false;

	if(id <= 0)
		return false;
	TCPCONN_LOCK
	for(c = tcpconn_id_hash[tcp_id_hash(id)]; c != NULL; c = c->id_next) {
		if(c->id == id && c->state != S_CONN_BAD) {
			is_found = true;
			break;
		}
	}
	TCPCONN_UNLOCK
	return is_found;
}
