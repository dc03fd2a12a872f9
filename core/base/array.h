/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Growing arrays: a pointer, a count and a capacity that the owner keeps. */
#ifndef KSM_BASE_ARRAY_H
#define KSM_BASE_ARRAY_H

#include <stddef.h>

/*
 * Makes room for @need elements of @size bytes behind *@array (a pointer to the owner's pointer). Grows by
 * half so that appending is amortised. Returns 0 or -ENOMEM, also when the size would overflow; the array
 * is then as before. The owner frees it with free().
 */
int ksm_array_reserve(void *array, size_t *capacity, size_t need, size_t size);

/*
 * As calloc(3), for what is all used soon and at random: has its pages already, where one that is read first would
 * take two faults, and each of these costs more than what a page is used for. NULL for want of memory; the caller frees.
 */
void *ksm_array_zeroed(size_t n, size_t size);

#endif
