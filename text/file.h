/* SPDX-License-Identifier: GPL-2.0-or-later */
/* file: reads a file of text as a whole. Nothing else below server/ reads anything
 * of the system. */
#ifndef FAILOVER_TEXT_FILE_H
#define FAILOVER_TEXT_FILE_H

#include "text/arena.h"


/** Read a file.
 * @param path NUL-terminated
 * @param mib_max the longest file that is taken, in MiB
 * @param arena holds the text
 * @return NULL on success. Else what is wrong, valid until the next call: the file
 *         is no regular file, cannot be read, is too long, or was changed while
 *         it was read; or there is no memory (arena_has_failed() tells) */
const char *file_read(const char *path, int mib_max, arena_t *arena, str *text);

#endif
