/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "../../core/sr_module.h"
#include "../../core/mem/mem.h"
#include "../../core/mem/shm_mem.h"

#include "server/memory.h"

#include <stdlib.h>

static void *shm_take(size_t bytes)
{
	void *block = shm_malloc(bytes);

	if(block == NULL)
		SHM_MEM_ERROR;
	return block;
}

static void shm_give_back(void *block)
{
	shm_free(block);
}

static void *pkg_take(size_t bytes)
{
	void *block = pkg_malloc(bytes);

	if(block == NULL)
		PKG_MEM_ERROR;
	return block;
}

static void pkg_give_back(void *block)
{
	pkg_free(block);
}

const allocator_t failover_shm = {shm_take, shm_give_back};
const allocator_t failover_pkg = {pkg_take, pkg_give_back};
const allocator_t failover_heap = {malloc, free};
