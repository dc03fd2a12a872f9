/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "diagnosis/diagnosis.h"

#include <errno.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/array.h"
#include "base/units.h"
#include "estimate/estimate.h"
#include "estimate/pace.h"

#define BIG_BYTES      (64u << 20) /* of memory that cannot merge, and would be worth it */
#define SLOW_SECONDS   3600	   /* a full scan that takes longer helps few */
#define SKIPPED_SHARE  0.5
#define VOLATILE_SHARE 0.5

const char *ksm_severity_name(enum ksm_severity severity)
{
	static const char *const names[] = {
		[KSM_PROBLEM] = "problem", [KSM_RISK] = "risk", [KSM_HINT] = "hint"};

	return names[severity];
}

/* ---------------------------------------------------------------- helpers of checks */

static void say(struct ksm_finding *finding, const char *fmt, ...)
	__attribute__((format(printf, 2, 3)));

static void say(struct ksm_finding *finding, const char *fmt, ...)
{
	va_list args;

	va_start(args, fmt);
	vsnprintf(finding->text, sizeof(finding->text), fmt, args);
	va_end(args);
}

static void advise(struct ksm_finding *finding, const char *fmt, ...)
	__attribute__((format(printf, 2, 3)));

static void advise(struct ksm_finding *finding, const char *fmt, ...)
{
	va_list args;

	va_start(args, fmt);
	vsnprintf(finding->advice, sizeof(finding->advice), fmt, args);
	va_end(args);
}

static void note(struct ksm_finding *finding, const char *name, int64_t value)
{
	finding->evidence[finding->n_evidence].name = name;
	finding->evidence[finding->n_evidence++].value = value;
}

struct amount {
	char text[KSM_UNITS_MAX];
};

static struct amount amount(int64_t bytes)
{
	struct amount amount = {0};

	ksm_format_bytes(bytes, amount.text);
	return amount;
}

static int64_t value(const struct ksm_facts *facts, enum ksm_sysfs_field field)
{
	return facts->sysfs.value[field];
}

static int64_t tracked(const struct ksm_facts *facts)
{
	return ksm_sysfs_rmap_items(&facts->sysfs);
}

static int64_t merged(const struct ksm_facts *facts)
{
	return value(facts, KSM_SYSFS_pages_sharing) + value(facts, KSM_SYSFS_ksm_zero_pages);
}

/* ---------------------------------------------------------------- of the machine */

static bool is_stopped(const struct ksm_facts *facts, struct ksm_finding *finding)
{
	int64_t run = value(facts, KSM_SYSFS_run);

	if (run == 1)
		return false;
	say(finding, "KSM is off (run=%d)", (int)run);
	advise(finding, "ksmctl start");
	note(finding, "run", run);
	return true;
}

static bool has_nobody(const struct ksm_facts *facts, struct ksm_finding *finding)
{
	if (!facts->is_whole || facts->n_opted_in || tracked(facts) || facts->n_unreadable)
		return false;
	say(finding, "no process has opted in: ksmd has nothing to look at");
	advise(finding, "ksmctl scan --all --advise");
	note(finding, "opted_in", 0);
	return true;
}

static bool scans_nothing(const struct ksm_facts *facts, struct ksm_finding *finding)
{
	if (value(facts, KSM_SYSFS_run) != 1 || !facts->sysfs.valid[KSM_SYSFS_pages_to_scan] ||
	    value(facts, KSM_SYSFS_pages_to_scan))
		return false;
	say(finding, "ksmd runs and scans nothing (pages_to_scan=0)");
	advise(finding, "ksmctl set pages_to_scan=100");
	note(finding, "pages_to_scan", 0);
	return true;
}

static bool loses(const struct ksm_facts *facts, struct ksm_finding *finding)
{
	int64_t profit = value(facts, KSM_SYSFS_general_profit);

	if (!facts->sysfs.valid[KSM_SYSFS_general_profit] || profit >= 0)
		return false;
	say(finding, "KSM costs more than it saves: %s saved, %s of rmap items",
	    amount(merged(facts) * facts->page_size).text,
	    amount(merged(facts) * facts->page_size - profit).text);
	advise(finding, "ksmctl status -p shows who loses; ksmctl unmerge PID opts them out");
	note(finding, "general_profit", profit);
	return true;
}

