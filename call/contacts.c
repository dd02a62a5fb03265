/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "../../core/sr_module.h"

#include "call/contacts.h"

#include <string.h>

#include "sip/contact.h"

/* Contacts of one reply that are looked at: no call can follow more, and what
 * is beyond them must not cost memory. */
#define CONTACTS_MAX ATTEMPTS_MAX

/* The list that targets are appended to. */
typedef struct target_list
{
	target_t *first;
	target_t **end;
	int seen;
} target_list_t;

/* The addresses of one Contact header. The core's parser is not used: it turns
 * their order round, gives all up for a bad one, and logs each as an error. */
static void read_header(
		const struct hdr_field *header, target_list_t *list, arena_t *arena)
{
	str rest = header->body;
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
		*list->end = target;
		list->end = &target->next;
	}
}

target_t *contacts_read(const struct sip_msg *reply, arena_t *arena)
{
	target_list_t list = {.first = NULL, .end = &list.first};
	const struct hdr_field *header;
	struct sip_msg copy;

	memset(&copy, 0, sizeof(copy));
	copy.buf = reply->buf;
	copy.len = reply->len;
	if(parse_msg(copy.buf, copy.len, &copy) == 0
			&& parse_headers(&copy, HDR_EOH_F, 0) == 0) {
		for(header = copy.headers; header != NULL; header = header->next) {
			if(header->type == HDR_CONTACT_T)
				read_header(header, &list, arena);
		}
	}
	copy.buf = NULL; /* is not ours */
	free_sip_msg(&copy);
	return list.first;
}
