-- What each two hosts have in common, most first; without contents that more than most_hosts hosts have, the common
-- baseline of the fleet, whose number is in baseline.sql.
WITH terms AS (SELECT max(sample) AS k FROM hosts),
     rare AS (SELECT digest FROM fp GROUP BY digest
              HAVING count(*) BETWEEN 2 AND getvariable('most_hosts')),
     held AS (SELECT host, digest, copies, flags & 2 AS exact FROM fp SEMI JOIN rare USING (digest)),
     pairs AS (SELECT a.host AS a, b.host AS b,
                      CASE WHEN a.exact > 0 AND b.exact > 0 THEN 1 ELSE k END AS weight,
                      a.copies + b.copies AS copies
               FROM held a JOIN held b ON a.digest = b.digest AND a.host < b.host, terms)
SELECT a, b, sum(weight)::BIGINT AS shared_contents, sum(weight * copies)::BIGINT AS shared_pages
FROM pairs GROUP BY a, b ORDER BY shared_contents DESC, a, b;
