/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "kernel/process.h"

#include <errno.h>
#include <limits.h>
#include <pwd.h>
#include <string.h>

#include "base/cleanup.h"
#include "kernel/cgroup.h"

#define STATUS_MAX	 65536
#define CGROUP_MAX	 (1u << 20)
#define STAT_MAX	 4096
#define START_TIME_FIELD 22

/* What follows "@key:" and its blanks, up to the end of the line; NULL if there is no such line. */
static const char *status_value(const char *status, const char *key, size_t *ret_len)
{
	size_t key_len = strlen(key);

	for (const char *line = status; line; line = strchr(line, '\n')) {
		line += *line == '\n';
		if (!strncmp(line, key, key_len) && line[key_len] == ':') {
			line += key_len + 1;
			line += strspn(line, "\t ");
			*ret_len = strcspn(line, "\n");
			return line;
		}
	}
	return NULL;
}

/* The @field-th number of a line, counted from 0. */
static bool status_number(const char *status, const char *key, unsigned int field, uint64_t max,
			  uint64_t *ret_value)
{
	size_t len;
	const char *p = status_value(status, key, &len);

	for (; p && field; field--) {
		p += strcspn(p, "\t \n");
		p += strspn(p, "\t ");
	}
	return p && !ksm_parse_u64_of(p, strcspn(p, "\t \n"), max, ret_value);
}

/* The kernel writes a newline and a backslash in a name as \n and \\, and nothing else. */
static char *unescape_name(const char *text, size_t len)
{
	char *name = malloc(len + 1);
	size_t out = 0;

	if (!name)
		return NULL;
	for (size_t i = 0; i < len; i++) {
		if (text[i] == '\\' && i + 1 < len && (text[i + 1] == 'n' || text[i + 1] == '\\'))
			name[out++] = text[++i] == 'n' ? '\n' : '\\';
		else
			name[out++] = text[i];
	}
	name[out] = '\0';
	return name;
}

char *ksm_process_comm(const struct ksm_root *root, pid_t pid)
{
	ksm_auto_str struct ksm_str comm = {0};
	char path[32];

	snprintf(path, sizeof(path), "%d/comm", pid);
	if (ksm_read_at(root->proc_fd, path, 4096, &comm, NULL) || !comm.len)
		return NULL;
	if (comm.data[comm.len - 1] == '\n')
		comm.data[--comm.len] = '\0';
	return strdup(comm.data);
}

static char *read_cgroup(int dir)
{
	ksm_auto_str struct ksm_str text = {0};
	struct ksm_cgroup_choice choice = {0};
	char *save;

	if (ksm_read_at(dir, "cgroup", CGROUP_MAX, &text, NULL) || !text.len)
		return strdup("");
	for (char *line = strtok_r(text.data, "\n", &save); line;
	     line = strtok_r(NULL, "\n", &save))
		ksm_cgroup_consider(&choice, line);
	return strdup(choice.path ? choice.path : "");
}

static int parse_status(const char *status, struct ksm_process *ret_process, struct ksm_error *err)
{
	struct ksm_process process = {0};
	size_t name_len, state_len, len;
	const char *name = status_value(status, "Name", &name_len);
	const char *state = status_value(status, "State", &state_len);
	uint64_t uid, ppid, kib;

	if (!name || !state || !state_len || !status_number(status, "Uid", 1, UINT32_MAX, &uid))
		return ksm_error_set(err, KSM_ERR_FORMAT, EBADMSG,
				     "a process's status lacks its name, state or user");
	process.uid = (uid_t)uid;
	if (status_number(status, "PPid", 0, INT_MAX, &ppid))
		process.ppid = (pid_t)ppid;
	process.state = state[0];
	/* Only what has an mm has lines that begin with Vm. */
	process.has_memory = status_value(status, "VmSize", &len) ||
			     status_value(status, "VmRSS", &len);
	if (status_number(status, "VmRSS", 0, UINT64_MAX >> 10, &kib))
		process.rss_bytes = kib << 10;
	process.name = unescape_name(name, name_len);
	if (!process.name)
		return ksm_error_no_memory(err);
	*ret_process = process;
	return 0;
}

/* Its own name, where what was read is another thread's since the first one has ended. */
static void take_first_name(const struct ksm_root *root, const char *status,
			    struct ksm_process *process)
{
	uint64_t tid;
	char *name;

	if (!status_number(status, "Pid", 0, INT_MAX, &tid) || (pid_t)tid == process->pid)
		return;
	name = ksm_process_comm(root, process->pid);
	if (!name)
		return;
	free(process->name);
	process->name = name;
}

const char *ksm_stat_field(const char *stat, int field)
{
	/* The name before it may hold anything, also parentheses. */
	const char *at = strrchr(stat, ')');

	for (int i = 2; at && i < field; i++) {
		at = strchr(at, ' ');
		at = at ? at + 1 : NULL;
	}
	return at;
}

