/* SPDX-License-Identifier: GPL-2.0-or-later */
#include <errno.h>
#include <poll.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/cleanup.h"
#include "base/str.h"
#include "cli/cli.h"
#include "report/report.h"

bool ksm_cli_color(const struct ksm_cli *cli)
{
	const char *no_color = getenv("NO_COLOR");
	const char *term = getenv("TERM");

	if (cli->color != KSM_AUTO)
		return cli->color == KSM_ALWAYS;
	if (no_color && no_color[0])
		return false;
	return isatty(STDOUT_FILENO) && term && strcmp(term, "dumb") != 0;
}

bool ksm_cli_progress(const struct ksm_cli *cli)
{
	if (cli->progress != KSM_AUTO)
		return cli->progress == KSM_ALWAYS;
	return isatty(STDERR_FILENO) && !cli->quiet;
}

int ksm_cli_status(const struct ksm_error *err)
{
	switch (err->code) {
	case KSM_ERR_NONE:
		return KSM_EXIT_OK;
	case KSM_ERR_INVALID:
		return KSM_EXIT_USAGE;
	case KSM_ERR_PERMISSION:
		return KSM_EXIT_PERMISSION;
	case KSM_ERR_UNSUPPORTED:
		return KSM_EXIT_UNSUPPORTED;
	default:
		return KSM_EXIT_FAILED;
	}
}

static void say(const char *text)
{
	ksm_auto_str struct ksm_str safe = {0};

	if (ksm_str_escape(&safe, text, strlen(text)) == 0)
		fprintf(stderr, "ksmctl: %s\n", safe.data);
	else
		fputs("ksmctl: out of memory\n", stderr);
}

int ksm_cli_fail(const struct ksm_cli *cli, const struct ksm_error *err)
{
	say(err->text);
	if (cli->json)
		ksm_cli_print_json(cli, ksm_report_error_document(err));
	return ksm_cli_status(err);
}

int ksm_cli_usage(const struct ksm_cli *cli, const char *fmt, ...)
{
	struct ksm_error err;
	char text[sizeof(err.text)];
	va_list args;

	va_start(args, fmt);
	vsnprintf(text, sizeof(text), fmt, args);
	va_end(args);
	ksm_error_set(&err, KSM_ERR_INVALID, 0, "%s", text);
	ksm_cli_fail(cli, &err);
	fprintf(stderr, "try \"ksmctl%s%s --help\"\n", cli->verb ? " " : "",
		cli->verb ? cli->verb->name : "");
	return KSM_EXIT_USAGE;
}

int ksm_cli_no_memory(const struct ksm_cli *cli)
{
	struct ksm_error err;

	ksm_error_no_memory(&err);
	return ksm_cli_fail(cli, &err);
}

void ksm_cli_warn(const struct ksm_cli *cli, const char *fmt, ...)
{
	char text[512];
	va_list args;

	if (cli->quiet)
		return;
	va_start(args, fmt);
	vsnprintf(text, sizeof(text), fmt, args);
	va_end(args);
	say(text);
}

const char *ksm_cli_nearest(const char *word, const char *const *candidates, size_t n)
{
	size_t len = strlen(word);
	unsigned int best = 2 + (unsigned int)len / 4; /* typos to forgive, and one */
	const char *nearest = NULL;

	for (size_t i = 0; i < n; i++) {
		unsigned int distance = ksm_edit_distance(word, candidates[i]);

		/* A beginning is as near as one typo. */
		if (len && strncmp(word, candidates[i], len) == 0)
			distance = 1;
		if (distance < best && 2 * distance < strlen(candidates[i])) {
			best = distance;
			nearest = candidates[i];
		}
	}
	return nearest;
}

int ksm_cli_print_safe(const char *before, const char *text, const char *after)
{
	ksm_auto_str struct ksm_str safe = {0};

	if (!text || !*text)
		return 0;
	if (ksm_str_escape(&safe, text, strlen(text)))
		return -ENOMEM;
	printf("%s%s%s", before, safe.data, after);
	return 0;
}

static void put_ascii(const char *text, size_t len)
{
	for (size_t i = 0; i < len;) {
		uint32_t cp;
		size_t n = ksm_utf8_length(text + i, len - i, &cp);

		if (n == 0)
			cp = 0xfffd;
		if (cp < 0x7f)
			putchar((int)cp);
		else if (cp < 0x10000)
			printf("\\u%04x", cp);
		else
			printf("\\u%04x\\u%04x", 0xd7c0 + (cp >> 10), 0xdc00 + (cp & 0x3ff));
		i += n ? n : 1;
	}
	putchar('\n');
}

int ksm_cli_print_json(const struct ksm_cli *cli, struct json_object *document)
{
	ksm_auto_str struct ksm_str text = {0};
	int ret = ksm_json_print(document, &text);

	json_object_put(document);
	if (ret) {
		say("out of memory");
		return KSM_EXIT_FAILED;
	}
	put_ascii(text.data, text.len);
	return KSM_EXIT_OK;
}

/* Why stdout could not be written to, from where that was seen first. */
static int write_errno;

bool ksm_cli_flush(void)
{
	if (fflush(stdout) == 0 && !ferror(stdout))
		return true;
	if (!write_errno)
		write_errno = errno;
	return false;
}

/* Where stdio met the error between two flushes, errno is lost: ask the pipe. */
static bool reader_is_gone(void)
{
	struct pollfd fd = {.fd = STDOUT_FILENO, .events = POLLOUT};

	return write_errno == EPIPE || (poll(&fd, 1, 0) == 1 && (fd.revents & (POLLERR | POLLHUP)));
}

int ksm_cli_close_stdout(int status)
{
	errno = 0;
	if (ksm_cli_flush()) {
		if (close(STDOUT_FILENO) == 0)
			return status;
		write_errno = errno;
	}
	if (reader_is_gone())
		return status;
	fprintf(stderr, "ksmctl: cannot write the output: %s\n",
		strerror(write_errno ? write_errno : EIO));
	return KSM_EXIT_FAILED;
}
