// The line that a figure was read from, beside the figure: on hover, on keyboard focus, and where it is tapped.
//
// It is taken from the table of sources at the foot of the page, so the page gets no longer by it. Without this module
// the number beside a figure leads to the row of that table; with it, a click still does.

const LINK = 'a[href^="#citation-"]';
const OTHERS = "a, button, summary, label, input, select, textarea";
const SHOW_AFTER = 120; // milliseconds on the figure: a pointer that only passes opens nothing
const HIDE_AFTER = 300; // milliseconds away from it: time to reach the panel
const GAP = 6; // pixels between figure and panel
const EDGE = 8; // pixels between panel and window
const NEXT = "\u00a0· "; // no line begins with the dot

const panel = document.createElement("div");
panel.id = "source-panel";
panel.className = "source-panel";
panel.setAttribute("role", "tooltip");
panel.hidden = true;
document.querySelector("main").append(panel);

let shown = null; // the link whose source is open
let title = ""; // what the browser itself would show on it
let byFocus = false;
let dismissed = null; // the link whose source was closed by Escape, until the pointer leaves it
let awaited = null; // the link whose source is about to open
let showing = 0;
let hiding = 0;
let pointer = "mouse";

const make = (name, className, ...content) => {
  const element = document.createElement(name);
  if (className) element.className = className;
  element.append(...content);
  return element;
};

/** Return a text of the table in its own language and direction, whatever those of the page are. */
const copied = (element, content = element.textContent.trim()) => {
  const copy = make("bdi", "", content);
  if (element.lang) copy.lang = element.lang;
  return copy;
};

const read = (row) => {
  const [, what, printed, line, basis] = row.cells; // the columns of templates/funding/_citations.html
  const source = row.closest(".source");
  const where = [copied(source.querySelector("h3 [lang]")), NEXT, copied(source.querySelector(".dated"))];
  if (line.dataset.label) where.unshift(make("span", "line", `${line.dataset.label} ${line.textContent.trim()}`), NEXT);
  const parts = [make("p", "what", what.textContent.trim())];
  const words = printed.textContent.trim();
  if (words) parts.push(make("p", "printed", copied(printed, make("q", "", words))));
  const [tag, note] = basis.children;
  const said = note ? [" ", copied(note)] : [];
  parts.push(make("p", "where", ...where), make("p", "basis", tag.cloneNode(true), ...said));
  return parts;
};

/** Return the boxes of a figure and its number: all that stands before the number, back to the one before it. */
const boxesOf = (link) => {
  if (!link.matches(".cite")) return [...link.getClientRects()];
  const range = document.createRange();
  let before = link.previousElementSibling;
  while (before && !before.matches(LINK)) before = before.previousElementSibling;
  if (before) range.setStartAfter(before);
  else range.setStart(link.parentElement, 0);
  range.setEndAfter(link);
  return [...range.getClientRects()].filter((box) => box.width > 1);
};

const isIn = (box, event) =>
  event.clientX >= box.left && event.clientX <= box.right && event.clientY >= box.top && event.clientY <= box.bottom;

/** Return the link of the figure that the pointer is on, or null. */
const linkAt = (event) => {
  if (!(event.target instanceof Element)) return null;
  const link = event.target.closest(LINK);
  if (link) return link;
  const around = event.target.closest(":has(> .cite)");
  if (!around) return null;
  const links = [...around.querySelectorAll(":scope > .cite")];
  return links.find((one) => boxesOf(one).some((box) => isIn(box, event))) ?? null;
};

const place = (link) => {
  panel.style.left = panel.style.top = "0";
  const number = link.getBoundingClientRect();
  const boxes = boxesOf(link);
  const top = Math.min(...boxes.map((box) => box.top));
  const bottom = Math.max(...boxes.map((box) => box.bottom));
  const line = boxes.filter((box) => box.bottom > number.top && box.top < number.bottom);
  const own = panel.getBoundingClientRect();
  const width = document.documentElement.clientWidth;
  const height = document.documentElement.clientHeight;
  const isBelow = bottom + GAP + own.height <= height - EDGE || top - GAP - own.height < EDGE;
  const isRtl = getComputedStyle(panel).direction === "rtl";
  const start = isRtl ? Math.max(...line.map((box) => box.right)) - own.width : Math.min(...line.map((box) => box.left));
  const left = Math.max(EDGE, Math.min(start, width - EDGE - own.width));
  panel.style.left = `${left - own.left}px`;
  panel.style.top = `${(isBelow ? bottom + GAP : top - GAP - own.height) - own.top}px`;
};

const stop = () => {
  clearTimeout(showing);
  clearTimeout(hiding);
  showing = hiding = 0;
  awaited = null;
};

const hide = () => {
  stop();
  if (!shown) return;
  if (title) shown.title = title;
  shown.removeAttribute("aria-describedby");
  shown = null;
  panel.hidden = true;
};

const show = (link, isFocus = false) => {
  const row = document.getElementById(link.hash.slice(1));
  hide();
  if (!row?.cells) return;
  panel.replaceChildren(...read(row));
  panel.hidden = false;
  shown = link;
  byFocus = isFocus;
  title = link.title;
  link.removeAttribute("title"); // or the browser shows it over the panel
  link.setAttribute("aria-describedby", panel.id);
  place(link);
};

const leave = () => {
  clearTimeout(showing);
  awaited = dismissed = null;
  if (shown && !byFocus && !hiding) hiding = setTimeout(hide, HIDE_AFTER);
};

document.addEventListener("pointermove", (event) => {
  if (event.pointerType === "touch" || event.buttons) return;
  const link = panel.contains(event.target) ? shown : linkAt(event);
  if (!link) return leave();
  if (link !== dismissed) dismissed = null;
  if (link === shown) return stop();
  if (link === awaited || link === dismissed) return;
  stop();
  awaited = link;
  showing = setTimeout(() => show(link), SHOW_AFTER);
});
document.documentElement.addEventListener("pointerleave", (event) => event.pointerType !== "touch" && leave());
document.addEventListener("focusin", (event) => {
  if (event.target instanceof Element && event.target.matches(`${LINK}:focus-visible`)) show(event.target, true);
});
document.addEventListener("focusout", (event) => {
  if (byFocus && event.target === shown) hide();
});
document.addEventListener("keydown", (event) => {
  if (event.key !== "Escape") return;
  dismissed = shown ?? awaited;
  hide();
});
document.addEventListener("pointerdown", (event) => {
  pointer = event.pointerType;
  if (pointer === "touch" && shown && !panel.contains(event.target) && linkAt(event) !== shown) hide();
});
document.addEventListener("pointerup", (event) => {
  if (event.pointerType !== "touch" || panel.contains(event.target) || event.target.closest(OTHERS)) return;
  const link = linkAt(event);
  if (link && link !== shown) show(link);
});
document.addEventListener("click", (event) => {
  const link = event.target.closest(LINK);
  if (!link) return;
  if (pointer === "touch" && event.detail && link !== shown) {
    event.preventDefault(); // the first tap shows the line, the next one leads to the table
    return show(link);
  }
  hide();
  document.getElementById(link.hash.slice(1))?.closest("details")?.setAttribute("open", "");
});
addEventListener("resize", hide);
