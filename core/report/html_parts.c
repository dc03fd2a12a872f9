/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The parts of an estimate's page that are about targets, groups and contents. */
#include <inttypes.h>
#include <math.h>
#include <stdlib.h>

#include "base/cleanup.h"
#include "kernel/process.h"
#include "report/html_chart.h"
#include "report/html_estimate.h"

/* Maps of so many targets, those that most is freed for, and of the areas of each so many in a table. */
#define MAPS_MAX  12
#define AREAS_MAX 40
#define PAIRS_MAX 100
/* Lines before smaller areas would be all that is seen of them. */
#define BORDERED_CELLS 4

/* What a target or a group is called, unescaped. */
struct name {
	char text[160];
};

static struct name target_name(const struct ksm_estimate *estimate, uint32_t target)
{
	const struct ksm_space *space = estimate->target[target].space;
	struct name name;

	if (space->file)
		snprintf(name.text, sizeof(name.text), "%s", space->file);
	else
		snprintf(name.text, sizeof(name.text), "%d %s", space->pid, space->name);
	return name;
}

/* ---------------------------------------------------------------- address spaces */

static const char *const class_names[KSM_CLASSES] = {
	[KSM_CLASS_ONCE] = "occurs once",
	[KSM_CLASS_HERE] = "repeats here",
	[KSM_CLASS_ELSEWHERE] = "repeats elsewhere",
	[KSM_CLASS_ZERO] = "zeros",
};

static const struct ksm_html_column area_columns[] = {
	{"Area", false},
	{"From", false},
	{"Present", true},
	{"Repeats here", true},
	{"Repeats elsewhere", true},
	{"Zeros", true},
	{NULL, false},
};

static int by_repeats(const void *a, const void *b)
{
	const struct ksm_map_area *x = *(const struct ksm_map_area *const *)a,
				  *y = *(const struct ksm_map_area *const *)b;
	int64_t repeats_x = ksm_map_cell_pages(&x->sum) - x->sum.pages[KSM_CLASS_ONCE],
		repeats_y = ksm_map_cell_pages(&y->sum) - y->sum.pages[KSM_CLASS_ONCE];

	if (repeats_x != repeats_y)
		return repeats_x > repeats_y ? -1 : 1;
	return x->first < y->first ? -1 : x->first > y->first;
}

static void put_area(struct ksm_html *html, const struct ksm_estimate *estimate,
		     const struct ksm_areas *areas, const struct ksm_map_area *area)
{
	ksm_html_put(html, "<tr>");
	ksm_html_text_cell(html, ksm_area_label(areas, area->area));
	ksm_html_put(html, "<td><code>0x%016" PRIx64 "</code></td>", area->area->start);
	ksm_html_bytes_cell(html, ksm_estimate_bytes(estimate, ksm_map_cell_pages(&area->sum)));
	for (int kind = KSM_CLASS_HERE; kind < KSM_CLASSES; kind++)
		ksm_html_bytes_cell(html, ksm_estimate_bytes(estimate, area->sum.pages[kind]));
	ksm_html_put(html, "</tr>\n");
}

static void put_areas(struct ksm_html *html, const struct ksm_estimate *estimate, uint32_t target)
{
	const struct ksm_map *map = &estimate->map[target];
	const struct ksm_map_area **order ksm_auto_free = calloc(map->n_areas, sizeof(*order));
	size_t n_shown = map->n_areas < AREAS_MAX ? map->n_areas : AREAS_MAX;
	char caption[96];

	if (!order) {
		html->is_short_of_memory = true;
		return;
	}
	for (size_t i = 0; i < map->n_areas; i++)
		order[i] = &map->area[i];
	qsort(order, map->n_areas, sizeof(*order), by_repeats);
	snprintf(caption, sizeof(caption), "The %zu areas of target %u in which most repeats",
		 n_shown, target + 1);
	ksm_html_put(html, "<details><summary>Areas: %zu</summary>", map->n_areas);
	ksm_html_begin_table(html, caption, area_columns);
	for (size_t i = 0; i < n_shown; i++)
		put_area(html, estimate, &estimate->target[target].space->areas, order[i]);
	ksm_html_end_table(html);
	ksm_html_put(html, "</details>\n");
}

