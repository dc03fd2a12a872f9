-- The contents with most copies in the fleet, and on how many hosts they are.
SELECT digest, sum(copies)::BIGINT AS copies, count(*) AS hosts, max(flags & 1) AS zero
FROM fp GROUP BY digest ORDER BY copies DESC, digest LIMIT 20;
