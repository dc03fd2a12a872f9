/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "base/sandbox.h"

#include <errno.h>
#include <fcntl.h>
#include <libgen.h>
#include <linux/landlock.h>
#include <sched.h>
#include <seccomp.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <sys/capability.h>
#include <sys/ioctl.h>
#include <sys/prctl.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "base/cleanup.h"

#define N(array) (sizeof(array) / sizeof((array)[0]))

/* ---------------------------------------------------------------- capabilities */

/* Files of others can still be opened, for reading. */
static int drop_capabilities(const struct ksm_sandbox *sandbox)
{
	static const cap_value_t kept[] = {CAP_DAC_READ_SEARCH, CAP_SYS_PTRACE, CAP_SYS_ADMIN};
	int n_kept = sandbox->reads_processes ? 3 : 1, ret = 0;
	cap_t now = cap_get_proc(), wanted = cap_init();

	if (!now || !wanted)
		ret = -errno;
	for (int i = 0; i < n_kept && !ret; i++) {
		cap_flag_value_t has;

		if (cap_get_flag(now, kept[i], CAP_PERMITTED, &has) || has == CAP_CLEAR)
			continue;
		if (cap_set_flag(wanted, CAP_PERMITTED, 1, &kept[i], CAP_SET) ||
		    cap_set_flag(wanted, CAP_EFFECTIVE, 1, &kept[i], CAP_SET))
			ret = -errno;
	}
	/* Takes CAP_SETPCAP; without it, no program that is started gets more for it. */
	for (cap_value_t cap = 0; !ret && CAP_IS_SUPPORTED(cap); cap++)
		cap_drop_bound(cap);
	if (!ret && cap_set_proc(wanted))
		ret = -errno;
	cap_free(now);
	cap_free(wanted);
	return ret;
}

/* ---------------------------------------------------------------- Landlock */

#define WRITES                                                         \
	(LANDLOCK_ACCESS_FS_WRITE_FILE | LANDLOCK_ACCESS_FS_MAKE_REG | \
	 LANDLOCK_ACCESS_FS_REMOVE_FILE)
#define OTHER_CHANGES                                                  \
	(LANDLOCK_ACCESS_FS_EXECUTE | LANDLOCK_ACCESS_FS_REMOVE_DIR |  \
	 LANDLOCK_ACCESS_FS_MAKE_CHAR | LANDLOCK_ACCESS_FS_MAKE_DIR |  \
	 LANDLOCK_ACCESS_FS_MAKE_SOCK | LANDLOCK_ACCESS_FS_MAKE_FIFO | \
	 LANDLOCK_ACCESS_FS_MAKE_BLOCK | LANDLOCK_ACCESS_FS_MAKE_SYM)

static void allow_beside(int ruleset, const char *path)
{
	char *copy ksm_auto_free = strdup(path);
	struct landlock_path_beneath_attr rule = {.allowed_access = WRITES, .parent_fd = -1};

	if (copy)
		rule.parent_fd = open(dirname(copy), O_PATH | O_CLOEXEC);
	if (rule.parent_fd < 0)
		return;
	syscall(SYS_landlock_add_rule, ruleset, LANDLOCK_RULE_PATH_BENEATH, &rule, 0);
	close(rule.parent_fd);
}

static void restrict_files(const struct ksm_sandbox *sandbox)
{
	const struct landlock_ruleset_attr attr = {.handled_access_fs = WRITES | OTHER_CHANGES};
	int ruleset = (int)syscall(SYS_landlock_create_ruleset, &attr, sizeof(attr), 0);

	if (ruleset < 0)
		return;
	if (sandbox->writes)
		allow_beside(ruleset, sandbox->writes);
	syscall(SYS_landlock_restrict_self, ruleset, 0);
	close(ruleset);
}

/* ---------------------------------------------------------------- seccomp */

/* What reading files, memory, threads, time, output and an orderly end take. */
static const int allowed[] = {
	SCMP_SYS(read),
	SCMP_SYS(pread64),
	SCMP_SYS(readv),
	SCMP_SYS(preadv),
	SCMP_SYS(write),
	SCMP_SYS(writev),
	SCMP_SYS(lseek),
	SCMP_SYS(close),
	SCMP_SYS(dup),
	SCMP_SYS(fcntl),
	SCMP_SYS(fstat),
	SCMP_SYS(newfstatat),
	SCMP_SYS(stat),
	SCMP_SYS(lstat),
	SCMP_SYS(statx),
	SCMP_SYS(statfs),
	SCMP_SYS(fstatfs),
	SCMP_SYS(access),
	SCMP_SYS(faccessat),
	SCMP_SYS(faccessat2),
	SCMP_SYS(readlink),
	SCMP_SYS(readlinkat),
	SCMP_SYS(getdents64),
	SCMP_SYS(getcwd),
	SCMP_SYS(fadvise64),
	SCMP_SYS(mmap),
	SCMP_SYS(munmap),
	SCMP_SYS(mremap),
	SCMP_SYS(mprotect),
	SCMP_SYS(madvise),
	SCMP_SYS(mincore),
	SCMP_SYS(brk),
	SCMP_SYS(futex),
	SCMP_SYS(membarrier),
	SCMP_SYS(set_robust_list),
	SCMP_SYS(set_tid_address),
	SCMP_SYS(rseq),
	SCMP_SYS(exit),
	SCMP_SYS(exit_group),
	SCMP_SYS(restart_syscall),
	SCMP_SYS(sched_yield),
	SCMP_SYS(sched_getaffinity),
	SCMP_SYS(getcpu),
	SCMP_SYS(clock_gettime),
	SCMP_SYS(clock_getres),
	SCMP_SYS(clock_nanosleep),
	SCMP_SYS(nanosleep),
	SCMP_SYS(gettimeofday),
	SCMP_SYS(time),
	SCMP_SYS(poll),
	SCMP_SYS(ppoll),
	SCMP_SYS(getrandom),
	SCMP_SYS(uname),
	SCMP_SYS(sysinfo),
	SCMP_SYS(getpid),
	SCMP_SYS(gettid),
	SCMP_SYS(getuid),
	SCMP_SYS(geteuid),
	SCMP_SYS(getgid),
	SCMP_SYS(getegid),
	SCMP_SYS(getrlimit),
	SCMP_SYS(getrusage),
	SCMP_SYS(umask),
	SCMP_SYS(rt_sigaction),
	SCMP_SYS(rt_sigprocmask),
	SCMP_SYS(rt_sigreturn),
	SCMP_SYS(sigaltstack),
};

