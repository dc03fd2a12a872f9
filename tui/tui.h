/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The dashboard, ksmctl top: the one function that others call. */
#ifndef KSM_TUI_TUI_H
#define KSM_TUI_TUI_H

#include <stdbool.h>

#include "base/error.h"
#include "kernel/root.h"

struct ksm_tui_options {
	bool may_write; /* opt processes in and out, set tunables; each is shown and confirmed */
	bool ascii;	/* even where the locale has more */
	bool color;
	const char *graph;  /* braille, block, ascii; NULL: as set up */
	double delay;	    /* seconds between samples; 0: as set up */
	uint64_t count;	    /* samples, then it ends; 0: no end */
	const char *record; /* a file to write samples to; or NULL */
	const char *replay; /* a file to show instead of the machine; or NULL */
};

/*
 * Runs until its user ends it. @root is the machine, and not used in a replay. @ret_signal is what ended it, 0 for its
 * user. KSM_ERR_SYSTEM where there is no terminal; else as ksm_sampler_take(), ksm_recorder_open() and
 * ksm_recording_open().
 */
int ksm_tui_run(const struct ksm_root *root, const struct ksm_tui_options *options, int *ret_signal,
		struct ksm_error *err);

#endif
