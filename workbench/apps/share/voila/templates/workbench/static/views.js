// How the page's widgets look: boxes, texts, and widgets that bring a front end of their own. No other kind is shown.

const LOOKS = {
  HTMLModel: ["jupyter-widgets", "widget-html"],
  BoxModel: ["jupyter-widgets", "widget-box"],
  VBoxModel: ["jupyter-widgets", "widget-box", "widget-vbox"],
  AnyModel: ["jupyter-widgets"],
};

const fronts = new Map();

// Widgets of one kind share a front end, which is loaded once.
function front(source) {
  if (!fronts.has(source)) {
    fronts.set(source, import(URL.createObjectURL(new Blob([source], { type: "text/javascript" }))));
  }
  return fronts.get(source);
}

// Called with each model once, before it is shown.
export function prepare(model) {
  if (model.get("_model_name") !== "AnyModel") return;
  model.front = front(model.get("_esm")).then(async (module) => {
    const made = typeof module.default === "function" ? await module.default() : module.default;
    await made.initialize?.({ model });
    return made;
  });
}

function classes(model, el) {
  let shown = [];
  const show = () => {
    el.classList.remove(...shown);
    shown = model.get("_dom_classes") ?? [];
    el.classList.add(...shown);
  };
  model.on("change:_dom_classes", show);
  show();
}

function layout(model, el, models) {
  const laid = models.get(model.get("layout") ?? "");
  if (!laid) return;
  const apply = (name) => el.style.setProperty(name.replaceAll("_", "-"), laid.get(name) ?? "");
  Object.keys(laid.state).filter((name) => !name.startsWith("_")).forEach(apply);
  laid.on("change:display", () => apply("display"));
}

function html(model, el) {
  const content = el.appendChild(document.createElement("div"));
  content.className = "widget-html-content";
  const show = () => (content.innerHTML = model.get("value") ?? "");
  model.on("change:value", show);
  show();
}

function box(model, el, models) {
  const views = new Map();
  const show = () => {
    const children = model.get("children").map((each) => {
      if (!views.has(each)) views.set(each, view(models.get(each), models));
      return views.get(each);
    });
    el.replaceChildren(...children);
  };
  model.on("change:children", show);
  show();
}

function own(model, el) {
  model.front.then((made) => made.render?.({ model, el })).catch((error) => console.error(error));
}

const DRAWN = { HTMLModel: html, BoxModel: box, VBoxModel: box, AnyModel: own };

export function view(model, models) {
  const el = document.createElement("div");
  const kind = model?.get("_model_name");
  if (!(kind in DRAWN)) {
    console.error(`pages show no ${kind}; made of boxes, HTML and controls of their own they are shown`);
    el.textContent = "This part of the page can't be shown.";
    return el;
  }
  el.className = LOOKS[kind].join(" ");
  classes(model, el);
  layout(model, el, models);
  DRAWN[kind](model, el, models);
  return el;
}
