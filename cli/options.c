/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "cli/options.h"

#include <stdlib.h>
#include <string.h>

#include "base/cleanup.h"
#include "cli/parser.h"

enum {
	OPT_JSON,
	OPT_SYSROOT,
	OPT_DRY_RUN,
	OPT_COLOR,
	OPT_PROGRESS,
	OPT_QUIET,
	OPT_VERBOSE,
	OPT_HELP, /* from here on in the order of enum ksm_task */
	OPT_VERSION,
	OPT_LIST_VERBS,
	OPT_LIST_OPTIONS,
	OPT_LIST_COLUMNS,
	OPT_LIST_VALUES,
	OPT_N
};

/* Those without help are hidden. */
static const struct ksm_option global_options[] = {
	[OPT_JSON] = {"json", 0, NULL, "print a JSON document, for errors too", NULL},
	[OPT_SYSROOT] = {"sysroot", 0, "DIR", "use DIR/proc and DIR/sys for /proc and /sys", NULL},
	[OPT_DRY_RUN] = {"dry-run", 0, NULL, "say what would be written and write nothing", NULL},
	[OPT_COLOR] = {"color", 0, "WHEN", "colours: auto, always or never", "auto always never"},
	[OPT_PROGRESS] = {"progress", 0, "WHEN", "progress on stderr: auto, always or never",
			  "auto always never"},
	[OPT_QUIET] = {"quiet", 'q', NULL, "no warnings and no progress", NULL},
	[OPT_VERBOSE] = {"verbose", 'v', NULL, "say more", NULL},
	[OPT_HELP] = {"help", 'h', NULL, "show this help", NULL},
	[OPT_VERSION] = {"version", 'V', NULL, "show the version", NULL},
	[OPT_LIST_VERBS] = {"list-verbs", 0, NULL, NULL, NULL},
	[OPT_LIST_OPTIONS] = {"list-options", 0, NULL, NULL, NULL},
	[OPT_LIST_COLUMNS] = {"list-columns", 0, NULL, NULL, NULL},
	[OPT_LIST_VALUES] = {"list-values", 0, NULL, NULL, NULL},
	[OPT_N] = {NULL, 0, NULL, NULL, NULL},
};

const struct ksm_option *ksm_global_options(void)
{
	return global_options;
}

bool ksm_option_applies(const struct ksm_option *option, const struct ksm_verb *verb)
{
	if (option == &global_options[OPT_DRY_RUN] && verb)
		return verb->flags & KSM_VERB_WRITES;
	return option->help != NULL;
}

bool ksm_option_has_value(const struct ksm_option *option, const char *value)
{
	size_t len = strlen(value);

	for (const char *at = option->values; at; at = strchr(at, ' ')) {
		at += *at == ' ';
		if (len && strncmp(at, value, len) == 0 && (!at[len] || at[len] == ' '))
			return true;
	}
	return false;
}

static int parse_when(const struct ksm_cli *cli, const struct ksm_option *option, const char *value,
		      enum ksm_when *ret_when)
{
	static const char *const words[] = {"auto", "always", "never"};

	for (unsigned int i = KSM_AUTO; i <= KSM_NEVER; i++) {
		if (strcmp(value, words[i]) == 0) {
			*ret_when = (enum ksm_when)i;
			return KSM_EXIT_OK;
		}
	}
	return ksm_cli_usage(cli, "\"%s\" is no value for \"--%s\": use auto, always or never",
			     value, option->name);
}

static int take_global(struct ksm_cli *cli, struct ksm_request *request,
		       const struct ksm_option *option, const char *value)
{
	ptrdiff_t index = option - global_options;

	switch (index) {
	case OPT_JSON:
		request->json = true;
		break;
	case OPT_SYSROOT:
		cli->sysroot = value;
		break;
	case OPT_DRY_RUN:
		cli->dry_run = true;
		break;
	case OPT_COLOR:
		return parse_when(cli, option, value, &cli->color);
	case OPT_PROGRESS:
		return parse_when(cli, option, value, &cli->progress);
	case OPT_QUIET:
		cli->quiet = true;
		break;
	case OPT_VERBOSE:
		cli->verbose++;
		break;
	default:
		request->task = (enum ksm_task)(KSM_TASK_HELP + (index - OPT_HELP));
	}
	return KSM_EXIT_OK;
}

static int take(struct ksm_cli *cli, struct ksm_request *request, const struct ksm_option *option,
		const char *value)
{
	if (option >= global_options && option < global_options + OPT_N)
		return take_global(cli, request, option, value);
	return cli->verb->option(cli, request->state, option, value);
}

