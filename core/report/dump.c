/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "report/dump.h"

#include "report/report.h"

static void put_text(json_object *object, const char *name, const char *text)
{
	ksm_json_put(object, name, text ? ksm_json_string(text) : NULL);
}

static json_object *passed_over_object(const struct ksm_dump_facts *facts)
{
	json_object *object = ksm_json_object();

	for (enum ksm_passed passed = KSM_PASSED_NOT + 1; passed < KSM_PASSED_KINDS; passed++)
		if (facts->passed_over[passed])
			ksm_json_put_uint(object, ksm_passed_name(passed),
					  facts->passed_over[passed]);
	return object;
}

static void put_pages(json_object *target, const struct ksm_dump_facts *facts, bool are_known)
{
	const struct {
		const char *name;
		uint64_t pages;
	} classes[] = {
		{"pages_data", facts->pages_data},	   {"pages_hole", facts->pages_hole},
		{"pages_filtered", facts->pages_filtered}, {"pages_missing", facts->pages_missing},
		{"pages_base", facts->pages_base},
	};

	for (size_t i = 0; i < sizeof(classes) / sizeof(*classes); i++)
		if (are_known)
			ksm_json_put_uint(target, classes[i].name, classes[i].pages);
		else
			ksm_json_put(target, classes[i].name, NULL);
	ksm_json_put(target, "passed_over", are_known ? passed_over_object(facts) : NULL);
}

void ksm_report_put_dump(json_object *target, const struct ksm_dump_facts *facts, bool is_read)
{
	/* Of one that was recognised there may be headers to tell them. */
	bool are_known = is_read || facts->pages_data || facts->pages_hole ||
			 facts->pages_filtered || facts->pages_missing;

	put_text(target, "format", facts->format);
	put_text(target, "compression", facts->compression);
	put_text(target, "inner_compression", facts->inner_compression);
	put_text(target, "page_size_from", facts->page_size_from);
	put_text(target, "machine", facts->machine);
	ksm_json_put(target, "bits", facts->bits ? ksm_json_int(facts->bits) : NULL);
	put_text(target, "byte_order",
		 !facts->bits		? NULL
		 : facts->is_big_endian ? "big"
					: "little");
	ksm_json_put(target, "dumped_pid", facts->pid ? ksm_json_int(facts->pid) : NULL);
	put_text(target, "command", facts->command);
	put_text(target, "arguments", facts->arguments);
	put_text(target, "executable", facts->executable);
	put_text(target, "kernel", facts->kernel);
	ksm_json_put(target, "dump_level",
		     facts->dump_level >= 0 ? ksm_json_int(facts->dump_level) : NULL);
	ksm_json_put(target, "holes_visible", are_known ? ksm_json_bool(facts->has_holes) : NULL);
	ksm_json_put(target, "areas_known", are_known ? ksm_json_bool(facts->has_areas) : NULL);
	put_pages(target, facts, are_known);
}
