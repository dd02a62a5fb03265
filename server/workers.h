/* SPDX-License-Identifier: GPL-2.0-or-later */
/* workers: the processes of the server that do what others give them (core parameter
 * async_workers, core/async_task.h). Here they look names up for tm's timer process,
 * because every other timer of the server waits for that one. */
#ifndef FAILOVER_SERVER_WORKERS_H
#define FAILOVER_SERVER_WORKERS_H

#include <stdbool.h>
#include <stddef.h>

/** Can a name be looked up in such a process, so that others find it afterwards? They
 * find it in the DNS cache of the core, which all processes share. */
bool workers_can_look_up(void);

/** Have a worker do something soon. If more wait than the socket to the workers takes
 * (net.unix.max_dgram_qlen), this waits, or with async_nonblock fails.
 * @param work called in a worker, with a copy of the data
 * @param data copied
 * @return 0, or -1 with the reason logged; then it is not done */
int workers_push(void (*work)(void *data), const void *data, size_t size);

#endif
