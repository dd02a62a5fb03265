/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "../../core/sr_module.h"
#include "../../core/tcp_conn.h"

#include "call/connection.h"

/* A connection found is a reference held, so it is given back at once. */
static int id_of(struct tcp_connection *connection)
{
	int id;

	if(connection == NULL)
		return CONNECTION_LOST;
	id = connection->id;
	tcpconn_put(connection);
	return id;
}

int connection_of(const struct dest_info *dst)
{
	struct ip_addr ip;

	if(dst->proto != PROTO_TCP && dst->proto != PROTO_TLS)
		return CONNECTION_NONE;
	su2ip_addr(&ip, (union sockaddr_union *)&dst->to);
	return id_of(tcpconn_get(dst->id, &ip, su_getport(&dst->to), NULL, 0));
}

bool connection_is_alive(int id)
{
	return id > 0 && id_of(tcpconn_get(id, NULL, 0, NULL, 0)) > 0;
}