static bool is_slow(const struct ksm_facts *facts, struct ksm_finding *finding)
{
	double batch = (double)value(facts, KSM_SYSFS_pages_to_scan), seconds;
	char text[KSM_UNITS_MAX];

	if (value(facts, KSM_SYSFS_run) != 1 || !tracked(facts) || batch <= 0)
		return false;
	seconds = (double)tracked(facts) / batch *
		  ksm_pace_batch_seconds((double)value(facts, KSM_SYSFS_sleep_millisecs) / 1000,
					 facts->cost.tick_seconds,
					 batch * facts->cost.seconds_per_page);
	if (seconds < SLOW_SECONDS)
		return false;
	ksm_format_seconds(seconds, text);
	say(finding, "a full scan of %s takes %s at this pace, and merging takes two",
	    amount(tracked(facts) * facts->page_size).text, text);
	advise(finding, "ksmctl tune --scan-time=600 --max-cpu=20");
	note(finding, "seconds_per_scan", (int64_t)seconds);
	return true;
}

static bool skips(const struct ksm_facts *facts, struct ksm_finding *finding)
{
	int64_t idle =
		value(facts, KSM_SYSFS_pages_unshared) + value(facts, KSM_SYSFS_pages_volatile);
	int64_t scanned = value(facts, KSM_SYSFS_pages_scanned);
	int64_t skipped = value(facts, KSM_SYSFS_pages_skipped);

	if (value(facts, KSM_SYSFS_smart_scan) != 1 || !scanned ||
	    (double)skipped < SKIPPED_SHARE * (double)scanned || idle < merged(facts))
		return false;
	say(finding,
	    "smart scan has left out %lld pages against %lld looked at: pages that were long "
	    "without a "
	    "twin are looked at in every ninth scan only, and two of them may never meet",
	    (long long)skipped, (long long)scanned);
	advise(finding, "ksmctl set smart_scan=0; ksmctl wait; ksmctl set smart_scan=1");
	note(finding, "pages_skipped", skipped);
	note(finding, "pages_scanned", scanned);
	return true;
}

static bool changes_fast(const struct ksm_facts *facts, struct ksm_finding *finding)
{
	int64_t pages = value(facts, KSM_SYSFS_pages_volatile);

	/* With smart scan those that were skipped count as volatile, too. */
	if (value(facts, KSM_SYSFS_smart_scan) == 1 || value(facts, KSM_SYSFS_full_scans) < 3 ||
	    (double)pages < VOLATILE_SHARE * (double)tracked(facts) || !pages)
		return false;
	say(finding, "%s of %s change between two looks, too fast to merge",
	    amount(pages * facts->page_size).text, amount(tracked(facts) * facts->page_size).text);
	advise(finding,
	       "ksmctl scan --passes=5 PID tells which kinds of memory; opt in others by --area");
	note(finding, "pages_volatile", pages);
	note(finding, "rmap_items", tracked(facts));
	return true;
}

static bool has_chains(const struct ksm_facts *facts, struct ksm_finding *finding)
{
	int64_t chains = value(facts, KSM_SYSFS_stable_node_chains);
	int64_t more = value(facts, KSM_SYSFS_stable_node_dups) - chains;

	if (more <= 0)
		return false;
	say(finding,
	    "%lld contents need several pages each, since one is mapped at most "
	    "max_page_sharing=%lld "
	    "times: %s could be saved besides",
	    (long long)chains, (long long)value(facts, KSM_SYSFS_max_page_sharing),
	    amount(more * facts->page_size).text);
	advise(finding, "ksmctl set --unmerge-first max_page_sharing=1024");
	note(finding, "stable_node_chains", chains);
	note(finding, "stable_node_dups", value(facts, KSM_SYSFS_stable_node_dups));
	return true;
}

static bool keeps_nodes_apart(const struct ksm_facts *facts, struct ksm_finding *finding)
{
	if (facts->n_nodes < 2 || !facts->sysfs.valid[KSM_SYSFS_merge_across_nodes] ||
	    value(facts, KSM_SYSFS_merge_across_nodes))
		return false;
	say(finding,
	    "pages merge only within each of %u NUMA nodes (merge_across_nodes=0): what is the "
	    "same on several is kept on each",
	    facts->n_nodes);
	advise(finding, "ksmctl set --unmerge-first merge_across_nodes=1, where memory of another "
			"node is fast enough");
	note(finding, "nodes", facts->n_nodes);
	return true;
}

