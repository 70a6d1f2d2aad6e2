// How old data are is said by the visitor's clock: a process may have waited for its visitor since yesterday.

function tell(place) {
  const days = Math.floor((Date.now() - Date.parse(place.getAttribute("data-until"))) / 864e5);
  place.textContent = days < 1 ? ", up to today" : days === 1 ? ", up to yesterday" : `, ${days} days old`;
}

export function tellAges(where) {
  const fill = () => where.querySelectorAll("[data-until]:empty").forEach(tell);
  new MutationObserver(fill).observe(where, { childList: true, subtree: true });
  fill();
}
