/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "cli/table.h"

#include <errno.h>
#include <libsmartcols.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/array.h"
#include "base/cleanup.h"
#include "base/str.h"
#include "base/units.h"
#include "cli/cli.h"

struct ksm_table {
	const struct ksm_column *columns;
	size_t *shown; /* indices into columns, in the order of output */
	size_t n_shown;
	size_t capacity;
	bool raw;
	bool bytes;
	struct libscols_table *scols;
	struct libscols_line *line;
};

static int show(struct ksm_table *table, size_t column)
{
	if (ksm_array_reserve(&table->shown, &table->capacity, table->n_shown + 1,
			      sizeof(*table->shown)))
		return -ENOMEM;
	table->shown[table->n_shown++] = column;
	return 0;
}

static int unknown_column(const struct ksm_column *columns, const char *word, struct ksm_error *err)
{
	ksm_auto_free const char **names = NULL;
	ksm_auto_free char *upper = strdup(word);
	const char *near;
	size_t n = 0;

	while (columns[n].name)
		n++;
	names = calloc(n, sizeof(*names));
	if (!names || !upper)
		return ksm_error_no_memory(err);
	for (size_t i = 0; i < n; i++)
		names[i] = columns[i].name;
	for (char *c = upper; *c; c++)
		*c = *c >= 'a' && *c <= 'z' ? (char)(*c - 'a' + 'A') : *c;
	near = ksm_cli_nearest(upper, names, n);
	return near ? ksm_error_set(err, KSM_ERR_INVALID, EINVAL,
				    "unknown column \"%s\": did you mean \"%s\"?", word, near)
		    : ksm_error_set(err, KSM_ERR_INVALID, EINVAL,
				    "unknown column \"%s\": see --help for those there are", word);
}

/* Names are ASCII, whatever the language: in Turkish i is no small I. */
static bool is_name(const char *name, const char *word)
{
	for (; *name || *word; name++, word++) {
		char small = *name >= 'A' && *name <= 'Z' ? (char)(*name - 'A' + 'a') : *name;

		if (*word != *name && *word != small)
			return false;
	}
	return true;
}

static int show_named(struct ksm_table *table, const char *list, struct ksm_error *err)
{
	for (;;) {
		size_t len = strcspn(list, ","), i = 0;
		ksm_auto_free char *word = strndup(list, len);

		if (!word)
			return ksm_error_no_memory(err);
		while (table->columns[i].name && !is_name(table->columns[i].name, word))
			i++;
		if (!table->columns[i].name)
			return unknown_column(table->columns, word, err);
		if (show(table, i))
			return ksm_error_no_memory(err);
		if (!list[len])
			return 0;
		list += len + 1;
	}
}

static int choose_columns(struct ksm_table *table, const struct ksm_table_options *options,
			  struct ksm_error *err)
{
	bool adds = !options->columns || options->columns[0] == '+';

	for (size_t i = 0; adds && table->columns[i].name; i++) {
		if ((table->columns[i].is_default || options->all_columns) && show(table, i))
			return ksm_error_no_memory(err);
	}
	if (options->columns)
		return show_named(table, options->columns + adds, err);
	return 0;
}

static int set_up(struct ksm_table *table, const struct ksm_table_options *options,
		  struct ksm_error *err)
{
	table->scols = scols_new_table();
	if (!table->scols)
		return ksm_error_no_memory(err);
	/* Cells are made safe here; raw output has libsmartcols's own escapes, also for blanks. */
	scols_table_enable_noencoding(table->scols, 1);
	scols_table_enable_raw(table->scols, options->raw);
	scols_table_enable_noheadings(table->scols, options->no_headings);
	for (size_t i = 0; i < table->n_shown; i++) {
		const struct ksm_column *column = &table->columns[table->shown[i]];
		int flags = column->type == KSM_COL_TEXT ? 0 : SCOLS_FL_RIGHT;

		if (!scols_table_new_column(table->scols, column->name, 0, flags))
			return ksm_error_no_memory(err);
	}
	return 0;
}

