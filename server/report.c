/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "../../core/sr_module.h"
#include "../../core/dprint.h"

#include "server/report.h"

#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#include "server/log.h"
#include "server/memory.h"

/* the place, and the longest text of a diagnostic */
#define LINE_BYTES 1024

/* So many are sorted at a time. A file that is no dial plan can have a mistake in
 * each of its lines. */
#define FINDINGS_MAX 1000

#define FINDINGS_BLOCK_BYTES (4 * 1024)

#define CUT "..."

static void keep_text(failure_t *failure, const char *text)
{
	size_t len = strlen(failure->text);

	/* the first one that does not fit is the end, even if a shorter one would fit */
	if(failure->errors++ == failure->kept
			&& len + strlen(text) + 1 < sizeof(failure->text)) {
		failure->kept++;
		snprintf(failure->text + len, sizeof(failure->text) - len, "%s%s",
				len > 0 ? "\n" : "", text);
	}
}

static void log_and_keep(report_t *report, const diagnostic_t *diagnostic)
{
	char line[LINE_BYTES];

	report->log.emit(report->log.context, diagnostic);
	if(diagnostic->severity == SEVERITY_WARNING)
		return;
	snprintf(line, sizeof(line), "%s:%d:%d: %s: %s", report->shown_source,
			diagnostic->line, diagnostic->column,
			severity_name(diagnostic->severity), diagnostic->text);
	keep_text(report->failure, line);
}

/* Log the findings and begin anew. */
static void flush(report_t *report)
{
	arena_t *arena = report->findings.arena;
	finding_t **sorted = findings_sort(&report->findings);
	int i;

	if(sorted == NULL)
		report_no_memory(report);
	for(i = 0; !report->failure->lacks_memory && i < report->findings.count;
			i++)
		log_and_keep(report, &sorted[i]->diagnostic);
	arena_reset(arena);
	findings_init(&report->findings, arena);
}

static void collect(void *context, const diagnostic_t *diagnostic)
{
	report_t *report = context;

	findings_add(&report->findings, diagnostic);
	if(report->findings.count == FINDINGS_MAX)
		flush(report);
}

/* A long path is cut at its beginning, as its end names the file. */
static void show_source(report_t *report)
{
	const char *source = report->source;
	size_t len = strlen(source);
	size_t most = FAILURE_SOURCE_BYTES_MAX;

	if(len <= most) {
		strcpy(report->shown_source, source);
		return;
	}
	source += len - (most - strlen(CUT));
	while((*source & 0xc0) == 0x80)
		source++;
	snprintf(report->shown_source, sizeof(report->shown_source), CUT "%s",
			source);
}

int report_begin(report_t *report, const char *source, failure_t *failure)
{
	arena_t *arena = arena_create(&failover_heap, FINDINGS_BLOCK_BYTES);

	memset(report, 0, sizeof(*report));
	memset(failure, 0, sizeof(*failure));
	report->source = source;
	show_source(report);
	report->failure = failure;
	report->log = log_diagnostics(source);
	report->diagnostics.emit = collect;
	report->diagnostics.context = report;
	findings_init(&report->findings, arena);
	if(arena != NULL)
		return 0;
	report_no_memory(report);
	return -1;
}

void report_fault(report_t *report, const char *format, ...)
{
	char text[LINE_BYTES / 2], line[LINE_BYTES];
	va_list arguments;

	va_start(arguments, format);
	vsnprintf(text, sizeof(text), format, arguments);
	va_end(arguments);
	LM_ERR("%s: %s\n", report->source, text);
	snprintf(line, sizeof(line), "%s: %s", report->shown_source, text);
	keep_text(report->failure, line);
}

void report_no_memory(report_t *report)
{
	if(report->failure->lacks_memory)
		return;
	report->failure->lacks_memory = true;
	report_fault(report, "there is no memory to read the dial plan");
}

void report_end(report_t *report)
{
	if(!report->failure->lacks_memory)
		flush(report);
	arena_destroy(report->findings.arena);
}
