// A page lives as long as its process, and the process as long as the page.

const EVERY = 5000;

// A process that was ended answers nothing: what is on the page would silently stand still.
export function tellWhenEnded(kernel, ended) {
  const watch = setInterval(async () => {
    const reply = await fetch(kernel).catch(() => null);
    if (reply === null || [401, 403, 404].includes(reply.status)) {
      clearInterval(watch);
      ended();
    }
  }, EVERY);
}

export function endWithThePage(shutdown) {
  addEventListener("pagehide", () => {
    const form = new FormData();
    form.append("_xsrf", document.cookie.match(/\b_xsrf=([^;]*)/)?.[1] ?? "");
    navigator.sendBeacon(shutdown, form);
  });
}
