// SPDX-License-Identifier: GPL-2.0-or-later
#include <gtest/gtest.h>

#include <string>
#include <vector>

#include "tests/unit/fake_tree.h"

extern "C" {
#include "kernel/nodes.h"
}

namespace
{

// Whole, as a virtual machine with Linux 6.18 has it.
const char kReal[] = R"(
Node 0, zone      DMA
  per-node stats
      nr_inactive_anon 96875
      nr_active_anon 610
      nr_inactive_file 99245
      nr_active_file 99172
      nr_unevictable 3703
      nr_slab_reclaimable 22170
      nr_slab_unreclaimable 6101
      nr_isolated_anon 0
      nr_isolated_file 0
      workingset_nodes 10815
      workingset_refault_anon 0
      workingset_refault_file 412784
      workingset_activate_anon 0
      workingset_activate_file 34085
      workingset_restore_anon 0
      workingset_restore_file 0
      workingset_nodereclaim 0
      nr_anon_pages 99006
      nr_mapped    9084
      nr_file_pages 200635
      nr_dirty     10032
      nr_writeback 0
      nr_shmem     2218
      nr_shmem_hugepages 0
      nr_shmem_pmdmapped 0
      nr_file_hugepages 20
      nr_file_pmdmapped 0
      nr_anon_transparent_hugepages 0
      nr_vmscan_write 0
      nr_vmscan_immediate_reclaim 1359
      nr_dirtied   579829
      nr_written   480554
      nr_throttled_written 0
      nr_kernel_misc_reclaimable 0
      nr_foll_pin_acquired 3585201
      nr_foll_pin_released 3585201
      nr_kernel_stack 1556
      nr_page_table_pages 727
      nr_sec_page_table_pages 0
      nr_iommu_pages 0
      nr_swapcached 0
      pgpromote_success 0
      pgpromote_candidate 0
      pgpromote_candidate_nrl 0
      pgdemote_kswapd 0
      pgdemote_direct 0
      pgdemote_khugepaged 0
      pgdemote_proactive 0
      nr_hugetlb   0
      nr_balloon_pages 0
      nr_kernel_file_pages 0
  pages free     3840
        boost    0
        min      52
        low      65
        high     78
        promo    91
        spanned  4095
        present  3998
        managed  3840
        cma      0
        protection: (0, 3019, 4811, 4811, 4811)
      nr_free_pages 3840
      nr_free_pages_blocks 3584
      nr_zone_inactive_anon 0
      nr_zone_active_anon 0
      nr_zone_inactive_file 0
      nr_zone_active_file 0
      nr_zone_unevictable 0
      nr_zone_write_pending 0
      nr_mlock     0
      nr_zspages   0
      nr_free_cma  0
      numa_hit     0
      numa_miss    0
      numa_foreign 0
      numa_interleave 0
      numa_local   0
      numa_other   0
  pagesets
    cpu: 0
              count:    0
              high:     0
              batch:    1
              high_min: 32
              high_max: 240
  vm stats threshold: 4
    cpu: 1
              count:    0
              high:     0
              batch:    1
              high_min: 32
              high_max: 240
  vm stats threshold: 4
  node_unreclaimable:  0
  start_pfn:           1
Node 0, zone    DMA32
  pages free     772915
        boost    0
        min      10569
        low      13211
        high     15853
        promo    18495
        spanned  1044480
        present  782336
        managed  772915
        cma      0
        protection: (0, 0, 1792, 1792, 1792)
      nr_free_pages 772915
      nr_free_pages_blocks 771072
      nr_zone_inactive_anon 0
      nr_zone_active_anon 0
      nr_zone_inactive_file 0
      nr_zone_active_file 0
      nr_zone_unevictable 0
      nr_zone_write_pending 0
      nr_mlock     0
      nr_zspages   0
      nr_free_cma  0
      numa_hit     0
      numa_miss    0
      numa_foreign 0
      numa_interleave 0
      numa_local   0
      numa_other   0
  pagesets
    cpu: 0
              count:    0
              high:     6605
              batch:    63
              high_min: 6605
              high_max: 48307
  vm stats threshold: 24
    cpu: 1
              count:    0
              high:     6605
              batch:    63
              high_min: 6605
              high_max: 48307
  vm stats threshold: 24
  node_unreclaimable:  0
  start_pfn:           4096
Node 0, zone   Normal
  pages free     115481
        boost    0
        min      6273
        low      7841
        high     9409
        promo    10977
        spanned  5505024
        present  5505024
        managed  458752
        cma      0
        protection: (0, 0, 0, 0, 0)
      nr_free_pages 115481
      nr_free_pages_blocks 71680
      nr_zone_inactive_anon 96898
      nr_zone_active_anon 610
      nr_zone_inactive_file 99237
      nr_zone_active_file 99172
      nr_zone_unevictable 3703
      nr_zone_write_pending 10045
      nr_mlock     3464
      nr_zspages   0
      nr_free_cma  0
      numa_hit     16089681
      numa_miss    0
      numa_foreign 0
      numa_interleave 1137
      numa_local   16089681
      numa_other   0
  pagesets
    cpu: 0
              count:    2501
              high:     28672
              batch:    63
              high_min: 3920
              high_max: 28672
  vm stats threshold: 20
    cpu: 1
              count:    4156
              high:     26902
              batch:    63
              high_min: 3920
              high_max: 28672
  vm stats threshold: 20
  node_unreclaimable:  0
  start_pfn:           1048576
Node 0, zone  Movable
  pages free     0
        boost    0
        min      32
        low      32
        high     32
        promo    32
        spanned  0
        present  0
        managed  0
        cma      0
        protection: (0, 0, 0, 0, 0)
Node 0, zone   Device
  pages free     0
        boost    0
        min      0
        low      0
        high     0
        promo    0
        spanned  0
        present  0
        managed  0
        cma      0
        protection: (0, 0, 0, 0, 0)
)";

