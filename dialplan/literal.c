/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "dialplan/literal.h"

#include <string.h>

#include "text/ascii.h"

/* deeper nested groups are not understood */
#define DEPTH_MAX 16

#define REQUIREMENTS_MAX 32

/* Texts; one of them is there. An empty text says nothing; an empty anchored text says
 * that this is the beginning. */
typedef struct set
{
	const literal_t *items;
	int n;
} set_t;

/* A part of an expression: the texts that it begins with, and the texts that it ends
 * with. The requirements in between are in the list of requirements. */
typedef struct part
{
	set_t first, last;
	bool is_exact; /* it is one of the texts of first, and nothing more */
} part_t;

/* The text that is collected from consecutive items: one of the heads, and the tail right
 * behind it. */
typedef struct run
{
	set_t heads;
	str tail;	 /* the end of the room's bytes */
	set_t first; /* the first text of the part, once it has ended */
	bool has_first;
} run_t;

typedef enum item_kind
{
	ITEM_CHARACTER,
	ITEM_PART,
	ITEM_ANY,	  /* nothing is known about it */
	ITEM_START,	  /* the beginning of the searched text: ^ */
	ITEM_NOTHING, /* matches between two characters: $ */
} item_kind_t;

typedef struct item
{
	item_kind_t kind;
	char *character;
	part_t part;
} item_t;

/* How often an item is repeated. */
typedef struct repeat
{
	bool may_be_absent, is_once, is_at_most_once;
} repeat_t;

/* The memory for what is collected. It is on the stack of the caller, as most of it is
 * needed only until it is part of a larger text. If a text does not fit, it is left
 * out; the other requirements stay true. */
typedef struct room
{
	set_t list[REQUIREMENTS_MAX];
	int n;
	literal_t literals[512];
	int n_literals;
	char bytes[4096];
	int n_bytes;
} room_t;

typedef struct reader
{
	char *at;
	char *end;
	room_t *room;
	int depth;
	bool is_lost; /* the expression is not understood */
} reader_t;

static const literal_t no_text = {{(char *)"", 0}, false};
static const literal_t beginning = {{(char *)"", 0}, true};

static const set_t unknown = {&no_text, 1};
static const set_t at_beginning = {&beginning, 1};

/* -- the room ----------------------------------------------------------- */

typedef struct fill
{
	int n, n_literals, n_bytes;
} fill_t;

static fill_t fill_of(const room_t *room)
{
	fill_t fill = {room->n, room->n_literals, room->n_bytes};

	return fill;
}

/* Remove what was put into the room since then. */
static void fill_return(room_t *room, const fill_t *fill)
{
	room->n = fill->n;
	room->n_literals = fill->n_literals;
	room->n_bytes = fill->n_bytes;
}

static literal_t *literals_take(room_t *room, int n)
{
	const int most = sizeof(room->literals) / sizeof(room->literals[0]);

	if(most - room->n_literals < n)
		return NULL;
	room->n_literals += n;
	return &room->literals[room->n_literals - n];
}

static bool bytes_have(const room_t *room, int n)
{
	return (int)sizeof(room->bytes) - room->n_bytes >= n;
}

static void bytes_put(room_t *room, const str *text)
{
	memcpy(room->bytes + room->n_bytes, text->s, text->len);
	room->n_bytes += text->len;
}

/* -- sets --------------------------------------------------------------- */

/* Join two texts, the second one right behind the first one.
 * @return false without room */
static bool join_two(room_t *room, const literal_t *head, const literal_t *next,
		literal_t *joined)
{
	*joined = head->text.len == 0 ? *next : *head;
	joined->is_anchored =
			head->is_anchored || (head->text.len == 0 && next->is_anchored);
	if(head->text.len == 0 || next->text.len == 0)
		return true;
	joined->text.len = head->text.len + next->text.len;
	if(!bytes_have(room, joined->text.len))
		return false;
	joined->text.s = room->bytes + room->n_bytes;
	bytes_put(room, &head->text);
	bytes_put(room, &next->text);
	return true;
}

static int longest(const set_t *set)
{
	int len = 0;
	int i;

	for(i = 0; i < set->n; i++) {
		if(set->items[i].text.len > len)
			len = set->items[i].text.len;
	}
	return len;
}

static int shortest(const set_t *set)
{
	int len = LITERAL_BYTES_MAX;
	int i;

	for(i = 0; i < set->n; i++) {
		if(set->items[i].text.len < len)
			len = set->items[i].text.len;
	}
	return len;
}

