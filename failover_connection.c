/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "../../core/sr_module.h"
#include "../../core/tcp_conn.h"

#include "failover_connection.h"

/* A connection found is a reference held, so it is given back at once. */
static int id_of(struct tcp_connection *connection)
{
	int id;

	if(connection == NULL)
		return 0;
	id = connection->id;
	tcpconn_put(connection);
	return id;
}

int connection_of(const struct dest_info *dst)
{
	struct ip_addr ip;

	if(dst->proto != PROTO_TCP && dst->proto != PROTO_TLS)
		return 0;
	/* found as the server finds it to send (tcp_main.c, tcp_send) */
	su2ip_addr(&ip, (union sockaddr_union *)&dst->to);
	return id_of(tcpconn_get(dst->id, &ip, su_getport(&dst->to), NULL, 0));
}

bool connection_is_alive(int id)
{
	return id_of(tcpconn_get(id, NULL, 0, NULL, 0)) != 0;
}
