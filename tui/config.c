/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "tui/config.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

#include "base/cleanup.h"
#include "base/file.h"
#include "kernel/root.h"

#define CONFIG_MAX (64u << 10)

static const struct {
	const char *name, *help;
} meters[TUI_METERS] = {
	[TUI_METER_SAVED] = {"saved", "saved, cost, profit, ratio"},
	[TUI_METER_PAGES] = {"pages", "pages by what ksmd made of them"},
	[TUI_METER_SCAN] = {"scan", "ksmd's pace, passes, progress"},
	[TUI_METER_SAVED_GRAPH] = {"saved-graph", "history of what is saved"},
	[TUI_METER_CPU_GRAPH] = {"cpu-graph", "history of ksmd's CPU share"},
};

static const char *const groupings[TUI_GROUPINGS] = {"none", "cgroup", "name"};

const char *tui_meter_name(enum tui_meter meter)
{
	return meters[meter].name;
}

const char *tui_meter_help(enum tui_meter meter)
{
	return meters[meter].help;
}

void tui_config_init(struct tui_config *ret_config)
{
	*ret_config =
		(struct tui_config){.graph = TUI_GRAPH_BRAILLE, .sort = TUI_COL_PROFIT, .delay = 1};
	for (int i = 0; i < TUI_COLS; i++)
		ret_config->column[i] = tui_column_at((enum tui_column_id)i)->is_default;
	for (int i = 0; i < TUI_METERS; i++)
		ret_config->meter[i] = true;
}

/* ---------------------------------------------------------------- parsing */

static bool parse_flag(const char *value, bool *ret_flag)
{
	if (strcmp(value, "0") != 0 && strcmp(value, "1") != 0)
		return false;
	*ret_flag = *value == '1';
	return true;
}

/* Words with commas between them; every one must be known, and @flag is as before else. */
static bool parse_list(const char *value, bool *flag, size_t n, const char *(*name)(size_t i))
{
	bool found[32] = {false};

	while (*value) {
		size_t len = strcspn(value, ","), i = 0;

		while (i < n && (strlen(name(i)) != len || strncmp(name(i), value, len) != 0))
			i++;
		if (i == n)
			return false;
		found[i] = true;
		value += len + (value[len] == ',');
	}
	memcpy(flag, found, n * sizeof(*flag));
	return true;
}

static const char *column_name(size_t i)
{
	return tui_column_at((enum tui_column_id)i)->name;
}

static const char *meter_name(size_t i)
{
	return meters[i].name;
}

static bool parse_columns(const char *value, struct tui_config *config)
{
	return parse_list(value, config->column, TUI_COLS, column_name);
}

static bool parse_meters(const char *value, struct tui_config *config)
{
	return parse_list(value, config->meter, TUI_METERS, meter_name);
}

static bool parse_graph(const char *value, struct tui_config *config)
{
	return tui_graph_find(value, &config->graph) == 0;
}

static bool parse_sort(const char *value, struct tui_config *config)
{
	enum tui_column_id column = tui_column_find(value);

	if (column == TUI_COLS)
		return false;
	config->sort = column;
	return true;
}

static bool parse_reverse(const char *value, struct tui_config *config)
{
	return parse_flag(value, &config->reverse);
}

static bool parse_tree(const char *value, struct tui_config *config)
{
	return parse_flag(value, &config->tree);
}

static bool parse_concerned(const char *value, struct tui_config *config)
{
	return parse_flag(value, &config->concerned_only);
}

static bool parse_grouping(const char *value, struct tui_config *config)
{
	for (int i = 0; i < TUI_GROUPINGS; i++) {
		if (strcmp(groupings[i], value) == 0) {
			config->grouping = (enum tui_grouping)i;
			return true;
		}
	}
	return false;
}

static bool parse_delay(const char *value, struct tui_config *config)
{
	char *end;
	double delay = strtod(value, &end);

	if (end == value || *end || !(delay >= 0.1 && delay <= 3600))
		return false;
	config->delay = delay;
	return true;
}

static const struct {
	const char *name;
	bool (*parse)(const char *value, struct tui_config *config);
} settings[] = {
	{"columns", parse_columns}, {"meters", parse_meters},	    {"graph", parse_graph},
	{"sort", parse_sort},	    {"reverse", parse_reverse},	    {"tree", parse_tree},
	{"group", parse_grouping},  {"concerned", parse_concerned}, {"delay", parse_delay},
};

