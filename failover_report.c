/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "../../core/sr_module.h"
#include "../../core/dprint.h"

#include "failover_report.h"

#include <stdio.h>
#include <string.h>

#include "failover_log.h"

/* the place, and the longest text of a diagnostic */
#define LINE_BYTES 1024

static void keep_text(failure_t *failure, const char *text)
{
	size_t len = strlen(failure->text);

	failure->errors++;
	if(len + strlen(text) + 1 < sizeof(failure->text))
		snprintf(failure->text + len, sizeof(failure->text) - len, "%s%s",
				len > 0 ? "\n" : "", text);
}

static void report_diagnostic(void *context, const diagnostic_t *diagnostic)
{
	report_t *report = context;
	char line[LINE_BYTES];

	report->log.emit(report->log.context, diagnostic);
	if(diagnostic->severity == SEVERITY_WARNING)
		return;
	snprintf(line, sizeof(line), "%s:%d:%d: error: %s", report->source,
			diagnostic->line, diagnostic->column, diagnostic->text);
	keep_text(report->failure, line);
}

void report_init(report_t *report, const char *source, failure_t *failure)
{
	memset(report, 0, sizeof(*report));
	memset(failure, 0, sizeof(*failure));
	report->source = source;
	report->failure = failure;
	report->log = log_diagnostics(source);
	report->diagnostics.emit = report_diagnostic;
	report->diagnostics.context = report;
}

void report_fault(report_t *report, const char *text)
{
	LM_ERR("%s\n", text);
	keep_text(report->failure, text);
}
