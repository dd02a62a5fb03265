/* SPDX-License-Identifier: GPL-2.0-or-later */
/* run RESULTS JOBS: runs the unit tests of the pure files, JOBS suites at a time. It
 * writes one line for each test to the file RESULTS, in the format TAP.
 *
 * The tests of a suite share a process, because a process for each test takes 15 ms
 * under the sanitizers. If a suite fails, crashes, leaks or does not end, it is run
 * again with a process for each test, to find which test it was. The suite has failed,
 * whatever the result of the second run. CK_RUN_SUITE=NAME runs one suite. */
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/wait.h>
#include <unistd.h>

#include "suites.h"

#define PATH_SIZE 4096
#define LIMIT_S 300 /* the limit for a suite, on a slow machine */

#define ROW(name) {#name, suite_##name, 0},

static struct
{
	const char *name;
	Suite *(*create)(void);
	pid_t runs; /* the process, 0: none */
} suites[] = {SUITES(ROW)};

#define N_SUITES (sizeof(suites) / sizeof(suites[0]))

static void results_of(char *path, const char *results, size_t i)
{
	snprintf(path, PATH_SIZE, "%s.%s", results, suites[i].name);
}

/* @return how many tests of the suite failed */
static int play(size_t i, const char *results, enum fork_status status)
{
	SRunner *runner = srunner_create(suites[i].create());
	char path[PATH_SIZE];
	int failed;

	results_of(path, results, i);
	srunner_set_fork_status(runner, status);
	srunner_set_tap(runner, path);
	srunner_run_all(runner, CK_NORMAL);
	failed = srunner_ntests_failed(runner);
	srunner_free(runner);
	return failed;
}

/* Runs a suite in a process of its own, which looks for leaks when it ends. */
static void begin(size_t i, const char *results, enum fork_status status)
{
	fflush(stdout);
	suites[i].runs = fork();
	if(suites[i].runs == 0) {
		alarm(status == CK_NOFORK ? LIMIT_S : 0);
		exit(play(i, results, status) == 0 ? EXIT_SUCCESS : EXIT_FAILURE);
	}
	if(suites[i].runs < 0) {
		perror("fork");
		exit(EXIT_FAILURE);
	}
}

/* Waits for the end of any suite. @return its number; good: nothing failed */
static size_t end(bool *good)
{
	int status = -1;
	pid_t ended = wait(&status);
	size_t i;

	for(i = 0; i < N_SUITES && suites[i].runs != ended; i++)
		;
	if(i == N_SUITES) {
		perror("wait");
		exit(EXIT_FAILURE);
	}
	suites[i].runs = 0;
	*good = status == 0;
	return i;
}

/* Says which test of a suite it was that failed. */
static void look_again(size_t i, const char *results)
{
	char path[PATH_SIZE];
	bool good;
	FILE *file;

	printf("%s failed; once more, with a process for each test:\n",
			suites[i].name);
	begin(i, results, CK_FORK);
	if(waitpid(suites[i].runs, NULL, 0) < 0)
		perror("waitpid");
	suites[i].runs = 0;
	results_of(path, results, i);
	file = fopen(path, "a");
	good = file != NULL
		   && fprintf(file, "not ok - %s, its tests in one process\n",
					  suites[i].name)
					  > 0;
	if(file == NULL || fclose(file) != 0 || !good)
		perror(path);
}

/* Appends the lines of a suite to those of all. */
static void collect(size_t i, const char *results, FILE *all)
{
	char path[PATH_SIZE], line[PATH_SIZE];
	FILE *file;

	results_of(path, results, i);
	file = fopen(path, "r");
	if(file == NULL)
		return; /* CK_RUN_SUITE names another suite */
	while(fgets(line, sizeof(line), file) != NULL)
		fputs(line, all);
	fclose(file);
	remove(path);
}

int main(int argc, char **argv)
{
	int jobs = argc == 3 ? atoi(argv[2]) : 0;
	size_t begun, ended, i, n_failed = 0;
	bool failed[N_SUITES] = {false}, good;
	FILE *all;

	if(jobs < 1) {
		fprintf(stderr, "usage: %s RESULTS JOBS\n", argv[0]);
		return 2;
	}
	for(begun = ended = 0; ended < N_SUITES; ended++) {
		for(; begun < N_SUITES && begun < ended + (size_t)jobs; begun++)
			begin(begun, argv[1], CK_NOFORK);
		i = end(&good);
		failed[i] = !good;
	}
	all = fopen(argv[1], "w");
	if(all == NULL) {
		perror(argv[1]);
		return EXIT_FAILURE;
	}
	for(i = 0; i < N_SUITES; i++) {
		if(failed[i]) {
			n_failed++;
			look_again(i, argv[1]);
		}
		collect(i, argv[1], all);
	}
	return fclose(all) == 0 && n_failed == 0 ? EXIT_SUCCESS : EXIT_FAILURE;
}
