"use strict";
// Leaving a form with changes that are not saved asks first. On a phone long tables start closed, as far as nothing in
// them is wrong; a link to a closed table opens it.
(() => {
    if (window.matchMedia("(max-width: 767px)").matches) {
        for (const table of document.querySelectorAll(".inline-group details[open]")) {
            table.open = table.querySelector(".errorlist") !== null;
        }
    }
    const form = document.querySelector("#content-main form[method=post]:not(#changelist-form)");
    if (form) {
        let changed = false;
        const remember = () => { changed = true; };
        for (const kind of ["input", "change", "formset:added"]) {
            form.addEventListener(kind, remember);
        }
        form.addEventListener("submit", () => { changed = false; });
        window.addEventListener("beforeunload", (event) => {
            if (changed) {
                event.preventDefault();
            }
        });
    }
    // The widgets of the autocompletes don't take the names of their fields over. Django builds them in a callback of
    // this kind; this one was added later, so it runs later.
    django.jQuery(() => {
        for (const field of document.querySelectorAll("select.admin-autocomplete")) {
            const label = document.querySelector(`label[for="${CSS.escape(field.id)}"]`);
            if (!label) {
                continue;
            }
            label.id = `${field.id}-label`;
            const parts = "[role=combobox], [role=textbox], .select2-search__field";
            for (const part of field.parentElement.querySelectorAll(parts)) {
                part.setAttribute("aria-labelledby", `${label.id} ${part.getAttribute("aria-labelledby") || ""}`.trim());
            }
        }
    });
    for (const link of document.querySelectorAll(".crp-contents a")) {
        link.addEventListener("click", () => {
            const table = document.querySelector(`${link.hash} details`);
            if (table) {
                table.open = true;
            }
        });
    }
})();
