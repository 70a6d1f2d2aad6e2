// Shows the widgets that the page carries along as they were when its notebook had run, and keeps them up to date from then on.

import { tellAges } from "./ages.js";
import { KernelSocket } from "./kernel_socket.js";
import { Models } from "./models.js";
import { endWithThePage, tellWhenEnded } from "./session.js";
import { prepare, view } from "./views.js";

const read = (id) => JSON.parse(document.getElementById(id)?.textContent ?? "null");
const bytes = (text) => new DataView(Uint8Array.from(atob(text), (letter) => letter.charCodeAt(0)).buffer);

const { baseUrl, kernelId, plotly } = read("jupyter-config-data");
const cells = document.getElementById("rendered_cells");
const ended = document.getElementById("session-ended");
const kernel = `${baseUrl}api/kernels/${kernelId}`;

// Charts wait for this rather than ask the process for a plotly of its own.
function loadPlotly() {
  window.workbenchPlotly = new Promise((resolve) => {
    const script = document.createElement("script");
    script.src = plotly;
    script.onload = () => resolve(window.Plotly);
    document.head.append(script);
  });
}

function show(models, page) {
  if (Object.values(page.models).some(({ state }) => "_widget_layout" in state)) loadPlotly();
  for (const [id, { state, buffers = [] }] of Object.entries(page.models)) {
    if ("_esm" in state) state._esm = page.fronts[state._esm];
    models.add(id, state, buffers.map((each) => each.path), buffers.map((each) => bytes(each.data)));
  }
  for (const place of cells.querySelectorAll("[data-view]")) place.append(view(models.get(place.dataset.view), models));
}

function channels() {
  const address = new URL(`${kernel}/channels`, location.href);
  address.protocol = address.protocol.replace("http", "ws");
  return address.href;
}

const models = new Models((...message) => socket.send(...message), prepare);
const socket = new KernelSocket(channels(), (message) => models.hear(message));
show(models, read("page-state") ?? { models: {}, fronts: [] });
document.getElementById("loading").remove();
tellAges(cells);
endWithThePage(`${baseUrl}voila/api/shutdown/${kernelId}`);
addEventListener("pagehide", () => socket.close());
tellWhenEnded(kernel, () => {
  socket.close();
  ended.hidden = false;
});
ended.querySelector("button").addEventListener("click", () => location.reload());
