/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "../../core/sr_module.h"

#include "server/rpc_value.h"

#include <limits.h>
#include <stdlib.h>

void rpc_scan_number(rpc_t *rpc, void *context, int *number)
{
	char *text, *end;
	long value;

	if(rpc->scan(context, "*.s", &text) < 1)
		return;
	value = strtol(text, &end, 10);
	*number = end == text || *end != '\0' || value > INT_MAX || value < 0
					  ? -1
					  : (int)value;
}

bool rpc_has_more(rpc_t *rpc, void *context)
{
	char *text;

	return rpc->scan(context, "*.s", &text) == 1;
}

void rpc_add_count(rpc_t *rpc, void *section, const char *name, long value)
{
	if(value <= INT_MAX)
		rpc->struct_add(section, "d", name, (int)value);
	else
		rpc->struct_add(section, "l", name, value);
}

void rpc_show_time(time_t when, char *text, size_t size)
{
	struct tm local;

	localtime_r(&when, &local);
	strftime(text, size, "%Y-%m-%d %H:%M:%S", &local);
}
