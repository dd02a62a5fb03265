# shellcheck shell=sh source=test/build/lib.sh
# SPDX-License-Identifier: GPL-2.0-or-later
#
# The check finds a pure file that reads the clock or allocates memory. It names
# the file and the symbol.
. test/build/lib.sh
enter_small_tree

make check-symbols
cat >text/part.c <<-'C'
	#include <stdlib.h>
	#include <time.h>
	#include "text/part.h"
	int part_size(void) { void *volatile p = malloc((size_t)time(NULL)); return p != NULL; }
C
must_fail make check-symbols
output_has 'build/text/part.o: uses malloc'
output_has 'build/text/part.o: uses time'
