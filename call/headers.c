/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "../../core/sr_module.h"
#include "../../core/data_lump.h"
#include "../../core/mem/mem.h"

#include "call/headers.h"

#include <string.h>

#include "sip/header_name.h"

/* -- removing ----------------------------------------------------------- */

/* Remove the text of additions. The lumps stay in their list: they may be copies
 * whose text belongs to others (data_lump.c, LUMPFLAG_DUPED). */
static void silence(struct lump *addition)
{
	if(addition->op == LUMP_ADD_SUBST) {
		addition->op = LUMP_ADD;
		addition->u.value = NULL;
	}
	if(addition->op == LUMP_ADD)
		addition->len = 0;
}

/* Does a change lie within a header, and not between two headers? */
static bool is_within(
		const struct lump *change, int offset, const struct hdr_field *header)
{
	if(change->op != LUMP_DEL && change->op != LUMP_NOP)
		return false;
	if(change->u.offset == offset)
		return change->op == LUMP_DEL && change->len < header->len;
	return change->u.offset > offset && change->u.offset < offset + header->len;
}

/* The core handles deletions that overlap (msg_translator.c, lumps_len), but it would
 * still print what the script has added inside the header. */
static void drop_changes_within(
		struct sip_msg *msg, int offset, const struct hdr_field *header)
{
	struct lump *change, *addition;

	for(change = msg->add_rm; change != NULL; change = change->next) {
		if(!is_within(change, offset, header))
			continue;
		for(addition = change->before; addition != NULL;
				addition = addition->before)
			silence(addition);
		for(addition = change->after; addition != NULL;
				addition = addition->after)
			silence(addition);
	}
}

/* Remove all headers with this name that the caller's request has.
 * @return 0, or -1 without memory */
static int remove_all(struct sip_msg *msg, const str *name)
{
	const struct hdr_field *header;

	for(header = msg->headers; header != NULL; header = header->next) {
		int offset = (int)(header->name.s - msg->buf);

		if(header->type == HDR_EOH_T || !header_name_equal(&header->name, name))
			continue;
		drop_changes_within(msg, offset, header);
		if(del_lump(msg, offset, header->len, 0) == NULL)
			return -1;
	}
	return 0;
}

/* -- adding ------------------------------------------------------------- */

static char *put(char *at, const char *text, int len)
{
	memcpy(at, text, len);
	return at + len;
}

/* Add a header after the last one.
 * @return 0, or -1 without memory */
static int append(struct sip_msg *msg, const named_text_t *header)
{
	int len = header->name.len + 2 + header->text.len + CRLF_LEN;
	char *line = pkg_malloc(len);
	struct lump *anchor;
	char *at;

	if(line == NULL)
		return -1;
	at = put(line, header->name.s, header->name.len);
	at = put(at, ": ", 2);
	at = put(at, header->text.s, header->text.len);
	put(at, CRLF, CRLF_LEN);
	anchor = anchor_lump(msg, (int)(msg->unparsed - msg->buf), 0, 0);
	if(anchor != NULL && insert_new_lump_before(anchor, line, len, 0) != NULL)
		return 0; /* from now on the line belongs to the lump */
	pkg_free(line);
	return -1;
}

int headers_change(struct sip_msg *msg, const named_text_t *headers)
{
	const named_text_t *header;

	if(headers == NULL)
		return 0;
	if(parse_headers(msg, HDR_EOH_F, 0) < 0) {
		LM_ERR("the headers of the request cannot be read\n");
		return -1;
	}
	for(header = headers; header != NULL; header = header->next) {
		if(remove_all(msg, &header->name) < 0
				|| (header->text.len > 0 && append(msg, header) < 0)) {
			PKG_MEM_ERROR;
			return -1;
		}
	}
	return 0;
}
