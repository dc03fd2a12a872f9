/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Makes one call of a library fail: loaded before a program (LD_PRELOAD), FAIL=KIND:N lets the Nth call of a kind fail, or
 * with a + behind it, that one and all that follow. Kinds: memory (ENOMEM), read (EIO), open (EMFILE), write (ENOSPC).
 * The program's children count along. Descriptor 9, if open, gets a byte when that happens, and descriptor 8 at the end
 * the places in ksmctl and json-c that asked for memory that was not freed.
 */
#define _GNU_SOURCE
#include <dlfcn.h>
#include <errno.h>
#include <fcntl.h>
#include <stdarg.h>
#include <stdatomic.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/uio.h>
#include <unistd.h>

enum kind { NONE, MEMORY, READ, OPEN, WRITE };

static enum kind failing;
static long when;
static bool for_good;
static atomic_long *calls; /* shared with children */

__attribute__((constructor)) static void set_up(void)
{
	static const char *const names[] = {"", "memory", "read", "open", "write"};
	const char *text = getenv("FAIL");

	calls = mmap(NULL, sizeof(*calls), PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1,
		     0);
	for (int kind = MEMORY; text && calls != MAP_FAILED && kind <= WRITE; kind++) {
		size_t len = strlen(names[kind]);

		if (strncmp(text, names[kind], len) || text[len] != ':')
			continue;
		when = strtol(text + len + 1, NULL, 10);
		for_good = text[strlen(text) - 1] == '+';
		failing = (enum kind)kind;
	}
}

static bool fails(enum kind kind)
{
	long call;

	if (kind != failing)
		return false;
	call = ++*calls;
	if (call == when && write(9, "x", 1) < 0)
		errno = 0;
	return for_good ? call >= when : call == when;
}

#define REAL(name) ((__typeof__(&(name)))real(#name))

static void *real(const char *name)
{
	enum kind kind = failing;
	void *found;

	/* Looking for it allocates. */
	failing = NONE;
	found = dlsym(RTLD_NEXT, name);
	failing = kind;
	return found;
}

/* These are needed before dlsym() works. */
void *__libc_malloc(size_t size);
void *__libc_calloc(size_t n, size_t size);
void *__libc_realloc(void *old, size_t size);
void *__libc_memalign(size_t alignment, size_t size);
void __libc_free(void *block);

/* Blocks that are in use, with who asked for them: a hash table in which GONE makes way for none but a new one. */
#define BLOCKS (1u << 18)
#define GONE   ((void *)1)

static struct {
	_Atomic(void *) block;
	void *by;
} blocks[BLOCKS];

static size_t place_of(const void *block)
{
	return ((uintptr_t)block >> 4) * UINT64_C(0x9e3779b97f4a7c15) >> 46;
}

/* What other libraries keep is theirs. */
static bool is_ours(const void *by)
{
	Dl_info info;

	return dladdr(by, &info) &&
	       (strstr(info.dli_fname, "ksmctl") || strstr(info.dli_fname, "libjson-c"));
}

static void *took(void *block, void *by)
{
	size_t at = place_of(block);

	if (!block || !is_ours(by))
		return block;
	for (;; at = (at + 1) % BLOCKS) {
		void *old = blocks[at].block;

		if ((!old || old == GONE) &&
		    atomic_compare_exchange_strong(&blocks[at].block, &old, block))
			break;
	}
	blocks[at].by = by;
	return block;
}

static void gave(const void *block)
{
	size_t at = place_of(block);

	while (blocks[at].block && blocks[at].block != block)
		at = (at + 1) % BLOCKS;
	if (blocks[at].block)
		blocks[at].block = GONE;
}

__attribute__((destructor)) static void tell_leaks(void)
{
	for (size_t i = 0; i < BLOCKS; i++) {
		Dl_info info;

		if (blocks[i].block > GONE && dladdr(blocks[i].by, &info))
			dprintf(8, "%s+0x%tx\n", info.dli_fname,
				(char *)blocks[i].by - (char *)info.dli_fbase);
	}
}

#define CALLER __builtin_return_address(0)

static void *no_memory(void)
{
	errno = ENOMEM;
	return NULL;
}

void *malloc(size_t size)
{
	return fails(MEMORY) ? no_memory() : took(__libc_malloc(size), CALLER);
}

void *calloc(size_t n, size_t size)
{
	return fails(MEMORY) ? no_memory() : took(__libc_calloc(n, size), CALLER);
}

void *realloc(void *old, size_t size)
{
	void *block;

	if (fails(MEMORY))
		return no_memory();
	/* Before somebody else gets the same address. */
	gave(old);
	block = __libc_realloc(old, size);
	took(block ? block : old, CALLER);
	return block;
}

int posix_memalign(void **ret_block, size_t alignment, size_t size)
{
	void *block = fails(MEMORY) ? NULL : took(__libc_memalign(alignment, size), CALLER);

	if (!block)
		return ENOMEM;
	*ret_block = block;
	return 0;
}

void *aligned_alloc(size_t alignment, size_t size)
{
	return fails(MEMORY) ? no_memory() : took(__libc_memalign(alignment, size), CALLER);
}

void free(void *block)
{
	gave(block);
	__libc_free(block);
}

void *mmap(void *at, size_t len, int prot, int flags, int fd, off_t offset)
{
	if (!fails(MEMORY))
		return REAL(mmap)(at, len, prot, flags, fd, offset);
	errno = ENOMEM;
	return MAP_FAILED;
}

void *mremap(void *old, size_t old_len, size_t len, int flags, ...)
{
	if (!fails(MEMORY))
		return REAL(mremap)(old, old_len, len, flags);
	errno = ENOMEM;
	return MAP_FAILED;
}

ssize_t read(int fd, void *buf, size_t len)
{
	if (!fails(READ))
		return REAL(read)(fd, buf, len);
	errno = EIO;
	return -1;
}

ssize_t pread(int fd, void *buf, size_t len, off_t offset)
{
	if (!fails(READ))
		return REAL(pread)(fd, buf, len, offset);
	errno = EIO;
	return -1;
}

ssize_t pread64(int fd, void *buf, size_t len, off64_t offset)
{
	return pread(fd, buf, len, offset);
}

ssize_t process_vm_readv(pid_t pid, const struct iovec *to, unsigned long n_to,
			 const struct iovec *from, unsigned long n_from, unsigned long flags)
{
	if (!fails(READ))
		return REAL(process_vm_readv)(pid, to, n_to, from, n_from, flags);
	errno = EIO;
	return -1;
}

int openat(int dir, const char *path, int flags, ...)
{
	va_list args;
	mode_t mode;

	va_start(args, flags);
	mode = va_arg(args, mode_t);
	va_end(args);
	if (!fails(OPEN))
		return REAL(openat)(dir, path, flags, mode);
	errno = EMFILE;
	return -1;
}

int open(const char *path, int flags, ...)
{
	va_list args;
	mode_t mode;

	va_start(args, flags);
	mode = va_arg(args, mode_t);
	va_end(args);
	return openat(AT_FDCWD, path, flags, mode);
}

ssize_t write(int fd, const void *buf, size_t len)
{
	if (fd == 9 || !fails(WRITE))
		return REAL(write)(fd, buf, len);
	errno = ENOSPC;
	return -1;
}

int fsync(int fd)
{
	if (!fails(WRITE))
		return REAL(fsync)(fd);
	errno = EIO;
	return -1;
}

int rename(const char *from, const char *to)
{
	if (!fails(WRITE))
		return REAL(rename)(from, to);
	errno = ENOSPC;
	return -1;
}
