/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "../../core/sr_module.h"
#include "../../core/globals.h"

#include "failover_server.h"

/* The module that speaks a transport; NULL: the core does. */
static const char *const transport_modules[TRANSPORT_COUNT] = {
		[TRANSPORT_TLS] = "tls",
		[TRANSPORT_SCTP] = "sctp",
};

static int check_transport(
		const destination_t *destination, diagnostics_t *diagnostics)
{
	const char *module = transport_modules[destination->transport];

	if(module == NULL || find_module_by_name((char *)module) != NULL)
		return 0;
	return diagnostics_error(diagnostics, &destination->where,
			"[%.*s]: this server speaks no %s: loadmodule \"%s.so\" would be "
			"right",
			STR_FMT(&destination->where.text),
			transport_name(destination->transport), module);
}

int server_check_rule(const rule_t *rule, diagnostics_t *diagnostics)
{
	const destination_t *destination;
	int result = 0;
	unsigned count = 0;

	for(destination = rule->destinations; destination != NULL;
			destination = destination->next) {
		if(check_transport(destination, diagnostics) < 0)
			result = -1;
		if(++count == sr_dst_max_branches + 1)
			diagnostics_warning(diagnostics, &destination->where,
					"[%.*s] and what follows is never tried: a call has %u "
					"branches here; max_branches=30 is the most",
					STR_FMT(&destination->where.text), sr_dst_max_branches);
	}
	return result;
}
