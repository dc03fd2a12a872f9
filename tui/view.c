/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "tui/view.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/array.h"
#include "tui/list.h"

#define DEPTH_MAX 63

/* ---------------------------------------------------------------- rows */

static int64_t sum(int64_t a, int64_t b)
{
	int64_t total;

	if (a == KSM_UNKNOWN)
		return b;
	if (b == KSM_UNKNOWN || __builtin_add_overflow(a, b, &total))
		return a;
	return total;
}

static int64_t stat_of(const struct ksm_process_status *status, enum ksm_stat_field field)
{
	return status->stat.valid[field] ? status->stat.value[field] : KSM_UNKNOWN;
}

static struct tui_row row_of(const struct ksm_process_status *status)
{
	return (struct tui_row){
		.pid = status->process.pid,
		.ppid = status->process.ppid,
		.start_time = status->process.start_time,
		.name = status->process.name,
		.user = status->user,
		.cgroup = status->process.cgroup,
		.opt_in = status->opt_in ? status->opt_in : "",
		.rss = (int64_t)status->process.rss_bytes,
		.merging = stat_of(status, KSM_STAT_ksm_merging_pages),
		.saved = status->merged_bytes,
		.zero = status->zero_bytes,
		.cost = status->cost_bytes,
		.profit = status->profit_bytes,
		.potential = KSM_UNKNOWN,
		.is_concerned = ksm_process_is_concerned(status),
	};
}

static bool has_process(const struct ksm_sample *sample, pid_t pid, uint64_t start_time)
{
	const struct ksm_process *process = ksm_processes_find(&sample->processes.list, pid);

	return process && process->start_time == start_time;
}

/* ---------------------------------------------------------------- filters */

struct filter {
	const struct tui_choice *choice;
	regex_t regex;
	bool has_regex;
};

static bool has_text(const struct tui_row *row, const char *text)
{
	char pid[16];

	snprintf(pid, sizeof(pid), "%d", row->pid);
	return strcasestr(row->name, text) || strcasestr(row->user, text) ||
	       strcasestr(row->cgroup, text) || strcmp(pid, text) == 0;
}

static bool has_match(const struct tui_row *row, const regex_t *regex)
{
	return !regexec(regex, row->name, 0, NULL, 0) || !regexec(regex, row->user, 0, NULL, 0) ||
	       !regexec(regex, row->cgroup, 0, NULL, 0);
}

static bool passes(const struct filter *filter, const struct tui_row *row)
{
	const struct tui_choice *choice = filter->choice;

	if (choice->concerned_only && !row->is_concerned)
		return false;
	if (*choice->user && strcmp(choice->user, row->user) != 0)
		return false;
	if (*choice->cgroup && !ksm_cgroup_is_below(row->cgroup, choice->cgroup))
		return false;
	if (filter->has_regex)
		return has_match(row, &filter->regex);
	return !*choice->filter || *choice->filter == '!' || has_text(row, choice->filter);
}

const char *tui_filter_error(const char *filter, char *buffer, size_t size)
{
	regex_t regex;
	int ret;

	if (*filter != '!')
		return NULL;
	ret = regcomp(&regex, filter + 1, REG_EXTENDED | REG_NOSUB | REG_ICASE);
	if (!ret) {
		regfree(&regex);
		return NULL;
	}
	regerror(ret, &regex, buffer, size);
	return buffer;
}

/* ---------------------------------------------------------------- groups */

static const char *group_name(const struct tui_row *row, enum tui_grouping grouping)
{
	return grouping == TUI_BY_CGROUP ? row->cgroup : row->name;
}

static void add_to_group(struct tui_row *group, const struct tui_row *row)
{
	group->members++;
	group->rss = sum(group->rss, row->rss);
	group->merging = sum(group->merging, row->merging);
	group->saved = sum(group->saved, row->saved);
	group->zero = sum(group->zero, row->zero);
	group->cost = sum(group->cost, row->cost);
	group->profit = sum(group->profit, row->profit);
	group->potential = sum(group->potential, row->potential);
	group->is_concerned |= row->is_concerned;
	group->is_new &= row->is_new;
	if (strcmp(group->user, row->user) != 0)
		group->user = "";
	if (strcmp(group->opt_in, row->opt_in) != 0)
		group->opt_in = "";
	if (strcmp(group->cgroup, row->cgroup) != 0)
		group->cgroup = "";
}

static int by_cgroup(const void *a, const void *b)
{
	const struct tui_row *x = a, *y = b;

	return strcmp(x->cgroup, y->cgroup);
}

static int by_name(const void *a, const void *b)
{
	const struct tui_row *x = a, *y = b;

	return strcmp(x->name, y->name);
}

