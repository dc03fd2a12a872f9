/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "base/arena.h"

#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

#include "base/populate.h"

#define FIRST_CAPACITY 4096
/* Bytes that get their pages together. */
#define PIECE 65536

void ksm_arena_init(struct ksm_arena *arena, size_t size)
{
	memset(arena, 0, sizeof(*arena));
	arena->size = size;
	arena->end = 1;
}

void ksm_arena_release(struct ksm_arena *arena)
{
	if (arena->base)
		munmap(arena->base, arena->capacity * arena->size);
	ksm_arena_init(arena, arena->size);
}

static int grow(struct ksm_arena *arena)
{
	uint64_t want = arena->capacity ? arena->capacity + (uint64_t)arena->capacity / 2
					: FIRST_CAPACITY;
	void *base;

	if (want > KSM_ARENA_MAX)
		want = KSM_ARENA_MAX;
	if (arena->end >= want)
		return -1;
	if (arena->base)
		base = mremap(arena->base, arena->capacity * arena->size, want * arena->size,
			      MREMAP_MAYMOVE);
	else
		base = mmap(NULL, want * arena->size, PROT_READ | PROT_WRITE,
			    MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
	if (base == MAP_FAILED)
		return -1;
	arena->base = base;
	arena->capacity = (uint32_t)want;
	return 0;
}

/* Room for the next element, and some behind it. */
static int prepare(struct ksm_arena *arena)
{
	size_t from, to, last;

	if (arena->end >= arena->capacity && grow(arena))
		return -1;
	last = arena->capacity * arena->size;
	from = arena->end * arena->size;
	to = from + PIECE < last ? from + PIECE : last;
	ksm_populate((char *)arena->base + from, to - from);
	arena->ready = (uint32_t)(to / arena->size);
	return 0;
}

uint32_t ksm_arena_alloc(struct ksm_arena *arena)
{
	uint32_t number = arena->free;

	if (number) {
		memcpy(&arena->free, ksm_arena_at(arena, number), sizeof(arena->free));
		memset(ksm_arena_at(arena, number), 0, arena->size);
		return number;
	}
	/* Fresh anonymous memory is zero already. */
	if (arena->end >= arena->ready && prepare(arena))
		return 0;
	return arena->end++;
}

void ksm_arena_free(struct ksm_arena *arena, uint32_t number)
{
	memset(ksm_arena_at(arena, number), 0, arena->size);
	memcpy(ksm_arena_at(arena, number), &arena->free, sizeof(arena->free));
	arena->free = number;
}

void ksm_arena_forget(struct ksm_arena *arena, uint32_t first, uint32_t end)
{
	size_t mask = ~((size_t)sysconf(_SC_PAGESIZE) - 1);
	size_t from = (size_t)first * arena->size & mask, to = (size_t)end * arena->size & mask;

	if (from < to)
		madvise((char *)arena->base + from, to - from, MADV_DONTNEED);
}

void ksm_arena_shrink(struct ksm_arena *arena, uint32_t end)
{
	size_t page = (size_t)sysconf(_SC_PAGESIZE), from = (size_t)end * arena->size;
	size_t to = (from + page - 1) & ~(page - 1), last = (size_t)arena->ready * arena->size;

	if (end == arena->end)
		return;
	if (to < last)
		madvise((char *)arena->base + to, last - to, MADV_DONTNEED);
	memset((char *)arena->base + from, 0, (to < last ? to : last) - from);
	arena->end = arena->ready = end;
	arena->free = 0;
}
