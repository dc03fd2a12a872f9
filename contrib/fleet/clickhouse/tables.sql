-- On every server of a cluster that its configuration names fleet. Contents are spread by their digest, so that all
-- holders of one are on one server.
CREATE TABLE fp_local (host Int32, digest Int64, copies Int32, flags Int32)
    ENGINE = MergeTree PARTITION BY tuple() ORDER BY (digest, host);
CREATE TABLE fp AS fp_local ENGINE = Distributed(fleet, default, fp_local, cityHash64(digest));
CREATE TABLE hosts_local (host Int32, name String, key String, page_size Int64, sample Int64, pages Int64,
                          distinct_pages Int64)
    ENGINE = MergeTree PARTITION BY tuple() ORDER BY host;
CREATE TABLE hosts AS hosts_local ENGINE = Distributed(fleet, default, hosts_local, cityHash64(host));
