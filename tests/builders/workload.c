/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * A process with memory of known contents, and still while nobody talks to it.
 *
 *   workload [--seed=N] [--opt-in=madvise|prctl|none] [--name=TEXT] AREA...
 *
 * AREA is one of these, numbered from 0 in the order given; numbers are pages:
 *
 *   unique:N            all different
 *   repeat:C:K          C contents in turn, K copies of each
 *   zero:N              zeros, written
 *   untouched:N         never touched
 *   read:N              only read: the kernel's shared zero page
 *   sparse:N            all different, with an untouched page behind each
 *   protnone:C:K        as repeat, then PROT_NONE
 *   cowfile:N:A         a private mapping of a file of N different pages, the first A overwritten alike
 *   shared:N            shared anonymous memory, all alike
 *   thp:M:C             M huge pages of 2 MiB, C contents in turn
 *
 * A content is made of the seed, the area's set and a number. The set is the area's number, or S with
 * "@S" behind the area: so areas with the same @S, and workloads with the same seed, have the same contents.
 * Apart from zeros, nothing else is equal.
 *
 * It prints "ready pid=PID" and obeys commands, one a line, with "ok ..." or "error ..." as the answer:
 *
 *   change A FIRST COUNT [SEED]   rewrites pages: as they were at first, but of SEED (default: a new one)
 *   alike A FIRST COUNT NUMBER    gives them all the content of that number in the area's set
 *   clear A FIRST COUNT           writes zeros
 *   drop A FIRST COUNT            back to never touched
 *   unmap A FIRST COUNT           no memory there any more
 *   remap A FIRST COUNT           unmap, then new memory of the same contents in its place
 *   where A                       "ok 0xADDRESS PAGES"
 *   mergeable, unmergeable        opts in or out (all of it, with --opt-in=prctl)
 *   fork                          "ok PID": a child that shares every page, and waits
 *   child N COMMAND...            hands a command to child N (from 0): its answer
 *   reap N                        waits for a child that was told to quit; until then it is a zombie
 *   quit
 *
 * End of input quits too, and it never outlives its parent.
 */
#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <signal.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/wait.h>
#include <unistd.h>

#ifndef PR_SET_MEMORY_MERGE
#define PR_SET_MEMORY_MERGE 67
#endif
#ifndef MADV_COLLAPSE
#define MADV_COLLAPSE 25
#endif

#define HUGE_BYTES (2u << 20)
#define MAX_AREAS  64
#define MAX_FORKS  16
#define MAX_WORDS  8

enum kind { UNIQUE, REPEAT, ZERO, UNTOUCHED, READ, SPARSE, PROTNONE, COWFILE, SHARED, THP };
enum opt_in { OPT_IN_NONE, OPT_IN_MADVISE, OPT_IN_PRCTL };

static const struct {
	const char *name;
	unsigned int numbers;
} kinds[] = {
	[UNIQUE] = {"unique", 1},     [REPEAT] = {"repeat", 2},
	[ZERO] = {"zero", 1},	      [UNTOUCHED] = {"untouched", 1},
	[READ] = {"read", 1},	      [SPARSE] = {"sparse", 1},
	[PROTNONE] = {"protnone", 2}, [COWFILE] = {"cowfile", 2},
	[SHARED] = {"shared", 1},     [THP] = {"thp", 2},
};

struct area {
	enum kind kind;
	unsigned char *start;
	uint64_t pages;	   /* that it spans */
	uint64_t contents; /* different numbers, in turn */
	uint64_t alike;	   /* of a cowfile: pages overwritten */
	uint64_t set;
};

/* All that runs after set-up is here: nothing is allocated, so that no other page changes. */
static struct {
	uint64_t seed;
	uint64_t fresh_seed;
	enum opt_in opt_in;
	size_t page_size;
	struct area area[MAX_AREAS];
	size_t n_areas;
	struct {
		pid_t pid;
		int to;
		int from;
	} child[MAX_FORKS];
	size_t n_children;
	int in;
	int out;
	char line[512];
	size_t line_len;
	char answer[512];
	char relayed[512];
} self;

static void die(const char *what)
{
	fprintf(stderr, "workload: %s: %s\n", what, errno ? strerror(errno) : "not understood");
	exit(1);
}

