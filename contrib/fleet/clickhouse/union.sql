-- As duckdb/union.sql.
WITH (SELECT max(sample) FROM hosts) AS k,
     (SELECT count() FROM hosts) AS n_hosts,
     (SELECT sum(pages) FROM hosts) AS all_pages,
     (SELECT sum(distinct_pages) FROM hosts) AS contents,
     (SELECT max(distinct_pages) FROM hosts) AS most,
     if(n_hosts <= 2 OR xx = 0, 1, sampled_x / xx) AS share,
     toFloat64(exact_contents + k * sampled) + share * (contents - exact - k * x) AS told,
     least(toFloat64(contents), greatest(toFloat64(most), told)) AS value,
     1.96 * sqrt(k * (k - 1) * greatest(0., sampled - 2 * share * sampled_x + share * share * xx)) AS spread
SELECT all_pages AS pages,
       toInt64(round(value)) AS distinct_pages,
       toInt64(round(greatest(toFloat64(most), value - spread))) AS low,
       toInt64(round(least(toFloat64(contents), value + spread))) AS high,
       all_pages - toInt64(round(value)) AS redundant_pages,
       sampled_contents
FROM (SELECT countIf(is_exact > 0) AS exact_contents, toInt64(sum(is_exact)) AS exact,
             countIf(is_exact = 0) AS sampled, toInt64(sum(by_chance)) AS x,
             sumIf(by_chance, is_exact = 0) AS sampled_x, sum(by_chance * by_chance) AS xx,
             countIf(by_chance > 0) AS sampled_contents
      FROM (SELECT digest, countIf(bitAnd(flags, 2) > 0) AS is_exact, countIf(bitAnd(flags, 2) = 0) AS by_chance
            FROM fp GROUP BY digest));
