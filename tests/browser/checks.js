// Runs in the page: a list of sentences, each one thing that is wrong. Known error: the contrast of
// text over overlapping shapes is taken from the shape that lies on top at the text's middle.
(() => {
	const wrong = [];
	const say = (what, node) => wrong.push(what + (node ? ": " + name(node) : ""));
	const name = (n) => "<" + n.tagName.toLowerCase() + (n.id ? "#" + n.id : "") + "> " +
		(n.textContent || "").trim().replace(/\s+/g, " ").slice(0, 50);
	const all = (s) => [...document.querySelectorAll(s)];
	const text = (n) => (n ? n.textContent.trim() : "");
	const called = (n) => n.getAttribute("aria-label") ||
		(n.getAttribute("aria-labelledby") || "").split(/\s+/).filter(Boolean)
			.map((id) => text(document.getElementById(id))).join(" ");

	const structure = () => {
		if (!document.documentElement.lang) say("html has no lang");
		if (!document.title.trim()) say("the page has no title");
		if (all("main").length !== 1) say("there must be one <main>");
		if (all("h1").length !== 1) say("there must be one <h1>");
		let level = 0;
		for (const h of all("h1,h2,h3,h4,h5,h6")) {
			const l = +h.tagName[1];
			if (l > level + 1) say("heading level skipped", h);
			if (!text(h)) say("empty heading", h);
			level = l;
		}
		const ids = new Set();
		for (const n of all("[id]")) {
			if (ids.has(n.id)) say("id used twice", n);
			ids.add(n.id);
		}
		for (const a of all("a[href^='#']"))
			if (!document.getElementById(decodeURIComponent(a.getAttribute("href").slice(1))))
				say("link to a missing anchor", a);
		for (const a of all("a"))
			if (!text(a) && !called(a)) say("link without a name", a);
		if (all("script").length) say("the page holds a script");
		if (!document.querySelector("meta[http-equiv='Content-Security-Policy']"))
			say("no content security policy");
		const meant = (n) => [...n.attributes].find((x) => /^on/i.test(x.name));
		for (const n of all("*")) if (meant(n)) say("an event handler", n);
	};

	const tables = () => {
		for (const th of all("th"))
			if (!/^(col|row|colgroup|rowgroup)$/.test(th.getAttribute("scope") || ""))
				say("th without scope", th);
		for (const t of all("table")) {
			if (!t.querySelector("th[scope=col]")) say("table without column heads", t);
			const widths = new Set([...t.rows].map((r) => [...r.cells].reduce((s, c) => s + c.colSpan, 0)));
			if (widths.size > 1) say("table rows of different lengths", t);
		}
	};

	const images = () => {
		for (const s of all("svg")) {
			if (s.getAttribute("aria-hidden") === "true") continue;
			if (s.getAttribute("role") !== "img") say("svg without role=img", s);
			if (!text(s.querySelector(":scope > title"))) say("svg without title", s);
			if (!text(s.querySelector(":scope > desc"))) say("svg without desc", s);
			if (!called(s)) say("svg without an accessible name", s);
			const figure = s.closest("figure");
			if (!figure || !figure.querySelector("table")) say("chart without a table of its data", s);
			const box = s.getBoundingClientRect();
			for (const t of s.querySelectorAll("text")) {
				const b = t.getBoundingClientRect();
				if (b.width && (b.left < box.left - 1 || b.right > box.right + 1 ||
						b.top < box.top - 1 || b.bottom > box.bottom + 1))
					say("text is cut off by its chart", t);
			}
		}
		for (const i of all("img")) if (!i.hasAttribute("alt")) say("img without alt", i);
	};

	const regions = () => {
		for (const n of all("[role=region]")) {
			if (!called(n)) say("region without a name", n);
			if (n.tabIndex !== 0) say("scrolling region that the keyboard cannot reach", n);
		}
		for (const n of all("body *")) {
			const o = getComputedStyle(n).overflowX;
			if ((o === "auto" || o === "scroll") && n.scrollWidth > n.clientWidth + 1 && n.tabIndex < 0)
				say("scrolls, but the keyboard cannot reach it", n);
		}
	};

	const rgb = (s) => {
		const m = (s || "").match(/rgba?\(([^)]+)\)/);
		if (!m) return null;
		const v = m[1].split(/[\s,/]+/).map(Number);
		return { c: v.slice(0, 3), a: v.length > 3 ? v[3] : 1 };
	};
	const over = (top, under) => top.c.map((v, i) => v * top.a + under[i] * (1 - top.a));
	const light = (c) => {
		const l = c.map((v) => (v /= 255) <= 0.04045 ? v / 12.92 : ((v + 0.055) / 1.055) ** 2.4);
		return 0.2126 * l[0] + 0.7152 * l[1] + 0.0722 * l[2];
	};
	const ratio = (a, b) => (Math.max(light(a), light(b)) + 0.05) / (Math.min(light(a), light(b)) + 0.05);

	const base = () => matchMedia("(prefers-color-scheme: dark)").matches &&
		/dark/.test(getComputedStyle(document.documentElement).colorScheme) ? [18, 18, 18] : [255, 255, 255];
	// What lies behind a node: its own and its ancestors' backgrounds, the outermost first.
	const behind = (node) => {
		const layers = [];
		for (let n = node; n; n = n.parentElement) {
			const b = rgb(getComputedStyle(n).backgroundColor);
			if (b && b.a > 0) layers.push(b);
		}
		return layers.reverse().reduce((c, l) => over(l, c), base());
	};
	// Shapes of an SVG that are filled and lie under the middle of a text.
	const shapes = (t) => {
		const b = t.getBoundingClientRect(), x = b.left + b.width / 2, y = b.top + b.height / 2;
		return [...t.ownerSVGElement.querySelectorAll("rect,path,circle")].filter((s) => {
			if (!(s.compareDocumentPosition(t) & Node.DOCUMENT_POSITION_FOLLOWING)) return false;
			const r = s.getBoundingClientRect();
			return s.tagName === "rect" && x >= r.left && x <= r.right && y >= r.top && y <= r.bottom;
		});
	};
	const contrast = () => {
		const seen = new Set();
		const walk = document.createTreeWalker(document.body, NodeFilter.SHOW_TEXT);
		while (walk.nextNode()) {
			const n = walk.currentNode.parentElement;
			if (!walk.currentNode.textContent.trim() || seen.has(n)) continue;
			seen.add(n);
			const style = getComputedStyle(n), box = n.getBoundingClientRect();
			if (!box.width || style.visibility !== "visible" || n.closest("title,desc,style")) continue;
			let back = behind(n), front = rgb(style.color), opacity = 1;
			for (let p = n; p; p = p.parentElement) opacity *= +getComputedStyle(p).opacity;
			if (opacity < 0.2 && n.closest("[aria-hidden=true]")) continue; // a watermark
			if (n.ownerSVGElement) {
				front = rgb(style.fill);
				for (const s of shapes(n)) {
					const f = rgb(getComputedStyle(s).fill);
					if (f) back = over(f, back);
				}
			}
			if (!front) continue;
			front.a *= opacity;
			const r = ratio(over(front, back), back);
			if (r < 4.5) say("contrast " + r.toFixed(2), n);
		}
	};

	const overflow = () => {
		const d = document.documentElement;
		if (d.scrollWidth <= d.clientWidth) return;
		say("the page scrolls sideways: " + d.scrollWidth + " of " + d.clientWidth + " px");
		for (const n of all("body *"))
			if (n.getBoundingClientRect().right > d.clientWidth + 1 && !n.closest(".scroll"))
				say("  reaches beyond the page", n);
	};

	for (const d of all("details")) d.open = true;
	return { structure, tables, images, regions, contrast, overflow,
		run(which) {
			wrong.length = 0;
			for (const w of which) this[w]();
			return wrong.slice(0, 20);
		} };
})()
