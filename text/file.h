/* SPDX-License-Identifier: GPL-2.0-or-later */
/* file: a file of text, read as a whole. The one room of this layer that reads
 * something of the system; nothing else below server/ does. */
#ifndef FAILOVER_TEXT_FILE_H
#define FAILOVER_TEXT_FILE_H

#include "text/arena.h"


/** Read a file.
 * @param path NUL-terminated
 * @param mib_max the longest file that is taken, in MiB
 * @param arena holds the text
 * @return NULL; or what is wrong, valid until the next call: it is no
 *         regular file, cannot be read, is too long, or was changed while it was
 *         read, or without memory (which arena_has_failed() tells) */
const char *file_read(const char *path, int mib_max, arena_t *arena, str *text);

#endif