static void describe_map(const struct ksm_map *map, char text[256])
{
	struct ksm_map_cell sum = {0};
	char share[KSM_CLASSES][KSM_UNITS_MAX];

	for (size_t i = 0; i < map->n_areas; i++)
		for (int kind = 0; kind < KSM_CLASSES; kind++)
			sum.pages[kind] += map->area[i].sum.pages[kind];
	for (int kind = 0; kind < KSM_CLASSES; kind++)
		ksm_format_percent((uint64_t)sum.pages[kind], (uint64_t)ksm_map_cell_pages(&sum),
				   share[kind]);
	snprintf(text, 256,
		 "Of the pages present, %s occur once, %s repeat here, %s repeat elsewhere, %s are "
		 "zeros.",
		 share[KSM_CLASS_ONCE], share[KSM_CLASS_HERE], share[KSM_CLASS_ELSEWHERE],
		 share[KSM_CLASS_ZERO]);
}

static void put_map(struct ksm_html *html, const struct ksm_estimate *estimate, uint32_t target)
{
	const struct ksm_map *map = &estimate->map[target];
	double *share ksm_auto_free = calloc((size_t)map->n_cells * KSM_CLASSES, sizeof(*share));
	size_t *border ksm_auto_free = calloc(map->n_areas, sizeof(*border));
	struct name name = target_name(estimate, target);
	size_t n_borders = 0;
	char text[256];

	if (!share || !border) {
		html->is_short_of_memory = true;
		return;
	}
	for (uint32_t i = 0; i < map->n_cells; i++) {
		int64_t pages = ksm_map_cell_pages(&map->cell[i]);

		for (int kind = 0; kind < KSM_CLASSES && pages; kind++)
			share[i * KSM_CLASSES + (size_t)kind] =
				(double)map->cell[i].pages[kind] / (double)pages;
	}
	for (size_t i = 1; i < map->n_areas; i++)
		if (map->area[i].n_cells >= BORDERED_CELLS)
			border[n_borders++] = map->area[i].cell;
	describe_map(map, text);
	ksm_html_put(html, "<h3>%s</h3>\n", name.text);
	ksm_chart_strip(html, name.text, text, share, map->n_cells, KSM_CLASSES, border, n_borders);
	ksm_html_put(html, "<p class=\"soft\">%s</p>\n", text);
	put_areas(html, estimate, target);
}

void ksm_html_maps(struct ksm_html *html, const struct ksm_estimate *estimate,
		   const uint32_t *order)
{
	uint32_t shown = 0;

	if (!estimate->map || !estimate->totals.pages_present)
		return;
	ksm_html_begin_section(html, "Where it lies", true);
	ksm_html_put(html, "<p class=\"soft\">Present pages by address, from left to right; lines "
			   "part larger areas, "
			   "whose widths are those of their pages.</p>\n<ul class=\"legend\">");
	for (int kind = 0; kind < KSM_CLASSES; kind++)
		ksm_html_put(html,
			     "<li><svg width=\"14\" height=\"14\" aria-hidden=\"true\">"
			     "<rect class=\"s%d\" width=\"14\" height=\"14\"/></svg> %s</li>",
			     kind, class_names[kind]);
	ksm_html_put(html, "</ul>\n");
	for (uint32_t i = 0; i < estimate->n_targets && shown < MAPS_MAX; i++) {
		if (!estimate->map[order[i]].n_areas)
			continue;
		put_map(html, estimate, order[i]);
		shown++;
	}
	if (shown < estimate->n_targets)
		ksm_html_put(html,
			     "<p class=\"soft\">Shown: %u of %u, for which most is freed.</p>\n",
			     shown, estimate->n_targets);
	ksm_html_end_section(html);
}

/* ---------------------------------------------------------------- who shares with whom */

static const struct ksm_html_column pair_columns[] = {
	{"One", false},		 {"The other", false}, {"Both have", true},
	{"Merging frees", true}, {NULL, false},
};