std::string Real()
{
	return kReal + 1; // without the newline that opens it
}

// A zone as Linux 2.6.32 to 6.18 print it, in as few lines.
std::string Zone(int nid, const std::string &name, uint64_t start, uint64_t spanned,
		 uint64_t present)
{
	std::string text = "Node " + std::to_string(nid) + ", zone " + name +
			   "\n  pages free     12\n        spanned  " + std::to_string(spanned) +
			   "\n        present  " + std::to_string(present) +
			   "\n        protection: (0, 0)\n";

	if (present)
		text += "  pagesets\n    cpu: 0\n              count: 7\n"
			"  start_pfn:           " +
			std::to_string(start) + "\n";
	return text;
}

class Nodes
{
      public:
	explicit Nodes(const std::string &text)
	{
		rc = ksm_nodes_parse(text.data(), text.size(), &nodes, &error);
	}
	~Nodes()
	{
		ksm_nodes_free(&nodes);
	}
	Nodes(const Nodes &) = delete;
	Nodes &operator=(const Nodes &) = delete;

	int Of(uint64_t pfn) const
	{
		return ksm_nodes_find(&nodes, pfn);
	}

	ksm_nodes nodes = {};
	ksm_error error = {};
	int rc;
};

TEST(Nodes, OfThisMachine)
{
	Nodes n(Real());

	ASSERT_EQ(n.rc, 0) << n.error.text;
	EXPECT_EQ(n.nodes.n_nodes, 1u);
	ASSERT_EQ(n.nodes.n_spans, 1u) << "DMA, DMA32 and Normal meet";
	EXPECT_EQ(n.Of(0), -1);
	EXPECT_EQ(n.Of(1), 0);
	EXPECT_EQ(n.Of(4095), 0);
	EXPECT_EQ(n.Of(1048575), 0);
	EXPECT_EQ(n.Of(1048576), 0);
	EXPECT_EQ(n.Of(1048576 + 5505023), 0);
	EXPECT_EQ(n.Of(1048576 + 5505024), -1);
	EXPECT_EQ(n.Of(UINT64_MAX), -1);
}

