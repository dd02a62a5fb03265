/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "ctl/listing.h"

#include <string.h>

#include "ctl/json.h"
#include "ctl/print.h"

/* Only a part of a line that is longer than this is shown. */
#define LINE_COLUMNS 120
/* This many columns of that part are before the caret. */
#define COLUMNS_BEFORE 60
#define CUT "..."

#define TAB_COLUMNS 8

/* A character of one column has at most 4 bytes. If a line has more characters of no
 * width than this, the rest of them is not shown. */
#define BYTES_ROUND 1024

#define BOM "\xef\xbb\xbf"

static void collect(void *context, const diagnostic_t *diagnostic)
{
	listing_t *listing = context;

	findings_add(&listing->findings, diagnostic);
}

void listing_init(
		listing_t *listing, const char *name, const str *text, arena_t *arena)
{
	size_t bom = strlen(BOM);

	memset(listing, 0, sizeof(*listing));
	listing->name = name;
	listing->text = *text;
	/* the diagnostic has no column */
	if((size_t)text->len >= bom && memcmp(text->s, BOM, bom) == 0) {
		listing->text.s += bom;
		listing->text.len -= (int)bom;
	}
	findings_init(&listing->findings, arena);
	listing->diagnostics.emit = collect;
	listing->diagnostics.context = listing;
}

/* Is the diagnostic about a default, so that the plan has no line for it? */
static bool is_of_default(const finding_t *finding)
{
	const char *name = finding->diagnostic.name;

	return name != NULL && strcmp(name, "redirection-anywhere") == 0;
}

int listing_sort(listing_t *listing)
{
	finding_t *last;
	int i;

	listing->sorted = findings_sort(&listing->findings);
	listing->count = listing->sorted == NULL ? 0 : listing->findings.count;
	for(i = 0; i + 1 < listing->count; i++) {
		if(!is_of_default(listing->sorted[i]))
			continue;
		last = listing->sorted[i];
		listing->sorted[i] = listing->sorted[i + 1];
		listing->sorted[i + 1] = last;
	}
	return listing->sorted == NULL ? -1 : 0;
}

/* -- a line and its caret -------------------------------------------------- */

/* The part of a line around the caret. */
typedef struct excerpt
{
	str line;
	int caret; /* offset of the character above it */
	bool is_cut_before, is_cut_behind;
} excerpt_t;

/* @param tab the width of a tab */
static int columns_of(const str *text, int tab)
{
	int columns = 0;
	int i = 0;

	while(i < text->len) {
		glyph_t glyph = glyph_of(text->s + i, text->len - i);

		columns += glyph.is_tab ? tab - columns % tab : glyph.width;
		i += glyph.bytes;
	}
	return columns;
}

/* Cut characters off the beginning, until no more than COLUMNS_BEFORE columns are left
 * before the caret. */
static void cut_before(excerpt_t *excerpt)
{
	str head = {excerpt->line.s, excerpt->caret};
	int columns = columns_of(&head, 1);

	while(columns > COLUMNS_BEFORE && excerpt->caret > 0) {
		glyph_t glyph = glyph_of(excerpt->line.s, excerpt->line.len);

		columns -= glyph.is_tab ? 1 : glyph.width;
		excerpt->line.s += glyph.bytes;
		excerpt->line.len -= glyph.bytes;
		excerpt->caret -= glyph.bytes;
		excerpt->is_cut_before = true;
	}
	if(excerpt->caret < 0)
		excerpt->caret = 0;
}

static void cut_behind(excerpt_t *excerpt)
{
	int tab = excerpt->is_cut_before ? 1 : TAB_COLUMNS;
	int columns = 0;
	int i = 0;

	while(i < excerpt->line.len) {
		glyph_t glyph = glyph_of(excerpt->line.s + i, excerpt->line.len - i);

		columns += glyph.is_tab ? tab - columns % tab : glyph.width;
		if(columns > LINE_COLUMNS) {
			excerpt->line.len = i;
			excerpt->is_cut_behind = true;
			return;
		}
		i += glyph.bytes;
	}
}

/* The width of a very long line is not counted to its end. */
static excerpt_t excerpt_of(const str *line, int caret)
{
	excerpt_t excerpt = {.line = *line, .caret = caret};

	if(caret > BYTES_ROUND) {
		int skipped = caret - BYTES_ROUND;

		while(skipped < caret && (line->s[skipped] & 0xc0) == 0x80)
			skipped++;
		excerpt.line.s += skipped;
		excerpt.line.len -= skipped;
		excerpt.caret -= skipped;
		excerpt.is_cut_before = true;
	}
	if(excerpt.line.len > excerpt.caret + BYTES_ROUND) {
		excerpt.line.len = excerpt.caret + BYTES_ROUND;
		excerpt.is_cut_behind = true;
	}
	if(excerpt.is_cut_before || excerpt.is_cut_behind
			|| columns_of(&excerpt.line, TAB_COLUMNS) > LINE_COLUMNS) {
		cut_before(&excerpt);
		cut_behind(&excerpt);
	}
	return excerpt;
}

/* A tab is printed as a tab, so that the caret is below the right character for each
 * width of tabs. In a line that is cut, the columns change anyway. */