uint64_t ksm_start_time_parse(const char *stat)
{
	const char *at = ksm_stat_field(stat, START_TIME_FIELD);
	uint64_t time;

	return at && !ksm_parse_u64_of(at, strcspn(at, " \n"), UINT64_MAX, &time) ? time : 0;
}

uint64_t ksm_process_start_time(const struct ksm_root *root, pid_t pid)
{
	ksm_auto_str struct ksm_str stat = {0};
	char path[32];

	snprintf(path, sizeof(path), "%d/stat", pid);
	if (ksm_read_at(root->proc_fd, path, STAT_MAX, &stat, NULL) || !stat.len)
		return 0;
	return ksm_start_time_parse(stat.data);
}

static int read_status(const struct ksm_root *root, pid_t pid, int *ret_dir,
		       struct ksm_str *ret_status, struct ksm_error *err)
{
	ksm_auto_close int dir = -1;
	int rc = ksm_root_open_pid(root, pid, &dir, err);

	if (!rc)
		rc = ksm_read_at(dir, "status", STATUS_MAX, ret_status, err);
	if (rc == -ENOENT || rc == -ESRCH)
		rc = ksm_error_set(err, KSM_ERR_GONE, ESRCH, "no process with pid %d", pid);
	if (rc && err)
		err->pid = pid;
	if (!rc)
		*ret_dir = ksm_no_close(dir);
	return rc;
}

int ksm_process_get(const struct ksm_root *root, pid_t pid, struct ksm_process *ret_process,
		    struct ksm_error *err)
{
	ksm_auto_str struct ksm_str status = {0}, leader = {0};
	ksm_auto_close int dir = -1, leader_dir = -1;
	struct ksm_process process = {0};
	const char *text;
	uint64_t tgid = 0;
	int rc;

	rc = read_status(root, pid, &dir, &status, err);
	if (rc)
		return rc;
	if (status.len && status_number(status.data, "Tgid", 0, INT_MAX, &tgid) && tgid > 0 &&
	    (pid_t)tgid != pid) {
		rc = read_status(root, (pid_t)tgid, &leader_dir, &leader, err);
		if (rc)
			return rc;
		pid = (pid_t)tgid;
	}
	text = leader.data ? leader.data : status.data ? status.data : "";
	rc = parse_status(text, &process, err);
	if (rc) {
		if (err)
			err->pid = pid;
		return rc;
	}
	process.pid = pid;
	take_first_name(root, text, &process);
	process.start_time = ksm_process_start_time(root, pid);
	process.cgroup = read_cgroup(leader_dir >= 0 ? leader_dir : dir);
	if (!process.cgroup) {
		ksm_process_free(&process);
		return ksm_error_no_memory(err);
	}
	*ret_process = process;
	return 0;
}

void ksm_process_free(struct ksm_process *process)
{
	free(process->name);
	free(process->cgroup);
	memset(process, 0, sizeof(*process));
}

bool ksm_cgroup_is_below(const char *cgroup, const char *path)
{
	static const char mount[] = "/sys/fs/cgroup";
	size_t len;

	if (!strncmp(path, mount, sizeof(mount) - 1))
		path += sizeof(mount) - 1;
	len = strlen(path);
	while (len && path[len - 1] == '/')
		len--;
	return !strncmp(cgroup, path, len) && (cgroup[len] == '/' || cgroup[len] == '\0');
}

/* Calls one of getpwuid_r and getpwnam_r with a buffer that is large enough. NULL: no such user. */
static int find_user(const char *name, uid_t uid, struct passwd *pw, char **ret_buf,
		     struct passwd **ret_found)
{
	for (size_t size = 1024; size <= (1u << 20); size *= 4) {
		char *buf = malloc(size);
		int rc;

		if (!buf)
			return ENOMEM;
		rc = name ? getpwnam_r(name, pw, buf, size, ret_found)
			  : getpwuid_r(uid, pw, buf, size, ret_found);
		if (rc != ERANGE) {
			if (rc)
				*ret_found = NULL;
			*ret_buf = buf;
			return 0;
		}
		free(buf);
	}
	*ret_found = NULL;
	return 0;
}

char *ksm_user_name(uid_t uid)
{
	ksm_auto_free char *buf = NULL;
	struct passwd pw, *found;
	char number[16];

	if (find_user(NULL, uid, &pw, &buf, &found))
		return NULL;
	snprintf(number, sizeof(number), "%u", uid);
	return strdup(found ? found->pw_name : number);
}

int ksm_user_id(const char *user, uid_t *ret_uid, struct ksm_error *err)
{
	ksm_auto_free char *buf = NULL;
	struct passwd pw, *found;
	uint64_t number;

	if (find_user(user, 0, &pw, &buf, &found))
		return ksm_error_no_memory(err);
	if (found)
		*ret_uid = found->pw_uid;
	else if (!ksm_parse_u64(user, UINT32_MAX - 1, &number))
		*ret_uid = (uid_t)number;
	else
		return ksm_error_set(err, KSM_ERR_INVALID, ENOENT,
				     "no user \"%.100s\": give a user's name or number", user);
	return 0;
}
