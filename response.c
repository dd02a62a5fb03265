/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "response.h"

bool response_is_redirect(int code)
{
	return code >= 300 && code <= 399;
}

static bool tells_how_to_ask(int code)
{
	return code == 401 || code == 407 || code == 415 || code == 420
		   || code == 484;
}

int response_rank(int code)
{
	switch(code / 100) {
		case 6:
			return code - 600;
		case 3:
			return code;
		case 4:
			return tells_how_to_ask(code) ? code : code + 100;
		case 5:
			return code + 100;
		default: /* of no class that there is */
			return code + 1000;
	}
}