/* Join each text of one set with each text of another set.
 * @return false: these are too many or too long, or there is no room */
static bool join(
		room_t *room, const set_t *heads, const set_t *next, set_t *joined)
{
	literal_t *items;
	int i, j;

	if(heads->n * next->n > LITERAL_ALTERNATIVES_MAX
			|| longest(heads) + longest(next) > LITERAL_BYTES_MAX)
		return false;
	items = literals_take(room, heads->n * next->n);
	if(items == NULL)
		return false;
	joined->items = items;
	joined->n = heads->n * next->n;
	for(i = 0; i < heads->n; i++) {
		for(j = 0; j < next->n; j++) {
			if(!join_two(room, &heads->items[i], &next->items[j], items++))
				return false;
		}
	}
	return true;
}

/* Add a requirement: one of these texts. Nothing is added if it says nothing. */
static void require(room_t *room, const set_t *set)
{
	if(shortest(set) > 0 && room->n < REQUIREMENTS_MAX)
		room->list[room->n++] = *set;
}

/* -- runs --------------------------------------------------------------- */

static void run_set(run_t *run, const set_t *heads)
{
	run->heads = *heads;
	run->tail.len = 0;
}

/* Join the tail to the heads. Without room the text is dropped. */
static void run_gather(room_t *room, run_t *run)
{
	literal_t tail = {run->tail, false};
	set_t next = {&tail, 1};
	set_t heads;

	if(run->tail.len == 0)
		return;
	if(!join(room, &run->heads, &next, &heads)) {
		if(!run->has_first)
			run->first = unknown;
		run->has_first = true;
		heads = unknown;
	}
	run_set(run, &heads);
}

/* End the text here. The first text of a part is kept apart, because something before
 * the part may belong to it. */
static void run_break(room_t *room, run_t *run)
{
	run_gather(room, run);
	if(run->has_first) {
		require(room, &run->heads);
	} else {
		run->first = run->heads;
		run->has_first = true;
	}
	run_set(run, &unknown);
}

static void run_character(room_t *room, run_t *run, char *character)
{
	str one = {character, 1};

	if(longest(&run->heads) + run->tail.len == LITERAL_BYTES_MAX)
		run_break(room, run);
	if(!bytes_have(room, 1)) {
		run_break(room, run);
		return;
	}
	if(run->tail.len == 0)
		run->tail.s = room->bytes + room->n_bytes;
	bytes_put(room, &one);
	run->tail.len++;
}

static void run_start(room_t *room, run_t *run)
{
	bool is_first = !run->has_first && run->heads.n == 1
					&& run->heads.items[0].text.len == 0 && run->tail.len == 0;

	if(!is_first)
		run_break(room, run);
	run_set(run, &at_beginning);
}

static void run_part(room_t *room, run_t *run, const part_t *part, bool is_once)
{
	set_t heads;

	run_gather(room, run);
	if(!join(room, &run->heads, &part->first, &heads)) {
		run_break(room, run);
		heads = part->first;
	}
	run_set(run, &heads);
	if(part->is_exact && is_once)
		return;
	run_break(room, run);
	run_set(run, &part->last);
}

static part_t run_end(room_t *room, run_t *run)
{
	part_t part;

	run_gather(room, run);
	part.last = run->heads;
	part.first = run->has_first ? run->first : run->heads;
	part.is_exact = !run->has_first;
	return part;
}

/* -- alternatives ------------------------------------------------------- */

/* The texts of several alternatives. */
typedef struct collection
{
	literal_t items[LITERAL_ALTERNATIVES_MAX];
	int n;
	bool has_more; /* more texts than are of use */
} collection_t;

typedef struct alternatives
{
	collection_t first, last, best;
	bool are_exact, are_best_first;
} alternatives_t;

static void collection_add(collection_t *collection, const set_t *set)
{
	if(collection->has_more
			|| collection->n + set->n > LITERAL_ALTERNATIVES_MAX) {
		collection->has_more = true;
		return;
	}
	memcpy(collection->items + collection->n, set->items,
			set->n * sizeof(set->items[0]));
	collection->n += set->n;
}

static set_t collection_end(room_t *room, const collection_t *collection)
{
	set_t set = {NULL, collection->n};
	literal_t *items =
			collection->has_more ? NULL : literals_take(room, collection->n);

	if(items == NULL)
		return unknown;
	memcpy(items, collection->items, collection->n * sizeof(items[0]));
	set.items = items;
	return set;
}