static bool has_rival(const struct ksm_facts *facts, struct ksm_finding *finding)
{
	if (!facts->ksmtuned)
		return false;
	say(finding,
	    "ksmtuned (process %d) changes run, pages_to_scan and sleep_millisecs as it likes",
	    facts->ksmtuned);
	advise(finding,
	       "systemctl disable --now ksmtuned; ksmctl tune --config=/etc/ksmtuned.conf");
	note(finding, "pid", facts->ksmtuned);
	return true;
}

static bool has_uksmd(const struct ksm_facts *facts, struct ksm_finding *finding)
{
	if (!facts->uksmd)
		return false;
	say(finding, "uksmd (process %d) opts processes in by itself", facts->uksmd);
	advise(finding, "ksmctl status -p shows whom");
	note(finding, "pid", facts->uksmd);
	return true;
}

static bool is_old(const struct ksm_facts *facts, struct ksm_finding *finding)
{
	/* By what sysfs has, since distributions bring features to older kernels. */
	if (!facts->sysfs.valid[KSM_SYSFS_general_profit])
		say(finding, "this kernel is older than 6.4: a process can only be opted in area "
			     "by area, and "
			     "the profit cannot be told");
	else if (!facts->sysfs.valid[KSM_SYSFS_smart_scan])
		say(finding,
		    "this kernel is older than 6.7: opting in is lost at exec, and all pages are "
		    "looked at in every scan");
	else if (!facts->sysfs.valid[KSM_SYSFS_advisor_mode])
		say(finding, "this kernel is older than 6.8: it has no advisor for the scan time");
	else
		return false;
	advise(finding, "a newer kernel");
	return true;
}

static bool splits_huge_pages(const struct ksm_facts *facts, struct ksm_finding *finding)
{
	if (!facts->huge_always || !facts->n_opted_in)
		return false;
	say(finding,
	    "transparent huge pages are on for all memory: each that has a page to merge is split, "
	    "and those half empty look like mergeable zeros");
	advise(finding,
	       "ksmctl scan PID tells how many; PR_SET_THP_DISABLE or enabled=madvise avoids them");
	note(finding, "opted_in", (int64_t)facts->n_opted_in);
	return true;
}

/* ---------------------------------------------------------------- risks */

static size_t count_domains(const struct ksm_facts *facts, const struct ksm_domain *ret_two[2])
{
	size_t n = 0;

	for (size_t i = 0; i < facts->n_processes; i++) {
		bool is_new = facts->process[i].is_opted_in;

		for (size_t j = 0; j < i && is_new; j++)
			is_new = !facts->process[j].is_opted_in ||
				 !ksm_domain_equal(&facts->process[i].domain,
						   &facts->process[j].domain);
		if (is_new && n < 2)
			ret_two[n] = &facts->process[i].domain;
		n += is_new;
	}
	return n;
}

static bool mixes_domains(const struct ksm_facts *facts, struct ksm_finding *finding)
{
	char a[KSM_DOMAIN_NAME_MAX], b[KSM_DOMAIN_NAME_MAX], share[96] = "";
	const struct ksm_domain *two[2];
	size_t n = count_domains(facts, two);

	if (n < 2)
		return false;
	ksm_domain_name(two[0], a);
	ksm_domain_name(two[1], b);
	if (facts->freed_together != KSM_UNKNOWN) {
		int64_t across = facts->freed_together - facts->freed_within;

		snprintf(share, sizeof(share), "; %s of the %s to be saved need it",
			 amount(across).text, amount(facts->freed_together).text);
		note(finding, "across_bytes", across);
		note(finding, "freed_bytes", facts->freed_together);
	}
	say(finding,
	    "memory of %zu users, containers or guests may merge (%s, %s%s): by timing, each can "
	    "find out "
	    "what is in the others' memory%s",
	    n, a, b, n > 2 ? ", ..." : "", share);
	advise(finding, "opt in only those that trust each other; ksmctl unmerge PID for the rest");
	note(finding, "domains", (int64_t)n);
	return true;
}