// The zones of node 0 around those of node 1, and a third one without memory.
TEST(Nodes, InterleavedZones)
{
	Nodes n(Zone(0, "     DMA", 1, 4095, 3998) + Zone(0, "   DMA32", 4096, 500000, 400000) +
		Zone(0, "  Normal", 2000000, 100000, 100000) + Zone(0, " Movable", 0, 0, 0) +
		Zone(1, "     DMA", 0, 0, 0) + Zone(1, "   DMA32", 600000, 400000, 400000) +
		Zone(1, "  Normal", 1048576, 300000, 300000) + Zone(2, "  Normal", 0, 0, 0));

	ASSERT_EQ(n.rc, 0) << n.error.text;
	EXPECT_EQ(n.nodes.n_nodes, 2u);
	EXPECT_EQ(n.Of(4095), 0);
	EXPECT_EQ(n.Of(504095), 0);
	EXPECT_EQ(n.Of(504096), -1);
	EXPECT_EQ(n.Of(600000), 1);
	EXPECT_EQ(n.Of(999999), 1);
	EXPECT_EQ(n.Of(1000000), -1);
	EXPECT_EQ(n.Of(1348575), 1);
	EXPECT_EQ(n.Of(2000000), 0);
	EXPECT_EQ(n.Of(2099999), 0);
	EXPECT_EQ(n.Of(2100000), -1);
}

// Memory that was added to node 0 behind that of node 1: the span of its zone goes over both.
TEST(Nodes, WhatZonesOfTwoNodesSpanIsUnknown)
{
	Nodes n(Zone(0, "Normal", 1000, 9000, 2000) + Zone(1, "Normal", 5000, 1000, 1000));

	ASSERT_EQ(n.rc, 0) << n.error.text;
	EXPECT_EQ(n.nodes.n_nodes, 2u);
	EXPECT_EQ(n.Of(4999), 0);
	EXPECT_EQ(n.Of(5000), -1);
	EXPECT_EQ(n.Of(5999), -1);
	EXPECT_EQ(n.Of(6000), 0);
	EXPECT_EQ(n.Of(9999), 0);
	EXPECT_EQ(n.Of(10000), -1);
}

TEST(Nodes, ZonesOfOneNodeMayOverlap)
{
	Nodes n(Zone(3, "Normal", 1000, 1000, 500) + Zone(3, "Movable", 1500, 100, 100) +
		Zone(4, "Normal", 1900, 200, 200));

	ASSERT_EQ(n.rc, 0) << n.error.text;
	ASSERT_EQ(n.nodes.n_spans, 2u);
	EXPECT_EQ(n.Of(1500), 3);
	EXPECT_EQ(n.Of(1899), 3);
	EXPECT_EQ(n.Of(1900), -1);
	EXPECT_EQ(n.Of(2000), 4);
}

TEST(Nodes, ThreeNodesOnOneFrame)
{
	Nodes n(Zone(0, "Normal", 10, 10, 1) + Zone(1, "Normal", 12, 6, 1) +
		Zone(2, "Normal", 14, 2, 1));

	ASSERT_EQ(n.rc, 0) << n.error.text;
	for (uint64_t pfn = 0; pfn < 30; pfn++)
		EXPECT_EQ(n.Of(pfn), (pfn >= 10 && pfn < 12) || (pfn >= 18 && pfn < 20) ? 0 : -1)
			<< pfn;
}

// An empty zone's start does not count, whether or not the kernel prints it.
TEST(Nodes, EmptyZones)
{
	Nodes n("Node 5, zone  Normal\n        spanned  100\n        present  0\n"
		"  start_pfn:           7\n" +
		Zone(1023, "Normal", 50, 10, 10));

	ASSERT_EQ(n.rc, 0) << n.error.text;
	EXPECT_EQ(n.nodes.n_nodes, 1u);
	EXPECT_EQ(n.Of(8), -1);
	EXPECT_EQ(n.Of(55), 1023);
}

