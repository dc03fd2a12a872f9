/* SPDX-License-Identifier: GPL-2.0-or-later */
/* What F2 sets up and W saves: $XDG_CONFIG_HOME/ksmctl/top.conf, lines of NAME=VALUE. */
#ifndef KSM_TUI_CONFIG_H
#define KSM_TUI_CONFIG_H

#include "base/error.h"
#include "base/str.h"
#include "tui/graph.h"
#include "tui/view.h"

enum tui_meter {
	TUI_METER_SAVED, /* saved, cost, profit, ratio */
	TUI_METER_PAGES, /* pages by state */
	TUI_METER_SCAN,	 /* pace, passes, progress in this one */
	TUI_METER_SAVED_GRAPH,
	TUI_METER_CPU_GRAPH,
	TUI_METERS
};
const char *tui_meter_name(enum tui_meter meter);
const char *tui_meter_help(enum tui_meter meter);

struct tui_config {
	bool column[TUI_COLS];
	bool meter[TUI_METERS];
	enum tui_graph_kind graph;
	enum tui_column_id sort;
	bool reverse;
	bool tree;
	bool concerned_only;
	enum tui_grouping grouping;
	double delay; /* seconds between samples */
};

void tui_config_init(struct tui_config *ret_config);
/* Lines that say nothing are passed over; @ret_bad has the number of the first that cannot be, 0 for none. */
void tui_config_parse(const char *text, struct tui_config *config, unsigned int *ret_bad);
int tui_config_print(const struct tui_config *config, struct ksm_str *text);

/* No file is no error. @config keeps what the file does not say. */
int tui_config_load(struct tui_config *config, unsigned int *ret_bad, struct ksm_error *err);
/* Makes the folder if need be; replaces the file whole. @ret_path is where. */
int tui_config_save(const struct tui_config *config, struct ksm_str *ret_path,
		    struct ksm_error *err);

#endif
