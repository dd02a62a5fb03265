/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "../../core/sr_module.h"
#include "../../core/locking.h"
#include "../../core/mem/shm_mem.h"

#include "call/calls.h"

#include <string.h>

#include "call/course.h"

/* so many that two processes rarely meet */
#define LISTS 64

typedef struct list
{
	gen_lock_t lock;
	call_t *first;
} list_t;

static list_t *lists;

int calls_init(void)
{
	int i;

	lists = shm_malloc(LISTS * sizeof(*lists));
	if(lists == NULL) {
		SHM_MEM_ERROR;
		return -1;
	}
	memset(lists, 0, LISTS * sizeof(*lists));
	for(i = 0; i < LISTS; i++)
		lock_init(&lists[i].lock);
	return 0;
}

void calls_destroy(void)
{
	if(lists != NULL)
		shm_free(lists);
	lists = NULL;
}

void calls_add(call_t *call, unsigned hash)
{
	list_t *list = &lists[hash % LISTS];

	call->link.list = hash % LISTS;
	lock_get(&list->lock);
	call->link.next = list->first;
	if(list->first != NULL)
		list->first->link.before = call;
	list->first = call;
	call->link.is_in = true;
	lock_release(&list->lock);
}

void calls_remove(call_t *call)
{
	calls_link_t *link = &call->link;
	list_t *list;

	/* when the server ends, tm may release its calls after this module */
	if(lists == NULL || !link->is_in)
		return;
	list = &lists[link->list];
	lock_get(&list->lock);
	if(link->is_in) {
		if(link->next != NULL)
			link->next->link.before = link->before;
		if(link->before != NULL)
			link->before->link.next = link->next;
		else
			list->first = link->next;
		link->is_in = false;
	}
	lock_release(&list->lock);
}

void calls_walk(bool (*look)(void *context, const call_t *call), void *context)
{
	bool wants_more = true;
	const call_t *call;
	int i;

	for(i = 0; i < LISTS && wants_more; i++) {
		lock_get(&lists[i].lock);
		for(call = lists[i].first; call != NULL && wants_more;
				call = call->link.next)
			wants_more = look(context, call);
		lock_release(&lists[i].lock);
	}
}
