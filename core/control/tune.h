/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * From what is wanted of ksmd to its settings, by what a page costs it. A pure function of goals and facts.
 *
 * Sources: the arithmetic of the pace is that of the forecast (estimate/pace.h); the advisor's knobs are those of
 * mm/ksm.c of 6.8; what KSM_NPAGES_BOOST and its like do is as in Debian's ksmtuned 4.20150326.
 */
#ifndef KSM_CONTROL_TUNE_H
#define KSM_CONTROL_TUNE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/error.h"
#include "control/settings.h"
#include "estimate/cost.h"
#include "kernel/meminfo.h"

/* What ksmtuned does: so many pages more or fewer at every look. */
struct ksm_tune_steps {
	bool given;
	int64_t boost, decay;	 /* pages; decay is negative */
	int64_t min, max;	 /* of pages_to_scan */
	int64_t sleep_millisecs; /* on a machine of 16 GiB; less on a larger one */
};

/* 0: not asked for. */
struct ksm_tune_goals {
	double scan_seconds; /* a full scan in so long */
	double max_cpu;	     /* percent of a CPU, at most; goes before scan_seconds */
	double free_target;  /* run while less than this share of memory is available, in percent */
	double free_bytes;   /* the same as an amount; the larger of the two counts */
	bool free_target_given, free_bytes_given; /* in a file, where 0 is a value too */
	bool advisor;				  /* let the kernel's advisor do it (6.8) */
	double watch_seconds;			  /* look again so often */
	struct ksm_tune_steps steps;
};

struct ksm_tune_facts {
	struct ksm_sysfs sysfs;
	struct ksm_meminfo meminfo;
	struct ksm_cost cost;
};

#define KSM_DECISIONS_MAX 8

struct ksm_decision {
	enum ksm_sysfs_field field;
	int64_t from, to;
	char why[200];
};

struct ksm_tuning {
	struct ksm_settings settings; /* all that was decided, also what is so already */
	struct ksm_decision decision[KSM_DECISIONS_MAX];
	size_t n_decisions;
	int64_t pages;	     /* of a full scan: rmap items now */
	double scan_seconds; /* that a full scan then takes; NAN where nobody has opted in, or unknown */
	double cpu_percent; /* of one CPU, while it scans; NAN where unknown */
	bool runs;	    /* or is paused, since memory suffices */
	bool is_limited;    /* max_cpu does not allow the scan time asked for */
	bool in_steps;	    /* from what is set now, not towards what was worked out */
};

/* KSM_ERR_INVALID without a goal; KSM_ERR_UNSUPPORTED for an advisor that this kernel does not have. */
int ksm_tune(const struct ksm_tune_goals *goals, const struct ksm_tune_facts *facts,
	     struct ksm_tuning *ret_tuning, struct ksm_error *err);

/* What any tuning for @goals may change, as it is in @now: this is to be put back, and nothing else. */
void ksm_tune_before(const struct ksm_tune_goals *goals, const struct ksm_sysfs *now,
		     struct ksm_settings *ret_before);

/*
 * For a loop: is @tuning worth writing over what is set now? Small differences are not: they come from noise, and
 * would be undone with the next look. Steps are, however small: those left out would not add up.
 */
bool ksm_tune_is_worth(const struct ksm_tuning *tuning, const struct ksm_sysfs *now);

/*
 * A file of goals, over what is in @goals already: "scan-time=200", named as the options of ksmctl-tune(1), or the
 * variables of ksmtuned.conf. Nothing is expanded as a shell would. KSM_ERR_FORMAT with the number of the line.
 */
int ksm_tune_parse(const char *text, size_t len, struct ksm_tune_goals *goals,
		   struct ksm_error *err);

#endif
