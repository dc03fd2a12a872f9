/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "control/ranges.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "base/array.h"

static bool parse_address(const char *text, const char *end, uint64_t *ret_value)
{
	char *stop;

	/* strtoull would also take blanks and signs. */
	if (text == end || !strchr("0123456789abcdefABCDEF", *text))
		return false;
	errno = 0;
	*ret_value = strtoull(text, &stop, 16);
	return stop == end && !errno;
}

int ksm_range_parse(const char *text, uint64_t page_size, struct ksm_area_range *ret_range,
		    struct ksm_error *err)
{
	const char *dash = strchr(text, '-');
	struct ksm_area_range range;

	if (!dash || !parse_address(text, dash, &range.start) ||
	    !parse_address(dash + 1, dash + strlen(dash), &range.end) || range.start >= range.end)
		return ksm_error_set(err, KSM_ERR_INVALID, EINVAL,
				     "\"%.60s\" is no range: give START-END in hexadecimal, as "
				     "the process's maps have it",
				     text);
	if (range.start % page_size || range.end % page_size)
		return ksm_error_set(err, KSM_ERR_INVALID, EINVAL,
				     "\"%.60s\" does not begin and end with pages of %llu bytes",
				     text, (unsigned long long)page_size);
	*ret_range = range;
	return 0;
}

static bool is_of_kind(const struct ksm_areas *areas, const struct ksm_area *area, const char *word)
{
	/* [heap] and [stack] are found by their kinds too: "heap", "stack". */
	return strcmp(word, ksm_area_kind_name(ksm_area_kind(areas, area))) == 0 ||
	       strcmp(word, ksm_area_name(areas, area)) == 0;
}

static bool is_chosen(const struct ksm_areas *areas, const struct ksm_area *area,
		      const struct ksm_range_choice *choice)
{
	for (size_t i = 0; i < choice->n_areas; i++)
		if (is_of_kind(areas, area, choice->area[i]))
			return true;
	return !choice->n_areas && !choice->n_ranges;
}

static int add(struct ksm_ranges *ranges, uint64_t start, uint64_t end, struct ksm_error *err)
{
	if (ksm_array_reserve(&ranges->range, &ranges->capacity, ranges->n + 1,
			      sizeof(*ranges->range)))
		return ksm_error_no_memory(err);
	ranges->range[ranges->n++] = (struct iovec){(void *)(uintptr_t)start, end - start};
	return 0;
}

/* The area if it was chosen, else those parts of it that ranges cover. */
static int add_area(const struct ksm_areas *areas, const struct ksm_area *area,
		    const struct ksm_range_choice *choice, struct ksm_ranges *ranges,
		    struct ksm_error *err)
{
	int ret = 0;

	if (is_chosen(areas, area, choice))
		return add(ranges, area->start, area->end, err);
	for (size_t i = 0; i < choice->n_ranges && !ret; i++) {
		uint64_t start = choice->range[i].start, end = choice->range[i].end;

		start = start > area->start ? start : area->start;
		end = end < area->end ? end : area->end;
		if (start < end)
			ret = add(ranges, start, end, err);
	}
	return ret;
}

int ksm_ranges_choose(const struct ksm_areas *areas, const struct ksm_range_choice *choice,
		      bool merge, struct ksm_ranges *ret_ranges, struct ksm_error *err)
{
	struct ksm_ranges ranges = {0};
	int ret = 0;

	for (size_t i = 0; i < areas->n && !ret; i++) {
		const struct ksm_area *area = &areas->area[i];

		if (merge ? ksm_area_is_eligible(area) : area->vm_flags & KSM_VM_MERGEABLE)
			ret = add_area(areas, area, choice, &ranges, err);
	}
	if (!ret && !ranges.n && (choice->n_areas || choice->n_ranges))
		ret = ksm_error_set(err, KSM_ERR_SYSTEM, ENOENT,
				    "has no area of that name or range that %s",
				    merge ? "KSM accepts: ksmctl scan --by=mapping lists them"
					  : "is marked mergeable");
	if (ret) {
		ksm_ranges_free(&ranges);
		return ret;
	}
	*ret_ranges = ranges;
	return 0;
}

void ksm_ranges_free(struct ksm_ranges *ranges)
{
	free(ranges->range);
	*ranges = (struct ksm_ranges){0};
}
