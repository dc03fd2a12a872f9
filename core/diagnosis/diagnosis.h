/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Why nothing merges, what would help, and what is risky: a table of checks over facts, each a pure function.
 * Sources: Documentation/admin-guide/mm/ksm.rst, with its security considerations, and mm/ksm.c.
 */
#ifndef KSM_DIAGNOSIS_DIAGNOSIS_H
#define KSM_DIAGNOSIS_DIAGNOSIS_H

#include "diagnosis/facts.h"

enum ksm_severity {
	KSM_PROBLEM, /* KSM cannot do what it is there for */
	KSM_RISK,
	KSM_HINT, /* it could do better */
};
const char *ksm_severity_name(enum ksm_severity severity);

#define KSM_EVIDENCE_MAX 4

struct ksm_finding {
	const char *code; /* a stable word */
	enum ksm_severity severity;
	pid_t pid;	  /* 0: of the machine */
	char text[320];	  /* what is so, with its figures; unescaped */
	char advice[200]; /* what to do; a command where there is one */
	struct {
		const char *name;
		int64_t value;
	} evidence[KSM_EVIDENCE_MAX];
	size_t n_evidence;
};

struct ksm_diagnosis {
	struct ksm_finding *finding; /* problems first, then risks, then hints */
	size_t n, capacity;
};

/* -ENOMEM only; the caller frees with ksm_diagnosis_free(). */
int ksm_diagnose(const struct ksm_facts *facts, struct ksm_diagnosis *ret_diagnosis);
void ksm_diagnosis_free(struct ksm_diagnosis *diagnosis);

#endif
