/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "../../core/sr_module.h"
#include "../../core/async_task.h"
#include "../../core/cfg/cfg.h"
#include "../../core/cfg_core.h"
#include "../../core/mem/shm_mem.h"

#include "server/workers.h"

bool workers_can_look_up(void)
{
	return async_task_initialized() && cfg_get(core, core_cfg, use_dns_cache);
}

int workers_push(void (*work)(void *data), const void *data, size_t size)
{
	/* in one block, which the worker releases (core/async_task.c) */
	async_task_t *task = shm_malloc(sizeof(*task) + size);

	if(task == NULL) {
		SHM_MEM_ERROR;
		return -1;
	}
	task->exec = work;
	task->param = task + 1;
	memcpy(task->param, data, size);
	if(async_task_push(task) == 0)
		return 0;
	shm_free(task);
	return -1;
}
