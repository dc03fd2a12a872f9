/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "base/array.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "base/populate.h"

int ksm_array_reserve(void *array, size_t *capacity, size_t need, size_t size)
{
	size_t want = *capacity + *capacity / 2;
	void *old, *new;

	if (need <= *capacity)
		return 0;
	if (want < need)
		want = need;
	if (want < 16)
		want = 16;
	memcpy(&old, array, sizeof(old));
	new = reallocarray(old, want, size);
	if (!new)
		return -ENOMEM;
	memcpy(array, &new, sizeof(new));
	*capacity = want;
	return 0;
}

void *ksm_array_zeroed(size_t n, size_t size)
{
	void *array = calloc(n, size);

	if (array)
		ksm_populate(array, n * size);
	return array;
}
