/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "../../core/sr_module.h"
#include "../../core/dprint.h"

#include "failover_log.h"

int attempt_log_level = L_DBG;

static void log_diagnostic(void *context, const diagnostic_t *diagnostic)
{
	const char *source = context;

	switch(diagnostic->severity) {
		case SEVERITY_ERROR:
			LM_ERR("%s:%d:%d: error: %s\n", source, diagnostic->line,
					diagnostic->column, diagnostic->text);
			break;
		case SEVERITY_WARNING:
			LM_WARN("%s:%d:%d: warning: %s\n", source, diagnostic->line,
					diagnostic->column, diagnostic->text);
			break;
		case SEVERITY_REFUSAL:
			LM_GEN1(attempt_log_level, "%s:%d:%d: refused: %s\n", source,
					diagnostic->line, diagnostic->column, diagnostic->text);
			break;
	}
}

diagnostics_t log_diagnostics(const char *source)
{
	return (diagnostics_t){.emit = log_diagnostic, .context = (void *)source};
}