int ksm_table_new(const struct ksm_column *columns, const struct ksm_table_options *options,
		  struct ksm_table **ret_table, struct ksm_error *err)
{
	ksm_cleanup(ksm_table_free) struct ksm_table *table = calloc(1, sizeof(*table));
	int rc;

	if (!table)
		return ksm_error_no_memory(err);
	table->columns = columns;
	table->raw = options->raw;
	table->bytes = options->bytes;
	rc = choose_columns(table, options, err);
	if (rc == 0)
		rc = set_up(table, options, err);
	if (rc == 0)
		*ret_table = ksm_no_free(table);
	return rc;
}

int ksm_table_check(const struct ksm_column *columns, const struct ksm_table_options *options,
		    struct ksm_error *err)
{
	ksm_cleanup(ksm_table_free) struct ksm_table *table = NULL;

	return ksm_table_new(columns, options, &table, err);
}

void ksm_table_free(struct ksm_table **table)
{
	if (!*table)
		return;
	scols_unref_table((*table)->scols);
	free((*table)->shown);
	free(*table);
	*table = NULL;
}

static int set_cell(struct ksm_table *table, size_t column, const char *text)
{
	for (size_t i = 0; i < table->n_shown; i++) {
		if (table->shown[i] == column && scols_line_set_data(table->line, i, text))
			return -ENOMEM;
	}
	return 0;
}

int ksm_table_row(struct ksm_table *table)
{
	table->line = scols_table_new_line(table->scols, NULL);
	if (!table->line)
		return -ENOMEM;
	for (size_t i = 0; i < table->n_shown; i++) {
		if (scols_line_set_data(table->line, i, "-"))
			return -ENOMEM;
	}
	return 0;
}

int ksm_table_bytes(struct ksm_table *table, size_t column, const void *data, size_t len)
{
	ksm_auto_str struct ksm_str safe = {0};

	if (ksm_str_escape(&safe, data, len))
		return -ENOMEM;
	return set_cell(table, column, safe.data);
}

int ksm_table_text(struct ksm_table *table, size_t column, const char *text)
{
	/* An empty cell would shift the columns of raw output. */
	if (!text[0])
		return set_cell(table, column, "-");
	if (table->raw)
		return set_cell(table, column, text);
	return ksm_table_bytes(table, column, text, strlen(text));
}

int ksm_table_number(struct ksm_table *table, size_t column, int64_t value)
{
	char text[KSM_UNITS_MAX];
	char *blank;

	if (value == KSM_UNKNOWN)
		return 0;
	if (table->columns[column].type != KSM_COL_BYTES || table->bytes) {
		snprintf(text, sizeof(text), "%lld", (long long)value);
		return set_cell(table, column, text);
	}
	ksm_format_bytes(value, text);
	blank = strchr(text, ' ');
	if (table->raw && blank)
		memmove(blank, blank + 1, strlen(blank));
	return set_cell(table, column, text);
}

int ksm_table_percent(struct ksm_table *table, size_t column, uint64_t part, uint64_t whole)
{
	char text[KSM_UNITS_MAX];

	ksm_format_percent(part, whole, text);
	return set_cell(table, column, text);
}

int ksm_table_print(struct ksm_table *table)
{
	return scols_print_table(table->scols);
}

bool ksm_table_option(struct ksm_table_options *options, const char *name, const char *value)
{
	if (strcmp(name, "output") == 0)
		options->columns = value;
	else if (strcmp(name, "output-all") == 0)
		options->all_columns = true;
	else if (strcmp(name, "noheadings") == 0)
		options->no_headings = true;
	else if (strcmp(name, "raw") == 0)
		options->raw = true;
	else if (strcmp(name, "bytes") == 0)
		options->bytes = true;
	else
		return false;
	return true;
}
