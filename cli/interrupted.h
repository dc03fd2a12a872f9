/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Settings that an earlier ksmctl was to put back, but could not: control/journal.h. */
#ifndef KSM_CLI_INTERRUPTED_H
#define KSM_CLI_INTERRUPTED_H

#include "cli/cli.h"

/*
 * Before a verb runs: one that changes things puts them back first and says so, others tell that they are there.
 */
void ksm_cli_look_for_interrupted(const struct ksm_cli *cli);

/* `restore --interrupted`: an exit status. */
int ksm_cli_restore_interrupted(const struct ksm_cli *cli);

#endif
