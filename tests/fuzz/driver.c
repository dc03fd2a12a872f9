/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Runs a fuzz target without libFuzzer: fuzz_X [-runs=N] [-seed=S] CORPUS_DIR...
 * Every file of the corpus, then N mutants of them; the same seed gives the same inputs. An input that
 * crashes or hangs is left in ./crash-SEED-NUMBER.
 */
#include <dirent.h>
#include <fcntl.h>
#include <signal.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#define INPUT_MAX    (1u << 16)
#define SECONDS_EACH 30

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

/* Sanitizers end in exit() by default; an abort lets the handler below keep the input. */
const char *__asan_default_options(void);
const char *__ubsan_default_options(void);
const char *__tsan_default_options(void);
const char *__asan_default_options(void)
{
	return "abort_on_error=1";
}
const char *__ubsan_default_options(void)
{
	return "abort_on_error=1:print_stacktrace=1";
}
const char *__tsan_default_options(void)
{
	return "abort_on_error=1";
}

struct input {
	uint8_t *data;
	size_t size;
};

static struct input *corpus;
static size_t n_corpus;
static const uint8_t *current;
static size_t current_size;
static char crash_name[64];
static uint64_t state;

static uint64_t next_random(void)
{
	uint64_t z = (state += UINT64_C(0x9e3779b97f4a7c15));

	z = (z ^ (z >> 30)) * UINT64_C(0xbf58476d1ce4e5b9);
	z = (z ^ (z >> 27)) * UINT64_C(0x94d049bb133111eb);
	return z ^ (z >> 31);
}

static size_t below(size_t n)
{
	return n ? (size_t)(next_random() % n) : 0;
}

/* Only what a signal handler may call. */
static void keep_input(int sig)
{
	static const char said[] = "\ninput kept in ";
	int fd = open(crash_name, O_WRONLY | O_CREAT | O_TRUNC, 0600);

	if (fd >= 0 && write(fd, current, current_size) == (ssize_t)current_size &&
	    write(2, said, sizeof(said) - 1) > 0 && write(2, crash_name, strlen(crash_name)) > 0)
		(void)!write(2, "\n", 1);
	signal(sig, SIG_DFL);
	raise(sig);
}

static void catch_crashes(void)
{
	static const int signals[] = {SIGABRT, SIGALRM, SIGBUS, SIGFPE, SIGILL, SIGSEGV};

	for (size_t i = 0; i < sizeof(signals) / sizeof(signals[0]); i++) {
#if defined(__SANITIZE_ADDRESS__) || defined(__SANITIZE_THREAD__)
		/* The sanitizer reports these itself, and aborts then. */
		if (signals[i] != SIGABRT && signals[i] != SIGALRM)
			continue;
#endif
		signal(signals[i], keep_input);
	}
}

/* In memory of exactly that size, so that a read past the end is seen. */
static void run(const uint8_t *data, size_t size, uint64_t seed, unsigned long number)
{
	uint8_t *copy = malloc(size ? size : 1);

	if (!copy)
		abort();
	memcpy(copy, data, size);
	current = copy;
	current_size = size;
	snprintf(crash_name, sizeof(crash_name), "./crash-%llu-%lu", (unsigned long long)seed,
		 number);
	alarm(SECONDS_EACH);
	LLVMFuzzerTestOneInput(copy, size);
	alarm(0);
	free(copy);
}

/* ------------------------------------------------------------------------- mutation */

static void insert(uint8_t *buf, size_t *size, size_t at, const uint8_t *data, size_t n)
{
	if (n > INPUT_MAX - *size)
		n = INPUT_MAX - *size;
	memmove(buf + at + n, buf + at, *size - at);
	memcpy(buf + at, data, n);
	*size += n;
}

static void insert_number(uint8_t *buf, size_t *size)
{
	static const uint64_t numbers[] = {
		0,
		1,
		0x7f,
		0x80,
		0xff,
		0x100,
		0xfff,
		0x1000,
		0xffff,
		0x10000,
		0x7fffffff,
		0x80000000,
		0xffffffff,
		UINT64_C(1) << 32,
		INT64_MAX,
		UINT64_C(1) << 63,
		UINT64_MAX - 7,
		UINT64_MAX - 0xfff,
		UINT64_MAX,
	};
	uint64_t number = numbers[below(sizeof(numbers) / sizeof(numbers[0]))];
	char text[24];
	size_t at = below(*size + 1), width = (size_t)1 << below(4);

	switch (below(4)) {
	case 0: /* in place, as a file header has it */
		if (*size >= width)
			memcpy(buf + below(*size - width + 1), &number, width);
		break;
	case 1:
		number = width == 8 ? __builtin_bswap64(number)
				    : __builtin_bswap32((uint32_t)number) >> (32 - 8 * width);
		if (*size >= width)
			memcpy(buf + below(*size - width + 1), &number, width);
		break;
	case 2:
		snprintf(text, sizeof(text), "%llu", (unsigned long long)number);
		insert(buf, size, at, (uint8_t *)text, strlen(text));
		break;
	default:
		snprintf(text, sizeof(text), "%llx", (unsigned long long)number);
		insert(buf, size, at, (uint8_t *)text, strlen(text));
	}
}