static struct name group_name(const struct ksm_estimate *estimate, uint32_t group)
{
	struct name name;

	snprintf(name.text, sizeof(name.text), "%s", estimate->group[group].name);
	return name;
}

typedef struct name name_of(const struct ksm_estimate *estimate, uint32_t number);

static void put_matrix(struct ksm_html *html, const struct ksm_pair *pair, size_t n_pairs,
		       uint32_t n, const char *what)
{
	double *shade ksm_auto_free = calloc((size_t)n * n, sizeof(*shade));
	char description[96];
	int64_t most = 1;

	if (!shade) {
		html->is_short_of_memory = true;
		return;
	}
	for (size_t i = 0; i < (size_t)n * n; i++)
		shade[i] = NAN;
	for (size_t i = 0; i < n_pairs; i++)
		if (pair[i].shared_contents > most)
			most = pair[i].shared_contents;
	for (size_t i = 0; i < n_pairs; i++)
		shade[pair[i].a * n + pair[i].b] = shade[pair[i].b * n + pair[i].a] =
			(double)pair[i].shared_contents / (double)most;
	snprintf(description, sizeof(description),
		 "The stronger the colour, the more; at most %" PRId64 " contents in common.",
		 most);
	ksm_chart_matrix(html, what, description, shade, n);
	ksm_html_put(html, "<p class=\"soft\">%s</p>\n", description);
}

static void put_pairs(struct ksm_html *html, const struct ksm_estimate *estimate,
		      const struct ksm_pair *pair, size_t n_pairs, uint32_t n, name_of *name,
		      const char *heading)
{
	if (!n_pairs)
		return;
	ksm_html_begin_section(html, heading, false);
	if (n > 2)
		put_matrix(html, pair, n_pairs, n, heading);
	ksm_html_begin_table(html, heading, pair_columns);
	for (size_t i = 0; i < n_pairs && i < PAIRS_MAX; i++) {
		ksm_html_put(html, "<tr><td class=\"long\">%u %s</td>", pair[i].a + 1,
			     name(estimate, pair[i].a).text);
		ksm_html_put(html, "<td class=\"long\">%u %s</td>", pair[i].b + 1,
			     name(estimate, pair[i].b).text);
		ksm_html_number_cell(html, pair[i].shared_contents);
		ksm_html_bytes_cell(html, ksm_estimate_bytes(estimate, pair[i].freeable_pages));
		ksm_html_put(html, "</tr>\n");
	}
	ksm_html_end_table(html);
	if (n_pairs > PAIRS_MAX)
		ksm_html_put(html, "<p class=\"soft\">Shown: %d of %zu, that free most.</p>\n",
			     PAIRS_MAX, n_pairs);
	ksm_html_end_section(html);
}

void ksm_html_pairs(struct ksm_html *html, const struct ksm_estimate *estimate)
{
	put_pairs(html, estimate, estimate->pair, estimate->n_pairs, estimate->n_targets,
		  target_name, "Which targets share contents");
	put_pairs(html, estimate, estimate->group_pair, estimate->n_group_pairs,
		  (uint32_t)estimate->n_groups, group_name, "Which groups share contents");
}

/* ---------------------------------------------------------------- tables */

#define SUMS_COLUMNS                                                                           \
	{"Present", true}, {"Distinct", true}, {"Zeros", true}, {"Same as others here", true}, \
		{"Same as elsewhere", true},                                                   \
	{                                                                                      \
		"Freed", true                                                                  \
	}

static const struct ksm_html_column target_columns[] = {
	{"No.", true}, {"Target", false},	  {"User", false},
	SUMS_COLUMNS,  {"Not read whole", false}, {NULL, false},
};

static void put_sums(struct ksm_html *html, const struct ksm_estimate *estimate,
		     const struct ksm_estimate_sums *sums, int64_t cross, bool is_read)
{
	const int64_t pages[] = {sums->pages_present,
				 sums->distinct_pages,
				 sums->zero_pages,
				 sums->duplicate_pages,
				 cross,
				 sums->freed_pages};

	for (size_t i = 0; i < sizeof(pages) / sizeof(pages[0]); i++)
		ksm_html_bytes_cell(html,
				    is_read ? ksm_estimate_bytes(estimate, pages[i]) : KSM_UNKNOWN);
}