/* Rows become sums of rows that have a name in common. */
static void group_rows(struct tui_view *view, enum tui_grouping grouping)
{
	size_t n = 0;

	qsort(view->row, view->n, sizeof(*view->row),
	      grouping == TUI_BY_CGROUP ? by_cgroup : by_name);
	for (size_t i = 0; i < view->n; i++) {
		struct tui_row row = view->row[i];
		const char *name = group_name(&row, grouping);

		if (n && strcmp(view->row[n - 1].name, name) == 0) {
			add_to_group(&view->row[n - 1], &row);
			continue;
		}
		row.name = name;
		row.pid = row.ppid = 0;
		row.members = 1;
		view->row[n++] = row;
	}
	view->n = n;
}

/* ---------------------------------------------------------------- order */

static int compare(const void *a, const void *b, void *data)
{
	const struct tui_choice *choice = data;

	return tui_row_compare(a, b, choice->sort, choice->reverse);
}

struct tree {
	const struct tui_row *row; /* in order */
	size_t n;
	size_t *by_pid;	 /* numbers of rows, by pid */
	size_t *child;	 /* first child of a row, its number and 1; 0: none */
	size_t *sibling; /* the next child of the same parent, likewise */
	size_t *last_child;
	size_t *parent; /* 0: a root */
	size_t *seen;	/* from which row its ancestors have been looked for, likewise */
};

static int compare_pids(const void *a, const void *b, void *data)
{
	const struct tree *tree = data;
	pid_t x = tree->row[*(const size_t *)a].pid, y = tree->row[*(const size_t *)b].pid;

	return (x > y) - (x < y);
}

/* The row of that pid, its number and 1; 0 if it is not shown. */
static size_t find_row(const struct tree *tree, pid_t pid)
{
	size_t low = 0, high = tree->n;

	while (low < high) {
		size_t middle = low + (high - low) / 2;

		if (tree->row[tree->by_pid[middle]].pid < pid)
			low = middle + 1;
		else
			high = middle;
	}
	return low < tree->n && tree->row[tree->by_pid[low]].pid == pid ? tree->by_pid[low] + 1 : 0;
}

/* Samples from outside may go in circles: of each, one is a root. */
static void find_parents(struct tree *tree)
{
	for (size_t i = 0; i < tree->n; i++)
		tree->parent[i] = find_row(tree, tree->row[i].ppid);
	for (size_t i = 0; i < tree->n; i++) {
		size_t row = i + 1;

		for (; row && !tree->seen[row - 1]; row = tree->parent[row - 1])
			tree->seen[row - 1] = i + 1;
		if (row && tree->seen[row - 1] == i + 1)
			tree->parent[row - 1] = 0;
	}
}

static void link_children(struct tree *tree)
{
	for (size_t i = 0; i < tree->n; i++) {
		size_t parent = tree->parent[i];

		if (!parent)
			continue;
		if (tree->last_child[parent - 1])
			tree->sibling[tree->last_child[parent - 1] - 1] = i + 1;
		else
			tree->child[parent - 1] = i + 1;
		tree->last_child[parent - 1] = i + 1;
	}
}

/* A root and all below it: parents before their children, and these among themselves as they were. */
static size_t append_branch(const struct tree *tree, struct tui_row *out, size_t n, size_t root)
{
	unsigned int depth = 0;
	size_t row = root;
	uint64_t last = 0;

	for (;;) {
		out[n] = tree->row[row - 1];
		out[n].depth = (uint8_t)(depth < DEPTH_MAX ? depth : DEPTH_MAX);
		out[n++].last = last;
		if (tree->child[row - 1]) {
			row = tree->child[row - 1];
			depth++;
		} else {
			for (; row != root && !tree->sibling[row - 1]; depth--)
				row = tree->parent[row - 1];
			if (row == root)
				return n;
			row = tree->sibling[row - 1];
		}
		if (depth <= DEPTH_MAX)
			last = (last & ((UINT64_C(1) << depth) - 1)) |
			       (uint64_t)!tree->sibling[row - 1] << depth;
	}
}

static int order_as_tree(struct tui_view *view)
{
	size_t n = view->n, done = 0;
	struct tree tree = {.row = view->row, .n = n};
	struct tui_row *out = calloc(n + 1, sizeof(*out));
	size_t *numbers = calloc(6 * n + 1, sizeof(*numbers));

	if (out && numbers) {
		tree.by_pid = numbers;
		tree.child = numbers + n;
		tree.sibling = numbers + 2 * n;
		tree.last_child = numbers + 3 * n;
		tree.parent = numbers + 4 * n;
		tree.seen = numbers + 5 * n;
		for (size_t i = 0; i < n; i++)
			tree.by_pid[i] = i;
		qsort_r(tree.by_pid, n, sizeof(*tree.by_pid), compare_pids, &tree);
		find_parents(&tree);
		link_children(&tree);
		for (size_t i = 0; i < n; i++)
			if (!tree.parent[i])
				done = append_branch(&tree, out, done, i + 1);
		memcpy(view->row, out, done * sizeof(*out));
		view->n = done;
	}
	free(numbers);
	free(out);
	return done == n ? 0 : -ENOMEM;
}

