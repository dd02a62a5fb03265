/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "../../core/sr_module.h"
#include "../../core/atomic_ops.h"
#include "../../core/locking.h"
#include "../../core/mem/shm_mem.h"

#include "server/next_hops.h"

#include <stdio.h>
#include <time.h>

#include "sip/sip_uri.h"

#define BUCKETS 256

typedef struct bucket
{
	gen_lock_t lock;
	next_hop_t *first, *last; /* the one that was used last is the first */
} bucket_t;

typedef struct table
{
	atomic_t n;
	bucket_t buckets[BUCKETS];
} table_t;

static table_t *table;

long long next_hops_now_ms(void)
{
	struct timespec now;

	clock_gettime(CLOCK_MONOTONIC_COARSE, &now);
	return now.tv_sec * 1000LL + now.tv_nsec / 1000000 + 1;
}

int next_hops_init(void)
{
	int i;

	table = shm_malloc(sizeof(*table));
	if(table == NULL) {
		SHM_MEM_ERROR;
		return -1;
	}
	memset(table, 0, sizeof(*table));
	for(i = 0; i < BUCKETS; i++)
		lock_init(&table->buckets[i].lock);
	return 0;
}

void next_hops_destroy(void)
{
	next_hop_t *hop, *after;
	int i;

	if(table == NULL)
		return;
	for(i = 0; i < BUCKETS; i++) {
		for(hop = table->buckets[i].first; hop != NULL; hop = after) {
			after = hop->after;
			shm_free(hop);
		}
	}
	shm_free(table);
	table = NULL;
}

bool next_hops_are_there(void)
{
	return table != NULL;
}

/* -- names -------------------------------------------------------------- */

static void add(next_hop_name_t *name, const char *text, int len)
{
	memcpy(name->text + name->len, text, len);
	name->len += len;
}

static void add_lower(next_hop_name_t *name, const char *text, int len)
{
	char *at = name->text + name->len;
	int i;

	for(i = 0; i < len; i++)
		at[i] = to_lower(text[i]);
	name->len += len;
}

/* Eight bytes at a time: this is done for each attempt. */
static void set_hash(next_hop_name_t *name)
{
	unsigned long long hash = (unsigned)name->len, word = 0;
	int i;

	memcpy(name->text + name->len, &word, sizeof(word));
	for(i = 0; i < name->len; i += (int)sizeof(word)) {
		memcpy(&word, name->text + i, sizeof(word));
		hash = (hash ^ word) * 0x9e3779b97f4a7c15ULL;
		hash ^= hash >> 32;
	}
	name->hash = (unsigned)hash;
}

bool next_hop_make_name(next_hop_name_t *name, const str *proto,
		const str *place, bool is_address, const str *port, const str *socket)
{
	if(place->len + socket->len + 16 > NEXT_HOP_NAME_BYTES_MAX)
		return false;
	memcpy(name->text, proto->s, NEXT_HOP_PROTO_BYTES);
	name->len = proto->len;
	if(is_address && *place->s != '[')
		add(name, place->s, place->len);
	else
		add_lower(name, place->s, place->len);
	if(port != NULL)
		add(name, port->s, port->len);
	if(socket->len > 0) {
		add(name, "/", 1);
		add_lower(name, socket->s, socket->len);
	}
	set_hash(name);
	return true;
}

static bool is_proto(const char *text, int len)
{
	static const char *const protos[] = {"udp", "tcp", "tls", "sctp"};
	size_t i;

	for(i = 0; i < sizeof(protos) / sizeof(protos[0]); i++) {
		if((int)strlen(protos[i]) == len && memcmp(text, protos[i], len) == 0)
			return true;
	}
	return false;
}

/* Could next_hop_make_name() have made this name? Then its URI has a host and a port
 * and nothing else. */
static bool is_name(const next_hop_name_t *name)
{
	char buffer[NEXT_HOP_URI_BYTES_MAX];
	const char *colon = memchr(name->text, ':', name->len);
	uri_parts_t parts;
	str uri;
	int at, i;

	for(i = 0; i < name->len; i++) {
		if(name->text[i] <= ' ' || name->text[i] > '~')
			return false;
	}
	if(colon == NULL || !is_proto(name->text, (int)(colon - name->text)))
		return false;
	uri = next_hop_uri(name, buffer);
	return sip_uri_parse(&uri, &parts, &at) == NULL && parts.user.len == 0
		   && sip_uri_port(&parts) > 0 && parts.headers.len == 0
		   && memchr(parts.params.s, ';', parts.params.len) == NULL;
}

bool next_hop_read_name(next_hop_name_t *name, const str *text)
{
	name->len = 0;
	if(text->len > NEXT_HOP_NAME_BYTES_MAX)
		return false;
	add_lower(name, text->s, text->len);
	set_hash(name);
	return is_name(name);
}

void next_hop_copy_name(next_hop_name_t *name, const next_hop_t *hop)
{
	name->hash = hop->hash;
	name->len = hop->name_len;
	memcpy(name->text, hop->name, hop->name_len);
}

/* Where host and port end. The socket follows there. */
static const char *end_of_place(const next_hop_name_t *name)
{
	const char *slash = memchr(name->text, '/', name->len);

	return slash == NULL ? name->text + name->len : slash;
}

str next_hop_uri(const next_hop_name_t *name, char *buffer)
{
	const char *colon = memchr(name->text, ':', name->len);
	str uri = {buffer, 0};

	uri.len = snprintf(buffer, NEXT_HOP_URI_BYTES_MAX,
			"sip:%.*s;transport=%.*s", (int)(end_of_place(name) - colon - 1),
			colon + 1, (int)(colon - name->text), name->text);
	return uri;
}