void ksm_html_targets(struct ksm_html *html, const struct ksm_estimate *estimate,
		      const uint32_t *order)
{
	ksm_html_begin_section(html, "Targets", true);
	ksm_html_begin_table(html, "Those first for which most is freed", target_columns);
	for (uint32_t i = 0; i < estimate->n_targets; i++) {
		const struct ksm_estimate_target *target = &estimate->target[order[i]];
		const struct ksm_space *space = target->space;
		char *user ksm_auto_free = space->has_uid ? ksm_user_name(space->uid) : NULL;

		ksm_html_put(html, "<tr>");
		ksm_html_number_cell(html, order[i] + 1);
		ksm_html_text_cell(html, target_name(estimate, order[i]).text);
		ksm_html_put(html, "<td>%s</td>", user ? user : "");
		put_sums(html, estimate, &target->sums, target->cross_duplicate_pages,
			 ksm_estimate_is_read(target));
		ksm_html_text_cell(html, target->complete ? "" : target->error.text);
		ksm_html_put(html, "</tr>\n");
	}
	ksm_html_end_table(html);
	ksm_html_end_section(html);
}

static const struct ksm_html_column group_columns[] = {
	{"Group", false},
	SUMS_COLUMNS,
	{NULL, false},
};

void ksm_html_groups(struct ksm_html *html, const struct ksm_estimate *estimate)
{
	if (!estimate->n_groups)
		return;
	ksm_html_begin_section(html, "Groups", true);
	ksm_html_put(html, "<p class=\"soft\">By %s.</p>\n", ksm_group_by_name(estimate->by));
	ksm_html_begin_table(html, "Those first for which most is freed", group_columns);
	for (size_t i = 0; i < estimate->n_groups; i++) {
		const struct ksm_estimate_group *group = &estimate->group[i];

		ksm_html_put(html, "<tr>");
		ksm_html_text_cell(html, group->name);
		put_sums(html, estimate, &group->sums, group->cross_duplicate_pages, true);
		ksm_html_put(html, "</tr>\n");
	}
	ksm_html_end_table(html);
	ksm_html_end_section(html);
}

static const struct ksm_html_column content_columns[] = {
	{"Copies", true}, {"Targets", true}, {"First in", false}, {"Area", false},
	{"At", false},	  {"Looks", false},  {"Begins", false},	  {NULL, false},
};

static void put_content(struct ksm_html *html, const struct ksm_estimate *estimate,
			const struct ksm_estimate_content *content)
{
	const struct ksm_areas *areas = &estimate->target[content->space].space->areas;
	const struct ksm_area *area = ksm_areas_find(areas, content->address);

	ksm_html_put(html, "<tr>");
	ksm_html_number_cell(html, content->copies);
	ksm_html_number_cell(html, content->targets);
	ksm_html_text_cell(html, target_name(estimate, content->space).text);
	ksm_html_text_cell(html, area ? ksm_area_label(areas, area) : "");
	ksm_html_put(html, "<td><code>0x%016" PRIx64 "</code></td><td>%s</td><td><code>",
		     content->address, content->looks ? ksm_looks_name(content->looks) : "");
	if (content->has_preview)
		ksm_html_bytes(html, content->preview, sizeof(content->preview));
	ksm_html_put(html, "</code></td></tr>\n");
}

void ksm_html_contents(struct ksm_html *html, const struct ksm_estimate *estimate)
{
	if (!estimate->n_contents)
		return;
	ksm_html_begin_section(html, "The most repeated contents", true);
	ksm_html_begin_table(html, "Those with most copies first", content_columns);
	for (size_t i = 0; i < estimate->n_contents; i++)
		put_content(html, estimate, &estimate->content[i]);
	ksm_html_end_table(html);
	ksm_html_end_section(html);
}
