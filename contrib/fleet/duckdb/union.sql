-- All hosts together: pages, different contents with their 95 % interval, copies beyond the first of each.
-- Contents that a host keeps in any case are counted; of the others one in k is kept, and x hosts have it. How many
-- contents each host has is known without a sample, and so is a share of each content for each of its hosts (all of it
-- where there are two hosts, so that pairs.sql says the same); what contents count beyond that is told from the sample.
-- The interval is the normal one, for 50 sampled contents and more; below, and where few of them decide, ksmctl compare
-- has a better one.
WITH terms AS (SELECT max(sample) AS k, count(*) AS hosts, sum(pages)::BIGINT AS pages,
                      sum(distinct_pages)::BIGINT AS contents, max(distinct_pages) AS most FROM hosts),
     held AS (SELECT count(*) FILTER ((flags & 2) > 0) AS exact, count(*) FILTER ((flags & 2) = 0) AS x
              FROM fp GROUP BY digest),
     counted AS (SELECT count(*) FILTER (exact > 0) AS exact_contents, coalesce(sum(exact), 0)::BIGINT AS exact,
                        count(*) FILTER (exact = 0) AS sampled, coalesce(sum(x), 0)::BIGINT AS x,
                        coalesce(sum(x) FILTER (exact = 0), 0)::BIGINT AS sampled_x,
                        coalesce(sum(x * x), 0)::BIGINT AS xx, count(*) FILTER (x > 0) AS sampled_contents
                 FROM held),
     shared AS (SELECT *, CASE WHEN hosts <= 2 OR xx = 0 THEN 1 ELSE sampled_x / xx END AS share FROM counted, terms),
     told AS (SELECT *, least(contents, greatest(most, exact_contents + k * sampled +
                                                       share * (contents - exact - k * x))) AS value,
                     1.96 * sqrt(k * (k - 1) * greatest(0, sampled - 2 * share * sampled_x + share * share * xx)) AS spread
              FROM shared)
SELECT pages,
       round(value)::BIGINT AS distinct_pages,
       round(greatest(most, value - spread))::BIGINT AS low,
       round(least(contents, value + spread))::BIGINT AS high,
       pages - round(value)::BIGINT AS redundant_pages,
       sampled_contents
FROM told;