/* Choose the best texts of an alternative, as all alternatives together become one
 * requirement. */
static set_t best_of(const room_t *room, const part_t *part, int n_before)
{
	set_t best = part->first;
	int i;

	if(shortest(&part->last) > shortest(&best))
		best = part->last;
	for(i = n_before; i < room->n; i++) {
		if(shortest(&room->list[i]) > shortest(&best))
			best = room->list[i];
	}
	return best;
}

static void alternatives_add(
		room_t *room, alternatives_t *all, const part_t *part, int n_before)
{
	set_t best = best_of(room, part, n_before);

	room->n = n_before;
	collection_add(&all->first, &part->first);
	collection_add(&all->last, &part->last);
	collection_add(&all->best, &best);
	all->are_exact = all->are_exact && part->is_exact;
	all->are_best_first =
			all->are_best_first && best.items == part->first.items;
}

static part_t alternatives_end(room_t *room, const alternatives_t *all)
{
	part_t part;

	part.first = collection_end(room, &all->first);
	part.is_exact = all->are_exact && part.first.items != unknown.items;
	part.last = part.is_exact ? part.first : collection_end(room, &all->last);
	if(!all->are_best_first) {
		set_t best = collection_end(room, &all->best);

		require(room, &best);
	}
	return part;
}

/* -- the syntax --------------------------------------------------------- */

static bool begins_with(const reader_t *reader, const char *text)
{
	size_t len = strlen(text);

	return (size_t)(reader->end - reader->at) >= len
		   && memcmp(reader->at, text, len) == 0;
}

/* Read {n} or {n,} or {n,m}. Newer releases of PCRE2 also allow blanks, or no n; these
 * forms are not understood.
 * @return false: the brace is an ordinary character */
static bool read_braces(reader_t *reader, repeat_t *repeat)
{
	char *at = reader->at + 1;
	unsigned least = 0;
	bool has_most;

	while(at < reader->end && (is_digit(*at) || is_one_of(*at, ", \t")))
		at++;
	if(at == reader->end || *at != '}' || at == reader->at + 1)
		return false;
	for(at = reader->at + 1; is_digit(*at); at++)
		least = least > 1 ? least : 10 * least + (unsigned)(*at - '0');
	reader->is_lost = at == reader->at + 1;
	has_most = *at == ',';
	for(at += has_most; is_digit(*at); at++)
		;
	reader->is_lost = reader->is_lost || *at != '}';
	reader->at = at + 1;
	repeat->may_be_absent = repeat->may_be_absent || least == 0;
	repeat->is_once = repeat->is_once && least == 1 && !has_most;
	repeat->is_at_most_once = repeat->is_once;
	return true;
}

static bool read_quantifier(reader_t *reader, repeat_t *repeat)
{
	if(reader->at == reader->end)
		return false;
	if(*reader->at == '{') {
		if(!read_braces(reader, repeat))
			return false;
	} else if(is_one_of(*reader->at, "?*+")) {
		repeat->may_be_absent = repeat->may_be_absent || *reader->at != '+';
		repeat->is_once = false;
		repeat->is_at_most_once = repeat->is_at_most_once && *reader->at == '?';
		reader->at++;
	} else {
		return false;
	}
	/* lazy or possessive */
	if(reader->at < reader->end && is_one_of(*reader->at, "?+"))
		reader->at++;
	return true;
}

static repeat_t read_repeat(reader_t *reader)
{
	repeat_t repeat = {false, true, true};

	while(!reader->is_lost && read_quantifier(reader, &repeat))
		;
	return repeat;
}

static void read_escape(reader_t *reader, item_t *item)
{
	char c;

	if(reader->end - reader->at < 2) {
		reader->is_lost = true;
		return;
	}
	c = reader->at[1];
	item->character = reader->at + 1;
	reader->at += 2;
	if(is_one_of(c, "dDwWsShHvVNR"))
		item->kind = ITEM_ANY;
	else if(is_one_of(c, "bBZzG"))
		item->kind = ITEM_NOTHING;
	else if(c == 'A')
		item->kind = ITEM_START;
	else if(is_letter(c) || is_digit(c))
		reader->is_lost = true;
	else
		item->kind = ITEM_CHARACTER;
}

