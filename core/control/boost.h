/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Raises ksmd's pace for a while, within a budget of CPU time, and puts the settings back. They are in the
 * journal meanwhile (control/journal.h), so that the next ksmctl can do it should this one die.
 */
#ifndef KSM_CONTROL_BOOST_H
#define KSM_CONTROL_BOOST_H

#include <stdint.h>

#include "base/error.h"
#include "estimate/cost.h"
#include "kernel/root.h"

struct ksm_boost;

/* What ksmd is to do between two sleeps, and how long it is to sleep. */
struct ksm_boost_pace {
	uint64_t pages_to_scan;
	uint64_t sleep_millisecs;
};

/*
 * The pace that takes about @budget percent of a CPU (above 0, up to 100) if a page costs what @cost says. With
 * all of a CPU ksmd does not sleep at all.
 */
struct ksm_boost_pace ksm_boost_first(double budget, const struct ksm_cost *cost);

/*
 * The next pages_to_scan: at @pages ksmd took @percent of a CPU, but @budget is what it may take. Changes
 * little where the two are near, and by a factor of four at most.
 */
uint64_t ksm_boost_next(uint64_t pages, double percent, double budget);

/*
 * Writes the journal, then the first pace; the advisor is turned off. -EBUSY where another ksmctl holds the
 * journal. The caller ends it with ksm_boost_end(), whatever happens.
 */
int ksm_boost_begin(const struct ksm_root *root, double budget, struct ksm_boost **ret_boost,
		    struct ksm_error *err);
/* To be called about once a second: follows ksmd's CPU time and changes pages_to_scan where it is off. */
int ksm_boost_adjust(struct ksm_boost *boost, struct ksm_error *err);
/* Puts the settings back and removes the journal. Where that fails the journal stays. */
int ksm_boost_end(struct ksm_boost **boost, struct ksm_error *err);

#endif
