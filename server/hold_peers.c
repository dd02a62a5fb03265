/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "../../core/sr_module.h"
#include "../../core/ip_addr.h"
#include "../../core/parser/parse_content.h"
#include "../../modules/dmq/bind_dmq.h"

#include "server/hold_peers.h"

#include <stdio.h>

#include "server/compat.h"
#include "server/holding.h"

/* A datagram that is not fragmented has room for some twenty lines. */
#define LINES_MAX 20
#define BODY_BYTES_MAX (LINES_MAX * (NEXT_HOP_NAME_BYTES_MAX + 80))
#define REPEAT_MS 5000

/* A version is a time in milliseconds since 1970, or a little more. */
#define VERSION_MAX (1ULL << 48)
#define LEFT_MS_MAX (1000LL * HOLD_SECONDS_MAX)

static dmq_api_t dmq;
static dmq_peer_t *peer;
static str content_type = str_init("text/plain");

/* A message that is being written. */
typedef struct letter
{
	dmq_node_t *to; /* for which server; NULL: for all */
	long long now_ms;
	int lines, skip;
	str body;
	char buffer[BODY_BYTES_MAX];
} letter_t;

static int on_reply(struct sip_msg *msg, int code, dmq_node_t *node, void *data)
{
	(void)msg;
	(void)code;
	(void)node;
	(void)data;
	return 0;
}

static void letter_begin(letter_t *letter, dmq_node_t *to)
{
	letter->to = to;
	letter->now_ms = next_hops_now_ms();
	letter->lines = letter->skip = 0;
	letter->body.s = letter->buffer;
	letter->body.len = 0;
}

static void letter_send(letter_t *letter)
{
	dmq_resp_cback_t callback = {on_reply, NULL};

	if(letter->lines == 0)
		return;
	if(letter->to == NULL)
		dmq.bcast_message(
				peer, &letter->body, NULL, &callback, 1, &content_type);
	else
		dmq.send_message(
				peer, &letter->body, letter->to, &callback, 1, &content_type);
	letter->lines = letter->body.len = 0;
}

static void letter_add(
		letter_t *letter, const hold_news_t *news, const char *name, int len)
{
	letter->body.len += snprintf(letter->buffer + letter->body.len,
			BODY_BYTES_MAX - letter->body.len, "%llu %d %lld %u %.*s\n",
			news->version, (int)news->state, news->left_ms, news->hold_s, len,
			name);
	letter->lines++;
}

/* -- sending ------------------------------------------------------------ */

void hold_peers_tell(const hold_item_t *items)
{
	static letter_t letter;

	if(peer == NULL)
		return;
	letter_begin(&letter, NULL);
	for(; items != NULL; items = items->next) {
		if(!items->is_from_us)
			continue;
		letter_add(&letter, &items->news, items->name.text, items->name.len);
		if(letter.lines == LINES_MAX)
			letter_send(&letter);
	}
	letter_send(&letter);
}

static void add_held(next_hop_t *hop, void *param)
{
	letter_t *letter = param;
	hold_news_t news;

	if(hop->hold.state == HOLD_UP || letter->lines == LINES_MAX
			|| letter->skip-- > 0)
		return;
	news = hold_tell(&hop->hold, letter->now_ms);
	letter_add(letter, &news, hop->name, hop->name_len);
}

/* @return how many next hops were told, counted from the given one */
static int tell_held_from(letter_t *letter, int first)
{
	int lines;

	letter->skip = first;
	next_hops_walk(add_held, letter);
	lines = letter->lines;
	letter_send(letter);
	return lines;
}

/* Send one message at each look until all have been told, because thousands may be
 * held. */
void hold_peers_repeat(void)
{
	static letter_t letter;
	static long long begun_ms;
	static int from;
	long long now_ms = next_hops_now_ms();

	if(peer == NULL || (from == 0 && now_ms < begun_ms + REPEAT_MS))
		return;
	if(from == 0)
		begun_ms = now_ms;
	letter_begin(&letter, NULL);
	from = tell_held_from(&letter, from) == LINES_MAX ? from + LINES_MAX : 0;
}

static void tell_all_held(dmq_node_t *to)
{
	static letter_t letter;
	int from = 0;
	int lines;

	letter_begin(&letter, to);
	do {
		lines = tell_held_from(&letter, from);
		from += lines;
	} while(lines == LINES_MAX);
}

/* -- receiving ---------------------------------------------------------- */

