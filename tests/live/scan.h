/* SPDX-License-Identifier: GPL-2.0-or-later */
/* `ksmctl scan --json` of processes, as live tests use it. */
#ifndef TESTS_LIVE_SCAN_H
#define TESTS_LIVE_SCAN_H

#include <string>
#include <vector>

#include "json.h"
#include "process.h"

struct Scan {
	Output output;
	Json document;

	int64_t Total(const char *name) const
	{
		return document["totals"][name].Number();
	}
};

inline std::vector<std::string> ScanCommand(const std::vector<pid_t> &pids,
					    const std::vector<std::string> &options)
{
	std::vector<std::string> argv = {KsmctlPath(), "scan", "--json", "--interval=0"};

	argv.insert(argv.end(), options.begin(), options.end());
	for (pid_t pid : pids)
		argv.push_back(std::to_string(pid));
	return argv;
}

/* Runs to its end; one JSON document on stdout whatever happens. */
inline Scan RunScan(const std::vector<pid_t> &pids, const std::vector<std::string> &options,
		    const Start &start = {})
{
	Scan scan;

	scan.output = RunProgram(ScanCommand(pids, options), start);
	scan.document = Json::Parse(scan.output.out);
	EXPECT_TRUE(scan.document.Valid()) << scan.output.out << scan.output.err;
	return scan;
}

#endif
