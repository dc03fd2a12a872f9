/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "cli/interrupted.h"

#include <string.h>

#include "control/journal.h"

static int recover(const struct ksm_cli *cli, const struct ksm_journal *journal,
		   struct ksm_error *err)
{
	int ret = ksm_journal_recover(&cli->root, journal, err);

	if (ret > 0 && !cli->dry_run)
		ksm_cli_warn(cli,
			     "put back the settings that \"ksmctl %s\" (process %d) was "
			     "interrupted with",
			     journal->verb, journal->pid);
	return ret;
}

void ksm_cli_look_for_interrupted(const struct ksm_cli *cli)
{
	struct ksm_journal journal;
	struct ksm_error err;
	int ret = ksm_journal_find(&cli->root, &journal, &err);

	if (ret < 0)
		ksm_cli_warn(cli, "%s", err.text);
	if (ret <= 0)
		return;
	if (journal.is_alive) {
		if (cli->verb->flags & KSM_VERB_SETTINGS)
			ksm_cli_warn(cli,
				     "\"ksmctl %s\" (process %d) has changed settings for a time: "
				     "when it ends, it puts back what was before",
				     journal.verb, journal.pid);
		return;
	}
	if (!(cli->verb->flags & KSM_VERB_WRITES) || cli->dry_run)
		ksm_cli_warn(
			cli,
			"\"ksmctl %s\" (process %d) was interrupted and left its settings: ksmctl "
			"restore --interrupted puts back what was before",
			journal.verb, journal.pid);
	else if (recover(cli, &journal, &err) < 0)
		ksm_cli_warn(cli,
			     "settings that \"ksmctl %s\" (process %d) left are still there: %s",
			     journal.verb, journal.pid, err.text);
}

int ksm_cli_restore_interrupted(const struct ksm_cli *cli)
{
	struct ksm_journal journal;
	struct ksm_error err;
	int ret = ksm_journal_find(&cli->root, &journal, &err);

	if (ret < 0)
		return ksm_cli_fail(cli, &err);
	if (ret == 0)
		return KSM_EXIT_OK;
	if (journal.is_alive) {
		ksm_error_set(
			&err, KSM_ERR_SYSTEM, 0,
			"\"ksmctl %s\" (process %d) is still at work: it puts its settings back "
			"when it ends",
			journal.verb, journal.pid);
		return ksm_cli_fail(cli, &err);
	}
	return recover(cli, &journal, &err) < 0 ? ksm_cli_fail(cli, &err) : KSM_EXIT_OK;
}
