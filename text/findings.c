/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "text/findings.h"

#include <stdlib.h>

void findings_init(findings_t *findings, arena_t *arena)
{
	findings->arena = arena;
	findings->first = NULL;
	findings->last = &findings->first;
	findings->count = 0;
}

void findings_add(findings_t *findings, const diagnostic_t *diagnostic)
{
	str text = str_of(diagnostic->text);
	finding_t *finding = arena_alloc(findings->arena, sizeof(*finding));

	if(finding == NULL || arena_copy(findings->arena, &text, &text) < 0)
		return;
	finding->diagnostic = *diagnostic;
	finding->diagnostic.text = text.s;
	finding->number = findings->count++;
	*findings->last = finding;
	findings->last = &finding->next;
}

static int compare(const void *a, const void *b)
{
	const finding_t *x = *(finding_t *const *)a;
	const finding_t *y = *(finding_t *const *)b;

	if(x->diagnostic.line != y->diagnostic.line)
		return x->diagnostic.line < y->diagnostic.line ? -1 : 1;
	if(x->diagnostic.column != y->diagnostic.column)
		return x->diagnostic.column < y->diagnostic.column ? -1 : 1;
	return x->number < y->number ? -1 : 1;
}

finding_t **findings_sort(const findings_t *findings)
{
	finding_t **sorted = arena_alloc(
			findings->arena, (size_t)findings->count * sizeof(*sorted));
	finding_t *finding;
	int i = 0;

	if(sorted == NULL || arena_has_failed(findings->arena))
		return NULL;
	for(finding = findings->first; finding != NULL; finding = finding->next)
		sorted[i++] = finding;
	qsort(sorted, (size_t)findings->count, sizeof(*sorted), compare);
	return sorted;
}
