/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "../../core/sr_module.h"
#include "../../core/dset.h"
#include "../../modules/tm/h_table.h"

#include "call/layout.h"

#include <dlfcn.h>
#include <stdbool.h>

#include "server/compat.h"

/* Functions of tm that its API does not have, as t_uac() uses them (uac.c). */
typedef typeof(build_cell) build_t;
typedef typeof(free_cell_helper) free_t;

/* tm writes a pointer to its transaction and its number into each branch (h_table.c,
 * init_branches). The last branch is found here only if the transaction and the
 * branches have the size that was built in. */
static bool is_as_built(const struct cell *t)
{
	int last = (int)sr_dst_max_branches - 1;
	/* the structure may be longer than its declaration (T_UAC_PTR) */
	const struct ua_client *uac = (const void *)((const char *)t + sizeof(*t)
												 + MD5_LEN - sizeof(t->md5));

	return t->uac == uac && t->uas.response.my_T == t
		   && uac[last].request.my_T == t
		   && (int)uac[last].request.branch == last
		   && uac[last].local_cancel.my_T == t
		   && (int)uac[last].local_cancel.branch == last;
}

int layout_check(void)
{
	const struct sr_module *module = find_module_by_name("tm");
	build_t *build =
			module != NULL ? dlsym(module->handle, "build_cell") : NULL;
	free_t *release =
			module != NULL ? dlsym(module->handle, "free_cell_helper") : NULL;
	struct cell *t;

	if(build == NULL || release == NULL)
		return 0;
	t = build(NULL);
	if(t == NULL) {
		LM_ERR("no shared memory for a transaction\n");
		return -1;
	}
	if(!is_as_built(t)) {
		LM_ERR("failover.so was built with wrong headers: it is for %s, %s "
			   "runs, "
			   "and transactions have another layout there; build it with the "
			   "headers of the very release that runs\n",
				COMPAT_BUILT, COMPAT_RUNNING);
		return -1;
	}
	release(t, 1, __FILE__, __LINE__);
	return 0;
}
