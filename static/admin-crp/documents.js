/* A value shows where it was read: its line comes into view and its words are marked. Without this, links lead there. */
const text = document.querySelector(".crp-document-text");
let shown = [];

function show(value) {
    for (const each of shown) each.classList.remove("is-shown");
    const key = CSS.escape(value.dataset.of);
    shown = [...text.querySelectorAll(`mark[data-of="${key}"]`)];
    const line = value.dataset.first && document.getElementById(`line-${value.dataset.first}`);
    if (!shown.length && line) shown = [line];
    for (const each of shown) each.classList.add("is-shown");
    if (line && text.scrollHeight > text.clientHeight) {
        text.scrollTo({ top: line.offsetTop - text.clientHeight / 3 });
    }
}

for (const value of document.querySelectorAll(".crp-value")) {
    value.addEventListener("mouseenter", () => show(value));
    value.addEventListener("focusin", () => show(value));
    const typed = value.querySelector("input[type=text]");
    const corrected = value.querySelector("input[value=corrected]");
    if (typed && corrected) typed.addEventListener("input", () => { corrected.checked = typed.value !== ""; });
}

for (const mark of text ? text.querySelectorAll("mark[data-of]") : []) {
    mark.addEventListener("click", () => {
        const value = document.querySelector(`.crp-value[data-of="${CSS.escape(mark.dataset.of)}"]`);
        if (value) {
            value.scrollIntoView({ block: "center" });
            show(value);
        }
    });
}
