/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "tui/actions.h"

#include <stdio.h>
#include <string.h>
#include <time.h>

#include "control/journal.h"
#include "control/opt_in.h"
#include "control/settings.h"
#include "kernel/domain.h"

static double now(void)
{
	struct timespec time;

	clock_gettime(CLOCK_REALTIME, &time);
	return (double)time.tv_sec + (double)time.tv_nsec / 1e9;
}

/* Told of each change: part of the question, or of the log. */
static void note_change(void *arg, const char *what, const char *text)
{
	struct tui *tui = arg;
	char line[160];

	snprintf(line, sizeof(line), "%s: %s", what, text);
	if (tui->mode == TUI_CONFIRM)
		tui_ask_line(tui, line);
	else
		tui_log(tui, now(), "%s", line);
}

/* ---------------------------------------------------------------- opting in and out */

static const struct ksm_process_status *status_of(const struct tui *tui, pid_t pid)
{
	const struct ksm_process_statuses *all = &tui->sample->processes;

	for (size_t i = 0; i < all->n; i++)
		if (all->item[i].process.pid == pid)
			return &all->item[i];
	return NULL;
}

/* Those that have opted in and would merge with it, though they may not trust it. */
static void warn_of_others(struct tui *tui, const struct ksm_process_status *own)
{
	const struct ksm_process_statuses *all = &tui->sample->processes;
	struct ksm_domain domain, other;
	char name[KSM_DOMAIN_NAME_MAX], line[KSM_DOMAIN_NAME_MAX + 80];

	ksm_domain_of(&own->process, &domain);
	for (size_t i = 0; i < all->n; i++) {
		const struct ksm_process_status *status = &all->item[i];

		if (!status->opt_in || strcmp(status->opt_in, "none") == 0)
			continue;
		ksm_domain_of(&status->process, &other);
		if (ksm_domain_equal(&domain, &other))
			continue;
		ksm_domain_name(&other, name);
		snprintf(line, sizeof(line),
			 "! %s has opted in: each could find out what the other has", name);
		tui_ask_line(tui, line);
		return;
	}
}

/* What it would write, or what is against it. */
static int try_opt_in(struct tui *tui, const struct ksm_root *root,
		      const struct tui_request *request, const struct ksm_process_status *status,
		      struct ksm_error *err)
{
	struct ksm_opt_in opt_in = {.merge = request->kind == TUI_WANTS_MERGE,
				    .method = -1,
				    .start_time = request->start_time};
	struct ksm_opt_in_result result = {0};
	int ret = opt_in.merge ? 0 : ksm_unmerge_check(root, ksm_opt_out_pages(&status->stat), err);

	if (!ret)
		ret = ksm_opt_in(root, request->pid, &opt_in, &result, err);
	if (!ret && result.was_already) {
		tui->mode = TUI_NORMAL;
		tui_say(tui, false, "process %d has opted %s already", request->pid,
			opt_in.merge ? "in" : "out");
	} else if (!ret && request->confirmed) {
		tui_say(tui, false, "process %d has been opted %s", request->pid,
			opt_in.merge ? "in" : "out");
	}
	return ret;
}

/* ---------------------------------------------------------------- tunables */

/* Settings that another ksmctl has changed for a time are not there to stay, and nor is what is set meanwhile. */
static void warn_of_journal(struct tui *tui, const struct ksm_root *root)
{
	struct ksm_journal journal;
	char line[KSM_JOURNAL_VERB_MAX + 80];

	if (ksm_journal_find(root, &journal, NULL) <= 0 || !journal.is_alive)
		return;
	snprintf(line, sizeof(line),
		 "! when \"ksmctl %s\" (process %d) ends, it puts back what was", journal.verb,
		 journal.pid);
	tui_ask_line(tui, line);
}

static int try_set(struct tui *tui, const struct ksm_root *root, const struct tui_request *request,
		   struct ksm_error *err)
{
	struct ksm_settings settings = {0};
	int ret = ksm_settings_add(&settings, request->text, err)
			  ?: ksm_settings_apply(root, &settings, 0, err);

	if (!ret && request->confirmed)
		tui_say(tui, false, "%s", request->text);
	else if (!ret && tui->n_confirm)
		warn_of_journal(tui, root);
	return ret;
}

/* ---------------------------------------------------------------- */

void tui_act(struct tui *tui, const struct ksm_root *root, const struct tui_request *request)
{
	const struct ksm_process_status *status = status_of(tui, request->pid);
	struct ksm_root own = *root;
	struct ksm_error err;
	int ret;

	own.changed = note_change;
	own.changed_arg = tui;
	own.dry_run = !request->confirmed;
	if (request->kind != TUI_WANTS_SET && !status) {
		tui_say(tui, true, "process %d has exited", request->pid);
		return;
	}
	if (!request->confirmed)
		tui_ask(tui, request);
	if (!request->confirmed && request->kind == TUI_WANTS_MERGE)
		warn_of_others(tui, status);
	ret = request->kind == TUI_WANTS_SET ? try_set(tui, &own, request, &err)
					     : try_opt_in(tui, &own, request, status, &err);
	if (ret) {
		tui->mode = TUI_NORMAL;
		tui_say(tui, true, "%s", err.text);
		if (request->confirmed)
			tui_log(tui, now(), "failed: %s", err.text);
	} else if (tui->mode == TUI_CONFIRM && !tui->n_confirm) {
		tui->mode = TUI_NORMAL;
		tui_say(tui, false, "there is nothing to change");
	}
}
