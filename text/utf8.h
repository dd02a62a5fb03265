/* SPDX-License-Identifier: GPL-2.0-or-later */
/* utf8: characters of a text in UTF-8 (RFC 3629). The text may be anything. */
#ifndef FAILOVER_TEXT_UTF8_H
#define FAILOVER_TEXT_UTF8_H

/** The first character of a text.
 * @param s,len at least one byte
 * @param bytes set to its length; 1 for a byte that begins no character
 * @return its code point; -1 where no character begins */
long utf8_decode(const char *s, int len, int *bytes);

/** Where to cut a text that is too long, without cutting a character in two.
 * @param most how many bytes there is room for
 * @return how many bytes to take; len if all of them fit */
int utf8_cut(const char *s, int len, int most);

#endif
