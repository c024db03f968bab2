/* Registers the service worker, which keeps the last pages read for when there is no connection. */
const { worker } = document.currentScript.dataset;
if ("serviceWorker" in navigator) addEventListener("load", () => navigator.serviceWorker.register(worker).catch(() => {}));