// The blanks and what follows as 2.6.32 has them.
TEST(Nodes, OldKernels)
{
	Nodes n("Node 0, zone      DMA\n  pages free     3974\n        min      28\n"
		"        scanned  0\n        spanned  4096\n        present  3879\n"
		"    nr_free_pages 3974\n        protection: (0, 3511, 8056, 8056)\n  pagesets\n"
		"  all_unreclaimable: 1\n  prev_priority:     12\n  start_pfn:         0\n"
		"  inactive_ratio:    1\n");

	ASSERT_EQ(n.rc, 0) << n.error.text;
	EXPECT_EQ(n.Of(0), 0);
	EXPECT_EQ(n.Of(4096), -1);
}

TEST(Nodes, RefusesNonsense)
{
	const std::string zone = Zone(0, "Normal", 100, 100, 100);
	const std::vector<std::string> cases = {
		"",
		"\n",
		"  spanned  4\n",
		"something else\n" + zone,
		Zone(0, "Normal", 0, 0, 0), // no memory at all
		Zone(1024, "Normal", 100, 100, 100),
		Zone(-1, "Normal", 100, 100, 100),
		Zone(0, "Normal", 100, 99, 100),
		Zone(0, "Normal", UINT64_C(1) << 55, 1, 1),
		Zone(0, "Normal", UINT64_MAX, 1, 1),
		"Node 0\n",
		"Node 0, zone \n",
		"Node , zone Normal\n" + zone,
		"Node 0,zone Normal\n" + zone,
		"Node 99999999999999999999999999, zone Normal\n" + zone,
		zone + "Node 1, zone Normal\n",
		zone + "        spanned  100\n",
		zone + "Node 1, zone Normal\n  spanned  5\n  present  5\n",
		zone + "Node 1, zone Normal\n  spanned  5\n  start_pfn: 5\n",
		zone + "Node 1, zone Normal\n  present  5\n  start_pfn: 5\n",
		zone + "Node 1, zone Normal\n  spanned  0x5\n  present  5\n  start_pfn: 5\n",
		zone + "Node 1, zone Normal\n  spanned  -5\n  present  5\n  start_pfn: 5\n",
		zone + "Node 1, zone Normal\n  spanned\n  present  5\n  start_pfn: 5\n",
		zone + "Node 1, zone Normal\n  spanned  \n  present  5\n  start_pfn: 5\n",
		zone + "Node 1, zone Normal\n  spanned  5 5\n  present  5\n  start_pfn: 5\n",
		zone + std::string("Node 1, zone Normal\n  spanned  5\0\n", 35),
	};

	ASSERT_EQ(Nodes(zone).rc, 0);
	for (const auto &text : cases) {
		Nodes n(text);

		EXPECT_EQ(n.rc, -EBADMSG) << text;
		EXPECT_EQ(n.error.code, KSM_ERR_FORMAT) << text;
		EXPECT_EQ(n.nodes.span, nullptr) << text;
	}
	EXPECT_NE(std::string(Nodes(zone + "Node x, zone Normal\n").error.text).find("line 10 "),
		  std::string::npos)
		<< Nodes(zone + "Node x, zone Normal\n").error.text;
	// Cut off anywhere, it is refused or says the same of the first zone.
	const std::string real = Real();
	for (size_t len = 0; len < real.size(); len++) {
		Nodes n(real.substr(0, len));

		if (n.rc == 0)
			EXPECT_TRUE(n.Of(1) == 0 && n.Of(4095) == 0 && n.nodes.n_nodes == 1) << len;
		else
			EXPECT_EQ(n.rc, -EBADMSG);
	}
}

TEST(Nodes, ReadsThroughTheRoot)
{
	FakeTree tree;
	ksm_root root;
	ksm_nodes nodes;
	ksm_error err;

	tree.Directory("proc");
	ASSERT_EQ(ksm_root_open(tree.Path().c_str(), &root, nullptr), 0);
	EXPECT_EQ(ksm_nodes_read(&root, &nodes, &err), -ENOENT);
	tree.File("proc/zoneinfo", Zone(2, "Normal", 100, 100, 100));
	ASSERT_EQ(ksm_nodes_read(&root, &nodes, &err), 0) << err.text;
	EXPECT_EQ(ksm_nodes_find(&nodes, 150), 2);
	ksm_nodes_free(&nodes);
	ksm_root_close(&root);
}

} // namespace
