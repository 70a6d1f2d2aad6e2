// A front end for plotly's FigureWidget that brings no copy of plotly: the page has it already, or the kernel sends a small one.

const UNDEFINED = "_undefined_";
const ARRAYS = {
  int8: Int8Array, int16: Int16Array, int32: Int32Array, uint8: Uint8Array, uint16: Uint16Array, uint32: Uint32Array,
  float32: Float32Array, float64: Float64Array,
};

function plotly(model) {
  if (window.Plotly) return Promise.resolve(window.Plotly);
  window.workbenchPlotly ??= new Promise((resolve) => {
    model.on("msg:custom", (message, buffers) => {
      if (message.kind !== "plotly") return;
      const script = document.createElement("script");
      script.src = URL.createObjectURL(new Blob(buffers, { type: "text/javascript" }));
      script.onload = () => resolve(window.Plotly);
      document.head.append(script);
    });
    model.send({ kind: "plotly" });
  });
  return window.workbenchPlotly;
}

function plain(value) {
  if (value === UNDEFINED) return undefined;
  if (value === null || typeof value !== "object" || ArrayBuffer.isView(value)) return value;
  if (Array.isArray(value)) return value.map(plain);
  if (value.buffer !== undefined && value.dtype in ARRAYS) {
    const view = value.buffer;
    const bytes = view.buffer.slice(view.byteOffset, view.byteOffset + view.byteLength);
    return new ARRAYS[value.dtype](bytes);
  }
  return Object.fromEntries(Object.entries(value).map(([key, inner]) => [key, plain(inner)]));
}

// plotly says "undefined" of a trace that a change of others leaves alone, and null of what is to go.
function assign(target, path, value) {
  if (value === undefined) return;
  const keys = path.split(/[.[\]]+/).filter(Boolean);
  const last = keys.pop();
  const owner = keys.reduce((inner, key, at) => {
    inner[key] ??= /^\d+$/.test(keys[at + 1] ?? last) ? [] : {};
    return inner[key];
  }, target);
  if (value === null) delete owner[last];
  else owner[last] = value;
}

function restyle(figure, style, traces) {
  const indexes = traces ?? figure.data.map((_, at) => at);
  for (const [path, values] of Object.entries(plain(style ?? {}))) {
    const each = Array.isArray(values) ? values : [values];
    indexes.forEach((trace, at) => assign(figure.data[trace], path, each[at % each.length]));
  }
}

function relayout(figure, changes) {
  for (const [path, value] of Object.entries(plain(changes ?? {}))) assign(figure.layout, path, value);
}

const MESSAGES = {
  _py2js_update: (figure, m) => {
    restyle(figure, m.style_data, m.style_traces);
    relayout(figure, m.layout_data);
  },
  _py2js_animate: (figure, m) => {
    m.style_data.forEach((style, at) => {
      for (const [path, value] of Object.entries(plain(style))) assign(figure.data[m.style_traces[at]], path, value);
    });
    relayout(figure, m.layout_data);
  },
  _py2js_restyle: (figure, m) => restyle(figure, m.restyle_data, m.restyle_traces),
  _py2js_relayout: (figure, m) => relayout(figure, m.relayout_data),
  _py2js_addTraces: (figure, m) => figure.data.push(...plain(m.trace_data)),
  _py2js_deleteTraces: (figure, m) => {
    figure.data = figure.data.filter((_, at) => !m.delete_inds.includes(at));
  },
};

function initialize(model, figure) {
  Object.assign(figure, { data: plain(model.get("_widget_data")), layout: plain(model.get("_widget_layout")) });
  plotly(model);
  for (const [name, apply] of Object.entries(MESSAGES)) {
    model.on(`change:${name}`, () => {
      const message = model.get(name);
      if (!message) return;
      apply(figure, message);
      figure.draw.forEach((draw) => draw());
    });
  }
}

function clicked(model, event) {
  const points = {
    trace_indexes: event.points.map((point) => point.curveNumber),
    point_indexes: event.points.map((point) => point.pointNumber),
    xs: event.points.map((point) => point.x),
    ys: event.points.map((point) => point.y),
  };
  model.set("_js2py_pointsCallback", { event_type: "plotly_click", points });
  model.save_changes();
}

function render(model, figure, el) {
  const place = document.createElement("div");
  place.className = "wb-chart";
  place.setAttribute("role", "img");
  const describe = () => place.setAttribute("aria-label", model.get("alt"));
  describe();
  model.on("change:alt", describe);
  el.append(place);
  let asked = false;
  let known = false;
  // Several messages of one answer draw once, and before the browser paints next.
  const draw = () => {
    if (asked) return;
    asked = true;
    plotly(model).then(async (Plotly) => {
      asked = false;
      const data = figure.data.map((trace) => ({ ...trace }));
      const layout = { ...structuredClone(figure.layout), autosize: true };
      await Plotly.react(place, data, layout, { displayModeBar: false });
      if (known) return;
      known = true;
      place.on("plotly_click", (event) => clicked(model, event));
      new ResizeObserver(() => Plotly.Plots.resize(place)).observe(el);
    });
  };
  figure.draw.add(draw);
  draw();
  return () => figure.draw.delete(draw);
}

// Called once a widget: what it shows outlives its views.
export default () => {
  const figure = { data: [], layout: {}, draw: new Set() };
  return {
    initialize: ({ model }) => initialize(model, figure),
    render: ({ model, el }) => render(model, figure, el),
  };
};
