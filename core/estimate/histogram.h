/* SPDX-License-Identifier: GPL-2.0-or-later */
/* How often contents occur: 1, 2, 3 to 4, 5 to 8 ... times. */
#ifndef KSM_ESTIMATE_HISTOGRAM_H
#define KSM_ESTIMATE_HISTOGRAM_H

#include <stdint.h>

/* Row 0 is for 1 copy, row r for those above 2^(r-1) up to 2^r. */
#define KSM_HISTOGRAM_ROWS 64

struct ksm_histogram_row {
	int64_t contents;
	int64_t copies; /* physical pages of these */
};

static inline int64_t ksm_histogram_to(unsigned int row)
{
	return row > 62 ? INT64_MAX : INT64_C(1) << row;
}

static inline int64_t ksm_histogram_from(unsigned int row)
{
	return row ? ksm_histogram_to(row - 1) + 1 : 1;
}

/* So many contents with so many copies each, at least one. */
static inline void ksm_histogram_count(struct ksm_histogram_row *histogram, int64_t copies,
				       int64_t contents)
{
	unsigned int row = copies > 1 ? 64 - (unsigned int)__builtin_clzll((uint64_t)copies - 1)
				      : 0;

	histogram[row].contents += contents;
	histogram[row].copies += copies * contents;
}

#endif
