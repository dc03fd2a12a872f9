/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "cli/fingerprint_take.h"

#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <string.h>
#include <sys/utsname.h>

#include "base/cleanup.h"
#include "base/str.h"
#include "cli/estimate_verb.h"
#include "cli/number.h"
#include "cli/options.h"
#include "cli/progress.h"

#define KEY_FILE_MAX (1u << 20) /* so far, what is too long is told by how long it is */

int ksm_cli_take_format(const struct ksm_cli *cli, const struct ksm_option *option,
			const char *value, struct ksm_dump_options *dump)
{
	if (!ksm_option_has_value(option, value))
		return ksm_cli_usage(cli, "no dump has the format \"%s\": give one of %s", value,
				     option->values);
	dump->format = value;
	return KSM_EXIT_OK;
}

int ksm_cli_take_page_size(const struct ksm_cli *cli, const char *value,
			   struct ksm_dump_options *dump)
{
	uint64_t bytes = 0;
	int status = ksm_cli_take_bytes(cli, "page-size", value, UINT32_MAX, &bytes);

	dump->page_size = (unsigned int)bytes;
	return status;
}

int ksm_fingerprint_option(const struct ksm_cli *cli, struct ksm_fingerprint_request *request,
			   const struct ksm_option *option, const char *value)
{
	bool is_load;
	int status = ksm_load_option(cli, &request->load, option, value, &is_load);

	if (is_load)
		return status;
	if (strcmp(option->name, "sample") == 0)
		return ksm_cli_take_count(cli, option, value, 1, UINT32_MAX, &request->sample);
	if (strcmp(option->name, "page-size") == 0)
		return ksm_cli_take_page_size(cli, value, &request->dump);
	if (strcmp(option->name, "format") == 0)
		return ksm_cli_take_format(cli, option, value, &request->dump);
	request->key_file = value;
	return KSM_EXIT_OK;
}

int ksm_fingerprint_prepare(const struct ksm_cli *cli, struct ksm_fingerprint_request *request)
{
	ksm_auto_str struct ksm_str bytes = {0};
	ksm_auto_close int fd = -1;
	int ret = ksm_load_prepare(cli, &request->load);
	struct ksm_error err;

	if (ret)
		return ret;
	if (request->key_file && (ksm_open_at(AT_FDCWD, request->key_file, O_RDONLY, &fd, &err) ||
				  ksm_read_fd(fd, KEY_FILE_MAX, &bytes, &err)))
		return ksm_cli_fail(cli, &err);
	ret = ksm_digest_key_init(&request->key, bytes.data, bytes.len);
	if (!ret && !(request->key_file && !bytes.len))
		return KSM_EXIT_OK;
	if (ret == -EIO) {
		ksm_error_set(&err, KSM_ERR_SYSTEM, EIO, "libsodium cannot be used");
	} else {
		ksm_error_set(&err, KSM_ERR_INVALID, EINVAL,
			      "\"%.80s\" is no key: it has %zu bytes, a key from %d to %d",
			      request->key_file, bytes.len, KSM_DIGEST_KEY_MIN, KSM_DIGEST_KEY_MAX);
		ksm_error_name_path(&err, request->key_file);
	}
	return ksm_cli_fail(cli, &err);
}

/* Names what could not be read; a failure if that is all. */
static int tell_of_spaces(const struct ksm_cli *cli, const struct ksm_page_source *source,
			  struct ksm_fingerprint *fingerprint, struct ksm_error *err)
{
	uint32_t n_bad = 0;

	if (source->n_spaces == 1 && source->space->error.code && !fingerprint->pages) {
		ksm_estimate_name_error(source->space, &source->space->error, err);
		return err->errnum ? -err->errnum : -EIO;
	}
	for (uint32_t i = 0; i < source->n_spaces; i++)
		if (source->space[i].error.code)
			ksm_cli_warn_of_space(cli, &source->space[i], &source->space[i].error,
					      n_bad++);
	ksm_cli_warn_of_more(cli, n_bad);
	if (n_bad && n_bad == source->n_spaces && !fingerprint->pages)
		return ksm_error_set(err, source->space->error.code, source->space->error.errnum,
				     "none of %" PRIu32 " could be read", n_bad);
	fingerprint->is_incomplete |= n_bad > 0;
	return 0;
}

static char *name_of(const struct ksm_page_source *source)
{
	const struct ksm_space *space = source->space;
	struct utsname names;

	for (uint32_t i = 0; i < source->n_spaces && space->error.code; i++)
		space = &source->space[i];
	if (source->n_spaces && space->file)
		return strdup(space->name);
	return strdup(uname(&names) ? "" : names.nodename);
}

int ksm_fingerprint_take_source(const struct ksm_cli *cli,
				const struct ksm_fingerprint_request *request,
				struct ksm_page_source *source,
				struct ksm_fingerprint *ret_fingerprint, struct ksm_error *err)
{
	struct ksm_progress progress;
	const struct ksm_fingerprint_options options = {
		.key = &request->key,
		.sample = request->sample ? request->sample : 1,
		.threads = request->load.threads,
		.bytes_per_second = request->load.rate,
		.progress = ksm_progress_begin(cli, 1, source->page_size, &progress),
		.progress_data = &progress,
	};
	uint64_t lost = 0;
	int ret = ksm_fingerprint_take(source, &options, ret_fingerprint, &lost, err);

	ksm_progress_end(&progress);
	if (ret)
		return ret;
	ret_fingerprint->name = name_of(source);
	ret = ret_fingerprint->name ? tell_of_spaces(cli, source, ret_fingerprint, err)
				    : ksm_error_no_memory(err);
	if (ret)
		ksm_fingerprint_release(ret_fingerprint);
	else if (lost)
		ksm_cli_warn(cli, "%" PRIu64 " pages went away before they could be read", lost);
	return ret;
}
