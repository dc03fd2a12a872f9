-- As duckdb/pairs.sql, with 100 hosts as the most that a content may have. A query may unfold one array, so that two are
-- two queries.
WITH (SELECT max(sample) FROM hosts) AS k
SELECT a, b, sum(if(exact, 1, k)) AS shared_contents, sum(if(exact, 1, k) * n) AS shared_pages
FROM (SELECT x.1 AS a, y.1 AS b, x.3 > 0 AND y.3 > 0 AS exact, x.2 + y.2 AS n
      FROM (SELECT held, x
            FROM (SELECT groupArray((host, copies, bitAnd(flags, 2))) AS held
                  FROM fp GROUP BY digest HAVING count() BETWEEN 2 AND 100)
            ARRAY JOIN held AS x)
      ARRAY JOIN held AS y
      WHERE x.1 < y.1)
GROUP BY a, b ORDER BY shared_contents DESC, a, b;
