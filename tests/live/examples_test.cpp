/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The scripts in contrib/examples, as they are. */
#include <cstdlib>
#include <filesystem>

#include <unistd.h>

#include "ksm_live.h"
#include "process.h"

namespace
{

std::string ReadTunable(const std::string &name)
{
	std::string text = ReadFile("/sys/kernel/mm/ksm/" + name);

	return text.empty() ? text : text.substr(0, text.size() - 1);
}

class Examples : public LiveTest
{
      protected:
	void SetUp() override
	{
		LiveTest::SetUp();
		if (!ksm)
			return;
		/* They call ksmctl by its name. */
		std::string path = std::filesystem::path(KsmctlPath()).parent_path().string();
		setenv("PATH", (path + ":" + getenv("PATH")).c_str(), 1);
		ksm->Set("smart_scan", 0);
		ksm->Set("pages_to_scan", 5000);
		ksm->Set("sleep_millisecs", 20);
	}
	Output Run(std::vector<std::string> argv)
	{
		argv[0] = "contrib/examples/" + argv[0];
		return RunProgram(argv);
	}
};

TEST_F(Examples, MergeThenIdle)
{
	if (!ksm)
		return;
	Workload one({"repeat:100:3"}), other({"repeat:100:2"});
	Output output = Run({"merge-then-idle", "-t", "60", std::to_string(one.pid()),
			     std::to_string(other.pid())});
	EXPECT_EQ(output.status, 0) << output.err;
	EXPECT_NE(output.out.find("settled after"), std::string::npos) << output.out << output.err;
	EXPECT_EQ(ReadTunable("run"), "0");
	EXPECT_EQ(ReadTunable("pages_to_scan"), "5000");
	EXPECT_GE(ksm->Read()["pages_sharing"], 400);
	output = Run({"merge-then-idle"});
	EXPECT_EQ(output.status, 2);
}

TEST_F(Examples, NightlyWindow)
{
	if (!ksm)
		return;
	Workload one({"repeat:100:3", "--opt-in=madvise"});
	ksm->Set("run", 0);
	Output output = Run({"nightly-window", "-c", "30", "-t", "60"});
	EXPECT_EQ(output.status, 0) << output.err;
	EXPECT_EQ(output.out.find("KSM saves"), output.out.rfind("KSM saves")) << output.out;
	EXPECT_GE(ksm->Read()["pages_sharing"], 200);
	EXPECT_EQ(ReadTunable("run"), "0");
	EXPECT_EQ(ReadTunable("pages_to_scan"), "5000");
}

TEST_F(Examples, KeepFree)
{
	if (!ksm)
		return;
	Start nobody;
	nobody.uid = 65534;
	Workload one({"repeat:500:3"}, nobody), other({"repeat:500:2"}, nobody);
	/* There is always more than 0%, and always less than 100%. */
	ksm->Set("run", 1);
	Output output = Run({"keep-free", "-n", "1", "-u", "nobody", "0"});
	EXPECT_EQ(output.status, 0) << output.err;
	EXPECT_EQ(ReadTunable("run"), "0");
	output = Run({"keep-free", "-n", "1", "-u", "nobody", "100"});
	EXPECT_EQ(output.status, 0) << output.err;
	EXPECT_EQ(ReadTunable("run"), "1") << output.out << output.err;
	EXPECT_NE(ReadFile("/proc/" + std::to_string(one.pid()) + "/ksm_stat")
			  .find("ksm_merge_any: yes"),
		  std::string::npos)
		<< output.out << output.err;
}

TEST_F(Examples, OptInService)
{
	if (!ksm)
		return;
	/* A control group of our own, where that can be made. */
	std::string group = "ksmctl-test-" + std::to_string(getpid()), path;
	for (const char *mount :
	     {"/sys/fs/cgroup", "/sys/fs/cgroup/unified", "/sys/fs/cgroup/memory"})
		if (access((std::string(mount) + "/cgroup.procs").c_str(), F_OK) == 0)
			path = std::string(mount) + "/" + group;
	if (path.empty() || (!std::filesystem::create_directory(path)))
		return SkipOrFail("no control group can be made");
	{
		Workload one({"repeat:100:3"}), other({"repeat:100:2"});
		for (pid_t pid : {one.pid(), other.pid()}) {
			FILE *procs = fopen((path + "/cgroup.procs").c_str(), "w");
			ASSERT_NE(procs, nullptr);
			fprintf(procs, "%d\n", pid);
			fclose(procs);
		}
		ksm->Set("run", 1);
		Output output = Run({"opt-in-service", "-t", "60", "/" + group});
		EXPECT_EQ(output.status, 0) << output.err;
		EXPECT_NE(output.out.find("2 processes opted in"), std::string::npos) << output.out;
	}
	for (int i = 0; i < 100 && rmdir(path.c_str()); i++)
		usleep(20000);
	Output output = Run({"opt-in-service", "/nonexistent-" + group});
	EXPECT_EQ(output.status, 1) << output.out << output.err;
}

} // namespace
