/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "ctl/reason.h"

#include <stdarg.h>
#include <stdio.h>

int reason_give(reason_t *reason, const char *format, ...)
{
	va_list values;

	va_start(values, format);
	vsnprintf(reason->text, sizeof(reason->text), format, values);
	va_end(values);
	return -1;
}