/* ------------------------------------------------------------------------------- contents */

static uint64_t mix(uint64_t x)
{
	x = (x ^ (x >> 30)) * 0xbf58476d1ce4e5b9u;
	x = (x ^ (x >> 27)) * 0x94d049bb133111ebu;
	return x ^ (x >> 31);
}

/* Random words, and at the end what tells this content from every other for certain. */
static void write_content(unsigned char *page, uint64_t seed, uint64_t set, uint64_t number)
{
	uint64_t *word = (uint64_t *)page;
	size_t n = self.page_size / sizeof(*word);
	uint64_t state = mix(seed + mix(set + mix(number + 1)));

	for (size_t i = 0; i < n - 4; i++)
		word[i] = mix(state += 0x9e3779b97f4a7c15u);
	word[n - 4] = seed;
	word[n - 3] = set;
	word[n - 2] = number;
	word[n - 1] = 1; /* never all zeros */
}

static unsigned char *page_at(const struct area *area, uint64_t i)
{
	return area->start + i * self.page_size;
}

/* Writes page @i as set-up does. */
static void write_page(const struct area *area, uint64_t i, uint64_t seed)
{
	unsigned char *page = page_at(area, i);

	switch (area->kind) {
	case UNTOUCHED:
		break;
	case READ:
		(void)*(volatile unsigned char *)page;
		break;
	case ZERO:
		memset(page, 0, self.page_size);
		break;
	case SPARSE:
		if (i % 2 == 0)
			write_content(page, seed, area->set, i);
		break;
	case COWFILE: /* number 0 is what the file's own pages do not have */
		if (i < area->alike)
			write_content(page, seed, area->set, 0);
		break;
	default:
		write_content(page, seed, area->set, i % area->contents);
	}
}

/* ------------------------------------------------------------------------------- areas */

static unsigned char *map(void *at, size_t bytes, int flags, int fd)
{
	void *start = mmap(at, bytes, PROT_READ | PROT_WRITE,
			   flags | (fd < 0 ? MAP_ANONYMOUS : 0) | (at ? MAP_FIXED : 0), fd, 0);

	if (start == MAP_FAILED)
		die("mmap");
	return start;
}

