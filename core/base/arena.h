/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Many small elements of one size, named by 32-bit numbers instead of pointers: half the size of links, and
 * growing moves the mapping (mremap) without ever copying or holding it twice.
 */
#ifndef KSM_BASE_ARENA_H
#define KSM_BASE_ARENA_H

#include <stddef.h>
#include <stdint.h>

/* Numbers stay below this, so that a link has a bit to spare (see red_black.h). 0 is no element. */
#define KSM_ARENA_MAX 0x7fffffffu

struct ksm_arena {
	void *base;
	size_t size;	   /* bytes of an element, at least 4 */
	uint32_t end;	   /* numbers 1 .. end - 1 have been given out at some time */
	uint32_t capacity; /* elements mapped */
	uint32_t free;	   /* first of the list of elements given back, 0 if none */
	uint32_t ready;	   /* elements before this one have their pages */
};

void ksm_arena_init(struct ksm_arena *arena, size_t size);
void ksm_arena_release(struct ksm_arena *arena);

/* A zeroed element's number, or 0 when memory is short. Pointers into the arena are then stale. */
uint32_t ksm_arena_alloc(struct ksm_arena *arena);
void ksm_arena_free(struct ksm_arena *arena, uint32_t number);

/*
 * Gives memory back: what is in elements below @end, but perhaps the last few, is lost. That of those below @first has
 * been given back already.
 */
void ksm_arena_forget(struct ksm_arena *arena, uint32_t first, uint32_t end);

/* Gives back the elements from @end on, and their memory. None is to be free. */
void ksm_arena_shrink(struct ksm_arena *arena, uint32_t end);

static inline void *ksm_arena_at(const struct ksm_arena *arena, uint32_t number)
{
	return (char *)arena->base + (size_t)number * arena->size;
}

#endif
