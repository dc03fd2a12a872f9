/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Red-black trees over elements of an arena, as in lib/rbtree.c: the caller walks and links, the tree
 * balances. A root is an element's number, 0 for an empty tree.
 */
#ifndef KSM_BASE_RED_BLACK_H
#define KSM_BASE_RED_BLACK_H

#include <stddef.h>
#include <stdint.h>

#include "base/arena.h"

struct ksm_rb_node {
	uint32_t child[2];     /* left, right; 0 for none */
	uint32_t parent_color; /* the parent's number times two, plus 1 if this node is black */
};

/* Where a tree's nodes live: the element's node is at @offset in it. */
struct ksm_rb_space {
	const struct ksm_arena *arena;
	size_t offset;
};

static inline struct ksm_rb_node *ksm_rb_at(struct ksm_rb_space space, uint32_t number)
{
	return (struct ksm_rb_node *)((char *)ksm_arena_at(space.arena, number) + space.offset);
}

/*
 * Links @number as child @side (0 left, 1 right) of @parent, which has none there (@parent 0: the tree is
 * empty), and balances.
 */
void ksm_rb_insert(struct ksm_rb_space space, uint32_t *root, uint32_t number, uint32_t parent,
		   unsigned int side);
void ksm_rb_erase(struct ksm_rb_space space, uint32_t *root, uint32_t number);
/* Puts @other, which is in no tree, in the place of @number. */
void ksm_rb_replace(struct ksm_rb_space space, uint32_t *root, uint32_t number, uint32_t other);

#endif
