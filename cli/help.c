/* SPDX-License-Identifier: GPL-2.0-or-later */
/* --help, and the lists that completion and tests ask for: all from the tables. */
#include <stdio.h>
#include <string.h>

#include "cli/options.h"
#include "cli/table.h"

enum { INDENT = 30 };

static void line(const char *what, const char *help)
{
	int width = printf("  %s", what);

	if (width < INDENT)
		printf("%*s%s\n", INDENT - width, "", help);
	else
		printf("\n%*s%s\n", INDENT, "", help);
}

static void option_line(const struct ksm_option *option)
{
	char letter[] = {'-', option->letter, ',', '\0'};
	char what[80];

	snprintf(what, sizeof(what), "%-3s --%s%s%s", option->letter ? letter : "", option->name,
		 option->argument && option->argument[0] != '[' ? "=" : "",
		 option->argument ? option->argument : "");
	line(what, option->help);
}

static void global_lines(const struct ksm_verb *verb)
{
	for (const struct ksm_option *option = ksm_global_options(); option->name; option++) {
		if (ksm_option_applies(option, verb))
			option_line(option);
	}
}

static void column_lines(const struct ksm_column *columns)
{
	for (const struct ksm_column *column = columns; column && column->name; column++) {
		char what[80];

		snprintf(what, sizeof(what), "%c %s", column->is_default ? '*' : ' ', column->name);
		line(what, column->help);
	}
}

static void help_verb(const struct ksm_verb *verb)
{
	const char *arguments = verb->arguments ? verb->arguments : "";

	printf("Usage: ksmctl %s [OPTIONS]%s%s\n\n%s\n", verb->name, *arguments ? " " : "",
	       arguments, verb->summary);
	if (verb->options && verb->options->name)
		puts("\nOptions:");
	for (const struct ksm_option *option = verb->options; option && option->name; option++)
		option_line(option);
	puts("\nGlobal options:");
	global_lines(verb);
	if (verb->columns)
		puts("\nColumns (* = shown by default):");
	column_lines(verb->columns);
	if (verb->other_columns)
		printf("\nColumns with %s:\n", verb->other_table_option);
	column_lines(verb->other_columns);
	printf("\nSee man ksmctl-%s for more\n", verb->name);
}

static void help_all(void)
{
	puts("Usage: ksmctl [GLOBAL OPTIONS] VERB [OPTIONS] [ARGUMENTS]\n\n"
	     "Kernel samepage merging: what it saves, and what it would save\n\nVerbs:");
	for (size_t i = 0; ksm_verbs[i]->name; i++) {
		char what[160];

		snprintf(what, sizeof(what), "%s%s%s", ksm_verbs[i]->name,
			 ksm_verbs[i]->arguments ? " " : "",
			 ksm_verbs[i]->arguments ? ksm_verbs[i]->arguments : "");
		line(what, ksm_verbs[i]->summary);
	}
	puts("\nGlobal options, before or after the verb:");
	global_lines(NULL);
	puts("\nSee ksmctl VERB --help for a verb's options and man ksmctl for more");
}

int ksm_help(const struct ksm_cli *cli)
{
	if (cli->verb)
		help_verb(cli->verb);
	else
		help_all();
	return KSM_EXIT_OK;
}

static void list_options(const struct ksm_option *table, const struct ksm_verb *verb)
{
	for (const struct ksm_option *option = table; option && option->name; option++) {
		if (!ksm_option_applies(option, verb))
			continue;
		printf("--%s\n", option->name);
		if (option->letter)
			printf("-%c\n", option->letter);
	}
}

static void list_columns(const struct ksm_column *columns)
{
	for (const struct ksm_column *column = columns; column && column->name; column++)
		puts(column->name);
}

static const struct ksm_option *find_option(const struct ksm_option *table, const char *word)
{
	for (const struct ksm_option *option = table; option && option->name; option++) {
		if (strncmp(word, "--", 2) == 0 && strcmp(word + 2, option->name) == 0)
			return option;
		if (word[0] == '-' && word[1] && word[1] == option->letter && !word[2])
			return option;
	}
	return NULL;
}

/* Is @option in one of @words, by its name or among letters? */
static bool is_given(const struct ksm_option *option, int n, char **words)
{
	for (int i = 0; i < n; i++) {
		bool is_long = strncmp(words[i], "--", 2) == 0;

		if (is_long ? strcmp(words[i] + 2, option->name) == 0
			    : words[i][0] == '-' && option->letter &&
				      strchr(words[i], option->letter))
			return true;
	}
	return false;
}

/* Of the table that the line @words asks for. */
static void list_columns_of_line(const struct ksm_verb *verb, int n, char **words)
{
	bool is_other = verb->other_columns &&
			is_given(find_option(verb->options, verb->other_table_option), n, words);

	list_columns(is_other ? verb->other_columns : verb->columns);
}

/*
 * Nothing for an option whose values nobody can list; a mistake for one that takes none. An empty word stands for
 * the verb's arguments: a mistake unless these are files. @words are those of the line, as far as they are known.
 */
static int list_values(const struct ksm_cli *cli, const char *word, int n, char **words)
{
	const struct ksm_option *option = find_option(cli->verb ? cli->verb->options : NULL, word);

	if (!*word && cli->verb && (cli->verb->flags & (KSM_VERB_FILES | KSM_VERB_COMMAND)))
		return KSM_EXIT_OK;
	if (!option)
		option = find_option(ksm_global_options(), word);
	/* One that may be left out comes behind "=", and never as the next word. */
	if (!option || !option->argument || option->argument[0] == '[')
		return ksm_cli_usage(cli, "no option \"%s\" that takes a value", word);
	if (cli->verb && cli->verb->columns && strcmp(option->argument, "COLUMNS") == 0)
		list_columns_of_line(cli->verb, n, words);
	for (const char *value = option->values ? option->values : ""; *value;) {
		int len = (int)strcspn(value, " ");

		printf("%.*s\n", len, value);
		value += len + (value[len] == ' ');
	}
	return KSM_EXIT_OK;
}

static void list_verbs(void)
{
	for (size_t i = 0; ksm_verbs[i]->name; i++)
		puts(ksm_verbs[i]->name);
}

/* Arguments: VERB, for --list-values also OPTION and the words of the line. Without VERB, or with an empty one: global options. */
int ksm_list(struct ksm_cli *cli, const struct ksm_request *request)
{
	const char *verb = request->argc > 0 ? request->argv[0] : "";

	if (verb[0] && ksm_find_verb(cli, verb))
		return KSM_EXIT_USAGE;
	switch (request->task) {
	case KSM_TASK_LIST_VERBS:
		list_verbs();
		return KSM_EXIT_OK;
	case KSM_TASK_LIST_OPTIONS:
		list_options(cli->verb ? cli->verb->options : NULL, cli->verb);
		list_options(ksm_global_options(), cli->verb);
		return KSM_EXIT_OK;
	case KSM_TASK_LIST_COLUMNS:
		if (!cli->verb)
			return ksm_cli_usage(cli, "no verb given");
		list_columns(cli->verb->columns);
		list_columns(cli->verb->other_columns);
		return KSM_EXIT_OK;
	default:
		return list_values(cli, request->argc > 1 ? request->argv[1] : "",
				   request->argc - 2, request->argv + 2);
	}
}
