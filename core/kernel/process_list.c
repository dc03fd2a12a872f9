/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The list of processes. libproc2 knows only the machine's own /proc, so a copy is walked by hand, as is the machine
 * where there is no libproc2.
 */
#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <pthread.h>
#include <string.h>

#include <libproc2/pids.h>

#include "base/array.h"
#include "base/cleanup.h"
#include "base/library.h"
#include "kernel/cgroup.h"
#include "kernel/process.h"

void ksm_processes_free(struct ksm_processes *list)
{
	for (size_t i = 0; i < list->n; i++)
		ksm_process_free(&list->process[i]);
	free(list->process);
	memset(list, 0, sizeof(*list));
}

/* Takes the process's memory over, on failure too. */
static int add(struct ksm_processes *list, struct ksm_process *process, struct ksm_error *err)
{
	if (!process->name || !process->cgroup ||
	    ksm_array_reserve(&list->process, &list->capacity, list->n + 1, sizeof(*process))) {
		ksm_process_free(process);
		return ksm_error_no_memory(err);
	}
	list->process[list->n++] = *process;
	return 0;
}

/* ------------------------------------------------------------------------- the machine */

/* One to one with items[]. */
enum {
	ITEM_PID,
	ITEM_PPID,
	ITEM_NAME,
	ITEM_UID,
	ITEM_STATE,
	ITEM_CGROUP,
	ITEM_SIZE,
	ITEM_RSS,
	ITEM_START,
	ITEM_N
};

/* It brings three libraries more, of which two have much to do when they are loaded. */
static struct {
	__typeof__(procps_pids_new) *pids_new;
	__typeof__(procps_pids_reap) *pids_reap;
	__typeof__(procps_pids_unref) *pids_unref;
	bool is_there;
} libproc2;

static void load_libproc2(void)
{
	const struct ksm_library_function functions[] = {
		{"procps_pids_new", &libproc2.pids_new},
		{"procps_pids_reap", &libproc2.pids_reap},
		{"procps_pids_unref", &libproc2.pids_unref},
	};
	char why[1];

	libproc2.is_there = ksm_library_load("libproc2.so.0", functions,
					     sizeof(functions) / sizeof(functions[0]), why,
					     sizeof(why));
}

static bool has_libproc2(void)
{
	static pthread_once_t once = PTHREAD_ONCE_INIT;

	pthread_once(&once, load_libproc2);
	return libproc2.is_there;
}

static void cleanup_pids(struct pids_info **info)
{
	if (*info)
		libproc2.pids_unref(info);
}

/*
 * libproc2 makes names fit for a terminal: controls become dots and foreign bytes question marks. Where one
 * of these is in a name the kernel is asked again, which also tells whether the process is still there.
 */
static char *real_name(const struct ksm_root *root, pid_t pid, const char *shown)
{
	char *name = strpbrk(shown, ".?") ? ksm_process_comm(root, pid) : NULL;

	return name ? name : strdup(shown);
}

/* libproc2 asks the first thread: where that has ended, others may live on. */
static void look_again(const struct ksm_root *root, struct ksm_process *process)
{
	struct ksm_process now;

	if (process->state != 'Z' || ksm_process_get(root, process->pid, &now, NULL))
		return;
	process->state = now.state;
	process->has_memory = now.has_memory;
	process->rss_bytes = now.rss_bytes;
	ksm_process_free(&now);
}

static int add_from_libproc2(const struct ksm_root *root, struct pids_stack *stack,
			     struct ksm_processes *list, struct ksm_error *err)
{
	const char *name = PIDS_VAL(ITEM_NAME, str, stack, info);
	char **lines = PIDS_VAL(ITEM_CGROUP, strv, stack, info);
	struct ksm_cgroup_choice cgroup = {0};
	struct ksm_process process = {
		.pid = PIDS_VAL(ITEM_PID, s_int, stack, info),
		.ppid = PIDS_VAL(ITEM_PPID, s_int, stack, info),
		.uid = PIDS_VAL(ITEM_UID, u_int, stack, info),
		.state = (char)PIDS_VAL(ITEM_STATE, s_ch, stack, info),
		.has_memory = PIDS_VAL(ITEM_SIZE, ul_int, stack, info) > 0,
		.rss_bytes = (uint64_t)PIDS_VAL(ITEM_RSS, ul_int, stack, info) << 10,
		.start_time = PIDS_VAL(ITEM_START, ull_int, stack, info),
	};

