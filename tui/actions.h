/* SPDX-License-Identifier: GPL-2.0-or-later */
/* What the dashboard can do to the machine: shown first, done once it is confirmed, and logged. */
#ifndef KSM_TUI_ACTIONS_H
#define KSM_TUI_ACTIONS_H

#include "kernel/root.h"
#include "tui/state.h"

/*
 * TUI_WANTS_MERGE, UNMERGE and SET. A request that is not confirmed yet becomes a question, with the text that would be
 * written; what fails is said and logged.
 */
void tui_act(struct tui *tui, const struct ksm_root *root, const struct tui_request *request);

#endif