static void show_line(const excerpt_t *excerpt, FILE *out)
{
	int i = 0;

	if(excerpt->is_cut_before)
		fputs(CUT, out);
	while(i < excerpt->line.len) {
		glyph_t glyph = glyph_of(excerpt->line.s + i, excerpt->line.len - i);

		if(glyph.is_tab && excerpt->is_cut_before)
			fputc(' ', out);
		else
			fwrite(glyph.shown, 1, glyph.len, out);
		i += glyph.bytes;
	}
	fputs(excerpt->is_cut_behind ? CUT "\n" : "\n", out);
}

static void show_caret(
		const excerpt_t *excerpt, FILE *out, const char *begin, const char *end)
{
	int i = 0;

	if(excerpt->is_cut_before)
		fprintf(out, "%*s", (int)strlen(CUT), "");
	while(i < excerpt->caret && i < excerpt->line.len) {
		glyph_t glyph = glyph_of(excerpt->line.s + i, excerpt->line.len - i);

		i += glyph.bytes;
		if(i > excerpt->caret) /* the column is in this character */
			break;
		if(!glyph.is_tab)
			fprintf(out, "%*s", glyph.width, "");
		else
			fputc(excerpt->is_cut_before ? ' ' : '\t', out);
	}
	fprintf(out, "%s^%s\n", begin, end);
}

/* -- the listing ----------------------------------------------------------- */

typedef struct palette
{
	const char *place, *error, *warning, *caret, *end;
} palette_t;

/* the colours of gcc */
static const palette_t colours = {
		"\x1b[1m", "\x1b[1;31m", "\x1b[1;35m", "\x1b[1;32m", "\x1b[0m"};
static const palette_t plain = {"", "", "", "", ""};

static void show_message(const listing_t *listing,
		const diagnostic_t *diagnostic, FILE *out, const palette_t *palette)
{
	bool is_warning = diagnostic->severity == SEVERITY_WARNING;

	fputs(palette->place, out);
	print_string(out, listing->name);
	fprintf(out, ":%d:%d:%s ", diagnostic->line, diagnostic->column,
			palette->end);
	fprintf(out, "%s%s:%s ", is_warning ? palette->warning : palette->error,
			severity_name(diagnostic->severity), palette->end);
	print_string(out, diagnostic->text);
	if(diagnostic->name != NULL)
		fprintf(out, " [%s%s%s]", palette->warning, diagnostic->name,
				palette->end);
	fputc('\n', out);
}

/* Go to a line. It is not above the line at which rest begins. */
static void seek_line(str *rest, int *line, int wanted)
{
	while(*line < wanted) {
		const char *end = memchr(rest->s, '\n', rest->len);
		int len = end == NULL ? rest->len : (int)(end - rest->s) + 1;

		rest->s += len;
		rest->len -= len;
		(*line)++;
		if(end == NULL)
			return;
	}
}

static str first_line(const str *rest)
{
	const char *end = memchr(rest->s, '\n', rest->len);
	str line = *rest;

	if(end != NULL)
		line.len = (int)(end - rest->s);
	if(line.len > 0 && line.s[line.len - 1] == '\r')
		line.len--;
	return line;
}

void listing_show(const listing_t *listing, FILE *out, bool is_coloured)
{
	const palette_t *palette = is_coloured ? &colours : &plain;
	str rest = listing->text;
	int line = 1;
	int i;

	for(i = 0; i < listing->count; i++) {
		const diagnostic_t *diagnostic = &listing->sorted[i]->diagnostic;
		excerpt_t excerpt;
		str text;

		show_message(listing, diagnostic, out, palette);
		/* a diagnostic about a default comes last, even if its line is above */
		if(diagnostic->line < line) {
			rest = listing->text;
			line = 1;
		}
		seek_line(&rest, &line, diagnostic->line);
		text = first_line(&rest);
		if(text.len == 0)
			continue;
		excerpt = excerpt_of(&text, diagnostic->column - 1 < text.len
											? diagnostic->column - 1
											: text.len);
		show_line(&excerpt, out);
		show_caret(&excerpt, out, palette->caret, palette->end);
	}
}

void listing_summary(const listing_t *listing, FILE *out)
{
	int errors = listing->diagnostics.errors;
	int warnings = listing->diagnostics.warnings;

	fprintf(out, "%d error%s", errors, errors == 1 ? "" : "s");
	if(listing->are_warnings_pending)
		fputs("; warnings are shown when there are no errors\n", out);
	else
		fprintf(out, ", %d warning%s\n", warnings, warnings == 1 ? "" : "s");
}

void listing_json(const listing_t *listing, json_t *object)
{
	json_t *list = json_array();
	int i;

	for(i = 0; i < listing->count; i++) {
		const diagnostic_t *diagnostic = &listing->sorted[i]->diagnostic;
		json_t *entry = json_object();

		json_object_set_new(entry, "severity",
				json_string(severity_name(diagnostic->severity)));
		json_object_set_new(entry, "line", json_integer(diagnostic->line));
		json_object_set_new(entry, "column", json_integer(diagnostic->column));
		json_object_set_new(entry, "message", json_of_string(diagnostic->text));
		json_object_set_new(entry, "name",
				diagnostic->name == NULL ? json_null()
										 : json_string(diagnostic->name));
		json_array_append_new(list, entry);
	}
	json_object_set_new(
			object, "errors", json_integer(listing->diagnostics.errors));
	json_object_set_new(
			object, "warnings", json_integer(listing->diagnostics.warnings));
	json_object_set_new(object, "diagnostics", list);
}
