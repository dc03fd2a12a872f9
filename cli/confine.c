/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "cli/confine.h"

#include <string.h>

#include "cli/number.h"

int ksm_cli_confine(const struct ksm_cli *cli, const struct ksm_sandbox *sandbox)
{
	int ret = ksm_sandbox_enter(sandbox);
	struct ksm_error err;

	if (!ret)
		return KSM_EXIT_OK;
	ksm_error_set(&err, KSM_ERR_SYSTEM, -ret, "capabilities cannot be given up: %s",
		      strerror(-ret));
	return ksm_cli_fail(cli, &err);
}

int ksm_cli_confine_for(const struct ksm_cli *cli, int argc, char **argv, const char *writes)
{
	struct ksm_sandbox sandbox = {.writes = writes};
	bool reads_files = false;

	for (int i = 0; i < argc; i++) {
		if (ksm_cli_is_number(argv[i]))
			sandbox.reads_processes = true;
		else
			reads_files = true;
	}
	return reads_files ? ksm_cli_confine(cli, &sandbox) : KSM_EXIT_OK;
}
