/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "../../core/sr_module.h"
#include "../../core/mem/shm_mem.h"
#include "../../modules/tm/tm_load.h"

#include "server/hold_probe.h"

#include "server/holding.h"

/* at most so many probes at once; the others follow a quarter of a second later */
#define PROBES_MAX 32

static tm_api_t tm;

/* A probe under way. */
typedef struct probe
{
	long long sent_ms;
	unsigned interval_s;
	next_hop_name_t name;
} probe_t;

/* The probes that are due. */
typedef struct round
{
	long long now_ms;
	unsigned interval_s;
	int n;
	probe_t *probes;
} round_t;

int hold_probe_init(void)
{
	if(load_tm_api(&tm) < 0) {
		LM_ERR("the module tm is not loaded\n");
		return -1;
	}
	return 0;
}

static void choose(next_hop_t *hop, void *param)
{
	round_t *round = param;

	if((hop->hold.state != HOLD_HELD && hop->hold.state != HOLD_TRIAL)
			|| round->n >= PROBES_MAX
			|| hop->probed_ms + 1000LL * round->interval_s > round->now_ms)
		return;
	hop->probed_ms = round->now_ms;
	round->probes[round->n].sent_ms = round->now_ms;
	round->probes[round->n].interval_s = round->interval_s;
	next_hop_copy_name(&round->probes[round->n].name, hop);
	round->n++;
}

/* A reply that comes after the next probe was sent does not count. */
static void on_end(struct cell *t, int type, struct tmcb_params *params)
{
	probe_t *probe = *params->param;

	(void)t;
	(void)type;
	if(params->rpl != FAKED_REPLY
			&& next_hops_now_ms()
					   <= probe->sent_ms + 1000LL * probe->interval_s)
		holding_note_probe(&probe->name, params->code);
	shm_free(probe);
}

static void send_one(const probe_t *probe)
{
	static str method = str_init("OPTIONS");
	static str headers = str_init("Max-Forwards: 1\r\n");
	static str from = str_init("sip:failover@localhost");
	char buffer[NEXT_HOP_URI_BYTES_MAX];
	str uri = next_hop_uri(&probe->name, buffer);
	str socket = next_hop_socket(&probe->name);
	uac_req_t request;
	probe_t *kept = shm_malloc(sizeof(*kept));

	if(kept == NULL) {
		SHM_MEM_ERROR;
		return;
	}
	*kept = *probe;
	set_uac_req(&request, &method, &headers, NULL, NULL, TMCB_LOCAL_COMPLETED,
			on_end, kept);
	if(socket.len > 0 && memchr(socket.s, ':', socket.len) != NULL)
		request.ssock = &socket;
	else if(socket.len > 0)
		request.ssockname = &socket;
	/* 0: the script has dropped it in event_route[tm:local-request], so its callback
	 * is never called (modules/tm/uac.c, t_uac_with_ids()) */
	if(tm.t_request(&request, &uri, &uri, &from, NULL) <= 0)
		shm_free(kept);
}

void hold_probe_send(void)
{
	static probe_t probes[PROBES_MAX];
	round_t round = {.now_ms = next_hops_now_ms(),
			.interval_s = holding_config().probe_s,
			.probes = probes};
	int i;

	if(round.interval_s == 0)
		return;
	next_hops_walk(choose, &round);
	for(i = 0; i < round.n; i++)
		send_one(&probes[i]);
}
