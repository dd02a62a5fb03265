/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "text/nearness.h"

#include <string.h>

#include "text/ascii.h"

#define WORD_BYTES_MAX 32

/* A word is taken for a slip of another one if so many letters differ. */
#define SLIP_DISTANCE_MAX 2

static int least(int a, int b)
{
	return a < b ? a : b;
}

/* The distance of Damerau and Levenshtein, without a letter that is moved
 * twice: https://en.wikipedia.org/wiki/Damerau-Levenshtein_distance */
int nearness_distance(const str *word, const char *other)
{
	int rows[WORD_BYTES_MAX + 1][WORD_BYTES_MAX + 1];
	int len = (int)strlen(other);
	int i, j;

	if(word->len > WORD_BYTES_MAX || len > WORD_BYTES_MAX)
		return WORD_BYTES_MAX;
	for(i = 0; i <= word->len; i++) {
		for(j = 0; j <= len; j++) {
			bool is_same;

			if(i == 0 || j == 0) {
				rows[i][j] = i + j;
				continue;
			}
			is_same = to_lower(word->s[i - 1]) == to_lower(other[j - 1]);
			rows[i][j] = least(least(rows[i - 1][j], rows[i][j - 1]) + 1,
					rows[i - 1][j - 1] + !is_same);
			if(i > 1 && j > 1
					&& to_lower(word->s[i - 1]) == to_lower(other[j - 2])
					&& to_lower(word->s[i - 2]) == to_lower(other[j - 1]))
				rows[i][j] = least(rows[i][j], rows[i - 2][j - 2] + 1);
		}
	}
	return rows[word->len][len];
}

bool nearness_is_slip(const str *word, const char *other)
{
	int len = (int)strlen(other);
	int distance;

	if(word->len > len + SLIP_DISTANCE_MAX
			|| word->len < len - SLIP_DISTANCE_MAX)
		return false;
	distance = nearness_distance(word, other);
	return distance <= SLIP_DISTANCE_MAX && distance <= len / 4 + 1
		   && distance < len - 1;
}
