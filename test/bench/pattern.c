/* SPDX-License-Identifier: GPL-2.0-or-later */
/* pattern: measures the time of searches with patterns that are slow by design,
 * in texts that do not match them.
 *
 *     make bench-pattern [BENCH=--check]
 *
 * With --check it fails if a search takes longer than MS_MAX. */
#include <stdio.h>
#include <string.h>
#include <time.h>

#include "dialplan/pattern.h"

#define MS_MAX 5.0
#define PASSES 7 /* the fastest one counts */

/* Other work of the machine makes a pass longer, never shorter. So a search that
 * took too long is repeated, up to this number of passes. */
#define PASSES_MAX 100

#define TEXT_BYTES_MAX 65536

/* Nested repeats; alternatives that overlap; repeats one after the other;
 * possessive repeats, which count as one step but read all the text; and
 * possessive repeats that can be reached in many ways. */
static const char *const patterns[] = {
		"(a+)+$",
		"!(a+)+$",
		"(a+)+[bc]",
		"(a|aa)+$",
		"^(a|aa)+$",
		"([a-z]+)*\\d",
		"(.*)(.*)(.*)(.*)[cd]",
		"(.+)+[xy]",
		"a+[cd]",
		"(\\w++)[cd]",
		"(?=a++b|a++c|a++d|a++e|a++f|a++g|a++h|a++i)",
		"(a)?(a)?(a)?(?(3)a+b|c)",
		"(?:a?){6}a++[bc]",
		"(?:a?){12}a++[bc]",
};

static const int sizes[] = {
		50, 100, 200, 500, PATTERN_TEXT_BYTES_MAX, TEXT_BYTES_MAX};

#define COUNT(table) ((int)(sizeof(table) / sizeof((table)[0])))

/* The processor time of this process: others use the machine too. */
static double now_ms(void)
{
	struct timespec now;

	clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &now);
	return 1e3 * (double)now.tv_sec + (double)now.tv_nsec / 1e6;
}

static double measure(
		const pattern_t *pattern, searcher_t *searcher, const str *text)
{
	double best = 0;
	int i;

	for(i = 0; i < PASSES || (best > MS_MAX && i < PASSES_MAX); i++) {
		double began = now_ms();
		double took;

		pattern_match(pattern, searcher, text, PATTERN_STEPS_MAX);
		took = now_ms() - began;
		if(i == 0 || took < best)
			best = took;
	}
	return best;
}

/* @return the longest time */
static double measure_pattern(const char *written, searcher_t *searcher)
{
	static char buffer[TEXT_BYTES_MAX];
	str text = {(char *)written, (int)strlen(written)};
	fragment_t fragment = fragment_of(&text);
	diagnostics_t none = {0};
	pattern_t pattern;
	double longest = 0;
	int i;

	if(pattern_compile(&pattern, &fragment, "", NULL, &none) < 0)
		return -1;
	printf("%-44s", written);
	for(i = 0; i < COUNT(sizes); i++) {
		str subject = {buffer, sizes[i]};
		double took;

		memset(buffer, 'a', sizeof(buffer));
		buffer[sizes[i] - 1] = '!';
		took = measure(&pattern, searcher, &subject);
		printf(" %8.3f", took);
		if(took > longest)
			longest = took;
	}
	printf("\n");
	pattern_destroy(&pattern);
	return longest;
}

int main(int argc, char **argv)
{
	bool is_check = argc == 2 && strcmp(argv[1], "--check") == 0;
	searcher_t searcher;
	double longest = 0;
	int i;

	if(argc > 1 && !is_check) {
		fprintf(stderr, "usage: %s [--check]\n", argv[0]);
		return 2;
	}
	if(searcher_init(&searcher) < 0)
		return 1;
	printf("%-44s", "ms for a text of this number of bytes");
	for(i = 0; i < COUNT(sizes); i++)
		printf(" %8d", sizes[i]);
	printf("\n");
	for(i = 0; i < COUNT(patterns); i++) {
		double took = measure_pattern(patterns[i], &searcher);

		if(took < 0)
			return 1;
		if(took > longest)
			longest = took;
	}
	searcher_destroy(&searcher);
	printf("The longest search takes %.2f ms (the target is %.1f at most)\n",
			longest, MS_MAX);
	return is_check && longest > MS_MAX;
}
