/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "base/sandbox.h"

#include <errno.h>
#include <fcntl.h>
#include <libgen.h>
#include <linux/audit.h>
#include <linux/filter.h>
#include <linux/landlock.h>
#include <linux/seccomp.h>
#include <sched.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <sys/capability.h>
#include <sys/ioctl.h>
#include <sys/prctl.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "base/cleanup.h"
#include "base/file.h"

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
	char *copy ksm_auto_free = ksm_file_resolve(path);
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

/*
 * The program for the kernel (seccomp(2), Documentation/userspace-api/seccomp_filter.rst) is written here: libseccomp
 * 2.5.4 crashes, or hands over a part of the rules, when memory is short while it builds one.
 */

#if defined(__x86_64__)
#define ARCHITECTURE AUDIT_ARCH_X86_64
#elif defined(__aarch64__)
#define ARCHITECTURE AUDIT_ARCH_AARCH64
#endif

#ifdef ARCHITECTURE

/* What reading files, memory, threads, time, output and an orderly end take. */
static const unsigned int allowed[] = {
	SYS_read,
	SYS_pread64,
	SYS_readv,
	SYS_preadv,
	SYS_write,
	SYS_writev,
	SYS_lseek,
	SYS_close,
	SYS_dup,
	SYS_fcntl,
	SYS_fstat,
	SYS_newfstatat,
	SYS_statx,
	SYS_statfs,
	SYS_fstatfs,
	SYS_faccessat,
	SYS_faccessat2,
	SYS_readlinkat,
	SYS_getdents64,
	SYS_getcwd,
	SYS_fadvise64,
	SYS_mmap,
	SYS_munmap,
	SYS_mremap,
	SYS_mprotect,
	SYS_madvise,
	SYS_mincore,
	SYS_brk,
	SYS_futex,
	SYS_membarrier,
	SYS_set_robust_list,
	SYS_set_tid_address,
	SYS_rseq,
	SYS_exit,
	SYS_exit_group,
	SYS_restart_syscall,
	SYS_sched_yield,
	SYS_sched_getaffinity,
	SYS_getcpu,
	SYS_clock_gettime,
	SYS_clock_getres,
	SYS_clock_nanosleep,
	SYS_nanosleep,
	SYS_gettimeofday,
	SYS_ppoll,
	SYS_getrandom,
	SYS_uname,
	SYS_sysinfo,
	SYS_getpid,
	SYS_gettid,
	SYS_getuid,
	SYS_geteuid,
	SYS_getgid,
	SYS_getegid,
	SYS_getrusage,
#ifdef SYS_getrlimit
	SYS_getrlimit,
#endif
	SYS_umask,
	SYS_rt_sigaction,
	SYS_rt_sigprocmask,
	SYS_rt_sigreturn,
	SYS_sigaltstack,
#ifdef SYS_stat
	SYS_stat,
	SYS_lstat,
	SYS_access,
	SYS_readlink,
	SYS_poll,
	SYS_time,
#endif
};

static const unsigned int allowed_to_write[] = {
	SYS_openat,    SYS_fsync,    SYS_fdatasync, SYS_renameat,
	SYS_renameat2, SYS_unlinkat, SYS_fchmod,
#ifdef SYS_stat
	SYS_rename,    SYS_unlink,
#endif
};

/* Allowed only if the argument, as far as the mask goes, is the value. All are of 32 bits. */
struct condition {
	unsigned int call;
	unsigned int argument;
	uint32_t mask;
	uint32_t value;
};

/* clone3 has its flags in memory, where no filter sees them: the C library then takes clone. */
static const struct condition threads = {SYS_clone, 0, CLONE_THREAD, CLONE_THREAD};
static const struct condition reading = {SYS_openat, 2,
					 O_WRONLY | O_RDWR | O_CREAT | O_TRUNC | O_APPEND, 0};
