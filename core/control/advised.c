/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "control/advised.h"

#include <errno.h>
#include <string.h>

size_t ksm_advised_next(const struct ksm_advised *advised, struct iovec ret_batch[KSM_ADVISE_MAX])
{
	size_t n = advised->n - advised->at;

	if (n > KSM_ADVISE_MAX)
		n = KSM_ADVISE_MAX;
	if (!n)
		return 0;
	memcpy(ret_batch, &advised->range[advised->at], n * sizeof(*ret_batch));
	ret_batch[0].iov_base = (char *)ret_batch[0].iov_base + advised->offset;
	ret_batch[0].iov_len -= advised->offset;
	return n;
}

static void pass(struct ksm_advised *advised)
{
	advised->at++;
	advised->offset = 0;
}

bool ksm_advised_take(struct ksm_advised *advised, int64_t result)
{
	uint64_t bytes = result > 0 ? (uint64_t)result : 0;

	if (result < 0 && result != -ENOMEM)
		return false;
	if (!bytes)
		pass(advised);
	while (bytes && advised->at < advised->n) {
		size_t left = advised->range[advised->at].iov_len - advised->offset;

		if (bytes < left) {
			advised->offset += bytes;
			return true;
		}
		bytes -= left;
		advised->n_whole++;
		pass(advised);
	}
	return true;
}