static const int allowed_to_write[] = {
	SCMP_SYS(openat),    SCMP_SYS(open),	  SCMP_SYS(fsync),
	SCMP_SYS(fdatasync), SCMP_SYS(rename),	  SCMP_SYS(unlink),
	SCMP_SYS(renameat),  SCMP_SYS(renameat2), SCMP_SYS(fchmod),
};

/* What a kernel or a processor does not have is passed over. */
static int allow(scmp_filter_ctx filter, const int *calls, size_t n)
{
	int ret = 0;

	for (size_t i = 0; i < n && !ret; i++) {
		ret = seccomp_rule_add(filter, SCMP_ACT_ALLOW, calls[i], 0);
		if (ret == -EDOM || ret == -EFAULT)
			ret = 0;
	}
	return ret;
}

/* Only if argument @arg, as far as @mask goes, is @value. */
static int allow_where(scmp_filter_ctx filter, int call, unsigned int arg, uint64_t mask,
		       uint64_t value)
{
	const struct scmp_arg_cmp condition = {arg, SCMP_CMP_MASKED_EQ, mask, value};

	return seccomp_rule_add_array(filter, SCMP_ACT_ALLOW, call, 1, &condition);
}

static int allow_reading(scmp_filter_ctx filter)
{
	return allow_where(filter, SCMP_SYS(openat), 2,
			   O_WRONLY | O_RDWR | O_CREAT | O_TRUNC | O_APPEND, 0);
}

/* clone3 has its flags in memory, where no filter sees them: the C library then takes clone. */
static int allow_threads(scmp_filter_ctx filter)
{
	return allow_where(filter, SCMP_SYS(clone), 0, CLONE_THREAD, CLONE_THREAD);
}

/* raise() and abort() */
static int allow_signals_to_itself(scmp_filter_ctx filter)
{
	return allow_where(filter, SCMP_SYS(tgkill), 0, UINT32_MAX, (uint64_t)getpid());
}

static int allow_ioctl(scmp_filter_ctx filter, uint64_t request)
{
	return allow_where(filter, SCMP_SYS(ioctl), 1, UINT32_MAX, request);
}

/* Those that only ask. */
static int allow_questions(scmp_filter_ctx filter)
{
	return allow_where(filter, SCMP_SYS(prlimit64), 2, UINT64_MAX, 0)
		       ?: allow_ioctl(filter, TCGETS) ?: allow_ioctl(filter, TIOCGWINSZ);
}

/* _IOWR('f', 16, struct pm_scan_arg) of linux/fs.h, since 6.7. */
#define PAGEMAP_SCAN_REQUEST 0xc0606610u

static int allow_processes(scmp_filter_ctx filter)
{
	const int call = SCMP_SYS(process_vm_readv);

	return allow(filter, &call, 1) ?: allow_ioctl(filter, PAGEMAP_SCAN_REQUEST);
}

static int build(scmp_filter_ctx filter, const struct ksm_sandbox *sandbox)
{
	return allow(filter, allowed, N(allowed)) ?: allow_threads(filter) ?: allow_questions(filter)
?: allow_signals_to_itself(filter)
		?: (sandbox->writes ? allow(filter, allowed_to_write, N(allowed_to_write))
				    : allow_reading(filter))
		?: (sandbox->reads_processes ? allow_processes(filter) : 0)
		?: seccomp_load(filter);
}

/*
 * All else is answered as if the kernel did not have it, which libraries expect of new calls and programs of none: an
 * attacker gets nothing, and who made the list forgot one loses no result.
 */
static void filter_system_calls(const struct ksm_sandbox *sandbox)
{
	scmp_filter_ctx filter = seccomp_init(SCMP_ACT_ERRNO(ENOSYS));

	if (!filter)
		return;
	build(filter, sandbox);
	seccomp_release(filter);
}

int ksm_sandbox_enter(const struct ksm_sandbox *sandbox)
{
	int ret;

	/* Sanitizers and the measuring of coverage write files and trace themselves. */
	if (KSM_UNCONFINED)
		return 0;
	prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0);
	/* Landlock keeps who has it from looking into processes that do not. */
	if (!sandbox->reads_processes)
		restrict_files(sandbox);
	ret = drop_capabilities(sandbox);
	filter_system_calls(sandbox);
	return ret;
}
