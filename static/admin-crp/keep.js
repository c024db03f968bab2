"use strict";
// What is typed goes to the server as a copy of this person's, while they type: a closed browser loses next to nothing.
(() => {
    const editing = window.crpEditing;
    const notes = editing && editing.notes;
    if (!notes || !notes.dataset.keep) {
        return;
    }
    const PAUSE = 2500; // milliseconds after the last key
    const LATEST = 12000; // milliseconds after the first key that is not kept
    const MOST_AT_THE_END = 60000; // bytes that a browser sends for a page that is closing

    const status = document.createElement("p");
    status.className = "crp-keep";
    status.setAttribute("role", "status");
    const bar = editing.form.querySelector(".submit-row");
    if (bar) {
        bar.append(status);
    }
    const tell = (text, isBad = false) => {
        status.textContent = text;
        status.classList.toggle("crp-keep-failed", isBad);
    };

    let kept = "";
    let keptAt = "";
    let firstKey = 0;
    let lastKey = 0;
    let notBefore = 0;
    let isSending = false;

    const content = () => {
        const now = editing.fieldsNow();
        const own = editing.form.elements;
        const data = new URLSearchParams();
        if (editing.isTyped) {
            data.append("form_whole", "1");
        }
        for (const [name, values] of now) {
            if (editing.isTyped || editing.differs(values, editing.openedFields.get(name) || [])
                || !editing.openedFields.has(name)) {
                values.forEach((value) => data.append(name, value));
                if (!values.length && !editing.isTyped) {
                    data.append("form_absent", name);
                }
            }
        }
        const typed = editing.isChanged() ? data.toString() : "";
        const whole = new URLSearchParams(typed);
        for (const name of ["form_token", "form_opened"]) {
            if (own[name]) {
                whole.append(name, own[name].value);
            }
        }
        whole.append("csrfmiddlewaretoken", editing.cookie("csrftoken") || own.csrfmiddlewaretoken.value);
        return { typed, body: whole };
    };

    const tellSignedOut = () => {
        tell(`${notes.dataset.signedOut} `, true);
        const link = document.createElement("a");
        link.href = notes.dataset.login;
        link.target = "_blank";
        link.textContent = notes.dataset.signIn;
        status.append(link);
    };

    const done = (typed, at) => {
        kept = typed;
        keptAt = at;
        tell(at ? notes.dataset.kept.replace("{time}", at) : "");
    };

    const failed = () => {
        tell(keptAt ? notes.dataset.offline.replace("{time}", keptAt) : notes.dataset.offline.replace("{time}", "–"), true);
        notBefore = Date.now() + 4000;
    };

    const send = async () => {
        const { typed, body } = content();
        firstKey = 0;
        if (typed === kept || editing.isSent()) {
            return;
        }
        isSending = true;
        try {
            const answer = await fetch(notes.dataset.keep, { method: "POST", body, credentials: "same-origin" });
            if (answer.ok) {
                done(typed, (await answer.json()).kept_at);
            } else {
                firstKey = Date.now();
                notBefore = Date.now() + 8000;
                const isTold = (answer.headers.get("Content-Type") || "").includes("json");
                if (answer.status === 401 || (answer.status === 403 && !isTold)) { // the latter: the proof is outdated
                    tellSignedOut();
                } else if (isTold) {
                    tell((await answer.json()).why, true);
                } else {
                    failed();
                }
            }
        } catch {
            firstKey = Date.now();
            failed();
        } finally {
            isSending = false;
        }
    };

    const sendAtTheEnd = () => {
        const { typed, body } = content();
        if (typed !== kept && !editing.isSent() && body.toString().length < MOST_AT_THE_END) {
            navigator.sendBeacon(notes.dataset.keep, body);
        }
    };

    const typing = () => {
        lastKey = Date.now();
        if (!firstKey) {
            firstKey = lastKey;
            if (!status.textContent) {
                tell(notes.dataset.waiting);
            }
        }
    };
    for (const kind of ["input", "change", "formset:added", "formset:removed"]) {
        editing.form.addEventListener(kind, typing);
    }
    editing.form.addEventListener("focusout", () => {
        if (firstKey && !isSending && Date.now() > notBefore) {
            notBefore = Date.now() + 1000;
            send();
        }
    });
    editing.form.addEventListener("submit", () => tell(notes.dataset.saving));
    document.addEventListener("visibilitychange", () => {
        if (document.visibilityState === "hidden" && firstKey) {
            sendAtTheEnd();
        }
    });
    window.addEventListener("pagehide", () => {
        if (firstKey) {
            sendAtTheEnd();
        }
    });
    window.setInterval(() => {
        const now = Date.now();
        if (firstKey && !isSending && now > notBefore && (now - lastKey > PAUSE || now - firstKey > LATEST)) {
            send();
        }
    }, 500);
    if (editing.isTyped) {
        typing();
    }
})();