/* Skip what looks like [:alpha:]. */
static void skip_class_name(reader_t *reader)
{
	bool is_name = begins_with(reader, "[:");

	reader->at += 2;
	while(reader->at < reader->end
			&& (is_letter(*reader->at) || *reader->at == '^'))
		reader->at++;
	if(is_name && begins_with(reader, ":]"))
		reader->at += 2;
	else
		reader->is_lost = true;
}

static void skip_class_escape(reader_t *reader)
{
	char c = reader->at[1];

	if((is_letter(c) && !is_one_of(c, "dDwWsShHvVbnrt")) || is_digit(c))
		reader->is_lost = true;
	reader->at += 2;
}

/* Skip a member of a class: a character, an escape, a name. */
static void skip_member(reader_t *reader)
{
	if(reader->end - reader->at < 2)
		reader->is_lost = true;
	else if(*reader->at == '\\')
		skip_class_escape(reader);
	else if(*reader->at == '[' && is_one_of(reader->at[1], ":.="))
		skip_class_name(reader);
	else
		reader->at++;
}

static void read_class(reader_t *reader, item_t *item)
{
	char *open = reader->at++;
	char *member;

	if(reader->at < reader->end && *reader->at == '^')
		reader->at++;
	/* a closing bracket at the beginning is a member of the class */
	member = reader->at;
	do {
		skip_member(reader);
		if(reader->is_lost || reader->at >= reader->end) {
			reader->is_lost = true;
			return;
		}
	} while(*reader->at != ']');
	reader->at++;
	item->kind = ITEM_ANY;
	/* the usual way to write a dot: [.] */
	item->character = *member == '\\' ? member + 1 : member;
	if(member == open + 1 && item->character + 2 == reader->at
			&& (*member != '\\' || !is_letter(*item->character)))
		item->kind = ITEM_CHARACTER;
}

static part_t read_alternatives(reader_t *reader);

/* Read the beginning of a group. If the kind is not known here, its question mark or
 * star is left, and that is not understood.
 * @return whether it is a lookahead or a lookbehind */
static bool read_group_kind(reader_t *reader)
{
	static const struct
	{
		const char *text;
		bool is_assertion;
	} kinds[] = {{"(?:", false}, {"(?=", true}, {"(?!", true}, {"(?<=", true},
			{"(?<!", true}, {"(", false}};
	int i = 0;

	while(!begins_with(reader, kinds[i].text))
		i++;
	reader->at += strlen(kinds[i].text);
	return kinds[i].is_assertion;
}

static void read_group(reader_t *reader, item_t *item)
{
	bool is_assertion = read_group_kind(reader);

	if(reader->depth == DEPTH_MAX) {
		reader->is_lost = true;
		return;
	}
	reader->depth++;
	item->part = read_alternatives(reader);
	reader->depth--;
	if(reader->is_lost || reader->at == reader->end) {
		reader->is_lost = true;
		return;
	}
	reader->at++;
	item->kind = is_assertion ? ITEM_NOTHING : ITEM_PART;
}

static void read_item(reader_t *reader, item_t *item)
{
	switch(*reader->at) {
		case '(':
			read_group(reader, item);
			return;
		case '[':
			read_class(reader, item);
			return;
		case '\\':
			read_escape(reader, item);
			return;
		case '.':
			item->kind = ITEM_ANY;
			break;
		case '^':
			item->kind = ITEM_START;
			break;
		case '$':
			item->kind = ITEM_NOTHING;
			break;
		case '?':
		case '*':
		case '+':
			reader->is_lost = true;
			break;
		default:
			item->kind = ITEM_CHARACTER;
			item->character = reader->at;
	}
	reader->at++;
}

static void run_item(
		room_t *room, run_t *run, const item_t *item, const repeat_t *repeat)
{
	switch(item->kind) {
		case ITEM_CHARACTER:
			run_character(room, run, item->character);
			if(repeat->is_once)
				break;
			run_break(room, run);
			/* the last one is right before the next item */
			run_character(room, run, item->character);
			break;
		case ITEM_PART:
			run_part(room, run, &item->part, repeat->is_once);
			break;
		case ITEM_ANY:
			run_break(room, run);
			break;
		case ITEM_START:
			run_start(room, run);
			break;
		case ITEM_NOTHING:
			break;
	}
}

/* Make two texts of one that is optional: ^\+?49 becomes 49 and +49. They can be joined
 * with the text around them.
 * @return false: it is no text, or there are too many */
