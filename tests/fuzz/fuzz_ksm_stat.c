/* SPDX-License-Identifier: GPL-2.0-or-later */
#include <errno.h>
#include <stdlib.h>

#include "kernel/ksm_stat.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

#define CHECK(what)              \
	do {                     \
		if (!(what))     \
			abort(); \
	} while (0)

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct ksm_stat stat = {.value = {77}};
	struct ksm_error err = {0};
	int rc = ksm_stat_parse((const char *)data, size, &stat, &err);

	if (rc) {
		CHECK(rc == -EBADMSG && err.code == KSM_ERR_FORMAT && stat.value[0] == 77);
		return 0;
	}
	for (int i = 0; i < KSM_STAT_N; i++) {
		if (!stat.valid[i])
			CHECK(stat.value[i] == 0);
		else if (i == KSM_STAT_ksm_merge_any || i == KSM_STAT_ksm_mergeable)
			CHECK(stat.value[i] == 0 || stat.value[i] == 1);
		else if (i != KSM_STAT_ksm_process_profit && i != KSM_STAT_ksm_zero_pages)
			CHECK(stat.value[i] >= 0);
	}
	return 0;
}
