/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "../../core/sr_module.h"
#include "../../core/fmsg.h"
#include "../../core/ip_addr.h"
#include "../../core/locking.h"
#include "../../core/mem/shm_mem.h"
#include "../../core/parser/parse_uri.h"
#include "../../core/receive.h"
#include "../../core/resolve.h"
#include "../../core/xavp.h"
#include "../../modules/dispatcher/api.h"

#include "server/gateways.h"

#include <dlfcn.h>

#include "server/compat.h"

/* these are of modules/dispatcher/dispatch.h; its API does not have them */
#define SETS_NOTHING 2 /* DS_SETOP_XAVP */
#define FAILOVER_ON 2  /* DS_FAILOVER_ON, of its parameter flags */
#define TRYING 2	   /* DS_TRYING_DST: counts for ds_probing_threshold */
#define PROBING 8	   /* DS_PROBING_DST */
#define BY_FUNCTION 2  /* DS_STATE_MODE_FUNC, and not DS_STATE_MODE_SET */
#define PROBES_ALL 1   /* of its parameter ds_probing_mode */
#define PROBES_FLAGGED 3

/* at most so many failures are kept until gateways_tell() is called */
#define FAILURES_MAX 4096

static str field_uri = str_init("uri");
static str field_set = str_init("grp");
static str field_attributes = str_init("attrs");
static str field_socket = str_init("sock");

static dispatcher_api_t dispatcher;

/* From 6.0.3 on, the API's mark() takes a gateway out at its first failure, whatever
 * ds_probing_threshold is. This function counts as all releases did before; the API
 * does not have it (dispatch.c, ds_update_state: DS_STATE_MODE_SET). */
static int (*mark_and_count)(struct sip_msg *msg, int state, int mode);

/* the parameters of dispatcher; NULL: dispatcher is not loaded */
static str *xavp_name;
static const int *flags, *probing_mode;

typedef struct lost_gateway
{
	struct lost_gateway *next;
	int set;
	str uri;
	char text[];
} lost_gateway_t;

typedef struct failures
{
	gen_lock_t lock;
	lost_gateway_t *first, **last;
	int n;
	bool are_asked_for; /* a call has asked for gateways */
} failures_t;

static failures_t *failures;

static void *parameter(
		struct sr_module *module, const char *name, modparam_t type)
{
	modparam_t found;

	return find_param_export(module, (char *)name, type, &found);
}

int gateways_init(void)
{
	struct sr_module *module = find_module_by_name("dispatcher");

	if(module == NULL)
		return 0;
	xavp_name = parameter(module, "xavp_dst", PARAM_STR);
	flags = parameter(module, "flags", PARAM_INT);
	probing_mode = parameter(module, "ds_probing_mode", PARAM_INT);
	if(xavp_name == NULL || flags == NULL || probing_mode == NULL
			|| dispatcher_load_api(&dispatcher) < 0) {
		LM_ERR("this release of dispatcher lacks a parameter or a function "
			   "that failover needs\n");
		return -1;
	}
	mark_and_count = dlsym(module->handle, "ds_mark_dst_mode");
	failures = shm_malloc(sizeof(*failures));
	if(failures == NULL) {
		SHM_MEM_ERROR;
		return -1;
	}
	memset(failures, 0, sizeof(*failures));
	lock_init(&failures->lock);
	failures->last = &failures->first;
	return 0;
}

const char *gateways_fault(void)
{
	if(failures == NULL)
		return "the module dispatcher is not loaded: loadmodule "
			   "\"dispatcher.so\" would be right";
	if((*flags & FAILOVER_ON) == 0 || xavp_name->len <= 0)
		return "dispatcher keeps no list of gateways for a call: "
			   "modparam(\"dispatcher\", \"flags\", 2) would be right";
	return NULL;
}

/* -- the gateways of a set ---------------------------------------------- */

static str text_of(sr_xavp_t *record, str *field)
{
	sr_xavp_t *found = xavp_get(field, record->val.v.xavp);

	return found != NULL && found->val.type == SR_XTYPE_STR ? found->val.v.s
															: (str){0};
}

static str socket_of(sr_xavp_t *record)
{
	sr_xavp_t *found = xavp_get(&field_socket, record->val.v.xavp);
	const struct socket_info *socket;

	if(found == NULL || found->val.type != SR_XTYPE_VPTR)
		return (str){0};
	socket = found->val.v.vptr;
	return socket->sockname.len > 0 ? socket->sockname : socket->sock_str;
}

/* @return NULL without memory */
static gateway_t *read_record(sr_xavp_t *record, int set, arena_t *arena)
{
	gateway_t *gateway = arena_alloc(arena, sizeof(*gateway));
	str uri = text_of(record, &field_uri);
	str attributes = text_of(record, &field_attributes);
	str socket = socket_of(record);

	if(gateway == NULL || arena_copy(arena, &uri, &gateway->uri) < 0
			|| arena_copy(arena, &attributes, &gateway->attributes) < 0
			|| arena_copy(arena, &socket, &gateway->socket) < 0)
		return NULL;
	gateway->set = set;
	return gateway;
}

