function render({ model, el }) {
  el.classList.add("wb-control", "wb-toggle");
  el.innerHTML = `<label><input type="checkbox"><span></span></label><div class="wb-hint"></div>`;
  const [input, text, hint] = ["input", "span", ".wb-hint"].map((part) => el.querySelector(part));
  const show = () => {
    text.textContent = model.get("label");
    hint.textContent = model.get("hint");
    input.checked = model.get("value");
    input.disabled = model.get("disabled");
  };
  input.addEventListener("change", () => {
    model.set("value", input.checked);
    model.save_changes();
  });
  model.on("change:label change:hint change:value change:disabled", show);
  show();
}

export default { render };
