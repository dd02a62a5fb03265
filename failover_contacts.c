/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "../../core/sr_module.h"
#include "../../core/parser/contact/parse_contact.h"
#include "../../core/qvalue.h"

#include "failover_contacts.h"

#include <string.h>

/* Contacts of one reply that are looked at: the cap on those followed is far
 * lower, and what is beyond it must not cost memory. */
#define CONTACTS_MAX 100

static int contact_q(const contact_t *contact)
{
	qvalue_t q;

	if(contact->q == NULL
			|| str2q(&q, contact->q->body.s, contact->q->body.len) < 0)
		return MAX_Q;
	return q;
}

static target_t *read_parsed(struct sip_msg *reply, arena_t *arena)
{
	target_t *list = NULL;
	target_t **link = &list;
	contact_t *contact = NULL;
	int seen = 0;

	while(contact_iterator(&contact, reply, contact) == 0 && contact != NULL
			&& seen++ < CONTACTS_MAX) {
		const char *why;

		*link = target_of_contact(
				&contact->uri, contact_q(contact), arena, &why);
		if(*link == NULL)
			LM_DBG("Contact [%.*s] is not followed: %s\n",
					STR_FMT(&contact->uri), why);
		else
			link = &(*link)->next;
	}
	return list;
}

target_t *contacts_read(const struct sip_msg *reply, arena_t *arena)
{
	struct sip_msg copy;
	target_t *list = NULL;

	memset(&copy, 0, sizeof(copy));
	copy.buf = reply->buf;
	copy.len = reply->len;
	if(parse_msg(copy.buf, copy.len, &copy) == 0
			&& parse_headers(&copy, HDR_EOH_F, 0) == 0 && copy.contact != NULL)
		list = read_parsed(&copy, arena);
	copy.buf = NULL; /* is not ours */
	free_sip_msg(&copy);
	return list;
}