/* One part of the line, before or after the verb; arguments are appended to request->argv. */
static int parse_part(struct ksm_cli *cli, struct ksm_request *request,
		      const struct ksm_parser *parser, int argc, char **argv)
{
	const struct ksm_option *option;
	const char *value;
	int status = KSM_EXIT_OK;

	ksm_parser_start();
	while (status == KSM_EXIT_OK) {
		switch (ksm_parser_next(parser, cli, argc, argv, &option, &value)) {
		case KSM_PARSED_END:
			return KSM_EXIT_OK;
		case KSM_PARSED_OPTION:
			status = take(cli, request, option, value);
			break;
		case KSM_PARSED_ARGUMENT:
			request->argv[request->argc++] = (char *)value;
			break;
		case KSM_PARSED_MISTAKE:
			status = KSM_EXIT_USAGE;
		}
	}
	return status;
}

static int parse_globals(struct ksm_cli *cli, struct ksm_request *request, int argc, char **argv)
{
	ksm_cleanup(ksm_parser_release) struct ksm_parser parser;

	if (ksm_parser_init(&parser, KSM_PARSE_UP_TO_ARGUMENT, NULL, global_options))
		return ksm_cli_no_memory(cli);
	return parse_part(cli, request, &parser, argc, argv);
}

static void append_rest(struct ksm_request *request, int argc, char **argv)
{
	for (int i = optind; i < argc; i++)
		request->argv[request->argc++] = argv[i];
}

static int parse_verb(struct ksm_cli *cli, struct ksm_request *request, int argc, char **argv)
{
	ksm_cleanup(ksm_parser_release) struct ksm_parser parser;
	int status;

	if (ksm_parser_init(&parser,
			    cli->verb->flags & KSM_VERB_COMMAND ? KSM_PARSE_UP_TO_ARGUMENT
								: KSM_PARSE_ALL,
			    cli->verb->options, global_options))
		return ksm_cli_no_memory(cli);
	status = parse_part(cli, request, &parser, argc, argv);
	if (status)
		return status;
	append_rest(request, argc, argv);
	if (request->task == KSM_TASK_RUN && cli->dry_run && !(cli->verb->flags & KSM_VERB_WRITES))
		return ksm_cli_usage(cli, "\"%s\" takes no \"--dry-run\": leave it out",
				     cli->verb->name);
	return KSM_EXIT_OK;
}

int ksm_find_verb(struct ksm_cli *cli, const char *name)
{
	ksm_auto_free const char **names = NULL;
	const char *near;
	size_t n;

	for (n = 0; ksm_verbs[n]->name; n++) {
		if (strcmp(ksm_verbs[n]->name, name) == 0) {
			cli->verb = ksm_verbs[n];
			return KSM_EXIT_OK;
		}
	}
	names = calloc(n + 1, sizeof(*names));
	if (!names)
		return ksm_cli_no_memory(cli);
	for (size_t i = 0; i < n; i++)
		names[i] = ksm_verbs[i]->name;
	near = ksm_cli_nearest(name, names, n);
	if (near)
		return ksm_cli_usage(cli, "unknown verb \"%s\": did you mean \"%s\"?", name, near);
	return ksm_cli_usage(cli, "unknown verb \"%s\"", name);
}

static int parse(struct ksm_cli *cli, struct ksm_request *request, int argc, char **argv)
{
	int status = parse_globals(cli, request, argc, argv);

	if (status)
		return status;
	if (request->task >= KSM_TASK_LIST_VERBS) {
		append_rest(request, argc, argv);
		return KSM_EXIT_OK;
	}
	if (optind >= argc)
		return request->task == KSM_TASK_RUN ? ksm_cli_usage(cli, "no verb given")
						     : KSM_EXIT_OK;
	argc -= optind;
	argv += optind;
	if (strcmp(argv[0], "help") == 0) {
		request->task = KSM_TASK_HELP;
		status = parse_globals(cli, request, argc, argv);
		if (status || optind >= argc)
			return status;
		argc -= optind;
		argv += optind;
	}
	status = ksm_find_verb(cli, argv[0]);
	if (status)
		return status;
	request->state = calloc(1, cli->verb->state_size ? cli->verb->state_size : 1);
	if (!request->state)
		return ksm_cli_no_memory(cli);
	return parse_verb(cli, request, argc, argv);
}

int ksm_options_parse(struct ksm_cli *cli, int argc, char **argv, struct ksm_request *ret_request)
{
	int status;

	*ret_request = (struct ksm_request){.argv = calloc((size_t)argc + 1, sizeof(*argv))};
	if (!ret_request->argv)
		return ksm_cli_no_memory(cli);
	/* A mistake is told in JSON also where --json only follows it. */
	for (int i = 1; i < argc && strcmp(argv[i], "--") != 0; i++)
		cli->json |= strcmp(argv[i], "--json") == 0;
	status = parse(cli, ret_request, argc, argv);
	if (status == KSM_EXIT_OK)
		cli->json = ret_request->json;
	return status;
}

void ksm_request_release(const struct ksm_cli *cli, struct ksm_request *request)
{
	if (request->state && cli->verb->release)
		cli->verb->release(request->state);
	free(request->state);
	free(request->argv);
}
