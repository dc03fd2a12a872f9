/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "cli/parser.h"

#include <ctype.h>
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/cleanup.h"
#include "cli/options.h"

/* What getopt_long returns: a letter, this + index for a long name, or 1 for an argument. */
enum { LONG_NAME = 256, ARGUMENT = 1 };

static size_t count(const struct ksm_option *table)
{
	size_t n = 0;

	while (table && table[n].name)
		n++;
	return n;
}

static int add(struct ksm_parser *parser, const struct ksm_option *option)
{
	int has_arg = !option->argument		   ? no_argument
		      : option->argument[0] == '[' ? optional_argument
						   : required_argument;
	size_t len = strlen(parser->shorts);

	if (asprintf(&parser->word[parser->n], "--%s", option->name) < 0) {
		parser->word[parser->n] = NULL;
		return -ENOMEM;
	}
	parser->option[parser->n] = option;
	parser->longs[parser->n] =
		(struct option){option->name, has_arg, NULL, LONG_NAME + (int)parser->n};
	parser->n++;
	if (option->letter)
		snprintf(parser->shorts + len, 3, "%c%s", option->letter,
			 option->argument ? ":" : "");
	return 0;
}

int ksm_parser_init(struct ksm_parser *parser, enum ksm_parser_mode mode,
		    const struct ksm_option *own, const struct ksm_option *global)
{
	size_t n_own = count(own), n_global = count(global), n = n_own + n_global;

	*parser = (struct ksm_parser){
		.option = calloc(n, sizeof(*parser->option)),
		.word = calloc(n, sizeof(*parser->word)),
		.longs = calloc(n + 1, sizeof(*parser->longs)),
		.shorts = calloc(2 * n + 4, 1),
	};
	if (!parser->option || !parser->word || !parser->longs || !parser->shorts)
		return -ENOMEM;
	/* The colon makes getopt tell a missing argument from an unknown option. */
	strcpy(parser->shorts, mode == KSM_PARSE_ALL ? "-:" : "+:");
	for (size_t i = 0; i < n; i++) {
		if (add(parser, i < n_own ? &own[i] : &global[i - n_own]))
			return -ENOMEM;
	}
	return 0;
}

void ksm_parser_release(struct ksm_parser *parser)
{
	for (size_t i = 0; i < parser->n; i++)
		free(parser->word[i]);
	free(parser->word);
	free(parser->option);
	free(parser->longs);
	free(parser->shorts);
	*parser = (struct ksm_parser){0};
}

static const struct ksm_option *find(const struct ksm_parser *parser, int c)
{
	if (c >= LONG_NAME)
		return parser->option[c - LONG_NAME];
	for (size_t i = 0; i < parser->n; i++) {
		if (parser->option[i]->letter == c)
			return parser->option[i];
	}
	return NULL;
}

/* getopt_long takes any unambiguous beginning, and scripts that use one break when options are added. */
static bool is_exact(const struct ksm_parser *parser, const char *word)
{
	size_t len = strcspn(word, "=");

	for (size_t i = 0; i < parser->n; i++) {
		if (strncmp(parser->word[i], word, len) == 0 && !parser->word[i][len])
			return true;
	}
	return false;
}

static enum ksm_parsed unknown(const struct ksm_parser *parser, const struct ksm_cli *cli,
			       const char *word)
{
	ksm_auto_free char *name = strndup(word, strcspn(word, "="));
	ksm_auto_free const char **candidates = calloc(parser->n, sizeof(*candidates));
	const char *near;
	size_t n = 0;

	if (!name || !candidates) {
		ksm_cli_no_memory(cli);
		return KSM_PARSED_MISTAKE;
	}
	for (size_t i = 0; i < parser->n; i++) {
		if (ksm_option_applies(parser->option[i], cli->verb))
			candidates[n++] = parser->word[i];
	}
	near = strncmp(name, "--", 2) == 0 ? ksm_cli_nearest(name, candidates, n) : NULL;
	if (near)
		ksm_cli_usage(cli, "unknown option \"%s\": did you mean \"%s\"?", name, near);
	else if (!cli->verb)
		ksm_cli_usage(cli, "unknown option \"%s\" before the verb", name);
	else
		ksm_cli_usage(cli, "unknown option \"%s\"", name);
	return KSM_PARSED_MISTAKE;
}

/* In "-q=1", which getopt_long reads as two letters: the first. */
static const struct ksm_option *find_before_equals(const struct ksm_parser *parser,
						   const char *word)
{
	const char *equals = strchr(word, '=');

	return optopt == '=' && word[0] == '-' && word[1] != '-' && equals && equals > word + 1
		       ? find(parser, (unsigned char)equals[-1])
		       : NULL;
}

/* What getopt_long did not like, which it left in optopt. */
static enum ksm_parsed refuse(const struct ksm_parser *parser, const struct ksm_cli *cli, int c,
			      const char *word)
{
	const struct ksm_option *option = find(parser, optopt);
	const struct ksm_option *before = option ? NULL : find_before_equals(parser, word);
	char letter[] = {'-', (char)optopt, '\0'};

	if (before) {
		ksm_cli_usage(cli, "option \"-%c\" takes no argument", before->letter);
		return KSM_PARSED_MISTAKE;
	}
	if (!option)
		return unknown(parser, cli, isgraph((unsigned char)optopt) ? letter : word);
	if (c == ':')
		ksm_cli_usage(cli, "option \"%s\" needs an argument: %s",
			      optopt >= LONG_NAME ? parser->word[optopt - LONG_NAME] : letter,
			      option->argument);
	else
		ksm_cli_usage(cli, "option \"--%s\" takes no argument", option->name);
	return KSM_PARSED_MISTAKE;
}

void ksm_parser_start(void)
{
	opterr = 0;
	optind = 0;
}

enum ksm_parsed ksm_parser_next(const struct ksm_parser *parser, const struct ksm_cli *cli,
				int argc, char **argv, const struct ksm_option **ret_option,
				const char **ret_value)
{
	int at = optind ? optind : 1;
	const char *word = at < argc ? argv[at] : "";
	int c;

	if (strncmp(word, "--", 2) == 0 && word[2] && !is_exact(parser, word))
		return unknown(parser, cli, word);
	c = getopt_long(argc, argv, parser->shorts, parser->longs, NULL);
	if (c == -1)
		return KSM_PARSED_END;
	if (c == '?' || c == ':')
		return refuse(parser, cli, c, word);
	*ret_option = c == ARGUMENT ? NULL : find(parser, c);
	*ret_value = optarg;
	return c == ARGUMENT ? KSM_PARSED_ARGUMENT : KSM_PARSED_OPTION;
}
