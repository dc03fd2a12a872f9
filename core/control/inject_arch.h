/* SPDX-License-Identifier: GPL-2.0-or-later */
/* What injection needs to know of a processor: one file for each. Not for use outside core/control. */
#ifndef KSM_CONTROL_INJECT_ARCH_H
#define KSM_CONTROL_INJECT_ARCH_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/user.h>

/* KSM_ARCH_CODE_ALIGN: instructions begin at multiples of so many bytes. */
#if defined(__x86_64__)
#define KSM_ARCH_CODE_ALIGN 1
typedef struct user_regs_struct ksm_regs;
#elif defined(__aarch64__)
#define KSM_ARCH_CODE_ALIGN 4
typedef struct user_regs_struct ksm_regs; /* user_pt_regs */
#else
#define KSM_ARCH_CODE_ALIGN 1
typedef struct {
	uint64_t pc;
} ksm_regs;
#endif

/* Whether there is an implementation for this processor. */
extern const bool ksm_arch_is_known;

/* Bytes of the instruction that makes a system call: a multiple of KSM_ARCH_CODE_ALIGN. */
extern const size_t ksm_arch_syscall_size;

/* Where in @code, which begins where an instruction may, it stands first, or -1. */
int64_t ksm_arch_find_syscall(const unsigned char *code, size_t len);

/* Is this a thread that runs the code this program is of, not for example a 32-bit one? */
bool ksm_arch_is_native(const ksm_regs *regs);

uint64_t ksm_arch_pc(const ksm_regs *regs);
void ksm_arch_set_pc(ksm_regs *regs, uint64_t pc);

/* The registers of @saved, but about to make system call @nr with the instruction at @pc. */
ksm_regs ksm_arch_prepare(const ksm_regs *saved, uint64_t pc, long nr, const uint64_t args[6]);

/* What the kernel returned, of a thread that has just left a system call. */
int64_t ksm_arch_result(const ksm_regs *regs);

#endif
