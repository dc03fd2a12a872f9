// SPDX-License-Identifier: GPL-2.0-or-later
// Runs SQL in DuckDB, in the directory that has the fingerprints: MODULES=DIR node duckdb.mjs FILE...
// Prints the rows of each file's last statement as a line of JSON; ends with status 1 and the error at the first that
// fails.
import { readFileSync } from 'node:fs';
import { createRequire } from 'node:module';

const require = createRequire(`${process.env.MODULES}/`);
const { DuckDBInstance } = require('@duckdb/node-api');
const connection = await (await DuckDBInstance.create(':memory:')).connect();

try {
	for (const file of process.argv.slice(2)) {
		const statements = await connection.extractStatements(readFileSync(file, 'utf8'));
		let rows;

		for (let i = 0; i < statements.count; i++) {
			const statement = await statements.prepare(i);
			rows = (await statement.runAndReadAll()).getRowObjectsJson();
		}
		console.log(JSON.stringify(rows));
	}
} catch (error) {
	console.error(error.message);
	process.exit(1);
}
