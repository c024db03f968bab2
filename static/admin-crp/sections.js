"use strict";
// The sections of a long form as tabs. Without this script they are one page, and the tabs links into it.
(() => {
    const list = document.querySelector(".crp-tabs ul");
    if (!list) {
        return;
    }
    const tabs = [...list.querySelectorAll("a")];
    const STATE = "#in-";
    const panel = (tab) => document.getElementById(tab.hash.slice(1));

    const open = (tab, focus = false) => {
        for (const other of tabs) {
            const isOpen = other === tab;
            other.setAttribute("aria-selected", String(isOpen));
            other.tabIndex = isOpen ? 0 : -1;
            panel(other).hidden = !isOpen;
        }
        if (focus) {
            tab.focus();
        }
        // No element has this name: the browser would scroll there, past what the page has to say after saving.
        window.history.replaceState(null, "", tab.hash.replace("#section-", STATE));
    };

    // A link to something on the page opens the section and the table that it stands in.
    const openAround = (hash) => {
        const name = decodeURIComponent(hash.replace(STATE, "#section-").slice(1));
        const target = name ? document.getElementById(name) : null;
        const section = target && target.closest(".crp-section");
        const tab = section && tabs.find((one) => panel(one) === section);
        if (!tab) {
            return false;
        }
        open(tab);
        for (let box = target.closest("details"); box; box = box.parentElement.closest("details")) {
            box.open = true;
        }
        if (target !== section) {
            const inside = target.querySelector("details");
            if (inside) {
                inside.open = true;
            }
            target.scrollIntoView({ block: "center" });
            if (target.matches("input, select, textarea")) {
                target.focus();
            }
        }
        return true;
    };

    list.setAttribute("role", "tablist");
    for (const tab of tabs) {
        const section = panel(tab);
        tab.parentElement.setAttribute("role", "presentation");
        tab.setAttribute("role", "tab");
        tab.setAttribute("aria-controls", section.id);
        section.setAttribute("role", "tabpanel");
        section.setAttribute("aria-labelledby", tab.id);
        tab.addEventListener("click", (event) => {
            event.preventDefault();
            open(tab, true);
        });
    }
    list.addEventListener("keydown", (event) => {
        const here = tabs.indexOf(document.activeElement);
        const isRightToLeft = getComputedStyle(list).direction === "rtl";
        const step = { ArrowRight: isRightToLeft ? -1 : 1, ArrowLeft: isRightToLeft ? 1 : -1 }[event.key];
        const next = { Home: 0, End: tabs.length - 1 }[event.key] ?? (step && (here + step + tabs.length) % tabs.length);
        if (here >= 0 && next !== undefined) {
            event.preventDefault();
            open(tabs[next], true);
        } else if (here >= 0 && event.key === " ") {
            event.preventDefault();
            open(tabs[here], true);
        }
    });
    document.addEventListener("click", (event) => {
        const link = event.target.closest(".crp-errors a[href^='#']");
        if (link && openAround(link.hash)) {
            event.preventDefault();
        }
    });
    window.addEventListener("hashchange", () => openAround(window.location.hash));

    document.documentElement.classList.add("crp-has-tabs");
    const wrong = tabs.find((tab) => panel(tab).dataset.errors);
    if (wrong) {
        open(wrong);
    } else if (!openAround(window.location.hash)) {
        open(tabs[0]);
    }
})();
