// SPDX-License-Identifier: GPL-2.0-or-later
// Pages as Chromium shows them: MODULES=DIR node html.mjs SHOTS FILE.html...
// On a telephone, a desk and a wall, in light and dark: no error, nothing loaded, nothing overlaps or is cut off, nothing
// serious for axe-core; printed as PDF; tables that sort; all of it but that without scripts. SHOTS gets pictures.
import { createRequire } from "node:module";
import { mkdirSync, readFileSync } from "node:fs";
import { basename, resolve } from "node:path";
import { pathToFileURL } from "node:url";

const require = createRequire(pathToFileURL(`${resolve(process.env.MODULES)}/`));
const puppeteer = require("puppeteer-core");
const axe = readFileSync(require.resolve("axe-core/axe.min.js"), "utf8");
const [shots, ...files] = process.argv.slice(2);
const WIDTHS = [360, 1280, 2560];

let failures = 0, sorted = 0;
const fail = (where, what) => {
	failures++;
	console.log(`${where}: ${what}`);
};

// Runs in the page: texts of one chart that lie on each other, whatever leaves its chart, or the screen.
const layoutFaults = () => {
	const faults = [], near = 1;
	const name = (element) => `<${element.tagName}> "${element.textContent.trim().slice(0, 40)}"`;

	if (document.scrollingElement.scrollWidth > innerWidth)
		faults.push(`the page is ${document.scrollingElement.scrollWidth} wide`);
	for (const svg of document.querySelectorAll("svg[role=img]")) {
		const frame = svg.getBoundingClientRect();
		const texts = [...svg.querySelectorAll("text")].map((text) => [text, text.getBoundingClientRect()]);

		if (frame.width < 20 || frame.height < 20)
			faults.push(`${svg.querySelector("title").textContent} is ${frame.width} x ${frame.height}`);
		for (const [i, [text, box]] of texts.entries()) {
			if (box.left < frame.left - near || box.right > frame.right + near || box.top < frame.top - near ||
				box.bottom > frame.bottom + near)
				faults.push(`${name(text)} leaves its chart`);
			for (const [other, place] of texts.slice(i + 1))
				if (box.left < place.right - near && place.left < box.right - near &&
					box.top < place.bottom - near && place.top < box.bottom - near)
					faults.push(`${name(text)} lies on ${name(other)}`);
		}
	}
	for (const element of document.querySelectorAll("section, section > *, header > *, td, th, li, h2, h3, p")) {
		const box = element.getBoundingClientRect(), frame = element.parentElement.getBoundingClientRect();

		if (element.scrollWidth > element.clientWidth + near && getComputedStyle(element).overflowX !== "auto" &&
			element.clientWidth)
			faults.push(`${name(element)} is cut off or runs over`);
		if (!element.closest(".scroll") && box.width && box.right > frame.right + near)
			faults.push(`${name(element)} is wider than what it is in`);
	}
	return faults;
};

const browser = await puppeteer.launch({
	executablePath: process.env.CHROMIUM ?? "/usr/bin/chromium",
	args: ["--no-sandbox", "--disable-gpu", "--disable-quic", "--no-first-run", "--disable-background-networking",
		"--disable-component-update", "--disable-sync"],
});

async function open(file, { width, scheme = "light", scripts = true }) {
	const page = await browser.newPage(), where = `${basename(file)} ${width} ${scheme}${scripts ? "" : " no scripts"}`;

	await page.setViewport({ width, height: 900 });
	await page.emulateMediaFeatures([{ name: "prefers-color-scheme", value: scheme }]);
	await page.setJavaScriptEnabled(scripts);
	page.on("console", (message) => fail(where, `console: ${message.text()}`));
	page.on("pageerror", (error) => fail(where, error));
	page.on("request", (request) => request.url() === pathToFileURL(file).href || fail(where, `loads ${request.url()}`));
	await page.goto(pathToFileURL(file).href);
	for (const fault of await page.evaluate(layoutFaults))
		fail(where, fault);
	return { page, where };
}

async function checkAccess({ page, where }) {
	await page.evaluate(axe);
	const { violations } = await page.evaluate(() => window.axe.run());
	for (const { id, impact, nodes } of violations)
		if (impact === "serious" || impact === "critical")
			fail(where, `axe: ${id}: ${nodes.map((node) => node.html.slice(0, 200)).join(" | ")}`);
}

// The first table of more than two rows, if there is one: a click on the last heading of numbers puts them in order, another turns it.
// Of its first cells one is made unknown and one a loss: what is not known comes last, either way.
async function checkSorting({ page, where }) {
	const orders = await page.evaluate(() => {
		const table = [...document.querySelectorAll("table")].find((t) => t.tBodies[0].rows.length > 2);
		if (!table)
			return null;
		const column = [...table.tHead.rows[0].cells].findLastIndex((cell) => cell.className === "n");
		const cells = () => [...table.tBodies[0].rows].map((row) => row.cells[column]);
		const values = () => cells().map(({ dataset: { v } }) => (v === "" ? null : Number(v)));
		const click = () => (table.tHead.rows[0].cells[column].querySelector("button").click(), values());

		[cells()[0].dataset.v, cells()[1].dataset.v] = ["", "-2"];
		return [click(), click()];
	});
	if (!orders)
		return;
	sorted++;
	const order = (values, sign) => values.filter((v) => v !== null).sort((a, b) => sign * (a - b))
		.concat(values.filter((v) => v === null));
	const [down, up] = orders;
	if (String(up) !== String(order(up, 1)) || String(down) !== String(order(down, -1)))
		fail(where, `sorted as ${orders[0]} and ${orders[1]}`);
}

mkdirSync(shots, { recursive: true });
for (const file of files) {
	for (const width of WIDTHS)
		for (const scheme of ["light", "dark"]) {
			const opened = await open(file, { width, scheme });

			await opened.page.screenshot({ path: `${shots}/${basename(file, ".html")}-${width}-${scheme}.png`, fullPage: true });
			await opened.page.evaluate(() => document.querySelectorAll("details").forEach((d) => (d.open = true)));
			for (const fault of await opened.page.evaluate(layoutFaults))
				fail(opened.where, `all open: ${fault}`);
			await checkAccess(opened);
			await checkSorting(opened);
			await opened.page.close();
		}
	const { page, where } = await open(file, { width: 1280, scripts: false });
	if ((await page.$$eval("section svg[role=img]", (charts) => charts.length)) < 2)
		fail(where, "no charts");
	if ((await page.pdf()).length < 10000)
		fail(where, "prints nothing");
	await page.close();
}
await browser.close();
if (!sorted)
	fail("all", "no table was sorted");
process.exit(failures ? 1 : 0);
