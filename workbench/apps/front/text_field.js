// Each control brings a copy of this module, so a counter would give all of them the same id.
const anyId = () => Math.random().toString(36).slice(2);

function render({ model, el }) {
  const id = `wb-text-${anyId()}`;
  el.classList.add("wb-control", "wb-text");
  el.innerHTML = `
    <label for="${id}"></label>
    <input type="text" id="${id}" maxlength="120" autocomplete="off" aria-describedby="${id}-hint">
    <div class="wb-hint" id="${id}-hint"></div>`;
  const [label, input, hint] = ["label", "input", ".wb-hint"].map((part) => el.querySelector(part));
  const show = () => {
    label.textContent = model.get("label");
    hint.textContent = model.get("hint");
    if (document.activeElement !== input) input.value = model.get("value");
    input.disabled = model.get("disabled");
  };
  let waiting = null;
  input.addEventListener("input", () => {
    clearTimeout(waiting);
    waiting = setTimeout(() => {
      model.set("value", input.value);
      model.save_changes();
    }, 150);
  });
  model.on("change:label change:hint change:value change:disabled", show);
  show();
}

export default { render };
