/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Tables for people and for `-o`: one list of columns gives --help, -o, the heading and the alignment. */
#ifndef KSM_CLI_TABLE_H
#define KSM_CLI_TABLE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/error.h"

struct ksm_column {
	const char *name; /* heading, and the word for -o in either case; NULL ends a table */
	const char *help;
	bool is_default; /* shown without -o */
	enum { KSM_COL_TEXT, KSM_COL_NUMBER, KSM_COL_BYTES, KSM_COL_PERCENT } type;
};

/* How a table is wanted: from -o, --output-all, -n, -r, -b. */
struct ksm_table_options {
	const char *columns; /* "PID,NAME"; "+COL" adds to the default ones; NULL for these */
	bool all_columns;
	bool no_headings;
	bool raw;
	bool bytes; /* sizes as plain numbers of bytes */
};

/* Was a table of a certain form asked for, and nothing beside it? */
static inline bool ksm_table_is_alone(const struct ksm_table_options *options)
{
	return options->columns || options->all_columns || options->no_headings || options->raw;
}

struct ksm_table;

/* KSM_ERR_INVALID with the nearest name for a column that does not exist. */
int ksm_table_new(const struct ksm_column *columns, const struct ksm_table_options *options,
		  struct ksm_table **ret_table, struct ksm_error *err);
/* Only that: for verbs that print a document in place of the table. */
int ksm_table_check(const struct ksm_column *columns, const struct ksm_table_options *options,
		    struct ksm_error *err);
void ksm_table_free(struct ksm_table **table);

/* Begins a row; then one call per cell, by index into the columns. What is unknown, or not given, shows "-". */
int ksm_table_row(struct ksm_table *table);
int ksm_table_text(struct ksm_table *table, size_t column, const char *text); /* escaped here */
int ksm_table_bytes(struct ksm_table *table, size_t column, const void *data,
		    size_t len);					     /* as well */
int ksm_table_number(struct ksm_table *table, size_t column, int64_t value); /* or KSM_UNKNOWN */
int ksm_table_percent(struct ksm_table *table, size_t column, uint64_t part, uint64_t whole);

/* Prints to stdout. */
int ksm_table_print(struct ksm_table *table);

/* The options that every verb with a table takes; to be pasted into its option table. */
#define KSM_TABLE_OPTIONS                                                                      \
	{"output", 'o', "COLUMNS", "columns to show; +COLUMN adds to the default ones", NULL}, \
		{"output-all", 0, NULL, "show all columns", NULL},                             \
		{"noheadings", 'n', NULL, "no line of headings", NULL},                        \
		{"raw", 'r', NULL, "columns separated by one space, nothing aligned", NULL},   \
	{                                                                                      \
		"bytes", 'b', NULL, "sizes in bytes", NULL                                     \
	}

/* True if @name is one of these and was taken. */
bool ksm_table_option(struct ksm_table_options *options, const char *name, const char *value);

#endif
