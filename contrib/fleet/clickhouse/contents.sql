-- As duckdb/contents.sql.
SELECT digest, sum(fp.copies) AS copies, count() AS hosts, max(bitAnd(flags, 1)) AS zero
FROM fp GROUP BY digest ORDER BY copies DESC, digest LIMIT 20;
