function offer(message, buffers) {
  const link = document.createElement("a");
  link.href = URL.createObjectURL(new Blob(buffers, { type: message.type }));
  link.download = message.name;
  document.body.append(link);
  link.click();
  link.remove();
  setTimeout(() => URL.revokeObjectURL(link.href), 60000);
}

function render({ model, el }) {
  el.classList.add("wb-control", "wb-button");
  el.innerHTML = `<button type="button"></button>`;
  const button = el.querySelector("button");
  const show = () => {
    button.textContent = model.get("label");
    button.title = model.get("hint");
    button.disabled = model.get("disabled");
  };
  button.addEventListener("click", () => model.send({ kind: "click" }));
  model.on("msg:custom", (message, buffers) => {
    if (message.kind === "file") offer(message, buffers);
  });
  model.on("change:label change:hint change:disabled", show);
  show();
}

export default { render };
