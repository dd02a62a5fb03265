/* SPDX-License-Identifier: GPL-2.0-or-later */
/* location: whether a user is registered. It asks the table of Kamailio's module
 * usrloc, in which registrar keeps the users. */
#ifndef FAILOVER_SERVER_LOCATION_H
#define FAILOVER_SERVER_LOCATION_H

#include "../../core/str.h"

/* the table of save("location") and lookup("location") */
#define LOCATION_TABLE "location"

/** Find usrloc and its table. To be called once all modules are loaded.
 * @return 0, or -1 if this server has none */
int location_bind(void);

/** Is a user registered, with a Contact that has not expired?
 * @param uri the URI of the user; its host counts only if usrloc has use_domain
 * @return 1, 0; SOURCE_UNKNOWN without usrloc */
int location_has(const str *uri);

#endif
