"use strict";
// Every form of the admin: leaving it with something typed asks first, and sending it twice sends it once. On a phone
// long tables start closed, as far as nothing in them is wrong.
(() => {
    if (window.matchMedia("(max-width: 767px)").matches) {
        for (const table of document.querySelectorAll(".inline-group .tabular details[open]")) {
            table.open = table.querySelector(".errorlist") !== null;
        }
    }

    // Above the form there may be small ones, which offer what was not saved.
    const token = document.querySelector("input[name=form_token]");
    const form = token ? token.form : document.querySelector("#content-main form[method=post]:not(#changelist-form)");
    const notes = document.getElementById("crp-editing");
    if (form) {
        const own = new Set(["csrfmiddlewaretoken", "form_token", "form_opened"]);
        const fields = () => [...form.elements].filter(
            (field) => field.name && !own.has(field.name) && !field.name.includes("__prefix__")
                && !["submit", "button", "reset"].includes(field.type),
        );
        // A browser that comes back to a page fills in what was typed before: what the server wrote is the default.
        const opened = (field) => {
            if (field.type === "checkbox" || field.type === "radio") {
                return field.defaultChecked ? [field.value] : [];
            }
            if (field.options) {
                const chosen = [...field.options].filter((option) => option.defaultSelected).map((option) => option.value);
                return chosen.length || field.multiple || !field.options.length ? chosen : [field.options[0].value];
            }
            return [field.defaultValue];
        };
        const now = (field) => {
            if (field.type === "checkbox" || field.type === "radio") {
                return field.checked ? [field.value] : [];
            }
            return field.options ? [...field.selectedOptions].map((option) => option.value) : [field.value];
        };
        const differs = (one, other) => one.length !== other.length || one.some((value, place) => value !== other[place]);
        const collect = (read) => {
            const found = new Map();
            for (const field of fields()) {
                found.set(field.name, [...(found.get(field.name) || []), ...read(field)]);
            }
            return found;
        };
        const isTyped = Boolean(notes && notes.dataset.typed) || "crpTyped" in form.dataset;
        let isSent = false;
        const editing = {
            form,
            notes,
            isTyped,
            openedFields: collect(opened),
            fieldsNow: () => collect(now),
            differs,
            isSent: () => isSent,
            isChanged: () => isTyped || fields().some(
                (field) => !field.name.endsWith("_FORMS") && differs(opened(field), now(field)),
            ),
            cookie: (name) => document.cookie.split("; ").map((pair) => pair.split("="))
                .filter(([key]) => key === name).map(([, value]) => decodeURIComponent(value))[0] || "",
        };
        window.crpEditing = editing;

        const buttons = () => form.querySelectorAll("input[type=submit], button[type=submit]");
        const free = () => {
            isSent = false;
            for (const button of buttons()) {
                button.removeAttribute("aria-disabled");
            }
        };
        form.addEventListener("submit", (event) => {
            if (isSent) {
                event.preventDefault();
                return;
            }
            isSent = true;
            // Who signed in again in another tab has another token there.
            const proof = form.querySelector("input[name=csrfmiddlewaretoken]");
            if (proof && editing.cookie("csrftoken")) {
                proof.value = editing.cookie("csrftoken");
            }
            for (const button of buttons()) {
                button.setAttribute("aria-disabled", "true");
            }
            window.setTimeout(free, 20000); // a server that does not answer: the one who tries again is counted once
        });
        window.addEventListener("pageshow", (event) => {
            if (event.persisted) {
                free();
            }
        });
        window.addEventListener("beforeunload", (event) => {
            if (!isSent && editing.isChanged()) {
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
})();
