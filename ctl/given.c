/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "ctl/given.h"

#include <string.h>

/* The values of one subject. */
typedef struct list
{
	str *values;
	int count, room;
} list_t;

void given_init(given_t *given, arena_t *arena)
{
	given->arena = arena;
	text_map_init(&given->values, arena);
}

int given_values(
		const given_t *given, const subject_t *subject, const str **values)
{
	const text_entry_t *entry;
	const list_t *list;
	str key;

	if(subject_key(subject, given->arena, &key) < 0)
		return 0;
	entry = text_map_find(&given->values, &key);
	if(entry == NULL || entry->value == NULL)
		return 0;
	list = entry->value;
	*values = list->values;
	return list->count;
}

const str *given_first(const given_t *given, subject_t subject)
{
	const str *values;

	return given_values(given, &subject, &values) > 0 ? values : NULL;
}

const str *given_first_of_kind(const given_t *given, subject_kind_t kind)
{
	return given_first(given, (subject_t){.kind = kind});
}

static list_t *enter(given_t *given, const subject_t *subject)
{
	text_entry_t *entry;
	str key;

	if(subject_key(subject, given->arena, &key) < 0)
		return NULL;
	entry = text_map_enter(&given->values, &key);
	if(entry != NULL && entry->value == NULL)
		entry->value = arena_alloc(given->arena, sizeof(list_t));
	return entry == NULL ? NULL : entry->value;
}

static int append(list_t *list, const str *value, arena_t *arena)
{
	if(list->count == list->room) {
		int room = list->room == 0 ? 4 : 2 * list->room;
		str *values = arena_alloc(arena, room * sizeof(*values));

		if(values == NULL)
			return -1;
		if(list->count > 0)
			memcpy(values, list->values, list->count * sizeof(*values));
		list->values = values;
		list->room = room;
	}
	list->values[list->count++] = *value;
	return 0;
}

/* The text of a subject, for messages. */
static str name_of(const subject_t *subject)
{
	const char *name = subject_table()[subject->kind].name;

	return subject->where.text.len > 0 ? subject->where.text
									   : str_of(name != NULL ? name : "it");
}

int given_add(given_t *given, const subject_t *subject, const str *value,
		reason_t *why)
{
	list_t *list = enter(given, subject);

	if(list != NULL && list->count > 0 && subject->kind != SUBJECT_HEADER) {
		str name = name_of(subject);

		return reason_give(why, "%.*s is said a second time: once is right",
				STR_FMT(&name));
	}
	if(list == NULL || append(list, value, given->arena) < 0)
		return reason_give(why, "no memory");
	return 0;
}

int given_add_of_kind(
		given_t *given, subject_kind_t kind, const str *value, reason_t *why)
{
	subject_t subject = {.kind = kind};

	return given_add(given, &subject, value, why);
}