static bool parse_line(char *line, struct tui_config *config)
{
	char *value = strchr(line, '=');

	if (!*line || *line == '#')
		return true;
	if (!value)
		return false;
	*value++ = '\0';
	for (size_t i = 0; i < sizeof(settings) / sizeof(settings[0]); i++)
		if (strcmp(settings[i].name, line) == 0)
			return settings[i].parse(value, config);
	return false;
}

void tui_config_parse(const char *text, struct tui_config *config, unsigned int *ret_bad)
{
	unsigned int number = 0;

	*ret_bad = 0;
	while (*text) {
		size_t len = strcspn(text, "\n");
		char line[512];

		number++;
		snprintf(line, sizeof(line), "%.*s", len < sizeof(line) ? (int)len : 0, text);
		if ((len >= sizeof(line) || !parse_line(line, config)) && !*ret_bad)
			*ret_bad = number;
		text += len + (text[len] == '\n');
	}
}

/* ---------------------------------------------------------------- printing */

static int print_list(struct ksm_str *text, const char *key, const bool *flag, size_t n,
		      const char *(*name)(size_t i))
{
	const char *between = "";
	int ret = ksm_str_printf(text, "%s=", key);

	for (size_t i = 0; i < n && !ret; i++) {
		if (!flag[i])
			continue;
		ret = ksm_str_printf(text, "%s%s", between, name(i));
		between = ",";
	}
	return ret ?: ksm_str_append(text, "\n", 1);
}

int tui_config_print(const struct tui_config *config, struct ksm_str *text)
{
	return print_list(text, "columns", config->column, TUI_COLS, column_name)
		       ?: print_list(text, "meters", config->meter, TUI_METERS, meter_name)
		       ?: ksm_str_printf(text,
					 "graph=%s\nsort=%s\nreverse=%d\ntree=%d\ngroup=%s\n"
					 "concerned=%d\ndelay=%g\n",
					 tui_graph_name(config->graph),
					 tui_column_at(config->sort)->name, config->reverse,
					 config->tree, groupings[config->grouping],
					 config->concerned_only, config->delay);
}

/* ---------------------------------------------------------------- the file */

static int config_path(struct ksm_str *path, struct ksm_error *err)
{
	const char *xdg = getenv("XDG_CONFIG_HOME"), *home = getenv("HOME");
	int ret;

	if (xdg && *xdg == '/')
		ret = ksm_str_printf(path, "%s/ksmctl", xdg);
	else if (home && *home == '/')
		ret = ksm_str_printf(path, "%s/.config/ksmctl", home);
	else
		return ksm_error_set(
			err, KSM_ERR_INVALID, ENOENT,
			"neither XDG_CONFIG_HOME nor HOME says where settings are kept");
	return ret ? ksm_error_no_memory(err) : 0;
}

int tui_config_load(struct tui_config *config, unsigned int *ret_bad, struct ksm_error *err)
{
	ksm_auto_str struct ksm_str path = {0}, text = {0};
	int ret;

	*ret_bad = 0;
	if (config_path(&path, NULL))
		return 0;
	ret = ksm_str_printf(&path, "/top.conf")
		      ? ksm_error_no_memory(err)
		      : ksm_read_at(AT_FDCWD, path.data, CONFIG_MAX, &text, err);
	if (ret == -ENOENT || ret == -ENOTDIR)
		return 0;
	if (!ret && text.data)
		tui_config_parse(text.data, config, ret_bad);
	return ret;
}

/* The last folder and the one above it, as $HOME/.config may be missing on a new account. */
static void make_folders(const char *path)
{
	ksm_auto_free char *above = strdup(path);
	char *slash = above ? strrchr(above, '/') : NULL;

	if (slash) {
		*slash = '\0';
		mkdir(above, 0700);
	}
	mkdir(path, 0700);
}

int tui_config_save(const struct tui_config *config, struct ksm_str *ret_path,
		    struct ksm_error *err)
{
	ksm_auto_str struct ksm_str text = {0};
	int ret = config_path(ret_path, err);

	if (ret)
		return ret;
	make_folders(ret_path->data);
	if (ksm_str_printf(ret_path, "/top.conf") || tui_config_print(config, &text))
		return ksm_error_no_memory(err);
	ret = ksm_file_write(ret_path->data, &text);
	return ret ? ksm_file_error(AT_FDCWD, ret_path->data, -ret, err) : 0;
}