/* isatty(), and the width of a terminal */
static const struct condition terminal = {SYS_ioctl, 1, UINT32_MAX, TCGETS};
static const struct condition width = {SYS_ioctl, 1, UINT32_MAX, TIOCGWINSZ};
/* _IOWR('f', 16, struct pm_scan_arg) of linux/fs.h, since 6.7: PAGEMAP_SCAN */
static const struct condition page_map = {SYS_ioctl, 1, UINT32_MAX, 0xc0606610};

#define INSTRUCTIONS_MAX 256

struct program {
	struct sock_filter code[INSTRUCTIONS_MAX];
	unsigned short n;
};

static void put(struct program *program, struct sock_filter instruction)
{
	program->code[program->n++] = instruction;
}

static void put_load(struct program *program, size_t offset)
{
	put(program, (struct sock_filter)BPF_STMT(BPF_LD | BPF_W | BPF_ABS, (uint32_t)offset));
}

static void put_return(struct program *program, uint32_t action)
{
	put(program, (struct sock_filter)BPF_STMT(BPF_RET | BPF_K, action));
}

/* Passes over @n instructions unless what was loaded is @value. */
static void put_unless(struct program *program, uint32_t value, unsigned char n)
{
	put(program, (struct sock_filter)BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, value, 0, n));
}

static void allow(struct program *program, const unsigned int *calls, size_t n)
{
	for (size_t i = 0; i < n; i++) {
		put_unless(program, calls[i], 1);
		put_return(program, SECCOMP_RET_ALLOW);
	}
}

static void allow_if(struct program *program, struct condition condition)
{
	const size_t low = __BYTE_ORDER__ == __ORDER_BIG_ENDIAN__ ? 4 : 0;
	const size_t argument = offsetof(struct seccomp_data, args) + condition.argument * 8 + low;

	put_unless(program, condition.call, 5);
	put_load(program, argument);
	put(program, (struct sock_filter)BPF_STMT(BPF_ALU | BPF_AND | BPF_K, condition.mask));
	put_unless(program, condition.value, 1);
	put_return(program, SECCOMP_RET_ALLOW);
	put_load(program, offsetof(struct seccomp_data, nr));
}

/*
 * All else is answered as if the kernel did not have it, which libraries expect of new calls: an attacker gets nothing,
 * and where the list lacks one, no result is lost for it.
 */
static void filter_system_calls(const struct ksm_sandbox *sandbox)
{
	/* raise() and abort() */
	const struct condition own_signals = {SYS_tgkill, 0, UINT32_MAX, (uint32_t)getpid()};
	const unsigned int processes = SYS_process_vm_readv;
	struct program program = {.n = 0};
	struct sock_fprog whole = {.filter = program.code};

	put_load(&program, offsetof(struct seccomp_data, arch));
	put(&program, (struct sock_filter)BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, ARCHITECTURE, 1, 0));
	put_return(&program, SECCOMP_RET_KILL_PROCESS);
	put_load(&program, offsetof(struct seccomp_data, nr));
	allow(&program, allowed, N(allowed));
	allow_if(&program, threads);
	allow_if(&program, own_signals);
	allow_if(&program, terminal);
	allow_if(&program, width);
	if (sandbox->writes)
		allow(&program, allowed_to_write, N(allowed_to_write));
	else
		allow_if(&program, reading);
	if (sandbox->reads_processes) {
		allow(&program, &processes, 1);
		allow_if(&program, page_map);
	}
	put_return(&program, SECCOMP_RET_ERRNO | ENOSYS);
	whole.len = program.n;
	prctl(PR_SET_SECCOMP, SECCOMP_MODE_FILTER, &whole);
}

_Static_assert(5 + 2 * (N(allowed) + N(allowed_to_write) + 1) + 6 * 6 <= INSTRUCTIONS_MAX,
	       "the program has room for all");

#else

static void filter_system_calls(const struct ksm_sandbox *sandbox)
{
	(void)sandbox;
}

#endif

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
