"""What axe finds on a page, light and dark (WCAG 2.2 A and AA, and good practice).

Colours are what takes axe longest: for each text it works out all that lies behind it. A table of two hundred rows asks
the same two hundred times. So of texts that have the same style, and the same elements with the same styles around
them, three are looked at: the first, the middle one and the last that can be seen. What is placed freely (a picture,
a layer) may lie on anything, and is looked at one by one, as are all that are alike where axe can’t tell about any of
the three. Every other rule looks at the whole page.
"""

from __future__ import annotations

from axe_playwright_python.base import AXE_SCRIPT, AxeResults
from playwright.sync_api import Page

AT_REST = """() => document.getAnimations().forEach(one => {
    if (one.effect.getComputedTiming().endTime !== Infinity) one.finish();
})"""
"""Ends every transition: the admin's links fade from one theme's colours into the other's."""

NO_ICONS = "() => { CanvasRenderingContext2D.prototype.measureText = text => ({width: 30 * text.length}); }"
"""Words in Arabic are narrower than their letters, by which axe takes them for icons and leaves them out."""

MARK = "data-colours-are-judged"
RUN = """async ([mark, options]) => {
    const BEHIND = ["backgroundColor", "backgroundImage", "opacity", "filter", "mixBlendMode", "transform", "position"];
    const TEXT = ["color", "fontSize", "fontWeight", "textShadow", "webkitTextStroke", "visibility"];
    const around = new Map([[null, {path: "", free: false}]]), alike = new Map(), numbers = new Map();
    const short = text => numbers.get(text) ?? (numbers.set(text, `${numbers.size}/`), numbers.get(text));
    const look = element => {
        if (!around.has(element)) {
            const above = look(element.parentElement), style = getComputedStyle(element);
            const name = `${element.tagName} ${element.getAttribute("class")}`;
            around.set(element, {
                path: short(above.path + name + BEHIND.map(item => style[item])),
                free: above.free || element.tagName === "svg" || style.transform !== "none"
                    || ["absolute", "fixed", "sticky"].includes(style.position),
            });
        }
        return around.get(element);
    };
    const hasText = element => element.matches("input, select, textarea, button")
        || [...element.childNodes].some(node => node.nodeType === Node.TEXT_NODE && node.data.trim());
    for (const element of document.body.querySelectorAll("*")) {
        if (!hasText(element) || !element.checkVisibility({visibilityProperty: true})) continue;
        const {path, free} = look(element), style = getComputedStyle(element);
        const key = free ? element : path + TEXT.map(item => style[item]);
        alike.set(key, [...alike.get(key) ?? [], element]);
    }
    const told = new Set(), check = axe._audit.checks["color-contrast"], evaluate = check.evaluate;
    check.evaluate = function (element, ...rest) {
        const answer = evaluate.call(this, element, ...rest);
        if (answer !== undefined) told.add(element);
        return answer;
    };
    const judge = async (elements, options) => {
        elements.forEach(element => element.setAttribute(mark, ""));
        axe.configure({rules: [{id: "color-contrast", selector: `[${mark}]`}]});
        const results = await axe.run({...options, resultTypes: ["violations"]});
        elements.forEach(element => element.removeAttribute(mark));
        return results.violations;
    };
    const few = [...alike.values()].map(all => [new Set([all[0], all[all.length >> 1], all.at(-1)]), all]);
    const found = await judge(few.flatMap(([chosen]) => [...chosen]), options);
    const rest = few.filter(([chosen]) => ![...chosen].some(element => told.has(element)))
        .flatMap(([chosen, all]) => all.filter(element => !chosen.has(element)));
    if (rest.length) found.push(...await judge(rest, {runOnly: ["color-contrast"]}));
    check.evaluate = evaluate;
    return found;
}"""


def check_accessible(page: Page) -> None:
    """Fail where axe finds something on a page as it is, in light or dark.

    Light and dark differ in colours alone: in the dark those are looked at again, and nothing else is.
    """
    if not page.evaluate("'axe' in window"):
        page.evaluate(AXE_SCRIPT)
        page.evaluate(NO_ICONS)
    for scheme, options in (("light", {}), ("dark", {"runOnly": ["color-contrast"]})):
        page.emulate_media(color_scheme=scheme)
        page.evaluate(AT_REST)
        results = AxeResults({"violations": page.evaluate(RUN, [MARK, options])})
        assert results.violations_count == 0, f"{scheme}: {results.generate_report()}"
    page.emulate_media(color_scheme="light")