	look_again(root, &process);
	for (; lines && *lines; lines++)
		ksm_cgroup_consider(&cgroup, *lines);
	process.name = real_name(root, process.pid, name ? name : "");
	process.cgroup = strdup(cgroup.path ? cgroup.path : "");
	return add(list, &process, err);
}

static int list_machine(const struct ksm_root *root, struct ksm_processes *list,
			struct ksm_error *err)
{
	enum pids_item items[ITEM_N] = {PIDS_ID_PID,  PIDS_ID_PPID, PIDS_CMD,
					PIDS_ID_EUID, PIDS_STATE,   PIDS_CGROUP_V,
					PIDS_VM_SIZE, PIDS_VM_RSS,  PIDS_TICS_BEGAN};
	ksm_cleanup(cleanup_pids) struct pids_info *info = NULL;
	struct pids_fetch *fetch;
	int rc;

	rc = libproc2.pids_new(&info, items, ITEM_N);
	if (rc < 0)
		return ksm_file_error(root->proc_fd, "", -rc, err);
	errno = 0;
	fetch = libproc2.pids_reap(info, PIDS_FETCH_TASKS_ONLY);
	if (!fetch)
		return ksm_file_error(root->proc_fd, "", errno ? errno : EIO, err);
	for (int i = 0; i < fetch->counts->total; i++) {
		rc = add_from_libproc2(root, fetch->stacks[i], list, err);
		if (rc)
			return rc;
	}
	return 0;
}

/* ------------------------------------------------------------------------- a copy */

static int add_from_status(const struct ksm_root *root, pid_t pid, void *data,
			   struct ksm_error *err)
{
	struct ksm_process process;
	struct ksm_error cause;
	int rc = ksm_process_get(root, pid, &process, &cause);

	if (!rc)
		return add(data, &process, err);
	if (cause.code == KSM_ERR_GONE || cause.code == KSM_ERR_PERMISSION)
		return 0; /* gone meanwhile, or hidden from us (hidepid) */
	if (err)
		*err = cause;
	return rc;
}

int ksm_processes_walk(const struct ksm_root *root, ksm_process_visit visit, void *data,
		       struct ksm_error *err)
{
	struct dirent *entry;
	int fd, rc;
	DIR *dir;

	rc = ksm_open_at(root->proc_fd, ".", O_RDONLY | O_DIRECTORY, &fd, err);
	if (rc)
		return rc;
	dir = fdopendir(fd);
	if (!dir) {
		close(fd);
		return ksm_error_no_memory(err);
	}
	while (!rc && (entry = readdir(dir))) {
		uint64_t pid;

		if (!ksm_parse_u64(entry->d_name, INT_MAX, &pid) && pid)
			rc = visit(root, (pid_t)pid, data, err);
	}
	closedir(dir);
	return rc;
}

static int by_pid(const void *a, const void *b)
{
	const struct ksm_process *x = a, *y = b;

	return (x->pid > y->pid) - (x->pid < y->pid);
}

void ksm_processes_sort(struct ksm_processes *list)
{
	if (list->n)
		qsort(list->process, list->n, sizeof(*list->process), by_pid);
}

const struct ksm_process *ksm_processes_find(const struct ksm_processes *list, pid_t pid)
{
	const struct ksm_process key = {.pid = pid};

	return list->n ? bsearch(&key, list->process, list->n, sizeof(*list->process), by_pid)
		       : NULL;
}

int ksm_processes_list(const struct ksm_root *root, struct ksm_processes *ret_list,
		       struct ksm_error *err)
{
	ksm_cleanup(ksm_processes_free) struct ksm_processes list = {0};
	int rc = root->is_machine && has_libproc2()
			 ? list_machine(root, &list, err)
			 : ksm_processes_walk(root, add_from_status, &list, err);

	if (rc)
		return rc;
	ksm_processes_sort(&list);
	*ret_list = list;
	memset(&list, 0, sizeof(list));
	return 0;
}
