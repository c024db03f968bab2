"use strict";
// Totals beside the form while somebody types: the sums of the plan's checks, on what is in the fields. Amounts are
// whole cents (BigInt): no number of the browser's own could hold them exactly.
(() => {
    const source = document.getElementById("crp-live-data");
    const panel = document.getElementById("crp-live");
    if (!source || !panel) {
        return;
    }
    const data = JSON.parse(source.textContent);
    const words = data.words;
    const form = panel.closest("form");
    const escaped = (mark) => mark.replace(/[.*+?^${}()|[\]\\]/g, "\\$&");
    const GROUPED = new RegExp(`^[+-]?\\d{1,3}(${escaped(data.comma)}\\d{3})+(${escaped(data.point)}\\d*)?$`);
    const HUNDRED = 100n;

    // Returns cents; null where nothing is typed, undefined where it can't be read. As the fields read it on saving.
    const read = (text) => {
        let plain = text.replace(/\s/g, "");
        if (!plain) {
            return null;
        }
        if (GROUPED.test(plain)) {
            plain = plain.replaceAll(data.comma, "");
        }
        if (plain.split(data.point).length === 2) {
            plain = plain.replace(data.point, ".");
        }
        const parts = /^([+-]?)(\d*)(?:\.(\d*))?$/.exec(plain);
        if (!parts || !(parts[2] || parts[3])) {
            return undefined;
        }
        const decimals = (parts[3] || "").replace(/0+$/, "");
        if (decimals.length > 2) {
            return undefined;
        }
        const cents = BigInt(parts[2] || "0") * HUNDRED + BigInt(decimals.padEnd(2, "0"));
        return parts[1] === "-" ? -cents : cents;
    };

    const write = (cents) => {
        const size = cents < 0n ? -cents : cents;
        const whole = (size / HUNDRED).toString().replace(/\B(?=(\d{3})+$)/g, data.comma);
        const rest = size % HUNDRED;
        return (cents < 0n ? "-" : "") + whole + (rest ? data.point + rest.toString().padStart(2, "0") : "");
    };

    const signed = (cents) => (cents > 0n ? "+" : "") + write(cents);
    const say = (key, values = {}) => Object.entries(values).reduce(
        (text, [name, value]) => text.replace(`{${name}}`, value), words[key],
    );

    const valueOf = (id) => {
        const field = document.getElementById(id);
        return field ? read(field.value) : null;
    };

    // Returns the rows of a table that will be there after saving: neither to be deleted nor added and left empty.
    const rowsOf = (table) => [...form.querySelectorAll(`[id^="${table}-"].form-row:not(.empty-form)`)].filter((row) => {
        const remove = row.querySelector("input[name$=-DELETE]");
        const isSaved = row.classList.contains("has_original");
        const fields = [...row.querySelectorAll("input:not([type=hidden]), select, textarea")];
        return !(remove && remove.checked) && (isSaved || fields.some(
            (field) => !field.name.endsWith("-order") && (field.type === "checkbox" ? field.checked : field.value !== ""),
        ));
    });
    const within = (row, name) => row.querySelector(`[name$="-${name}"]`);

    const addUp = (fields) => {
        let total = 0n;
        let unread = 0;
        for (const field of fields) {
            const cents = field ? read(field.value) : undefined;
            if (cents === undefined || cents === null) {
                unread += 1;
            } else {
                total += cents;
            }
        }
        return { total, unread };
    };

    const line = (title, figure, state, note) => ({ title, figure, state, note });

    const compare = (title, sum, expected, less = "less", more = "more", state = "warning") => {
        if (sum.unread) {
            return line(title, write(sum.total), "warning", say("unread", { number: sum.unread }));
        }
        const difference = sum.total - expected;
        if (difference === 0n) {
            return line(title, write(sum.total), "ok", words.agrees);
        }
        const size = less === "fewer" ? write(difference < 0n ? -difference : difference) : signed(difference);
        return line(title, write(sum.total), state, say(difference > 0n ? more : less, { difference: size }));
    };

    const projectsTotal = () => Object.values(data.projects).reduce((total, cents) => total + BigInt(cents), 0n);

    const sums = () => {
        const found = new Map();
        for (const { breakdown, table } of data.sums) {
            const rows = rowsOf(table);
            if (rows.length) {
                found.set(breakdown, addUp(rows.map((row) => within(row, "amount_usd"))));
            }
        }
        if (Object.keys(data.projects).length) {
            found.set("project", { total: projectsTotal(), unread: 0 });
        }
        return found;
    };

    const ofMoney = () => {
        const found = sums();
        const stated = valueOf("id_stated_requested_usd");
        const basis = data.totalFrom.find((breakdown) => found.has(breakdown));
        if (stated === undefined) {
            return [line(words.total, "–", "warning", say("unread", { number: 1 }))];
        }
        if (stated === null && basis === undefined) {
            return [line(words.total, "–", "note", words.none)];
        }
        const total = stated === null ? found.get(basis).total : stated;
        const lines = [line(words.total, write(total), "plain", "")];
        for (const { breakdown, title } of data.sums) {
            if (found.has(breakdown)) {
                const isBasis = stated === null && breakdown === basis && !found.get(breakdown).unread;
                lines.push(isBasis ? line(title, write(total), "ok", words.basis) : compare(title, found.get(breakdown), total));
            }
        }
        return lines;
    };

    const ofProjects = () => rowsOf("framework_amounts").filter(() => Object.keys(data.projects).length).map((row) => {
        const framework = within(row, "framework");
        const printed = read(within(row, "amount_usd").value);
        const name = framework.selectedOptions[0] ? framework.selectedOptions[0].textContent.trim() : "";
        const sum = { total: BigInt(data.projects[framework.value] || "0"), unread: 0 };
        const title = say("projectsOf", { framework: name });
        return printed === null || printed === undefined
            ? line(title, write(sum.total), "warning", say("unread", { number: 1 })) : compare(title, sum, printed);
    });

    const ofShares = () => {
        const shares = new Map();
        for (const row of rowsOf("outcomes")) {
            const objective = within(row, "objective");
            shares.set(objective.value, [...(shares.get(objective.value) || []), row]);
        }
        return [...shares].filter(([objective]) => objective).map(([, rows]) => {
            const chosen = within(rows[0], "objective").selectedOptions[0];
            const title = say("shares", { objective: chosen ? chosen.textContent.trim().split(".")[0] : "" });
            const found = compare(title, addUp(rows.map((row) => within(row, "share_percent"))), 100n * HUNDRED, "less", "more", "error");
            return { ...found, figure: `${found.figure}\u00a0%` };
        });
    };

    const ofPeople = () => {
        const lines = [];
        for (const [name, title] of [["people_targeted", words.people], ["entities_targeted", words.entities]]) {
            const fields = rowsOf("objectives").map((row) => within(row, name));
            const stated = valueOf(`id_${name}`);
            if (stated === undefined) {
                lines.push(line(title, "–", "warning", say("unread", { number: 1 })));
            } else if (fields.length && stated !== null && fields.every((field) => read(field.value) !== null)) {
                lines.push(compare(title, addUp(fields), stated, "fewer", "overlap", "note"));
            }
        }
        const [need, targeted] = [valueOf("id_people_in_need"), valueOf("id_people_targeted")];
        if (typeof need === "bigint" && typeof targeted === "bigint") {
            lines.push(targeted <= need ? line(words.need, write(targeted), "ok", words.agrees)
                : line(words.need, write(targeted), "warning", say("beyond", { difference: write(targeted - need) })));
        }
        return lines;
    };

    const body = panel.querySelector("tbody");
    const verdict = panel.querySelector(".crp-live-verdict");
    const announcer = panel.querySelector("[role=status]");
    let told = null;
    let later = 0;

    const cell = (kind, text, className = "") => {
        const made = document.createElement(kind);
        made.textContent = text;
        made.className = className;
        return made;
    };

    const show = () => {
        const lines = [...ofMoney(), ...ofProjects(), ...ofShares(), ...ofPeople()];
        body.replaceChildren(...lines.map(({ title, figure, state, note }) => {
            const row = document.createElement("tr");
            row.className = `crp-live-is-${state}`;
            const head = cell("th", title);
            head.scope = "row";
            if (note) {
                head.append(cell("span", note, "crp-live-note"));
            }
            row.append(head, cell("td", figure, "crp-right"));
            return row;
        }));
        const wrong = lines.filter(({ state }) => state === "warning" || state === "error");
        const short = wrong.length ? say("someDiffer", { number: wrong.length }) : words.allAgree;
        verdict.textContent = short;
        panel.classList.toggle("crp-live-wrong", wrong.length > 0);
        const whole = [short, ...wrong.map(({ title, figure, note }) => `${title}: ${figure}, ${note}`)].join(". ");
        if (told !== null && told !== whole) {
            window.clearTimeout(later); // once somebody pauses: not at every key
            later = window.setTimeout(() => { announcer.textContent = whole; }, 1200);
        }
        told = whole;
    };

    if (window.matchMedia("(max-width: 1199px)").matches) {
        panel.querySelector("details").open = false;
    }
    panel.hidden = false;
    let isDue = false;
    const soon = () => {
        if (!isDue) {
            isDue = true;
            window.requestAnimationFrame(() => {
                isDue = false;
                show();
            });
        }
    };
    for (const kind of ["input", "change"]) {
        form.addEventListener(kind, soon);
    }
    document.addEventListener("formset:added", soon);
    document.addEventListener("formset:removed", soon);
    show();
})();
