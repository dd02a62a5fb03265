# shellcheck shell=sh source=test/build/lib.sh
# SPDX-License-Identifier: GPL-2.0-or-later
#
# The check finds an include of a higher layer, and names both layers. It also
# finds a pure file that includes more of Kamailio than its string, and a file
# that is in no layer. It reads each form of an include that the compiler reads.
. test/build/lib.sh

make check-layers

mkdir "$scratch/text" "$scratch/call" "$scratch/server" "$scratch/extra"
echo '#include "call/call.h"' >"$scratch/server/up.c"
printf '%s\n' '#include "../../core/str.h"' '#include "../../core/dprint.h"' >"$scratch/text/impure.h"
printf '%s\n' '#include "../../core/dprint.h"' '#include "server/log.h"' >"$scratch/call/policy.c"
printf '%s\n' '#include "../../core/dprint.h"' '#include "server/log.h"' >"$scratch/call/good.c"
printf '%s\n' '#include "server/pure.h"' '#include "server/up.h"' >"$scratch/server/pure.c"
mkdir "$scratch/text/below"
cat >"$scratch/text/blanks.c" <<-'C'
	#  include "call/call.h"
	 #include <sip/sip_uri.h>
	#include <../../core/dprint.h>
	# include <core/dprint.h> /* "server/log.h" */
	#include <sys/types.h>
	#include "text/blanks.h"
C
echo '#include <call/call.h>' >"$scratch/text/below/deep.c"
must_fail scripts/check-layers.sh "$scratch" call/policy.c server/pure.c
output_has 'server/up.c:1: server includes call/call.h, which is in a higher layer'
output_has 'text/impure.h:2: a pure file includes ../../core/dprint.h'
output_has 'call/policy.c:1: a pure file includes ../../core/dprint.h'
output_has 'call/policy.c:2: a pure file includes server/log.h, which is not pure'
output_has 'server/pure.c:2: a pure file includes server/up.h, which is not pure'
output_has 'text/blanks.c:1: text includes call/call.h'
output_has 'text/blanks.c:2: text includes sip/sip_uri.h'
output_has 'text/blanks.c:3: a pure file includes ../../core/dprint.h'
output_has 'text/blanks.c:4: a pure file includes core/dprint.h'
output_has 'text/below/deep.c:1: text includes call/call.h'
[ "$(wc -l <"$scratch/output")" -eq 10 ] || {
	cat "$scratch/output"
	fail "a correct include was reported"
}

echo >"$scratch/extra/lost.c"
must_fail scripts/check-layers.sh "$scratch" call/policy.c server/pure.c
output_has 'extra/lost.c: is in no layer'
