/* SPDX-License-Identifier: GPL-2.0-or-later */
/* A document of a recording, or a configuration of the dashboard: what parses can be written again. */
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "base/cleanup.h"
#include "report/top.h"
#include "tui/config.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void read_config(const char *text)
{
	ksm_auto_str struct ksm_str printed = {0};
	struct tui_config config, again;
	unsigned int bad;

	tui_config_init(&config);
	tui_config_parse(text, &config, &bad);
	if (tui_config_print(&config, &printed))
		return;
	tui_config_init(&again);
	tui_config_parse(printed.data, &again, &bad);
	if (bad)
		abort();
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	ksm_auto_free char *text = strndup((const char *)data, size);
	struct ksm_sample sample;

	if (text)
		read_config(text);
	if (ksm_top_parse((const char *)data, size, &sample, NULL))
		return 0;
	json_object_put(ksm_report_top(&sample));
	for (size_t i = 1; i < sample.processes.list.n; i++)
		if (sample.processes.list.process[i - 1].pid > sample.processes.list.process[i].pid)
			abort();
	ksm_sample_free(&sample);
	return 0;
}
