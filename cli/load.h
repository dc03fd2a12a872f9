/* SPDX-License-Identifier: GPL-2.0-or-later */
/* How much of the machine a verb takes that reads memory. */
#ifndef KSM_CLI_LOAD_H
#define KSM_CLI_LOAD_H

#include <stdbool.h>
#include <stdint.h>

#include "cli/cli.h"

#define KSM_LOAD_OPTIONS                                                                           \
	{"threads", 0, "N", "threads that read (as many as there are CPUs)", NULL},                \
		{"rate", 0, "BYTES", "read no more than this a second", NULL},                     \
	{                                                                                          \
		"nice", 0, NULL, "give way to all others: lowest priority for CPU and disks", NULL \
	}

/* To be zeroed. */
struct ksm_load {
	unsigned int threads;
	uint64_t rate; /* bytes per second; 0: as fast as it goes */
	bool is_nice;
};

/* One of KSM_LOAD_OPTIONS, or *@ret_taken is false. An exit status. */
int ksm_load_option(const struct ksm_cli *cli, struct ksm_load *load,
		    const struct ksm_option *option, const char *value, bool *ret_taken);
/* Once all options are there, and before there are threads. An exit status. */
int ksm_load_prepare(const struct ksm_cli *cli, struct ksm_load *load);

#endif
