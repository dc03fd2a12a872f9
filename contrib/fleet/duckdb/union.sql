-- All hosts together: pages, different contents with their 95 % interval, copies beyond the first of each.
-- A content that no host keeps in any case stands for as many as one in how many is kept. The interval is the normal
-- one, for 50 sampled contents and more; below, ksmctl compare has the exact one.
WITH terms AS (SELECT max(sample) AS k, sum(pages)::BIGINT AS pages FROM hosts),
     contents AS (SELECT digest, max(flags & 2) AS exact FROM fp GROUP BY digest),
     counted AS (SELECT count(*) FILTER (exact > 0) AS exact, count(*) FILTER (exact = 0) AS sampled
                 FROM contents)
SELECT pages,
       (exact + k * sampled)::BIGINT AS distinct_pages,
       round(exact + k * (sampled - 1.96 * sqrt(sampled * (1 - 1 / k))))::BIGINT AS low,
       round(exact + k * (sampled + 1.96 * sqrt(sampled * (1 - 1 / k))))::BIGINT AS high,
       pages - (exact + k * sampled)::BIGINT AS redundant_pages,
       sampled AS sampled_contents
FROM counted, terms;