/* Room for @bytes with an unmapped page on either side: the kernel cannot join areas. */
static unsigned char *reserve(size_t bytes, size_t alignment)
{
	size_t all = bytes + alignment + 2 * self.page_size;
	unsigned char *start = mmap(NULL, all, PROT_NONE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
	uintptr_t aligned;

	if (start == MAP_FAILED)
		die("mmap");
	aligned = ((uintptr_t)start + self.page_size + alignment - 1) / alignment * alignment;
	munmap(start, all);
	return (unsigned char *)aligned;
}

static int temporary_file(const struct area *area)
{
	const char *folder = getenv("TMPDIR");
	static unsigned char page[1 << 16];
	char path[4096];
	int fd;

	snprintf(path, sizeof(path), "%s/workload-XXXXXX", folder ? folder : "/tmp");
	fd = mkostemp(path, O_CLOEXEC);
	if (fd < 0)
		die(path);
	unlink(path);
	for (uint64_t i = 0; i < area->pages; i++) {
		write_content(page, self.seed, area->set, i + 1);
		if (write(fd, page, self.page_size) != (ssize_t)self.page_size)
			die(path);
	}
	memset(page, 0, sizeof(page));
	return fd;
}

static int advise(const struct area *area, int advice)
{
	return madvise(area->start, area->pages * self.page_size, advice);
}

static void set_up_area(struct area *area)
{
	size_t bytes = area->pages * self.page_size;
	int fd = area->kind == COWFILE ? temporary_file(area) : -1;
	void *at = reserve(bytes, area->kind == THP ? HUGE_BYTES : self.page_size);

	area->start = map(at, bytes, area->kind == SHARED ? MAP_SHARED : MAP_PRIVATE, fd);
	if (fd >= 0)
		close(fd);
	advise(area, area->kind == THP ? MADV_HUGEPAGE : MADV_NOHUGEPAGE);
	for (uint64_t i = 0; i < area->pages; i++)
		write_page(area, i, self.seed);
	if (area->kind == THP) {
		/* In case huge pages are off; and what gets split later shall stay split. */
		advise(area, MADV_COLLAPSE);
		advise(area, MADV_NOHUGEPAGE);
	}
	if (area->kind == PROTNONE && mprotect(area->start, bytes, PROT_NONE))
		die("mprotect");
}

static uint64_t number(const char *text)
{
	char *end;
	uint64_t value;

	errno = 0;
	value = strtoull(text, &end, 0);
	if (errno || end == text || *end) {
		errno = 0;
		die(text);
	}
	return value;
}

/* "KIND:N", "KIND:N:M", perhaps with "@SET". */
static void parse_area(char *text)
{
	struct area *area = &self.area[self.n_areas];
	char *set = strchr(text, '@');
	char *first = strchr(text, ':');
	char *second = first ? strchr(first + 1, ':') : NULL;
	uint64_t a, b = 0;
	size_t kind;

	errno = 0;
	if (self.n_areas == MAX_AREAS || !first)
		die(text);
	area->set = set ? number(set + 1) + MAX_AREAS : self.n_areas;
	if (set)
		*set = '\0';
	*first = '\0';
	if (second)
		*second = '\0';
	for (kind = 0; kind < sizeof(kinds) / sizeof(*kinds); kind++)
		if (!strcmp(kinds[kind].name, text))
			break;
	if (kind == sizeof(kinds) / sizeof(*kinds) || (kinds[kind].numbers == 2) != !!second)
		die(text);
	a = number(first + 1);
	if (second)
		b = number(second + 1);
	area->kind = kind;
	area->pages = area->contents = a;
	switch (area->kind) {
	case REPEAT:
	case PROTNONE:
		area->pages = a * b;
		break;
	case SPARSE:
		area->pages = a * 2;
		break;
	case COWFILE:
		area->alike = b;
		break;
	case THP:
		area->pages = a * (HUGE_BYTES / self.page_size);
		area->contents = b;
		break;
	case SHARED:
		area->contents = 1;
		break;
	default:
		break;
	}
	if (!area->pages || !area->contents)
		die("an area of no pages");
	self.n_areas++;
}

static int opt(bool in)
{
	if (self.opt_in == OPT_IN_PRCTL)
		return prctl(PR_SET_MEMORY_MERGE, in, 0, 0, 0);
	self.opt_in = in ? OPT_IN_MADVISE : OPT_IN_NONE;
	for (size_t i = 0; i < self.n_areas; i++)
		if (advise(&self.area[i], in ? MADV_MERGEABLE : MADV_UNMERGEABLE))
			return -1;
	return 0;
}

/* ------------------------------------------------------------------------------- commands */

/* Leaves the next line, without its end, in @line. False at the end of input. */
static bool read_line(int fd, char *line, size_t size)
{
	size_t len = 0;
	char c;

	while (read(fd, &c, 1) == 1) {
		if (c == '\n') {
			line[len] = '\0';
			return true;
		}
		if (len + 1 < size)
			line[len++] = c;
	}
	return false;
}

static void __attribute__((format(printf, 1, 2))) answer(const char *fmt, ...)
{
	va_list args;
	int len;

	va_start(args, fmt);
	len = vsnprintf(self.answer, sizeof(self.answer) - 1, fmt, args);
	va_end(args);
	if (len > (int)sizeof(self.answer) - 2)
		len = sizeof(self.answer) - 2;
	self.answer[len++] = '\n';
	if (write(self.out, self.answer, len) != len)
		_exit(1);
}

static void answer_result(int result)
{
	if (result)
		answer("error %s", strerror(errno));
	else
		answer("ok");
}

/* The command's pages: false, with an answer given, if there are no such ones. */
static bool find_pages(char **word, size_t n, struct area **ret_area, uint64_t *ret_first,
		       uint64_t *ret_count)
{
	uint64_t i, first, count;

	if (n < 4) {
		answer("error AREA FIRST COUNT expected");
		return false;
	}
	i = strtoull(word[1], NULL, 0);
	first = strtoull(word[2], NULL, 0);
	count = strtoull(word[3], NULL, 0);
	if (i >= self.n_areas || first > self.area[i].pages || count > self.area[i].pages - first) {
		answer("error no such pages");
		return false;
	}
	*ret_area = &self.area[i];
	*ret_first = first;
	*ret_count = count;
	return true;
}

enum rewrite { AS_AT_FIRST, ALIKE, CLEAR };

static void rewrite(const struct area *area, uint64_t first, uint64_t count, enum rewrite how,
		    uint64_t value)
{
	size_t bytes = area->pages * self.page_size;

	if (area->kind == PROTNONE && mprotect(area->start, bytes, PROT_READ | PROT_WRITE)) {
		answer_result(-1);
		return;
	}
	for (uint64_t i = first; i < first + count; i++) {
		if (how == AS_AT_FIRST)
			write_page(area, i, value);
		else if (how == ALIKE)
			write_content(page_at(area, i), self.seed, area->set, value);
		else
			memset(page_at(area, i), 0, self.page_size);
	}
	if (area->kind == PROTNONE && mprotect(area->start, bytes, PROT_NONE)) {
		answer_result(-1);
		return;
	}
	answer_result(0);
}

static void remap(const struct area *area, uint64_t first, uint64_t count)
{
	size_t bytes = count * self.page_size;
	unsigned char *start = page_at(area, first);

	if (area->kind == COWFILE || area->kind == THP) {
		answer("error not for this kind of area");
		return;
	}
	if (munmap(start, bytes)) {
		answer_result(-1);
		return;
	}
	map(start, bytes, area->kind == SHARED ? MAP_SHARED : MAP_PRIVATE, -1);
	madvise(start, bytes, MADV_NOHUGEPAGE);
	if (self.opt_in == OPT_IN_MADVISE)
		madvise(start, bytes, MADV_MERGEABLE);
	for (uint64_t i = first; i < first + count; i++)
		write_page(area, i, self.seed);
	if (area->kind == PROTNONE)
		mprotect(start, bytes, PROT_NONE);
	answer_result(0);
}

static void fork_child(void)
{
	int to[2], from[2];
	pid_t parent = getpid();
	pid_t pid;

	if (self.n_children == MAX_FORKS || pipe2(to, O_CLOEXEC) || pipe2(from, O_CLOEXEC)) {
		answer("error no more children");
		return;
	}
	pid = fork();
	if (pid < 0) {
		answer_result(-1);
		return;
	}
	if (!pid) {
		prctl(PR_SET_PDEATHSIG, SIGKILL);
		if (getppid() != parent)
			_exit(1);
		close(to[1]);
		close(from[0]);
		for (size_t i = 0; i < self.n_children; i++) {
			close(self.child[i].to);
			close(self.child[i].from);
		}
		self.n_children = 0;
		self.in = to[0];
		self.out = from[1];
		answer("ready"); /* the parent waits for it: from then on the child's memory is still */
		return;
	}
	close(to[0]);
	close(from[1]);
	self.child[self.n_children].pid = pid;
	self.child[self.n_children].to = to[1];
	self.child[self.n_children].from = from[0];
	self.n_children++;
	if (!read_line(from[0], self.relayed, sizeof(self.relayed))) {
		answer("error the child died");
		return;
	}
	answer("ok %d", (int)pid);
}

static void hand_to_child(const char *which, const char *command)
{
	size_t i = strtoull(which, NULL, 0);
	size_t len = strlen(command);

	if (i >= self.n_children) {
		answer("error no such child");
		return;
	}
	if (write(self.child[i].to, command, len) != (ssize_t)len ||
	    write(self.child[i].to, "\n", 1) != 1 ||
	    !read_line(self.child[i].from, self.relayed, sizeof(self.relayed))) {
		answer("error the child is gone");
		return;
	}
	answer("%s", self.relayed);
}

static size_t split(char *line, char **word)
{
	size_t n = 0;

	for (char *p = line; *p && n < MAX_WORDS;) {
		while (*p == ' ')
			*p++ = '\0';
		if (!*p)
			break;
		word[n++] = p;
		while (*p && *p != ' ')
			p++;
	}
	return n;
}

/* The commands that name pages. False if @word is none of them. */
static bool obey_for_pages(char **word, size_t n)
{
	static const char *const names[] = {"change", "alike", "clear", "drop", "unmap", "remap"};
	struct area *area;
	uint64_t first, count;
	size_t which = 0;

	while (which < sizeof(names) / sizeof(*names) && strcmp(names[which], word[0]) != 0)
		which++;
	if (which == sizeof(names) / sizeof(*names))
		return false;
	if (!find_pages(word, n, &area, &first, &count))
		return true;
	switch (which) {
	case 0:
		rewrite(area, first, count, AS_AT_FIRST,
			n > 4 ? strtoull(word[4], NULL, 0) : ++self.fresh_seed);
		break;
	case 1:
		rewrite(area, first, count, ALIKE, n > 4 ? strtoull(word[4], NULL, 0) : 0);
		break;
	case 2:
		rewrite(area, first, count, CLEAR, 0);
		break;
	case 3:
		answer_result(madvise(page_at(area, first), count * self.page_size, MADV_DONTNEED));
		break;
	case 4:
		answer_result(munmap(page_at(area, first), count * self.page_size));
		break;
	default:
		remap(area, first, count);
	}
	return true;
}

/* False when it is time to go. */
static bool obey(void)
{
	char *word[MAX_WORDS];
	char *rest = NULL;
	size_t n;

	if (!strncmp(self.line, "child ", 6)) {
		rest = strchr(self.line + 6, ' ');
		if (rest)
			*rest++ = '\0';
		hand_to_child(self.line + 6, rest ? rest : "");
		return true;
	}
	n = split(self.line, word);
	if (!n) {
		answer("error a command expected");
	} else if (!strcmp(word[0], "quit")) {
		answer("ok");
		return false;
	} else if (!strcmp(word[0], "fork")) {
		fork_child();
	} else if (!strcmp(word[0], "reap") && n == 2 &&
		   strtoull(word[1], NULL, 0) < self.n_children) {
		pid_t pid = self.child[strtoull(word[1], NULL, 0)].pid;

		answer_result(waitpid(pid, NULL, 0) == pid ? 0 : -1);
	} else if (!strcmp(word[0], "where") && n == 2 &&
		   strtoull(word[1], NULL, 0) < self.n_areas) {
		const struct area *area = &self.area[strtoull(word[1], NULL, 0)];

		answer("ok 0x%" PRIxPTR " %" PRIu64, (uintptr_t)area->start, area->pages);
	} else if (!strcmp(word[0], "mergeable")) {
		answer_result(opt(true));
	} else if (!strcmp(word[0], "unmergeable")) {
		answer_result(opt(false));
	} else if (!obey_for_pages(word, n)) {
		answer("error no such command");
	}
	return true;
}

static void parse_option(const char *text)
{
	errno = 0;
	if (!strncmp(text, "--seed=", 7))
		self.seed = number(text + 7);
	else if (!strncmp(text, "--name=", 7))
		prctl(PR_SET_NAME, text + 7);
	else if (!strcmp(text, "--opt-in=madvise"))
		self.opt_in = OPT_IN_MADVISE;
	else if (!strcmp(text, "--opt-in=prctl"))
		self.opt_in = OPT_IN_PRCTL;
	else if (strcmp(text, "--opt-in=none") != 0)
		die(text);
}

int main(int argc, char **argv)
{
	prctl(PR_SET_PDEATHSIG, SIGKILL);
	signal(SIGPIPE, SIG_IGN);
	self.page_size = sysconf(_SC_PAGESIZE);
	self.out = STDOUT_FILENO;
	self.seed = 1;
	for (int i = 1; i < argc; i++) {
		if (!strncmp(argv[i], "--", 2))
			parse_option(argv[i]);
		else
			parse_area(argv[i]);
	}
	/* Far from the seeds that people choose, and another for each process. */
	self.fresh_seed = (self.seed << 32) + ((uint64_t)getpid() << 40) + 1;
	for (size_t i = 0; i < self.n_areas; i++)
		set_up_area(&self.area[i]);
	if (self.opt_in != OPT_IN_NONE && opt(true))
		die("opting in");
	answer("ready pid=%d", (int)getpid());
	while (read_line(self.in, self.line, sizeof(self.line)) && obey())
		;
	return 0;
}
