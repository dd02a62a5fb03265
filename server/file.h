/* SPDX-License-Identifier: GPL-2.0-or-later */
/* file: the file of a dial plan, read as a whole. */
#ifndef FAILOVER_SERVER_FILE_H
#define FAILOVER_SERVER_FILE_H

#include "text/arena.h"

/** Read a file of at most DIALPLAN_BYTES_MAX bytes.
 * @param path NUL-terminated
 * @param arena holds the text
 * @return NULL; or what is wrong, valid until the next call of strerror(): it is no
 *         regular file, cannot be read, is too long, or was changed while it was
 *         read, or without memory (which arena_has_failed() tells) */
const char *file_read(const char *path, arena_t *arena, str *text);

#endif
