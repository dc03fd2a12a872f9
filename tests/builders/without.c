/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Runs a program as if the kernel lacked something: without FEATURE[,FEATURE...] PROGRAM ARGUMENT...
 *
 *   pagemap-scan       the PAGEMAP_SCAN ioctl, which came with 6.7: ENOTTY
 *   process-vm-readv   the system call: ENOSYS, as without CONFIG_CROSS_MEMORY_ATTACH
 *   life-after-opt-in  kills for the system calls prctl and madvise
 */
#include <errno.h>
#include <linux/audit.h>
#include <linux/filter.h>
#include <linux/seccomp.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/syscall.h>
#include <unistd.h>

#define PAGEMAP_SCAN_NR 0x6610 /* _IO('f', 16), whatever its size and direction */

static void refuse(struct sock_filter *filter, unsigned short n)
{
	struct sock_fprog program = {.len = n, .filter = filter};

	if (prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0) ||
	    prctl(PR_SET_SECCOMP, SECCOMP_MODE_FILTER, &program, 0, 0)) {
		perror("without: seccomp");
		exit(126);
	}
}

static void refuse_pagemap_scan(void)
{
	struct sock_filter filter[] = {
		BPF_STMT(BPF_LD | BPF_W | BPF_ABS, offsetof(struct seccomp_data, nr)),
		BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, SYS_ioctl, 0, 4),
		/* The low half of the second argument; all that this is for is little-endian. */
		BPF_STMT(BPF_LD | BPF_W | BPF_ABS, offsetof(struct seccomp_data, args[1])),
		BPF_STMT(BPF_ALU | BPF_AND | BPF_K, 0xffff),
		BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, PAGEMAP_SCAN_NR, 0, 1),
		BPF_STMT(BPF_RET | BPF_K, SECCOMP_RET_ERRNO | ENOTTY),
		BPF_STMT(BPF_RET | BPF_K, SECCOMP_RET_ALLOW),
	};

	refuse(filter, sizeof(filter) / sizeof(*filter));
}

static void refuse_process_vm_readv(void)
{
	struct sock_filter filter[] = {
		BPF_STMT(BPF_LD | BPF_W | BPF_ABS, offsetof(struct seccomp_data, nr)),
		BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, SYS_process_vm_readv, 0, 1),
		BPF_STMT(BPF_RET | BPF_K, SECCOMP_RET_ERRNO | ENOSYS),
		BPF_STMT(BPF_RET | BPF_K, SECCOMP_RET_ALLOW),
	};

	refuse(filter, sizeof(filter) / sizeof(*filter));
}

static void kill_for_opt_in(void)
{
	struct sock_filter filter[] = {
		BPF_STMT(BPF_LD | BPF_W | BPF_ABS, offsetof(struct seccomp_data, nr)),
		BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, SYS_prctl, 1, 0),
		BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, SYS_madvise, 0, 1),
		BPF_STMT(BPF_RET | BPF_K, SECCOMP_RET_KILL_PROCESS),
		BPF_STMT(BPF_RET | BPF_K, SECCOMP_RET_ALLOW),
	};

	refuse(filter, sizeof(filter) / sizeof(*filter));
}

int main(int argc, char **argv)
{
	if (argc < 3)
		return 2;
	for (char *word = strtok(argv[1], ","); word; word = strtok(NULL, ",")) {
		if (!strcmp(word, "pagemap-scan")) {
			refuse_pagemap_scan();
		} else if (!strcmp(word, "process-vm-readv")) {
			refuse_process_vm_readv();
		} else if (!strcmp(word, "life-after-opt-in")) {
			kill_for_opt_in();
		} else {
			fprintf(stderr, "without: what is %s?\n", word);
			return 2;
		}
	}
	execvp(argv[2], argv + 2);
	perror(argv[2]);
	return 127;
}
