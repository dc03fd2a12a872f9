/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "ksmd/forest.h"

#include <errno.h>
#include <stdlib.h>

#include "base/array.h"
#include "ksmd/internal.h"

#define ROOTS_MAX (1u << 31)

int forest_init(const struct ksm_twin *twin, struct forest *forest, uint64_t n)
{
	uint32_t roots = 1024, *root;

	while (roots < n / 2 && roots < ROOTS_MAX)
		roots *= 2;
	if (twin->fixed_roots)
		roots = twin->fixed_roots;
	root = ksm_array_zeroed(roots, sizeof(*root));
	if (!root)
		return -ENOMEM;
	forest->root = root;
	forest->mask = roots - 1;
	return 0;
}

int forest_fix_roots(struct ksm_twin *twin, uint32_t roots)
{
	struct forest *const forests[] = {&twin->unstable, &twin->stable, &twin->by_kpfn,
					  &twin->by_fork, &twin->by_huge};

	twin->fixed_roots = roots;
	for (size_t i = 0; i < sizeof(forests) / sizeof(forests[0]); i++) {
		free(forests[i]->root);
		forests[i]->root = NULL;
		if (forest_init(twin, forests[i], 0))
			return -ENOMEM;
	}
	return 0;
}
