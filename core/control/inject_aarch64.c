/* SPDX-License-Identifier: GPL-2.0-or-later */
#ifdef __aarch64__

#include "control/inject_arch.h"

#include <string.h>

#define PSR_MODE32_BIT 0x10 /* AArch32 code */

static const unsigned char syscall_code[] = {0x01, 0x00, 0x00, 0xd4}; /* svc #0 */

const bool ksm_arch_is_known = true;
const size_t ksm_arch_syscall_size = sizeof(syscall_code);

int64_t ksm_arch_find_syscall(const unsigned char *code, size_t len)
{
	for (size_t i = 0; i + sizeof(syscall_code) <= len; i += sizeof(syscall_code))
		if (memcmp(code + i, syscall_code, sizeof(syscall_code)) == 0)
			return (int64_t)i;
	return -1;
}

bool ksm_arch_is_native(const ksm_regs *regs)
{
	return !(regs->pstate & PSR_MODE32_BIT);
}

uint64_t ksm_arch_pc(const ksm_regs *regs)
{
	return regs->pc;
}

void ksm_arch_set_pc(ksm_regs *regs, uint64_t pc)
{
	regs->pc = pc;
}

/*
 * A thread that stops in a system call has been set back to its instruction by then (do_signal()), with the
 * first argument in x0 again. So nothing is to be done that it be restarted, or not.
 */
ksm_regs ksm_arch_prepare(const ksm_regs *saved, uint64_t pc, long nr, const uint64_t args[6])
{
	ksm_regs regs = *saved;

	regs.pc = pc;
	regs.regs[8] = (uint64_t)nr;
	for (int i = 0; i < 6; i++)
		regs.regs[i] = args[i];
	return regs;
}

int64_t ksm_arch_result(const ksm_regs *regs)
{
	return (int64_t)regs->regs[0];
}

#endif