static void mutate(uint8_t *buf, size_t *size)
{
	static const uint8_t bytes[] = {0,   '\n', ' ', '-',  ':',  '\\',
					'0', '9',  'f', 0x7f, 0x80, 0xff};
	const struct input *other = &corpus[below(n_corpus)];
	size_t at = below(*size), len = below(*size - at) + 1, from;

	if (!*size) {
		insert(buf, size, 0, other->data, other->size);
		return;
	}
	if (below(4))
		len = below(len < 32 ? len : 32) + 1;
	if (len > *size - at)
		len = *size - at;
	switch (below(8)) {
	case 0:
		buf[at] ^= (uint8_t)(1u << below(8));
		break;
	case 1:
		buf[at] = below(2) ? bytes[below(sizeof(bytes))] : (uint8_t)next_random();
		break;
	case 2:
		memmove(buf + at, buf + at + len, *size - at - len);
		*size -= len;
		break;
	case 3: {
		uint8_t *copy = malloc(len);

		if (!copy)
			abort();
		memcpy(copy, buf + at, len);
		insert(buf, size, below(*size + 1), copy, len);
		free(copy);
		break;
	}
	case 4:
		from = below(other->size);
		if (other->size)
			insert(buf, size, at, other->data + from, below(other->size - from) + 1);
		break;
	case 5: /* our head, the other's tail */
		from = below(other->size + 1);
		*size = at;
		insert(buf, size, at, other->data + from, other->size - from);
		break;
	case 6:
		if (!below(8)) {
			*size = at;
			break;
		}
		/* fall through */
	default:
		insert_number(buf, size);
	}
}

/* ------------------------------------------------------------------------- corpus */

static void load_file(const char *path)
{
	struct input input = {malloc(INPUT_MAX), 0};
	int fd = open(path, O_RDONLY | O_CLOEXEC);
	struct input *grown = realloc(corpus, (n_corpus + 1) * sizeof(*corpus));
	ssize_t n;

	if (!grown || !input.data || fd < 0) {
		perror(path);
		exit(2);
	}
	corpus = grown;
	while (input.size < INPUT_MAX &&
	       (n = read(fd, input.data + input.size, INPUT_MAX - input.size)) > 0)
		input.size += (size_t)n;
	close(fd);
	corpus[n_corpus++] = input;
}

static void load(const char *path)
{
	struct dirent **names;
	struct stat st;
	int n;

	if (stat(path, &st) || !S_ISDIR(st.st_mode)) {
		load_file(path);
		return;
	}
	n = scandir(path, &names, NULL, alphasort);
	for (int i = 0; i < n; i++) {
		char *file = NULL;

		if (names[i]->d_name[0] != '.' &&
		    asprintf(&file, "%s/%s", path, names[i]->d_name) > 0)
			load_file(file);
		free(file);
		free(names[i]);
	}
	if (n >= 0)
		free(names);
}

static void run_mutants(unsigned long runs, uint64_t seed)
{
	uint8_t *buf = malloc(INPUT_MAX);

	if (!buf)
		abort();
	for (unsigned long i = 0; i < runs; i++) {
		const struct input *input = &corpus[below(n_corpus)];
		size_t size = input->size;

		memcpy(buf, input->data, size);
		for (size_t k = below(6) + 1; k; k--)
			mutate(buf, &size);
		run(buf, size, seed, n_corpus + i);
	}
	free(buf);
}

int main(int argc, char **argv)
{
	const char *name = strrchr(argv[0], '/') ? strrchr(argv[0], '/') + 1 : argv[0];
	unsigned long runs = 0;
	uint64_t seed = 1;

	for (int i = 1; i < argc; i++) {
		if (!strncmp(argv[i], "-runs=", 6))
			runs = strtoul(argv[i] + 6, NULL, 10);
		else if (!strncmp(argv[i], "-seed=", 6))
			seed = strtoull(argv[i] + 6, NULL, 10);
		else if (argv[i][0] == '-')
			break;
		else
			load(argv[i]);
	}
	if (!n_corpus) {
		fprintf(stderr, "usage: %s [-runs=N] [-seed=S] CORPUS_DIR...\n", name);
		return 2;
	}
	state = seed;
	catch_crashes();
	for (size_t i = 0; i < n_corpus; i++)
		run(corpus[i].data, corpus[i].size, seed, i);
	run_mutants(runs, seed);
	printf("%s: %zu inputs, no finding\n", name, n_corpus + runs);
	for (size_t i = 0; i < n_corpus; i++)
		free(corpus[i].data);
	free(corpus);
	return 0;
}
