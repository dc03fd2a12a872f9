/* SPDX-License-Identifier: GPL-2.0-or-later */
/* How far reading is: a line on stderr that rewrites itself. */
#ifndef KSM_CLI_PROGRESS_H
#define KSM_CLI_PROGRESS_H

#include <stdint.h>

#include "cli/cli.h"

struct ksm_progress {
	unsigned int passes;
	unsigned int page_size;
	double begin; /* seconds of the monotonic clock */
	double last;  /* when the line was last written; 0: never */
};

/* What readers call after each batch, with the progress as @data; NULL where none is wanted. */
typedef int (*ksm_progress_show)(void *data, unsigned int pass, uint64_t pages);
ksm_progress_show ksm_progress_begin(const struct ksm_cli *cli, unsigned int passes,
				     unsigned int page_size, struct ksm_progress *ret_progress);
/* Takes the line away. */
void ksm_progress_end(struct ksm_progress *progress);

#endif
