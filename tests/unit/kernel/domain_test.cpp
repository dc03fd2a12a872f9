/* SPDX-License-Identifier: GPL-2.0-or-later */
#include <string>

#include <gtest/gtest.h>

extern "C" {
#include "kernel/domain.h"
}

namespace
{

struct ksm_domain Domain(const std::string &cgroup, uid_t uid = 1000,
			 const std::string &name = "python3", pid_t pid = 7)
{
	struct ksm_process process = {};
	struct ksm_domain domain;

	process.pid = pid;
	process.uid = uid;
	process.name = const_cast<char *>(name.c_str());
	process.cgroup = const_cast<char *>(cgroup.c_str());
	ksm_domain_of(&process, &domain);
	return domain;
}

std::string Name(const struct ksm_domain &domain)
{
	char name[KSM_DOMAIN_NAME_MAX];

	ksm_domain_name(&domain, name);
	return name;
}

const std::string kId(64, 'a');

TEST(DomainTest, Users)
{
	for (const char *cgroup :
	     {"", "/", "/user.slice/user-1000.slice/session-2.scope", "/system.slice/nginx.service",
	      "/user.slice/user-1000.slice/user@1000.service/app.slice", "/dockerd",
	      "/machine.slice", "/system.slice/docker.service", "/lxc.monitor.web"})
		EXPECT_EQ(Name(Domain(cgroup)), "user 1000") << cgroup;
	struct ksm_domain a = Domain("/", 1), b = Domain("/", 2), c = Domain("/x", 1);
	EXPECT_FALSE(ksm_domain_equal(&a, &b));
	EXPECT_TRUE(ksm_domain_equal(&a, &c));
}

TEST(DomainTest, Containers)
{
	for (const std::string &cgroup : {
		     "/docker/" + kId,
		     "/system.slice/docker-" + kId + ".scope",
		     "/machine.slice/libpod-" + kId + ".scope/container",
		     "/user.slice/user-1000.slice/user@1000.service/user.slice/libpod-" + kId +
			     ".scope",
		     "/kubepods.slice/kubepods-burstable.slice/kubepods-burstable-pod1.slice/"
		     "cri-containerd-" +
			     kId + ".scope",
		     "/kubepods.slice/kubepods-pod1.slice/crio-" + kId + ".scope",
		     "/kubepods/besteffort/pod0d5f1c/" + kId,
	     })
		EXPECT_EQ(Name(Domain(cgroup)), "container " + kId) << cgroup;
	EXPECT_EQ(Name(Domain("/lxc/web/init.scope")), "container web");
	EXPECT_EQ(Name(Domain("/lxc.payload.web/system.slice")), "container web");
	EXPECT_EQ(Name(Domain("/machine.slice/machine-debian.scope/payload")), "container debian");
	/* Whose users differ, and what one starts inside itself. */
	struct ksm_domain a = Domain("/docker/" + kId, 1), b = Domain("/docker/" + kId + "/x", 2),
			  c = Domain("/docker/" + std::string(64, 'b'), 1);
	EXPECT_TRUE(ksm_domain_equal(&a, &b));
	EXPECT_FALSE(ksm_domain_equal(&a, &c));
}

TEST(DomainTest, Guests)
{
	for (const char *name : {"qemu-system-x86", "kvm", "cloud-hyperviso", "firecracker"})
		EXPECT_EQ(Name(Domain("/machine.slice/machine-qemu\\x2d1\\x2dweb.scope", 64055,
				      name)),
			  "guest of process 7");
	struct ksm_domain a = Domain("/", 1, "kvm", 7), b = Domain("/", 1, "kvm", 8);
	EXPECT_FALSE(ksm_domain_equal(&a, &b));
}

TEST(DomainTest, LongNamesAreCut)
{
	EXPECT_EQ(Name(Domain("/lxc/" + std::string(500, 'x'))),
		  "container " + std::string(KSM_CONTAINER_MAX - 1, 'x'));
}

} // namespace
