"use strict";
// Without this the tables stay in the order in which they came.
for (const table of document.querySelectorAll("table")) {
	const body = table.tBodies[0], heads = [...table.tHead.rows[0].cells];
	const valueOf = (row, column) => {
		const cell = row.cells[column], value = cell.dataset.v;
		return value === undefined ? cell.textContent : value === "" ? null : Number(value);
	};
	heads.forEach((head, column) => {
		const button = document.createElement("button");
		button.textContent = head.textContent;
		head.replaceChildren(button);
		button.addEventListener("click", () => {
			const down = head.getAttribute("aria-sort") !== "descending";
			heads.forEach((other) => other.removeAttribute("aria-sort"));
			head.setAttribute("aria-sort", down ? "descending" : "ascending");
			body.append(...[...body.rows].sort((a, b) => {
				const x = valueOf(a, column), y = valueOf(b, column);
				// What is not known comes last, either way.
				if (x === null || y === null)
					return (x === null) - (y === null);
				return (x < y ? -1 : x > y ? 1 : 0) * (down ? -1 : 1);
			}));
		});
	});
}