/* Answer with what this server knows about a next hop. */
static void answer(letter_t *letter, const next_hop_name_t *name)
{
	next_hop_t *hop = next_hops_lock(name, false, letter->now_ms);
	hold_news_t news;

	if(hop == NULL)
		return;
	news = hold_tell(&hop->hold, letter->now_ms);
	next_hop_unlock(hop);
	letter_add(letter, &news, name->text, name->len);
	if(letter->lines == LINES_MAX)
		letter_send(letter);
}

/* Could hold_tell() have said it? The sum of a time and of what is left of it must
 * not run over, and nothing is held without an end but what an operator wants. */
static bool is_possible(const hold_news_t *news)
{
	if(news->version > VERSION_MAX || news->hold_s > HOLD_SECONDS_MAX)
		return false;
	switch(news->state) {
		case HOLD_UP:
			return news->left_ms == 0;
		case HOLD_HELD:
			return news->left_ms >= 0 && news->left_ms <= LEFT_MS_MAX
				   && news->hold_s > 0;
		case HOLD_OUT:
			return news->left_ms >= HOLD_FOR_EVER
				   && news->left_ms <= LEFT_MS_MAX;
		default:
			return false;
	}
}

static bool read_line(
		const char *line, hold_news_t *news, next_hop_name_t *name)
{
	char text[NEXT_HOP_NAME_BYTES_MAX + 2]; /* one too many is seen as such */
	unsigned state;
	str whole;

	if(sscanf(line, "%llu %u %lld %u %401s", &news->version, &state,
			   &news->left_ms, &news->hold_s, text)
			!= 5)
		return false;
	news->state = state;
	whole = str_of(text);
	return is_possible(news) && next_hop_read_name(name, &whole);
}

/* Whatever a message says it is answered once, and logged once. */
static void hear(char *text, dmq_node_t *node, struct ip_addr *from)
{
	static letter_t letter;
	char *line, *rest = text;
	next_hop_name_t name;
	hold_news_t news;
	bool is_question = false;
	int faults = 0;

	letter_begin(&letter, node);
	while((line = strsep(&rest, "\r\n")) != NULL) {
		if(*line == '\0')
			continue;
		if(*line == '?')
			is_question = true;
		else if(!read_line(line, &news, &name))
			faults++;
		else if(holding_hear(&name, &news) && node != NULL)
			answer(&letter, &name);
	}
	letter_send(&letter);
	if(faults > 0)
		LM_WARN("the server %s says what is not understood: %d line(s)\n",
				ip_addr2a(from), faults);
	if(is_question && node != NULL)
		tell_all_held(node);
}

/* The text of a message, NULL: it has none, or not all of it has come. The length is
 * what its sender says. */
static const char *text_of(struct sip_msg *msg, int *len)
{
	const char *text;

	if(parse_headers(msg, HDR_EOH_F, 0) < 0 || msg->content_length == NULL)
		return NULL;
	text = get_body(msg);
	*len = get_content_length(msg);
	if(text == NULL || *len <= 0 || *len > BODY_BYTES_MAX
			|| *len > msg->buf + msg->len - text)
		return NULL;
	return text;
}

static int on_message(
		struct sip_msg *msg, peer_reponse_t *response, dmq_node_t *node)
{
	char text[BODY_BYTES_MAX + 1];
	int len;
	const char *body = text_of(msg, &len);

	response->resp_code = 200;
	response->reason = (str)str_init("OK");
	if(body == NULL) {
		LM_WARN("the server %s sends a message that is cut off, empty or "
				"too long\n",
				ip_addr2a(&msg->rcv.src_ip));
		return 0;
	}
	memcpy(text, body, len);
	text[len] = '\0';
	hear(text, node, &msg->rcv.src_ip);
	return 0;
}

/* The other servers can be reached now. Ask them what they hold. */
static int on_start(COMPAT_DMQ_STARTED)
{
	static letter_t letter;

	letter_begin(&letter, NULL);
	letter.buffer[0] = '?';
	letter.buffer[1] = '\n';
	letter.body.len = 2;
	letter.lines = 1;
	letter_send(&letter);
	return 0;
}

int hold_peers_init(void)
{
	dmq_peer_t me = {.callback = on_message, .init_callback = on_start};

	me.peer_id = (str)str_init("failover");
	me.description = (str)str_init("next hops that are held");
	if(!module_loaded("dmq") || dmq_load_api(&dmq) < 0) {
		LM_ERR("hold_dmq needs the module dmq: load it before failover\n");
		return -1;
	}
	peer = dmq.register_dmq_peer(&me);
	if(peer == NULL) {
		LM_ERR("dmq does not take us as its peer\n");
		return -1;
	}
	return 0;
}
