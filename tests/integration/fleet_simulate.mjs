// SPDX-License-Identifier: GPL-2.0-or-later
// Fingerprints of a fleet that there is not: MODULES=DIR node fleet_simulate.mjs DIR HOSTS
// Writes DIR/fingerprints/N.parquet of hosts with 16 GiB each, one content in 1024 kept: a tenth of the rows are on
// all hosts, 40 % on those of the same of 20 images, half on that host alone.
import { mkdirSync } from 'node:fs';
import { createRequire } from 'node:module';

const require = createRequire(`${process.env.MODULES}/`);
const { DuckDBInstance } = require('@duckdb/node-api');
const connection = await (await DuckDBInstance.create(':memory:')).connect();
const [dir, hosts] = [process.argv[2], Number(process.argv[3])];
const rows = 4096, images = 20, pages = rows * 1024;

mkdirSync(`${dir}/fingerprints`, { recursive: true });
for (let host = 0; host < hosts; host++) {
	const facts = { version: 1, digest: 'blake2b-64', key: '00000000000000ff', page_size: 4096, sample: 1024, host,
		pages, distinct: pages, name: `host${host}` };
	const metadata = Object.entries(facts).map(([name, value]) => `"ksmctl.${name}": '${value}'`).join(', ');

	await connection.run(`COPY (
		SELECT ${host}::INTEGER AS host, (hash(content) >> 10)::BIGINT AS digest, 1::INTEGER AS copies,
		       0::INTEGER AS flags
		FROM (SELECT CASE WHEN i < ${rows * 0.1} THEN i
		                  WHEN i < ${rows * 0.5} THEN (1 + ${host % images}) * 1000000 + i
		                  ELSE (1000 + ${host}) * 1000000 + i END AS content
		      FROM range(${rows}) AS r(i)) ORDER BY digest
	) TO '${dir}/fingerprints/${host}.parquet' (FORMAT parquet, CODEC zstd, KV_METADATA {${metadata}})`);
}
