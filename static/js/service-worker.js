/* Keeps the last pages read, for when there is no connection. Online, every page comes from the server.

Kept is only what the server marks as the same for every reader (an ETag on a page), so nothing of anybody signed in. */
"use strict";

const PAGES = "crp-pages-1";
const FILES = "crp-files-1";
const MOST_PAGES = 30;
const MOST_FILES = 60;
const PRIVATE = /^\/(?:[a-z]{2}\/)?(?:admin|api|follow)(?:\/|$)/;

self.addEventListener("install", () => self.skipWaiting());

self.addEventListener("activate", (event) => {
  event.waitUntil((async () => {
    for (const name of await caches.keys()) if (![PAGES, FILES].includes(name)) await caches.delete(name);
    await self.clients.claim();
  })());
});

self.addEventListener("fetch", (event) => {
  const { request } = event;
  const url = new URL(request.url);
  if (request.method !== "GET" || url.origin !== self.location.origin || PRIVATE.test(url.pathname)) return;
  const isPage = request.mode === "navigate" && request.destination === "document";
  const isFile = url.pathname.startsWith("/static/") && ["style", "image"].includes(request.destination);
  if (isPage) event.respondWith(answer(event, PAGES, MOST_PAGES, isPublicPage, toldAsCopy));
  else if (isFile) event.respondWith(answer(event, FILES, MOST_FILES, (response) => response.ok, (kept) => kept));
});

async function answer(event, name, most, mayKeep, tell) {
  try {
    const response = await fetch(event.request);
    if (mayKeep(response)) event.waitUntil(keep(name, most, event.request.url, response.clone()));
    return response;
  } catch (offline) {
    const kept = await (await caches.open(name)).match(event.request.url, { ignoreVary: true });
    return kept ? tell(kept) : Response.error();
  }
}

function isPublicPage(response) {
  const type = response.headers.get("Content-Type") || "";
  return response.status === 200 && !response.redirected && response.headers.has("ETag") && type.startsWith("text/html");
}

async function keep(name, most, address, response) {
  const cache = await caches.open(name);
  await cache.delete(address); // so that it stands last: the first are those longest not read
  await cache.put(address, response);
  const kept = await cache.keys();
  for (const request of kept.slice(0, Math.max(0, kept.length - most))) await cache.delete(request);
}

async function toldAsCopy(kept) {
  const page = (await kept.text()).replace('id="kept-copy" hidden', 'id="kept-copy"');
  const headers = new Headers(kept.headers);
  for (const name of ["Content-Encoding", "Content-Length", "ETag"]) headers.delete(name);
  return new Response(page, { headers });
}
