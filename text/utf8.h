/* SPDX-License-Identifier: GPL-2.0-or-later */
/* utf8: the characters of a text in UTF-8 (RFC 3629), for those who show a text
 * that may be anything. */
#ifndef FAILOVER_TEXT_UTF8_H
#define FAILOVER_TEXT_UTF8_H

/** The first character of a text.
 * @param s,len at least one byte
 * @param bytes set to how many it takes; 1 for a byte that begins none
 * @return its code, or -1: it is none */
long utf8_decode(const char *s, int len, int *bytes);

/** Where to cut a text that is too long, so that no character of it is cut.
 * @param most how many bytes there is room for
 * @return how many to take; len where all of it has room */
int utf8_cut(const char *s, int len, int most);

#endif
