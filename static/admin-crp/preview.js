"use strict";
// A text in Markdown as readers will see it: the server makes it, by the same function as their pages.
(() => {
    const show = () => {
        for (const button of document.querySelectorAll(".crp-preview-button[hidden]")) {
            button.hidden = false;
        }
    };
    show();
    document.addEventListener("formset:added", show);
    document.addEventListener("click", async (event) => {
        const button = event.target.closest(".crp-preview-button");
        if (!button) {
            return;
        }
        const box = button.closest(".crp-markdown");
        const place = box.querySelector(".crp-preview-text");
        if (!place.hidden && place.dataset.of === box.querySelector("textarea").value) {
            place.hidden = true;
            button.setAttribute("aria-expanded", "false");
            return;
        }
        const text = box.querySelector("textarea").value;
        const token = document.querySelector("input[name=csrfmiddlewaretoken]").value;
        try {
            const answer = await fetch(box.dataset.preview, {
                method: "POST",
                body: new URLSearchParams({ text, csrfmiddlewaretoken: (window.crpEditing && window.crpEditing.cookie("csrftoken")) || token }),
                credentials: "same-origin",
            });
            if (!answer.ok || answer.redirected) {
                throw new Error(String(answer.status));
            }
            place.innerHTML = await answer.text();
            place.dataset.of = text;
        } catch {
            place.textContent = box.dataset.failed;
            delete place.dataset.of;
        }
        place.hidden = false;
        button.setAttribute("aria-expanded", "true");
    });
})();
