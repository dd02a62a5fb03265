/* SPDX-License-Identifier: GPL-2.0-or-later */
/* A library for LD_PRELOAD that forces a race, or makes a send fail. The variable
 * FAILOVER_SHIM of the environment has its rules, separated by blanks:
 *
 *     send:METHOD:PORT:NTH:MS:ERRNO   the NTH datagram to PORT that begins with
 *                                     METHOD is delayed by MS milliseconds and
 *                                     fails with ERRNO; 0: it is sent
 *     sent:METHOD:PORT:NTH:MS         after it has sent this datagram, the process
 *                                     is delayed
 *     log:NTH:MS:TEXT                 the process that writes the NTH line to the
 *                                     log with TEXT (_ is a blank) is delayed
 *     connect:PORT:NTH:MS:ERRNO       as send, for the NTH connection to PORT
 *     memory:BYTES                    malloc() of BYTES and more fails
 *     name:NAME:MS:FOUND              each look-up of NAME takes MS milliseconds;
 *                                     there is no such host, or with FOUND = 1 it
 *                                     is 127.0.0.1. No query leaves the machine.
 *
 * All processes of the server count together. Each rule that was applied is written
 * to stderr. */
#define _GNU_SOURCE
#include <arpa/inet.h>
#include <dlfcn.h>
#include <errno.h>
#include <netdb.h>
#include <stdarg.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/socket.h>
#include <time.h>
#include <unistd.h>

#define RULES_MAX 8

typedef struct rule
{
	char kind; /* s (send), t (sent), l, c, m or n */
	char text[64];
	int port, nth, ms, error;
	int found;
	atomic_int *seen; /* shared by the processes */
} rule_t;

static rule_t rules[RULES_MAX];
static int n_rules;

int __fprintf_chk(FILE *stream, int flag, const char *format, ...);

static int read_rule(const char *word, rule_t *rule)
{
	char *c;

	rule->kind = word[0];
	if(sscanf(word, "send:%63[A-Z]:%d:%d:%d:%d", rule->text, &rule->port,
			   &rule->nth, &rule->ms, &rule->error)
			== 5)
		return 0;
	if(sscanf(word, "sent:%63[A-Z]:%d:%d:%d", rule->text, &rule->port,
			   &rule->nth, &rule->ms)
			== 4) {
		rule->kind = 't';
		return 0;
	}
	if(sscanf(word, "connect:%d:%d:%d:%d", &rule->port, &rule->nth, &rule->ms,
			   &rule->error)
			== 4) {
		strcpy(rule->text, "connect");
		return 0;
	}
	if(sscanf(word, "memory:%d", &rule->ms) == 1)
		return 0;
	if(sscanf(word, "name:%63[a-z0-9.-]:%d:%d", rule->text, &rule->ms,
			   &rule->found)
			== 3)
		return 0;
	if(sscanf(word, "log:%d:%d:%63s", &rule->nth, &rule->ms, rule->text) != 3)
		return -1;
	for(c = rule->text; *c != '\0'; c++) {
		if(*c == '_')
			*c = ' ';
	}
	return 0;
}

__attribute__((constructor)) static void read_rules(void)
{
	const char *told = getenv("FAILOVER_SHIM");
	char *text = strdup(told == NULL ? "" : told);
	char *rest, *word;
	atomic_int *counts = mmap(NULL, RULES_MAX * sizeof(*counts),
			PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0);

	if(text == NULL || counts == MAP_FAILED)
		abort();
	for(word = strtok_r(text, " ", &rest); word != NULL;
			word = strtok_r(NULL, " ", &rest)) {
		if(n_rules == RULES_MAX || read_rule(word, &rules[n_rules]) < 0)
			abort();
		rules[n_rules].seen = &counts[n_rules];
		n_rules++;
	}
	free(text);
}

/* The clock of the server interrupts each sleep of its timer process. */
static void sleep_ms(int ms)
{
	struct timespec left = {ms / 1000, ms % 1000 * 1000000L};

	while(nanosleep(&left, &left) != 0 && errno == EINTR)
		;
}

static void hold(const rule_t *rule)
{
	dprintf(STDERR_FILENO, "shim: %d is held at [%s]\n", getpid(), rule->text);
	sleep_ms(rule->ms);
	dprintf(STDERR_FILENO, "shim: %d goes on from [%s]\n", getpid(),
			rule->text);
}

/* Count an event; if the rule is for it, wait. @return whether it is */
static int applies(rule_t *rule)
{
	if(atomic_fetch_add(rule->seen, 1) + 1 != rule->nth)
		return 0;
	hold(rule);
	return 1;
}

static int port_of(const struct sockaddr *to)
{
	if(to == NULL)
		return 0;
	return ntohs(to->sa_family == AF_INET6
						 ? ((const struct sockaddr_in6 *)to)->sin6_port
						 : ((const struct sockaddr_in *)to)->sin_port);
}

