-- What pairs.sql leaves out.
WITH (SELECT max(sample) FROM hosts) AS k
SELECT sum(if(exact > 0, 1, k)) AS contents
FROM (SELECT max(bitAnd(flags, 2)) AS exact FROM fp GROUP BY digest HAVING count() > 100);
