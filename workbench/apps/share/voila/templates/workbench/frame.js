(function () {
  const page = JSON.parse(document.getElementById("jupyter-config-data").textContent);
  const kernel = page.baseUrl + "api/kernels/" + page.kernelId;
  const ended = document.getElementById("session-ended");

  // A kernel that was ended answers nothing: what is on the page would silently stand still.
  const watch = setInterval(async () => {
    const reply = await fetch(kernel).catch(() => null);
    if (reply === null || [401, 403, 404].includes(reply.status)) {
      ended.hidden = false;
      clearInterval(watch);
    }
  }, 5000);

  // How old data are is said by the visitor's clock: a kernel may have waited for its visitor since yesterday.
  function age(place) {
    const days = Math.floor((Date.now() - Date.parse(place.getAttribute("data-until"))) / 864e5);
    place.textContent = days < 1 ? ", up to today" : days === 1 ? ", up to yesterday" : `, ${days} days old`;
  }
  const fill = () => document.querySelectorAll("[data-until]:empty").forEach(age);
  new MutationObserver(fill).observe(document.getElementById("rendered_cells"), { childList: true, subtree: true });
  fill();
})();