/* ---------------------------------------------------------------- building */

static int64_t potential_of(const struct tui_row *row, const struct tui_potential *potentials,
			    size_t n)
{
	for (size_t i = 0; i < n; i++)
		if (potentials[i].pid == row->pid && potentials[i].start_time == row->start_time)
			return potentials[i].freed_bytes;
	return KSM_UNKNOWN;
}

static void add_row(struct tui_view *view, const struct filter *filter, const struct tui_row *row)
{
	if (passes(filter, row))
		view->row[view->n++] = *row;
	else
		view->hidden++;
}

/* Back to what the cursor was at, if it is to follow and that is there still. */
static void find_cursor(struct tui_view *view)
{
	for (size_t i = 0; i < view->n && view->follow; i++) {
		const struct tui_row *row = &view->row[i];

		if (view->pid
			    ? row->pid == view->pid && row->start_time == view->start_time
			    : !row->pid && *view->name &&
				      strncmp(row->name, view->name, sizeof(view->name) - 1) == 0) {
			view->cursor = i;
			return;
		}
	}
	if (view->cursor >= view->n)
		view->cursor = view->n ? view->n - 1 : 0;
}

static void note_cursor(struct tui_view *view)
{
	const struct tui_row *row = view->n ? &view->row[view->cursor] : NULL;

	view->pid = row ? row->pid : 0;
	view->start_time = row ? row->start_time : 0;
	snprintf(view->name, sizeof(view->name), "%s", row && !row->pid ? row->name : "");
}

int tui_view_build(struct tui_view *view, const struct tui_choice *choice,
		   const struct ksm_sample *sample, const struct ksm_sample *before,
		   const struct tui_potential *potentials, size_t n_potentials)
{
	size_t most = sample->processes.n + (before ? before->processes.n : 0);
	struct filter filter = {.choice = choice};
	int ret = 0;

	view->n = view->hidden = 0;
	if (ksm_array_reserve(&view->row, &view->capacity, most + 1, sizeof(*view->row)))
		return -ENOMEM;
	filter.has_regex = *choice->filter == '!' && !regcomp(&filter.regex, choice->filter + 1,
							      REG_EXTENDED | REG_NOSUB | REG_ICASE);
	for (size_t i = 0; i < sample->processes.n; i++) {
		struct tui_row row = row_of(&sample->processes.item[i]);

		row.is_new = before && !has_process(before, row.pid, row.start_time);
		row.potential = potential_of(&row, potentials, n_potentials);
		add_row(view, &filter, &row);
	}
	/* What is gone is shown once more, but is no part of a sum. */
	for (size_t i = 0; before && !choice->grouping && i < before->processes.n; i++) {
		struct tui_row row = row_of(&before->processes.item[i]);

		if (has_process(sample, row.pid, row.start_time))
			continue;
		row.is_gone = true;
		add_row(view, &filter, &row);
	}
	if (filter.has_regex)
		regfree(&filter.regex);
	if (choice->grouping != TUI_NO_GROUPS)
		group_rows(view, choice->grouping);
	if (view->n)
		qsort_r(view->row, view->n, sizeof(*view->row), compare, (void *)choice);
	if (choice->tree && choice->grouping == TUI_NO_GROUPS && view->n)
		ret = order_as_tree(view);
	if (ret)
		view->n = 0;
	find_cursor(view);
	note_cursor(view);
	return ret;
}

void tui_view_free(struct tui_view *view)
{
	free(view->row);
	view->row = NULL;
	view->n = view->capacity = 0;
}

/* ---------------------------------------------------------------- moving */

void tui_view_scroll(struct tui_view *view, int lines)
{
	view->first = tui_scrolled(view->first, view->cursor, view->n, lines);
}

void tui_view_move(struct tui_view *view, long by, int lines)
{
	view->cursor = tui_moved(view->cursor, view->n, by);
	note_cursor(view);
	tui_view_scroll(view, lines);
}

bool tui_view_search(struct tui_view *view, const char *text, bool beyond)
{
	for (size_t i = 0; *text && i < view->n; i++) {
		size_t at = (view->cursor + i + beyond) % view->n;

		if (has_text(&view->row[at], text)) {
			view->cursor = at;
			note_cursor(view);
			return true;
		}
	}
	return false;
}
