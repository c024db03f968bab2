/* Copies a key that is shown once. Without a clipboard, as on a page that is not served over HTTPS, there is no button. */
const copy = document.getElementById("crp-copy");
if (copy && navigator.clipboard) {
    copy.hidden = false;
    copy.addEventListener("click", async () => {
        await navigator.clipboard.writeText(document.getElementById("crp-token").textContent);
        copy.textContent = copy.dataset.copied;
    });
}
