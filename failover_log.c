/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "../../core/sr_module.h"
#include "../../core/dprint.h"

#include "failover_log.h"

static void log_diagnostic(void *context, const diagnostic_t *diagnostic)
{
	const char *source = context;

	if(diagnostic->severity == SEVERITY_ERROR)
		LM_ERR("%s:%d:%d: error: %s\n", source, diagnostic->line,
				diagnostic->column, diagnostic->text);
	else
		LM_WARN("%s:%d:%d: warning: %s\n", source, diagnostic->line,
				diagnostic->column, diagnostic->text);
}

diagnostics_t log_diagnostics(const char *source)
{
	return (diagnostics_t){.emit = log_diagnostic, .context = (void *)source};
}
