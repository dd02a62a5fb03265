/* SPDX-License-Identifier: GPL-2.0-or-later */
/* header_line: finds the headers of one name in the text of a message (RFC 3261
 * section 7.3.1), where the rest of it is of no interest. Zero copy. */
#ifndef FAILOVER_SIP_HEADER_LINE_H
#define FAILOVER_SIP_HEADER_LINE_H

#include <stdbool.h>

#include "../../core/str.h"

/** Cut off everything up to the end of the next header of a name. A line without a
 * colon is passed over, the empty line behind the headers ends them, and so does one
 * that is cut off.
 * @param rest in: a message, or the rest of it; out: what is behind the header
 * @param name in either form, in any case of letters
 * @param body set to its value, which may go on over several lines, without the
 *        blanks round it
 * @return false when there is none */
bool header_line_next(str *rest, const str *name, str *body);

#endif
