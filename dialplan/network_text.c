/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "dialplan/network_text.h"

#include "dialplan/network.h"

static int prefix_text(const argument_t *arguments, char *text)
{
	address_t prefix;
	int bits;

	return prefix_read(&arguments[0].text, &prefix, &bits)
				   ? address_write_bits(&prefix, bits, text)
				   : 0;
}

static int range_text(const argument_t *arguments, char *text)
{
	address_t first, last;

	return address_read(&arguments[0].text, &first)
						   && address_read(&arguments[1].text, &last)
				   ? address_write_bits(
						   &first, address_common_bits(&first, &last), text)
				   : 0;
}

int network_text(const subject_t *subject, char *text)
{
	/* what the address is put together from is known during the match only */
	if(subject->has_holes)
		return 0;
	switch(subject->kind) {
		case SUBJECT_ADDR_PREFIX:
			return prefix_text(subject->arguments, text);
		case SUBJECT_ADDR_RANGE:
			return range_text(subject->arguments, text);
		default:
			return 0;
	}
}
