// Each control brings a copy of this module, so a counter would give all of them the same id.
const anyId = () => Math.random().toString(36).slice(2);

function render({ model, el }) {
  const id = `wb-picker-${anyId()}`;
  el.classList.add("wb-control", "wb-picker");
  el.innerHTML = `
    <label for="${id}"></label>
    <select id="${id}" aria-describedby="${id}-hint"></select>
    <div class="wb-hint" id="${id}-hint"></div>`;
  const [label, select, hint] = ["label", "select", ".wb-hint"].map((part) => el.querySelector(part));
  const fill = () => {
    label.textContent = model.get("label");
    hint.textContent = model.get("hint");
    select.replaceChildren(...model.get("texts").map((text, at) => new Option(text, at)));
    select.selectedIndex = model.get("index");
    select.disabled = model.get("disabled");
  };
  select.addEventListener("change", () => {
    model.set("index", select.selectedIndex);
    model.save_changes();
  });
  model.on("change:label change:hint change:texts change:disabled", fill);
  model.on("change:index", () => (select.selectedIndex = model.get("index")));
  fill();
}

export default { render };
