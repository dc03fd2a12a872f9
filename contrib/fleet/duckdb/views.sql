-- The fingerprints of a fleet, fingerprints/*.parquet, as two views:
--   fp      a row for each content that a host has: host, digest, copies, flags (1: zeros, 2: kept in any case)
--   hosts   what each file says of itself
-- Contents of more hosts than the variable says are left out of pairs.sql, whose work is quadratic in them.
SET VARIABLE most_hosts = 100;

CREATE OR REPLACE VIEW fp AS SELECT host, digest, copies, flags FROM read_parquet('fingerprints/*.parquet');

CREATE OR REPLACE VIEW hosts AS
SELECT file_name AS file,
       max(decode(value)) FILTER (decode(key) = 'ksmctl.name') AS name,
       max(decode(value)) FILTER (decode(key) = 'ksmctl.host')::INTEGER AS host,
       max(decode(value)) FILTER (decode(key) = 'ksmctl.key') AS key,
       max(decode(value)) FILTER (decode(key) = 'ksmctl.page_size')::INTEGER AS page_size,
       max(decode(value)) FILTER (decode(key) = 'ksmctl.sample')::BIGINT AS sample,
       max(decode(value)) FILTER (decode(key) = 'ksmctl.pages')::BIGINT AS pages,
       max(decode(value)) FILTER (decode(key) = 'ksmctl.distinct')::BIGINT AS distinct_pages
FROM parquet_kv_metadata('fingerprints/*.parquet')
GROUP BY file_name;

-- Digests of different terms say nothing of each other.
SELECT CASE WHEN count(DISTINCT (sample, key, page_size)) > 1
            THEN error('fingerprints of different samples, keys or page sizes cannot be mixed')
            WHEN count(DISTINCT host) < count(*)
            THEN error('two fingerprints have the same number of a host: take each with its own --host')
       END AS mixed
FROM hosts;
