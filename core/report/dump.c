/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "report/dump.h"

#include "report/report.h"

static void put(json_object *object, const char *name, json_object *value)
{
	json_object_object_add(object, name, value);
}

static void put_text(json_object *object, const char *name, const char *text)
{
	put(object, name, text ? ksm_report_string(text) : NULL);
}

static void put_pages(json_object *object, const char *name, uint64_t pages)
{
	put(object, name, json_object_new_uint64(pages));
}

static json_object *passed_over_object(const struct ksm_dump_facts *facts)
{
	json_object *object = json_object_new_object();

	for (enum ksm_passed passed = KSM_PASSED_NOT + 1; passed < KSM_PASSED_KINDS; passed++)
		if (facts->passed_over[passed])
			put_pages(object, ksm_passed_name(passed), facts->passed_over[passed]);
	return object;
}

void ksm_report_put_dump(json_object *target, const struct ksm_dump_facts *facts)
{
	put_text(target, "format", facts->format);
	put_text(target, "compression", facts->compression);
	put_text(target, "inner_compression", facts->inner_compression);
	put_text(target, "page_size_from", facts->page_size_from);
	put_text(target, "machine", facts->machine);
	put(target, "bits", facts->bits ? json_object_new_int64(facts->bits) : NULL);
	put_text(target, "byte_order",
		 !facts->bits		? NULL
		 : facts->is_big_endian ? "big"
					: "little");
	put(target, "dumped_pid", facts->pid ? json_object_new_int64(facts->pid) : NULL);
	put_text(target, "command", facts->command);
	put_text(target, "arguments", facts->arguments);
	put_text(target, "executable", facts->executable);
	put_text(target, "kernel", facts->kernel);
	put(target, "dump_level",
	    facts->dump_level >= 0 ? json_object_new_int64(facts->dump_level) : NULL);
	put(target, "holes_visible", json_object_new_boolean(facts->has_holes));
	put(target, "areas_known", json_object_new_boolean(facts->has_areas));
	put_pages(target, "pages_data", facts->pages_data);
	put_pages(target, "pages_hole", facts->pages_hole);
	put_pages(target, "pages_filtered", facts->pages_filtered);
	put_pages(target, "pages_missing", facts->pages_missing);
	put_pages(target, "pages_base", facts->pages_base);
	put(target, "passed_over", passed_over_object(facts));
}
