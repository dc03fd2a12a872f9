/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * What a verb changes, told in one way: with --dry-run a line on stdout for each change that would be made, with
 * -v one on stderr for each that was; with --json all of it in the document.
 */
#ifndef KSM_CLI_CHANGES_H
#define KSM_CLI_CHANGES_H

#include <json-c/json.h>

#include "cli/cli.h"
#include "control/settings.h"

/* From here on what is changed through cli->root is told. */
void ksm_cli_watch_changes(struct ksm_cli *cli);
void ksm_cli_forget_changes(struct ksm_cli *cli);

/* "changes": [{"what", "text"}] and "dry_run", into a verb's document, which takes them over. */
void ksm_cli_add_changes(struct ksm_cli *cli, json_object *document);

/* With --json, a document of that schema: all there is to say of what was, or would be, changed. An exit status. */
int ksm_cli_print_changes(struct ksm_cli *cli, const char *schema);

/*
 * Applies settings as ksm_settings_apply() does: an exit status, the cause being told. From here on signals that end a
 * program wait until the verb is done.
 */
int ksm_cli_apply(const struct ksm_cli *cli, const struct ksm_settings *settings,
		  unsigned int flags);

#endif