static bool cannot_unmerge(const struct ksm_facts *facts, struct ksm_finding *finding)
{
	int64_t bytes = merged(facts) * facts->page_size;

	if (!facts->meminfo.total || bytes <= (int64_t)facts->meminfo.available)
		return false;
	say(finding,
	    "%s are saved and %s are available: if merged pages were all written to, or unmerged "
	    "(run=2), "
	    "memory would run out",
	    amount(bytes).text, amount((int64_t)facts->meminfo.available).text);
	advise(finding,
	       "do not unmerge everything at once: ksmctl unmerge PID, one after the other");
	note(finding, "saved_bytes", bytes);
	note(finding, "available_bytes", (int64_t)facts->meminfo.available);
	return true;
}

static const struct check {
	const char *code;
	enum ksm_severity severity;
	bool (*found)(const struct ksm_facts *facts, struct ksm_finding *finding);
} checks[] = {
	{"stopped", KSM_PROBLEM, is_stopped},
	{"no-pages", KSM_PROBLEM, scans_nothing},
	{"nobody", KSM_PROBLEM, has_nobody},
	{"loss", KSM_PROBLEM, loses},
	{"domains", KSM_RISK, mixes_domains},
	{"unmerge-memory", KSM_RISK, cannot_unmerge},
	{"slow", KSM_HINT, is_slow},
	{"smart-scan", KSM_HINT, skips},
	{"volatile", KSM_HINT, changes_fast},
	{"max-page-sharing", KSM_HINT, has_chains},
	{"numa-nodes", KSM_HINT, keeps_nodes_apart},
	{"huge-pages", KSM_HINT, splits_huge_pages},
	{"ksmtuned", KSM_HINT, has_rival},
	{"uksmd", KSM_HINT, has_uksmd},
	{"old-kernel", KSM_HINT, is_old},
};

/* ---------------------------------------------------------------- of a process */

static const char *name_of(const struct ksm_process_facts *process)
{
	return process->process->name;
}

/* Guests whose memory is a memfd or a file, for vhost-user and virtiofs: share=on. */
static bool is_shared(const struct ksm_process_facts *process, struct ksm_finding *finding)
{
	if (process->shared < BIG_BYTES || process->shared < process->anonymous ||
	    (!process->was_asked_for && process->domain.kind != KSM_DOMAIN_GUEST))
		return false;
	say(finding,
	    "%s of \"%.40s\" are mapped shared (a memfd or a file), which KSM never merges; %s are "
	    "private",
	    amount((int64_t)process->shared).text, name_of(process),
	    amount((int64_t)process->anonymous).text);
	advise(finding,
	       process->domain.kind == KSM_DOMAIN_GUEST
		       ? "give the guest private memory: QEMU without share=on, and without memfd"
		       : "only private memory can merge");
	note(finding, "shared_bytes", (int64_t)process->shared);
	note(finding, "anonymous_bytes", (int64_t)process->anonymous);
	return true;
}

static bool is_hugetlb(const struct ksm_process_facts *process, struct ksm_finding *finding)
{
	if (process->hugetlb < BIG_BYTES)
		return false;
	say(finding, "%s of \"%.40s\" are hugetlb pages, which KSM never merges",
	    amount((int64_t)process->hugetlb).text, name_of(process));
	advise(finding, "use transparent huge pages instead");
	note(finding, "hugetlb_bytes", (int64_t)process->hugetlb);
	return true;
}

static bool is_swapped(const struct ksm_process_facts *process, struct ksm_finding *finding)
{
	if (!process->is_opted_in || process->swap < BIG_BYTES)
		return false;
	say(finding, "%s of \"%.40s\" are in swap, where ksmd does not see them",
	    amount((int64_t)process->swap).text, name_of(process));
	advise(finding, "merge before memory gets short: ksmctl tune --free-target=40");
	note(finding, "swap_bytes", (int64_t)process->swap);
	return true;
}

static bool is_not_in(const struct ksm_process_facts *process, struct ksm_finding *finding)
{
	if (!process->was_asked_for || process->is_opted_in)
		return false;
	say(finding, "\"%.40s\" has not opted in: ksmd does not look at its %s", name_of(process),
	    amount((int64_t)process->anonymous).text);
	advise(finding, "ksmctl scan %d tells what it is worth; ksmctl merge %d",
	       process->process->pid, process->process->pid);
	note(finding, "anonymous_bytes", (int64_t)process->anonymous);
	return true;
}

