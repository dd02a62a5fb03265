/* SPDX-License-Identifier: GPL-2.0-or-later */
/* network_text: the network of $addrPrefix and $addrRange as a text, for the index of the
 * rules (rule_index.h). */
#ifndef FAILOVER_DIALPLAN_NETWORK_TEXT_H
#define FAILOVER_DIALPLAN_NETWORK_TEXT_H

#include "dialplan/subject.h"

/** Find the network that has all addresses for which a function is true. That of a range
 * can have more than these.
 * @param text set to it in bits, see address_write_bits(); ADDRESS_BITS_BYTES are enough
 * @return the length; 0: it is no such function */
int network_text(const subject_t *subject, char *text);

#endif