/* The same for a datagram and a rule of this kind. */
static int applies_to_datagram(rule_t *rule, char kind, const void *data,
		size_t len, const struct sockaddr *to)
{
	return rule->kind == kind && len >= strlen(rule->text)
		   && memcmp(data, rule->text, strlen(rule->text)) == 0
		   && port_of(to) == rule->port && applies(rule);
}

ssize_t sendto(int fd, const void *data, size_t len, int flags,
		const struct sockaddr *to, socklen_t to_len)
{
	static ssize_t (*real)(
			int, const void *, size_t, int, const struct sockaddr *, socklen_t);
	ssize_t sent;
	int i;

	if(real == NULL)
		*(void **)&real = dlsym(RTLD_NEXT, "sendto");
	for(i = 0; i < n_rules; i++) {
		if(!applies_to_datagram(&rules[i], 's', data, len, to)
				|| rules[i].error == 0)
			continue;
		errno = rules[i].error;
		return -1;
	}
	sent = real(fd, data, len, flags, to, to_len);
	for(i = 0; i < n_rules; i++)
		applies_to_datagram(&rules[i], 't', data, len, to);
	return sent;
}

/* Kamailio writes its log to stderr with one of these: the first, if it was built with
 * _FORTIFY_SOURCE, as on Debian; otherwise the second. */
static int print(FILE *stream, const char *format, va_list args)
{
	char line[4096];
	va_list again;
	int i, printed;

	va_copy(again, args);
	vsnprintf(line, sizeof(line), format, again);
	va_end(again);
	printed = vfprintf(stream, format, args);
	for(i = 0; i < n_rules; i++) {
		if(rules[i].kind == 'l' && strstr(line, rules[i].text) != NULL)
			applies(&rules[i]);
	}
	return printed;
}

int __fprintf_chk(FILE *stream, int flag, const char *format, ...)
{
	va_list args;
	int printed;

	(void)flag;
	va_start(args, format);
	printed = print(stream, format, args);
	va_end(args);
	return printed;
}

int fprintf(FILE *stream, const char *format, ...)
{
	va_list args;
	int printed;

	va_start(args, format);
	printed = print(stream, format, args);
	va_end(args);
	return printed;
}

int connect(int fd, const struct sockaddr *to, socklen_t to_len)
{
	static int (*real)(int, const struct sockaddr *, socklen_t);
	int i;

	if(real == NULL)
		*(void **)&real = dlsym(RTLD_NEXT, "connect");
	for(i = 0; i < n_rules; i++) {
		rule_t *rule = &rules[i];

		if(rule->kind != 'c' || port_of(to) != rule->port || !applies(rule)
				|| rule->error == 0)
			continue;
		errno = rule->error;
		return -1;
	}
	return real(fd, to, to_len);
}

/* Append the name of a query in the format of DNS.
 * @return the place after it */
static unsigned char *put_name(unsigned char *end, const char *name)
{
	while(*name != '\0') {
		size_t len = strcspn(name, ".");

		*end++ = (unsigned char)len;
		memcpy(end, name, len);
		end += len;
		name += len + (name[len] == '.');
	}
	*end++ = 0;
	return end;
}

/* The answer of a name server that knows one A record of a name. */
static int answer_localhost(const char *name, unsigned char *answer)
{
	static const unsigned char head[] = {
			0, 1, 0x85, 0x80, 0, 1, 0, 1, 0, 0, 0, 0};
	static const unsigned char question[] = {0, 1, 0, 1};
	static const unsigned char record[] = {
			0xc0, 12, 0, 1, 0, 1, 0, 0, 0, 60, 0, 4, 127, 0, 0, 1};
	unsigned char *end = answer;

	memcpy(end, head, sizeof(head));
	end = put_name(end + sizeof(head), name);
	memcpy(end, question, sizeof(question));
	end += sizeof(question);
	memcpy(end, record, sizeof(record));
	return (int)(end + sizeof(record) - answer);
}

int res_search(const char *name, int class, int type, unsigned char *answer,
		int answer_len)
{
	static int (*real)(const char *, int, int, unsigned char *, int);
	int i;

	if(real == NULL)
		*(void **)&real = dlsym(RTLD_NEXT, "res_search");
	for(i = 0; i < n_rules; i++) {
		if(rules[i].kind != 'n' || strcmp(name, rules[i].text) != 0)
			continue;
		hold(&rules[i]);
		if(type == 1 && rules[i].found && answer_len >= 512)
			return answer_localhost(name, answer);
		h_errno = HOST_NOT_FOUND;
		return -1;
	}
	return real(name, class, type, answer, answer_len);
}

void *malloc(size_t bytes)
{
	static void *(*real)(size_t);
	int i;

	if(real == NULL)
		*(void **)&real = dlsym(RTLD_NEXT, "malloc");
	for(i = 0; i < n_rules; i++) {
		if(rules[i].kind == 'm' && bytes >= (size_t)rules[i].ms)
			return NULL;
	}
	return real(bytes);
}