str next_hop_socket(const next_hop_name_t *name)
{
	const char *end = name->text + name->len;
	const char *slash = end_of_place(name);
	str socket = {0};

	if(slash < end) {
		socket.s = (char *)slash + 1;
		socket.len = (int)(end - socket.s);
	}
	return socket;
}

/* -- the table ---------------------------------------------------------- */

static bucket_t *bucket_of(unsigned hash)
{
	return &table->buckets[(hash ^ hash >> 16) % BUCKETS];
}

static void unlink_hop(bucket_t *bucket, next_hop_t *hop)
{
	*(hop->before == NULL ? &bucket->first : &hop->before->after) = hop->after;
	*(hop->after == NULL ? &bucket->last : &hop->after->before) = hop->before;
}

static void link_first(bucket_t *bucket, next_hop_t *hop)
{
	hop->before = NULL;
	hop->after = bucket->first;
	*(bucket->first == NULL ? &bucket->last : &bucket->first->before) = hop;
	bucket->first = hop;
}

static next_hop_t *find(const bucket_t *bucket, const next_hop_name_t *name)
{
	next_hop_t *hop;

	for(hop = bucket->first; hop != NULL; hop = hop->after) {
		if(hop->hash == name->hash && hop->name_len == name->len
				&& memcmp(hop->name, name->text, name->len) == 0)
			return hop;
	}
	return NULL;
}

/* May a next hop be forgotten? One that is held may be when its time is over, and no
 * call has tried it since. If it stayed, callers who choose hosts could fill the table
 * for ever. */
static bool may_go(const next_hop_t *hop, long long now_ms)
{
	return hop->pins == 0
		   && (hop->hold.state == HOLD_UP
				   || (hop->hold.state == HOLD_HELD
						   && hop->hold.until_ms <= now_ms));
}

/* The next hop of a bucket that was not used for the longest time and may be
 * forgotten. */
static next_hop_t *oldest_of(const bucket_t *bucket)
{
	long long now_ms = next_hops_now_ms();
	next_hop_t *hop = bucket->last;

	while(hop != NULL && !may_go(hop, now_ms))
		hop = hop->before;
	return hop;
}

/* Forget one next hop to get room for another. If another process uses the oldest one
 * meanwhile, the next oldest of its bucket is forgotten.
 * @return whether there is room now */
static bool evict(void)
{
	bucket_t *chosen = NULL;
	long long used_ms = 0;
	next_hop_t *hop;
	int i;

	for(i = 0; i < BUCKETS; i++) {
		lock_get(&table->buckets[i].lock);
		hop = oldest_of(&table->buckets[i]);
		if(hop != NULL && (chosen == NULL || hop->used_ms < used_ms)) {
			chosen = &table->buckets[i];
			used_ms = hop->used_ms;
		}
		lock_release(&table->buckets[i].lock);
	}
	if(chosen == NULL)
		return false;
	lock_get(&chosen->lock);
	hop = oldest_of(chosen);
	if(hop != NULL)
		unlink_hop(chosen, hop);
	lock_release(&chosen->lock);
	if(hop == NULL)
		return false;
	shm_free(hop);
	atomic_dec(&table->n);
	return true;
}

static next_hop_t *create(const next_hop_name_t *name)
{
	next_hop_t *hop = NULL;

	if(atomic_add(&table->n, 1) <= NEXT_HOPS_MAX || evict())
		hop = shm_malloc(sizeof(*hop) + name->len);
	if(hop == NULL) {
		atomic_dec(&table->n);
		return NULL;
	}
	memset(hop, 0, sizeof(*hop));
	hop->hash = name->hash;
	hop->name_len = name->len;
	memcpy(hop->name, name->text, name->len);
	return hop;
}

/* The bucket is locked again here: another process may have been faster. */
static next_hop_t *insert(
		bucket_t *bucket, next_hop_t *made, const next_hop_name_t *name)
{
	next_hop_t *hop = find(bucket, name);

	if(hop == NULL) {
		link_first(bucket, made);
		return made;
	}
	shm_free(made);
	atomic_dec(&table->n);
	return hop;
}

next_hop_t *next_hops_lock(
		const next_hop_name_t *name, bool is_to_be_made, long long now_ms)
{
	bucket_t *bucket = bucket_of(name->hash);
	next_hop_t *hop, *made;

	lock_get(&bucket->lock);
	hop = find(bucket, name);
	if(hop == NULL) {
		lock_release(&bucket->lock);
		made = is_to_be_made ? create(name) : NULL;
		if(made == NULL)
			return NULL;
		lock_get(&bucket->lock);
		hop = insert(bucket, made, name);
	}
	if(bucket->first != hop) {
		unlink_hop(bucket, hop);
		link_first(bucket, hop);
	}
	hop->used_ms = now_ms;
	return hop;
}

void next_hop_lock(next_hop_t *hop)
{
	lock_get(&bucket_of(hop->hash)->lock);
}

void next_hop_unlock(next_hop_t *hop)
{
	lock_release(&bucket_of(hop->hash)->lock);
}

void next_hops_walk(void (*visit)(next_hop_t *hop, void *param), void *param)
{
	next_hop_t *hop;
	int i;

	for(i = 0; i < BUCKETS; i++) {
		lock_get(&table->buckets[i].lock);
		for(hop = table->buckets[i].first; hop != NULL; hop = hop->after)
			visit(hop, param);
		lock_release(&table->buckets[i].lock);
	}
}
