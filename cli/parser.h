/* SPDX-License-Identifier: GPL-2.0-or-later */
/* getopt_long over option tables: exact names only, and mistakes explained. */
#ifndef KSM_CLI_PARSER_H
#define KSM_CLI_PARSER_H

#include <getopt.h>

#include "cli/cli.h"

struct ksm_parser {
	const struct ksm_option **option;
	char **word; /* "--json": what a mistyped one is compared with */
	size_t n;
	struct option *longs;
	char *shorts;
};

enum ksm_parsed {
	KSM_PARSED_END,
	KSM_PARSED_OPTION,
	KSM_PARSED_ARGUMENT,
	KSM_PARSED_MISTAKE, /* has been reported */
};

/* Where a run of the parser stops: at the first argument, or nowhere. */
enum ksm_parser_mode { KSM_PARSE_UP_TO_ARGUMENT, KSM_PARSE_ALL };

/* @own may be NULL. To be released also on failure (-ENOMEM). */
int ksm_parser_init(struct ksm_parser *parser, enum ksm_parser_mode mode,
		    const struct ksm_option *own, const struct ksm_option *global);
void ksm_parser_release(struct ksm_parser *parser);

/* Starts over; what is left after the end begins at argv[optind]. One parser at a time. */
void ksm_parser_start(void);
/* The next option with its value, or the next argument (its text is the value). */
enum ksm_parsed ksm_parser_next(const struct ksm_parser *parser, const struct ksm_cli *cli,
				int argc, char **argv, const struct ksm_option **ret_option,
				const char **ret_value);

#endif
