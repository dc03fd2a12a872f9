/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The frame that all verbs share: options, exit statuses, messages, output. */
#ifndef KSM_CLI_CLI_H
#define KSM_CLI_CLI_H

#include <stdbool.h>
#include <stdio.h>

#include "base/error.h"
#include "kernel/root.h"

/* Exit statuses, a promise to scripts. */
enum {
	KSM_EXIT_OK = 0,
	KSM_EXIT_FAILED = 1,
	KSM_EXIT_USAGE = 2,
	KSM_EXIT_PARTIAL = 3,
	KSM_EXIT_PERMISSION = 4,
	KSM_EXIT_UNSUPPORTED = 5,
};

/* One row of a verb's options, or of the global ones: parsing, --help, completion and tests come from it. */
struct ksm_option {
	const char *name; /* long, without dashes; NULL ends a table */
	char letter;	  /* short form, or 0 */
	/* What --help calls it: "N", "NAME=VALUE"; "[=N]" if it can be left out; NULL if there is none. */
	const char *argument;
	const char *help;   /* one line */
	const char *values; /* for completion, space-separated ("auto always never"); or NULL */
};

enum {
	KSM_VERB_WRITES = 1u << 0,   /* takes --dry-run */
	KSM_VERB_COMMAND = 1u << 1,  /* what follows the first argument is another program's */
	KSM_VERB_FILES = 1u << 2,    /* its arguments are files, or may be */
	KSM_VERB_SETTINGS = 1u << 3, /* keeps settings, or sets them for good */
};

struct ksm_cli;

struct ksm_verb {
	const char *name;
	const char *arguments; /* in the usage line: "PID..." */
	const char *summary;   /* one line in the list of verbs */
	const struct ksm_option *options;
	const struct ksm_column *columns; /* for -o, or NULL; see table.h */
	/* Those of another table that the option @other_table_option asks for, or NULL. */
	const struct ksm_column *other_columns;
	const char *other_table_option; /* "--processes" */
	unsigned int flags;
	/*
	 * Called for each option of the verb in turn, then run. @value is NULL for an option without argument.
	 * Both return an exit status; option returns KSM_EXIT_OK to go on. @state is verb-private memory of
	 * state_size bytes, zeroed.
	 */
	size_t state_size;
	int (*option)(struct ksm_cli *cli, void *state, const struct ksm_option *option,
		      const char *value);
	int (*run)(struct ksm_cli *cli, void *state, int argc, char **argv);
	void (*release)(void *state); /* or NULL */
};

enum ksm_when { KSM_AUTO, KSM_ALWAYS, KSM_NEVER };

struct json_object;

struct ksm_cli {
	const struct ksm_verb *verb;
	struct ksm_root root;
	const char *sysroot; /* NULL for the machine itself */
	bool json;
	bool dry_run;
	bool quiet;
	unsigned int verbose;
	enum ksm_when color;	     /* for stdout: resolve with ksm_cli_color() */
	enum ksm_when progress;	     /* on stderr: resolve with ksm_cli_progress() */
	struct json_object *changes; /* see cli/changes.h */
	void (*sigpipe)(
		int); /* what was done about SIGPIPE before: programs that are run have it */
};

bool ksm_cli_color(const struct ksm_cli *cli);
bool ksm_cli_progress(const struct ksm_cli *cli);

/* The exit status that an error means. */
int ksm_cli_status(const struct ksm_error *err);

/*
 * Reports a failure that ends the run: one line on stderr ("ksmctl: cause"), and with --json the error
 * document on stdout. Returns the exit status.
 */
int ksm_cli_fail(const struct ksm_cli *cli, const struct ksm_error *err);
/* The same for a mistake in the command line; always KSM_EXIT_USAGE, and points to --help. */
int ksm_cli_usage(const struct ksm_cli *cli, const char *fmt, ...)
	__attribute__((format(printf, 2, 3)));
/* The same for want of memory. */
int ksm_cli_no_memory(const struct ksm_cli *cli);
/* A line on stderr that does not end the run; nothing with -q. Arguments are escaped by the callee. */
void ksm_cli_warn(const struct ksm_cli *cli, const char *fmt, ...)
	__attribute__((format(printf, 2, 3)));

/* The one of @candidates that a mistyped @word was meant to be; NULL if none is near. */
const char *ksm_cli_nearest(const char *word, const char *const *candidates, size_t n);

/* Prints text from outside, made safe for a terminal, between others; nothing if it is NULL or empty. -ENOMEM only. */
int ksm_cli_print_safe(const char *before, const char *text, const char *after);

/*
 * Prints @document on one line and releases it; NULL (memory was short) is a failure. ASCII only: what is
 * not becomes \\uNNNN, so that nothing in a name reaches a terminal. Returns the exit status.
 */
int ksm_cli_print_json(const struct ksm_cli *cli, struct json_object *document);

/* Sends what was printed so far. False when nobody reads it any more or it cannot be written: stop then. */
bool ksm_cli_flush(void);
/*
 * Ends stdout: a write error that is not EPIPE is reported and is a failure, whatever @status was. Returns the
 * exit status.
 */
int ksm_cli_close_stdout(int status);

/* The verbs; the last has name NULL. */
extern const struct ksm_verb *const ksm_verbs[];

#endif
