// Each control brings a copy of this module, so a counter would give all of them the same id.
const anyId = () => Math.random().toString(36).slice(2);

function render({ model, el }) {
  const id = `wb-slider-${anyId()}`;
  el.classList.add("wb-control", "wb-slider");
  el.innerHTML = `
    <div class="wb-line"><label for="${id}"></label><output for="${id}"></output></div>
    <input type="range" id="${id}" step="1" min="0" aria-describedby="${id}-hint">
    <div class="wb-hint" id="${id}-hint"></div>`;
  const [label, output, input, hint] = ["label", "output", "input", ".wb-hint"].map((part) => el.querySelector(part));
  const tell = () => {
    const text = model.get("texts")[Number(input.value)] ?? "";
    output.textContent = text;
    input.setAttribute("aria-valuetext", text);
  };
  const show = () => {
    label.textContent = model.get("label");
    hint.textContent = model.get("hint");
    input.max = model.get("texts").length - 1;
    input.value = model.get("index");
    input.disabled = model.get("disabled");
    tell();
  };
  input.addEventListener("input", () => {
    tell();
    model.set("index", Number(input.value));
    model.save_changes();
  });
  model.on("change:label change:hint change:texts change:index change:disabled", () => {
    // While someone drags, what the kernel echoes is already old.
    if (document.activeElement !== input || Number(input.value) === model.get("index")) show();
    else if (model.get("texts").length - 1 !== Number(input.max)) show();
  });
  show();
}

export default { render };