static bool process_loses(const struct ksm_process_facts *process, struct ksm_finding *finding)
{
	int64_t profit = process->stat.value[KSM_STAT_ksm_process_profit];

	if (!process->was_asked_for || !process->stat.valid[KSM_STAT_ksm_process_profit] ||
	    profit >= 0)
		return false;
	say(finding, "\"%.40s\" costs %s of rmap items and has %lld pages merged: a loss of %s",
	    name_of(process), amount(process->stat.value[KSM_STAT_ksm_rmap_items] * 64).text,
	    (long long)process->stat.value[KSM_STAT_ksm_merging_pages], amount(-profit).text);
	advise(finding, "ksmctl unmerge %d", process->process->pid);
	note(finding, "ksm_process_profit", profit);
	return true;
}

static const struct process_check {
	const char *code;
	enum ksm_severity severity;
	bool (*found)(const struct ksm_process_facts *process, struct ksm_finding *finding);
} process_checks[] = {
	{"not-opted-in", KSM_PROBLEM, is_not_in}, {"shared-memory", KSM_PROBLEM, is_shared},
	{"hugetlb", KSM_PROBLEM, is_hugetlb},	  {"process-loss", KSM_HINT, process_loses},
	{"swap", KSM_HINT, is_swapped},
};

/* ---------------------------------------------------------------- all */

static int add(struct ksm_diagnosis *diagnosis, const struct ksm_finding *finding)
{
	if (ksm_array_reserve(&diagnosis->finding, &diagnosis->capacity, diagnosis->n + 1,
			      sizeof(*diagnosis->finding)))
		return -ENOMEM;
	diagnosis->finding[diagnosis->n++] = *finding;
	return 0;
}

static int check_process(const struct ksm_process_facts *process, struct ksm_diagnosis *diagnosis)
{
	int ret = 0;

	for (size_t i = 0; i < sizeof(process_checks) / sizeof(process_checks[0]) && !ret; i++) {
		struct ksm_finding finding = {.code = process_checks[i].code,
					      .severity = process_checks[i].severity,
					      .pid = process->process->pid};

		if (process_checks[i].found(process, &finding))
			ret = add(diagnosis, &finding);
	}
	return ret;
}

static int by_severity(const void *a, const void *b)
{
	const struct ksm_finding *x = *(const struct ksm_finding *const *)a;
	const struct ksm_finding *y = *(const struct ksm_finding *const *)b;

	if (x->severity != y->severity)
		return x->severity < y->severity ? -1 : 1;
	return x < y ? -1 : x > y;
}

/* Within a severity in the order of the tables. */
static int sort(struct ksm_diagnosis *diagnosis)
{
	const struct ksm_finding **order = calloc(diagnosis->n + 1, sizeof(*order));
	struct ksm_finding *sorted = calloc(diagnosis->n + 1, sizeof(*sorted));

	if (!order || !sorted) {
		free(order);
		free(sorted);
		return -ENOMEM;
	}
	for (size_t i = 0; i < diagnosis->n; i++)
		order[i] = &diagnosis->finding[i];
	qsort(order, diagnosis->n, sizeof(*order), by_severity);
	for (size_t i = 0; i < diagnosis->n; i++)
		sorted[i] = *order[i];
	free(order);
	free(diagnosis->finding);
	diagnosis->finding = sorted;
	return 0;
}

int ksm_diagnose(const struct ksm_facts *facts, struct ksm_diagnosis *ret_diagnosis)
{
	struct ksm_diagnosis diagnosis = {0};
	int ret = 0;

	for (size_t i = 0; i < sizeof(checks) / sizeof(checks[0]) && !ret; i++) {
		struct ksm_finding finding = {.code = checks[i].code,
					      .severity = checks[i].severity};

		if (checks[i].found(facts, &finding))
			ret = add(&diagnosis, &finding);
	}
	for (size_t i = 0; i < facts->n_processes && !ret; i++)
		ret = check_process(&facts->process[i], &diagnosis);
	if (!ret)
		ret = sort(&diagnosis);
	if (ret)
		ksm_diagnosis_free(&diagnosis);
	else
		*ret_diagnosis = diagnosis;
	return ret;
}

void ksm_diagnosis_free(struct ksm_diagnosis *diagnosis)
{
	free(diagnosis->finding);
	*diagnosis = (struct ksm_diagnosis){0};
}
