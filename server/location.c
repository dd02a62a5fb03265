/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "../../core/sr_module.h"
#include "../../core/parser/parse_uri.h"
#include "../../core/timer.h"
#include "../../modules/usrloc/usrloc.h"

#include "server/location.h"

#include <string.h>

#include "dialplan/dialplan.h"
#include "text/ascii.h"

/* a user with his domain; a longer one cannot be registered */
#define AOR_BYTES_MAX 256

static usrloc_api_t usrloc;

int location_bind(void)
{
	bind_usrloc_t bind;

	if(usrloc.get_urecord != NULL)
		return 0;
	bind = (bind_usrloc_t)(void *)find_export("ul_bind_usrloc", 1, 0);
	return bind == NULL || bind(&usrloc) < 0 ? -1 : 0;
}

/* The name under which registrar keeps a user (modules/registrar/common.c,
 * extract_aor): without escapes, in lower case.
 * @return false: there is none */
static bool make_aor(const str *uri, char *buffer, str *aor)
{
	struct sip_uri parsed;
	int i;

	if(parse_uri(uri->s, uri->len, &parsed) < 0 || parsed.user.len == 0
			|| parsed.user.len + 1 + parsed.host.len > AOR_BYTES_MAX)
		return false;
	aor->s = buffer;
	aor->len = 0;
	for(i = 0; i < parsed.user.len; i++) {
		char c = parsed.user.s[i];

		if(c == '%' && parsed.user.len - i >= 3
				&& hex_value(parsed.user.s[i + 1]) >= 0
				&& hex_value(parsed.user.s[i + 2]) >= 0) {
			c = (char)(hex_value(parsed.user.s[i + 1]) * 16
					   + hex_value(parsed.user.s[i + 2]));
			i += 2;
		}
		aor->s[aor->len++] = c;
	}
	if(usrloc.use_domain) {
		aor->s[aor->len++] = '@';
		memcpy(aor->s + aor->len, parsed.host.s, parsed.host.len);
		aor->len += parsed.host.len;
	}
	for(i = 0; i < aor->len; i++)
		aor->s[i] = to_lower(aor->s[i]);
	return true;
}

static bool has_contact(const urecord_t *record)
{
	time_t now = time(NULL);
	const ucontact_t *contact;

	for(contact = record->contacts; contact != NULL; contact = contact->next) {
		if(VALID_CONTACT(contact, now))
			return true;
	}
	return false;
}

int location_has(const str *uri)
{
	char buffer[AOR_BYTES_MAX];
	urecord_t *record;
	udomain_t *table;
	int found = 0;
	str aor;

	if(usrloc.get_urecord == NULL
			|| usrloc.get_udomain(LOCATION_TABLE, &table) < 0)
		return SOURCE_UNKNOWN;
	if(!make_aor(uri, buffer, &aor))
		return 0;
	usrloc.lock_udomain(table, &aor);
	if(usrloc.get_urecord(table, &aor, &record) == 0) {
		found = has_contact(record);
		usrloc.release_urecord(record);
	}
	usrloc.unlock_udomain(table, &aor);
	return found;
}
