/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Saved settings and the journal: what parses is printed and parses to the same again. */
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "control/journal.h"
#include "control/settings.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct ksm_settings settings, again;
	struct ksm_journal journal;
	struct ksm_str text = {0};

	ksm_journal_parse((const char *)data, size, &journal, NULL);
	if (ksm_settings_parse((const char *)data, size, &settings, NULL))
		return 0;
	if (ksm_settings_print(&settings, &text))
		abort();
	if (ksm_settings_parse(text.data ? text.data : "", text.len, &again, NULL))
		abort();
	for (int i = 0; i < KSM_SYSFS_N; i++)
		if (settings.given[i] != again.given[i] ||
		    (settings.given[i] && settings.value[i] != again.value[i]))
			abort();
	ksm_str_free(&text);
	return 0;
}
