-- As duckdb/union.sql.
WITH (SELECT max(sample) FROM hosts) AS k,
     (SELECT sum(pages) FROM hosts) AS all_pages
SELECT all_pages AS pages,
       exact + k * sampled AS distinct_pages,
       toInt64(round(exact + k * (sampled - 1.96 * sqrt(sampled * (1 - 1 / k))))) AS low,
       toInt64(round(exact + k * (sampled + 1.96 * sqrt(sampled * (1 - 1 / k))))) AS high,
       toInt64(all_pages) - (exact + k * sampled) AS redundant_pages,
       sampled AS sampled_contents
FROM (SELECT countIf(is_exact > 0) AS exact, countIf(is_exact = 0) AS sampled
      FROM (SELECT digest, max(bitAnd(flags, 2)) AS is_exact FROM fp GROUP BY digest));