gateway_t *gateways_find(void *msg, int set, int algorithm, arena_t *arena)
{
	gateway_t *list = NULL, **last = &list;
	sr_xavp_t *before, *record;

	if(gateways_fault() != NULL)
		return NULL;
	failures->are_asked_for = true;
	before = xavp_get(xavp_name, NULL);
	dispatcher.select(msg, set, algorithm, SETS_NOTHING);
	/* dispatcher has put its records before those that the script had there */
	while((record = xavp_get(xavp_name, NULL)) != NULL && record != before) {
		if(record->val.type == SR_XTYPE_XAVP) {
			*last = read_record(record, set, arena);
			if(*last != NULL)
				last = &(*last)->next;
		}
		xavp_rm(record, NULL);
	}
	return list;
}

bool gateways_have(const str *uri)
{
	struct sip_uri parts;
	struct receive_info receive;
	const struct ip_addr *address;
	struct sip_msg *msg;
	bool is_found;

	if(gateways_fault() != NULL || !failures->are_asked_for
			|| parse_uri(uri->s, uri->len, &parts) < 0)
		return false;
	address = str2ip(&parts.host);
	if(address == NULL)
		address = str2ip6(&parts.host);
	if(address == NULL || faked_msg_init() < 0)
		return false;
	msg = faked_msg_next_clear();
	receive = msg->rcv;
	msg->rcv.src_ip = *address;
	msg->rcv.src_port = parts.port_no;
	is_found = dispatcher.is_from(msg, -1) > 0;
	msg->rcv = receive;
	ksr_msg_env_reset();
	return is_found;
}

/* -- what is told to dispatcher ----------------------------------------- */

/* @return the record, which is now the first of its name; NULL without memory */
static sr_xavp_t *add_record(int set, const str *uri, const str *attributes)
{
	sr_xval_t value = {.type = SR_XTYPE_STR, .v.s = *uri};
	sr_xavp_t *fields = NULL, *record;
	bool is_good = xavp_add_value(&field_uri, &value, &fields) != NULL;

	value = compat_xavp_of_number(set);
	is_good = is_good && xavp_add_value(&field_set, &value, &fields) != NULL;
	value = (sr_xval_t){.type = SR_XTYPE_STR, .v.s = *attributes};
	if(attributes->len > 0)
		is_good = is_good
				  && xavp_add_value(&field_attributes, &value, &fields) != NULL;
	value = (sr_xval_t){.type = SR_XTYPE_XAVP, .v.xavp = fields};
	record = is_good ? xavp_add_value(xavp_name, &value, NULL) : NULL;
	if(record == NULL)
		xavp_destroy_list(&fields);
	return record;
}

void gateways_show(const gateway_t *gateway)
{
	xavp_rm_by_name(xavp_name, 1, NULL);
	add_record(gateway->set, &gateway->uri, &gateway->attributes);
}

void gateways_note_failure(const gateway_t *gateway)
{
	lost_gateway_t *failure = shm_malloc(sizeof(*failure) + gateway->uri.len);

	if(failure == NULL) {
		SHM_MEM_ERROR;
		return;
	}
	failure->next = NULL;
	failure->set = gateway->set;
	failure->uri = (str){failure->text, gateway->uri.len};
	memcpy(failure->text, gateway->uri.s, gateway->uri.len);
	lock_get(&failures->lock);
	if(failures->n < FAILURES_MAX) {
		failures->n++;
		*failures->last = failure;
		failures->last = &failure->next;
		failure = NULL;
	}
	lock_release(&failures->lock);
	if(failure != NULL)
		shm_free(failure);
}

static lost_gateway_t *take_all(void)
{
	lost_gateway_t *all;

	lock_get(&failures->lock);
	all = failures->first;
	failures->first = NULL;
	failures->last = &failures->first;
	failures->n = 0;
	lock_release(&failures->lock);
	return all;
}

static void tell(const lost_gateway_t *failure)
{
	static const str none = {0};
	bool is_probed =
			*probing_mode == PROBES_ALL || *probing_mode == PROBES_FLAGGED;
	int state = TRYING | (is_probed ? PROBING : 0);

	if(faked_msg_init() < 0
			|| add_record(failure->set, &failure->uri, &none) == NULL)
		return;
	/* a gateway that dispatcher has forgotten meanwhile is no matter of ours */
	if(mark_and_count != NULL)
		mark_and_count(faked_msg_next_clear(), state, BY_FUNCTION);
	else
		dispatcher.mark(faked_msg_next_clear(), state);
	ksr_msg_env_reset();
}

void gateways_tell(void)
{
	lost_gateway_t *failure, *next;

	if(failures == NULL || failures->first == NULL)
		return;
	for(failure = take_all(); failure != NULL; failure = next) {
		next = failure->next;
		tell(failure);
		shm_free(failure);
	}
}

void gateways_destroy(void)
{
	lost_gateway_t *failure, *next;

	if(failures == NULL)
		return;
	for(failure = failures->first; failure != NULL; failure = next) {
		next = failure->next;
		shm_free(failure);
	}
	shm_free(failures);
	failures = NULL;
}
