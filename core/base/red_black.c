/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Insertion and deletion after Cormen et al., Introduction to Algorithms, chapter 13; number 0 is nil. */
#include "base/red_black.h"

#include <stdbool.h>

#define BLACK 1u

static uint32_t child(struct ksm_rb_space space, uint32_t number, unsigned int side)
{
	return ksm_rb_at(space, number)->child[side];
}

static uint32_t parent(struct ksm_rb_space space, uint32_t number)
{
	return ksm_rb_at(space, number)->parent_color >> 1;
}

static bool is_red(struct ksm_rb_space space, uint32_t number)
{
	return number && !(ksm_rb_at(space, number)->parent_color & BLACK);
}

static void set_parent(struct ksm_rb_space space, uint32_t number, uint32_t above)
{
	struct ksm_rb_node *node = ksm_rb_at(space, number);

	node->parent_color = above << 1 | (node->parent_color & BLACK);
}

static void set_black(struct ksm_rb_space space, uint32_t number)
{
	ksm_rb_at(space, number)->parent_color |= BLACK;
}

static void set_red(struct ksm_rb_space space, uint32_t number)
{
	ksm_rb_at(space, number)->parent_color &= ~BLACK;
}

static unsigned int side_of(struct ksm_rb_space space, uint32_t above, uint32_t number)
{
	return child(space, above, 1) == number;
}

/* What pointed to @old, below @above or as the root, points to @new. */
static void change_child(struct ksm_rb_space space, uint32_t *root, uint32_t above, uint32_t old,
			 uint32_t new)
{
	if (above)
		ksm_rb_at(space, above)->child[side_of(space, above, old)] = new;
	else
		*root = new;
}

/* @number goes down to @side; its child on the other side takes its place. */
static void rotate(struct ksm_rb_space space, uint32_t *root, uint32_t number, unsigned int side)
{
	struct ksm_rb_node *node = ksm_rb_at(space, number);
	uint32_t up = node->child[!side];
	struct ksm_rb_node *up_node = ksm_rb_at(space, up);
	uint32_t above = parent(space, number);

	node->child[!side] = up_node->child[side];
	if (node->child[!side])
		set_parent(space, node->child[!side], number);
	change_child(space, root, above, number, up);
	set_parent(space, up, above);
	up_node->child[side] = number;
	set_parent(space, number, up);
}

void ksm_rb_insert(struct ksm_rb_space space, uint32_t *root, uint32_t number, uint32_t above,
		   unsigned int side)
{
	struct ksm_rb_node *node = ksm_rb_at(space, number);

	node->child[0] = node->child[1] = 0;
	node->parent_color = above << 1;
	if (above)
		ksm_rb_at(space, above)->child[side] = number;
	else
		*root = number;

	while (is_red(space, above)) {
		uint32_t grand = parent(space, above);
		unsigned int up_side = side_of(space, grand, above);
		uint32_t uncle = child(space, grand, !up_side);

		if (is_red(space, uncle)) {
			set_black(space, above);
			set_black(space, uncle);
			set_red(space, grand);
			number = grand;
			above = parent(space, number);
			continue;
		}
		if (side_of(space, above, number) != up_side) {
			rotate(space, root, above, up_side);
			number = above;
			above = parent(space, number);
		}
		set_black(space, above);
		set_red(space, grand);
		rotate(space, root, grand, !up_side);
	}
	set_black(space, *root);
}

/* The paths through @above's child on @side lack one black node: @number (0 for nil) stands there. */
static void mend_black(struct ksm_rb_space space, uint32_t *root, uint32_t number, uint32_t above,
		       unsigned int side)
{
	while (above && !is_red(space, number)) {
		uint32_t sibling = child(space, above, !side);

		if (is_red(space, sibling)) {
			set_black(space, sibling);
			set_red(space, above);
			rotate(space, root, above, side);
			sibling = child(space, above, !side);
		}
		if (!is_red(space, child(space, sibling, 0)) &&
		    !is_red(space, child(space, sibling, 1))) {
			set_red(space, sibling);
			number = above;
			above = parent(space, number);
			side = above ? side_of(space, above, number) : 0;
			continue;
		}
		if (!is_red(space, child(space, sibling, !side))) {
			set_black(space, child(space, sibling, side));
			set_red(space, sibling);
			rotate(space, root, sibling, !side);
			sibling = child(space, above, !side);
		}
		if (is_red(space, above))
			set_red(space, sibling);
		else
			set_black(space, sibling);
		set_black(space, above);
		set_black(space, child(space, sibling, !side));
		rotate(space, root, above, side);
		number = *root;
		above = 0;
	}
	if (number)
		set_black(space, number);
}

void ksm_rb_replace(struct ksm_rb_space space, uint32_t *root, uint32_t number, uint32_t other)
{
	const struct ksm_rb_node *node = ksm_rb_at(space, number);

	*ksm_rb_at(space, other) = *node;
	change_child(space, root, node->parent_color >> 1, number, other);
	for (unsigned int side = 0; side < 2; side++)
		if (node->child[side])
			set_parent(space, node->child[side], other);
}

void ksm_rb_erase(struct ksm_rb_space space, uint32_t *root, uint32_t number)
{
	const struct ksm_rb_node *node = ksm_rb_at(space, number);
	uint32_t leaf = number, below, above;
	unsigned int side;
	bool lost_black;

	/* With two children, the successor gives up its own place and then takes this one's. */
	if (node->child[0] && node->child[1])
		for (leaf = node->child[1]; child(space, leaf, 0);)
			leaf = child(space, leaf, 0);

	below = child(space, leaf, child(space, leaf, 0) == 0);
	above = parent(space, leaf);
	side = above ? side_of(space, above, leaf) : 0;
	lost_black = !is_red(space, leaf);
	change_child(space, root, above, leaf, below);
	if (below)
		set_parent(space, below, above);
	if (leaf != number) {
		if (above == number)
			above = leaf;
		ksm_rb_replace(space, root, number, leaf);
	}
	if (lost_black)
		mend_black(space, root, below, above, side);
}
