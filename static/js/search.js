// Suggestions under the box of the search while somebody types: an editable combobox with a list, as the ARIA Authoring
// Practices describe it. The form works without: it is sent to the page of the search.

const PAUSE = 150; // milliseconds without a key before the server is asked
const SHORTEST = 2; // letters

const make = (name, attributes, ...content) => {
  const element = document.createElement(name);
  for (const [key, value] of Object.entries(attributes)) element.setAttribute(key, value);
  element.append(...content);
  return element;
};

const enhance = (form) => {
  const input = form.querySelector('input[type="search"]');
  const listId = `${input.id}-list`;
  const list = make("ul", { id: listId, role: "listbox", class: "suggestions", "aria-label": form.dataset.label });
  const status = make("span", { role: "status", class: "unseen" });
  let results = [];
  let active = -1;
  let timer = 0;
  let asking = null;

  const mark = (index) => {
    active = index;
    [...list.children].forEach((option, at) => option.setAttribute("aria-selected", String(at === active)));
    if (active < 0) return input.removeAttribute("aria-activedescendant");
    input.setAttribute("aria-activedescendant", list.children[active].id);
    list.children[active].scrollIntoView({ block: "nearest" });
  };
  const move = (step) => {
    const first = step > 0 ? 0 : results.length - 1;
    mark(active >= 0 && results[active + step] ? active + step : first);
  };
  const open = (isOpen) => {
    list.hidden = !isOpen;
    input.setAttribute("aria-expanded", String(isOpen));
    if (!isOpen) mark(-1);
  };
  const forget = () => {
    clearTimeout(timer);
    asking?.abort();
    open(false);
  };
  const show = (answer) => {
    results = answer.results;
    list.replaceChildren(
      ...results.map((result, at) =>
        make(
          "li",
          { id: `${listId}-${at}`, role: "option", "aria-selected": "false" },
          make("span", { class: "suggestion-name" }, result.label),
          " ",
          make("span", { class: "tag" }, result.type),
          " ",
          make("span", { class: "note" }, result.detail),
        ),
      ),
    );
    status.textContent = answer.said;
    open(results.length > 0);
  };
  const ask = async () => {
    asking = new AbortController();
    try {
      const query = new URLSearchParams(new FormData(form));
      const answer = await fetch(`${form.dataset.suggest}?${query}`, { signal: asking.signal });
      if (answer.ok) show(await answer.json());
    } catch {
      // The line is down, or another letter came in between: the form can still be sent.
    }
  };

  input.addEventListener("input", () => {
    forget();
    results = [];
    status.textContent = "";
    if (input.value.trim().length >= SHORTEST) timer = setTimeout(ask, PAUSE);
  });
  input.addEventListener("keydown", (event) => {
    const isOpen = !list.hidden;
    if ((event.key === "ArrowDown" || event.key === "ArrowUp") && results.length) {
      event.preventDefault();
      if (!isOpen) open(true);
      if (!event.altKey) move(event.key === "ArrowDown" ? 1 : -1);
    } else if (event.key === "Escape" && isOpen) {
      event.preventDefault(); // the first one closes the list, and only the next one empties the box
      open(false);
    } else if (event.key === "Enter" && isOpen && active >= 0) {
      event.preventDefault();
      location.assign(results[active].url);
    } else if (["Home", "End", "ArrowLeft", "ArrowRight"].includes(event.key)) {
      mark(-1);
    }
  });
  input.addEventListener("blur", forget);
  list.addEventListener("mousedown", (event) => event.preventDefault()); // the box keeps the focus
  list.addEventListener("click", (event) => {
    const option = event.target.closest('[role="option"]');
    if (option) location.assign(results[[...list.children].indexOf(option)].url);
  });

  input.setAttribute("role", "combobox");
  input.setAttribute("aria-autocomplete", "list");
  input.setAttribute("aria-controls", listId);
  open(false);
  input.after(list, status);
};

document.querySelectorAll("form[data-suggest]").forEach(enhance);
