/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Tunables in the command line and in documents. */
#ifndef KSM_CLI_TUNABLE_NAME_H
#define KSM_CLI_TUNABLE_NAME_H

#include "cli/cli.h"
#include "kernel/tunables.h"
#include "ksmd/model.h"

/*
 * The tunable of that name (up to a "="), which this kernel has; an exit status. A counter points to `status`, a
 * mistyped name to the nearest.
 */
int ksm_cli_find_tunable(const struct ksm_cli *cli, const char *name, const struct ksm_sysfs *sysfs,
			 const struct ksm_tunable **ret_tunable);

/* NAME=VALUE for a model; an exit status. A mistyped name points to the nearest that the model has. */
int ksm_cli_set_model(const struct ksm_cli *cli, struct ksm_model *model, const char *assignment);

#endif
