/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The properties for libFuzzer, which is clang's; not a part of `make check`:
 *     clang -g -O1 -fsanitize=fuzzer,address,undefined \
 *         -isystem build/kamailio/src/modules/tm -I. -Itest/unit \
 *         -DPROPERTY=property_dialplan test/unit/fuzz/fuzz.c \
 *         test/unit/properties.c test/unit/support.c PURE-FILES.c \
 *         $(pkg-config --cflags --libs check libpcre2-8) -o build/fuzz
 *     build/fuzz -max_total_time=300 CORPUS-FOLDER */
#include <stdint.h>

#include "properties.h"

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t size);

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t size)
{
	PROPERTY((const char *)bytes, size);
	return 0;
}
