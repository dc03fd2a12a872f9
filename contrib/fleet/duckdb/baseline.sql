-- What pairs.sql leaves out.
WITH terms AS (SELECT max(sample) AS k FROM hosts),
     common AS (SELECT max(flags & 2) AS exact FROM fp GROUP BY digest
                HAVING count(*) > getvariable('most_hosts'))
SELECT coalesce(sum(CASE WHEN exact > 0 THEN 1 ELSE k END), 0)::BIGINT AS contents FROM common, terms;