static bool take_or_leave(room_t *room, item_t *item)
{
	int n = item->kind == ITEM_PART ? item->part.first.n : 1;
	literal_t *items;

	if(item->kind == ITEM_PART ? !item->part.is_exact
							   : item->kind != ITEM_CHARACTER)
		return false;
	items = n < LITERAL_ALTERNATIVES_MAX ? literals_take(room, n + 1) : NULL;
	if(items == NULL)
		return false;
	if(item->kind == ITEM_PART) {
		memcpy(items, item->part.first.items, n * sizeof(*items));
	} else {
		items[0].text.s = item->character;
		items[0].text.len = 1;
		items[0].is_anchored = false;
	}
	items[n] = no_text;
	item->kind = ITEM_PART;
	item->part.first.items = items;
	item->part.first.n = n + 1;
	item->part.last = item->part.first;
	item->part.is_exact = true;
	return true;
}

/* Read an item and its quantifier. */
static void read_repeated(reader_t *reader, run_t *run)
{
	room_t *room = reader->room;
	item_t item = {.kind = ITEM_NOTHING};
	repeat_t repeat;
	fill_t before;

	/* a group uses the room too */
	if(*reader->at == '(')
		run_gather(room, run);
	before = fill_of(room);
	read_item(reader, &item);
	if(reader->is_lost)
		return;
	repeat = read_repeat(reader);
	if(repeat.may_be_absent && repeat.is_at_most_once
			&& take_or_leave(room, &item)) {
		repeat.may_be_absent = false;
		repeat.is_once = true;
	}
	if(repeat.may_be_absent || item.kind == ITEM_NOTHING)
		fill_return(room, &before);
	if(!repeat.may_be_absent)
		run_item(room, run, &item, &repeat);
	else if(item.kind != ITEM_START && item.kind != ITEM_NOTHING)
		run_break(room, run);
}

static part_t read_sequence(reader_t *reader)
{
	run_t run = {.heads = unknown};

	while(!reader->is_lost && reader->at < reader->end
			&& !is_one_of(*reader->at, "|)"))
		read_repeated(reader, &run);
	return run_end(reader->room, &run);
}

static bool is_at_bar(const reader_t *reader)
{
	return !reader->is_lost && reader->at < reader->end && *reader->at == '|';
}

/* Read the alternatives behind the first one. */
static part_t read_further(reader_t *reader, part_t *part, int n_before)
{
	alternatives_t all = {.are_exact = true, .are_best_first = true};

	alternatives_add(reader->room, &all, part, n_before);
	while(is_at_bar(reader)) {
		reader->at++;
		*part = read_sequence(reader);
		alternatives_add(reader->room, &all, part, n_before);
	}
	return alternatives_end(reader->room, &all);
}

/* Read alternatives up to the end, or to the bracket that closes the group. */
static part_t read_alternatives(reader_t *reader)
{
	int n_before = reader->room->n;
	part_t part = read_sequence(reader);

	return is_at_bar(reader) ? read_further(reader, &part, n_before) : part;
}

/* -- requirements ------------------------------------------------------- */

static requirement_t *requirement_of(const set_t *set, arena_t *arena)
{
	requirement_t *made = arena_alloc(arena, sizeof(*made));
	int i;

	if(made == NULL)
		return NULL;
	made->n_literals = set->n;
	made->literals = arena_alloc(arena, set->n * sizeof(*made->literals));
	if(made->literals == NULL)
		return NULL;
	for(i = 0; i < set->n; i++) {
		made->literals[i].is_anchored = set->items[i].is_anchored;
		if(arena_copy(arena, &set->items[i].text, &made->literals[i].text) < 0)
			return NULL;
	}
	return made;
}

static void read_all(const str *regex, room_t *room)
{
	reader_t reader = {
			.at = regex->s, .end = regex->s + regex->len, .room = room};
	part_t part = read_alternatives(&reader);

	require(room, &part.first);
	if(!part.is_exact)
		require(room, &part.last);
	if(reader.is_lost || reader.at != reader.end)
		room->n = 0;
}

int literal_requirements(
		const str *regex, arena_t *arena, requirement_t **requirements)
{
	room_t room;
	int i;

	room.n = room.n_literals = room.n_bytes = 0;
	read_all(regex, &room);
	*requirements = NULL;
	for(i = 0; i < room.n; i++) {
		requirement_t *made = requirement_of(&room.list[i], arena);

		if(made == NULL)
			return -1;
		*requirements = made;
		requirements = &made->next;
	}
	return 0;
}
