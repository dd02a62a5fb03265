/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "../../core/sr_module.h"
#include "../../core/forward.h"

#include "call/contacts.h"

#include "sip/contact.h"
#include "sip/header_line.h"

/* At most so many Contacts of one reply are read. No call can follow more, and the
 * others must not cost memory. */
#define CONTACTS_MAX ATTEMPTS_MAX

/* The list that targets are appended to. */
typedef struct target_list
{
	const struct sip_msg *request;
	target_t *first;
	target_t **end;
	int seen;
} target_list_t;

/* Has a request passed this server before? Then one of its Via headers is ours. */
static bool has_been_here(const struct sip_msg *request)
{
	const struct hdr_field *header;
	const struct via_body *via;

	for(header = request->headers; header != NULL; header = header->next) {
		if(header->type != HDR_VIA_T)
			continue;
		for(via = header->parsed; via != NULL; via = via->next) {
			str host = via->host;

			if(check_self(&host, via->port, 0) > 0)
				return true;
		}
	}
	return false;
}

static bool leads_back(const target_t *target)
{
	str host = target->parts.host;
	int port = sip_uri_port(&target->parts);

	return check_self(&host, (unsigned short)port, 0) > 0;
}

/* Read the addresses of one Contact header. The core's parser is not used: it
 * reverses their order, drops all of them if one is wrong, and logs each wrong one as
 * an error. */
static void read_addresses(str rest, target_list_t *list, arena_t *arena)
{
	contact_address_t address;

	while(list->seen < CONTACTS_MAX && contact_next(&rest, &address)) {
		const char *why;
		target_t *target =
				target_of_contact(&address.uri, address.q, arena, &why);

		list->seen++;
		if(target == NULL) {
			LM_DBG("Contact [%.*s] is not followed: %s\n",
					STR_FMT(&address.uri), why);
			continue;
		}
		if(leads_back(target) && has_been_here(list->request)) {
			LM_DBG("Contact [%.*s] is not followed: it leads back here, and "
				   "the request has been here before\n",
					STR_FMT(&address.uri));
			continue;
		}
		*list->end = target;
		list->end = &target->next;
	}
}

target_t *contacts_read(const struct sip_msg *reply,
		const struct sip_msg *request, arena_t *arena)
{
	static const str name = str_init("Contact");
	target_list_t list = {
			.request = request, .first = NULL, .end = &list.first};
	const struct hdr_field *first = reply->headers;
	str rest, body;

	if(first == NULL)
		return NULL;
	/* the headers are found in the text, because a reply in shared memory must not be
	 * parsed */
	rest.s = first->name.s;
	rest.len = (int)(reply->buf + reply->len - rest.s);
	while(header_line_next(&rest, &name, &body))
		read_addresses(body, &list, arena);
	return list.first;
}
