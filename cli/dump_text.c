/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "cli/dump_text.h"

#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#include "base/units.h"
#include "cli/cli.h"
#include "source/dump.h"

static int print_kind(const struct ksm_dump_facts *facts)
{
	int ret;

	printf("  %s", facts->format ? facts->format : "not read");
	if (facts->compression && strcmp(facts->compression, "none") != 0)
		printf(" in %s", facts->compression);
	if (facts->inner_compression && strcmp(facts->inner_compression, "none") != 0)
		printf(" around %s", facts->inner_compression);
	ret = ksm_cli_print_safe(" of ", facts->machine, "");
	if (facts->bits)
		printf(", %u bits, %s-endian", facts->bits,
		       facts->is_big_endian ? "big" : "little");
	if (facts->page_size_from)
		printf(", pages of %u bytes (%s)", facts->page_size, facts->page_size_from);
	putchar('\n');
	return ret;
}

static int print_process(const struct ksm_dump_facts *facts)
{
	int ret = 0;

	if (facts->command) {
		ret = ksm_cli_print_safe("  process \"", facts->command, "\"");
		if (facts->pid)
			printf(", pid %d", (int)facts->pid);
		ret = ret ?: ksm_cli_print_safe(", ", facts->arguments, "");
		putchar('\n');
	}
	ret = ret ?: ksm_cli_print_safe("  kernel ", facts->kernel, "\n");
	if (facts->dump_level >= 0)
		printf("  dump level %d\n", facts->dump_level);
	return ret;
}

static void print_class(const struct ksm_dump_facts *facts, const char *what, uint64_t pages,
			const char *meaning)
{
	char bytes[KSM_UNITS_MAX];

	if (!pages)
		return;
	ksm_format_bytes((int64_t)(pages * facts->page_size), bytes);
	printf("  %-16s %12" PRIu64 "  %10s  %s\n", what, pages, bytes, meaning);
}

static void print_classes(const struct ksm_dump_facts *facts)
{
	print_class(facts, "data", facts->pages_data, "held by the file");
	for (enum ksm_passed passed = KSM_PASSED_NOT + 1; passed < KSM_PASSED_KINDS; passed++) {
		char what[40];

		snprintf(what, sizeof(what), "  %s", ksm_passed_name(passed));
		print_class(facts, what, facts->passed_over[passed], "of these, passed over");
	}
	print_class(facts, "hole", facts->pages_hole, "never touched, as the file shows");
	print_class(facts, "filtered", facts->pages_filtered, "left out when it was dumped");
	print_class(facts, "missing", facts->pages_missing, "cut off");
}

int ksm_estimate_print_dumps(const struct ksm_estimate *estimate)
{
	int ret = 0;

	for (uint32_t i = 0; i < estimate->n_targets && !ret; i++) {
		const struct ksm_space *space = estimate->target[i].space;

		if (!space->dump)
			continue;
		ret = ksm_cli_print_safe("\n", space->file, "\n") ?: print_kind(space->dump)
			?: print_process(space->dump);
		print_classes(space->dump);
	}
	return ret;
}
