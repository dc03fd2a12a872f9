/* SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef KSM_BASE_POPULATE_H
#define KSM_BASE_POPULATE_H

#include <stddef.h>

/*
 * Has the kernel give memory its pages at once, but for one that it ends in: sooner than one by one, as they are used. A
 * hint; kernels before 5.14 do not take it.
 */
void ksm_populate(void *memory, size_t bytes);

#endif
