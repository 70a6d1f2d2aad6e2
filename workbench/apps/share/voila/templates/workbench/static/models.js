// What the page's widgets are: values that the page and its process keep alike, as ipywidgets does.

function put(state, paths, buffers) {
  paths.forEach((path, at) => {
    const owner = path.slice(0, -1).reduce((inner, key) => inner[key], state);
    owner[path.at(-1)] = buffers[at];
  });
  return state;
}

const same = (one, other) => one === other || (typeof one === "object" && JSON.stringify(one) === JSON.stringify(other));

export class Model {
  constructor(id, state, say) {
    Object.assign(this, { id, state, say, listeners: new Map(), changed: new Set(), sent: null, later: new Set() });
  }

  get(name) {
    return this.state[name];
  }

  set(name, value) {
    if (this.put({ [name]: value }).length) this.changed.add(name);
  }

  on(names, listener) {
    for (const name of names.split(/\s+/)) this.listeners.set(name, [...(this.listeners.get(name) ?? []), listener]);
  }

  off(names, listener) {
    for (const name of names.split(/\s+/)) {
      this.listeners.set(name, (this.listeners.get(name) ?? []).filter((each) => each !== listener));
    }
  }

  // Nothing new is sent while an earlier change is answered, and then only the last one.
  save_changes() {
    this.changed.forEach((name) => this.later.add(name));
    this.changed.clear();
    if (this.sent || !this.later.size) return;
    const names = [...this.later];
    this.later.clear();
    const state = Object.fromEntries(names.map((name) => [name, this.state[name]]));
    this.sent = { id: this.say(this.id, { method: "update", state, buffer_paths: [] }), names };
  }

  send(content, _callbacks, buffers) {
    this.say(this.id, { method: "custom", content }, buffers);
  }

  // The process has done with a message of the page.
  answered(id) {
    if (this.sent?.id !== id) return;
    this.sent = null;
    this.save_changes();
  }

  // What the process says of a value that the visitor has moved on since is already old.
  hear(data, buffers, answers) {
    if (data.method === "custom") this.tell("msg:custom", data.content, buffers);
    if (data.method !== "update") return;
    const own = this.sent && this.sent.id !== answers ? this.sent.names : [];
    const old = new Set([...own, ...this.later, ...this.changed]);
    const fresh = Object.entries(put(data.state, data.buffer_paths ?? [], buffers)).filter(([name]) => !old.has(name));
    this.put(Object.fromEntries(fresh));
  }

  put(values) {
    const names = Object.keys(values).filter((name) => !same(this.state[name], values[name]));
    Object.assign(this.state, values);
    names.forEach((name) => this.tell(`change:${name}`, this, values[name]));
    return names;
  }

  tell(name, ...told) {
    (this.listeners.get(name) ?? []).forEach((listener) => listener(...told));
  }
}

export class Models {
  // `say` sends a message and returns its id; `made` is called with each model once.
  constructor(say, made) {
    this.say = (id, data, buffers) => say("comm_msg", { comm_id: id, data }, buffers);
    this.made = made;
    this.known = new Map();
  }

  get(reference) {
    return this.known.get(reference.replace("IPY_MODEL_", ""));
  }

  add(id, state, paths = [], buffers = []) {
    const model = new Model(id, put(state, paths, buffers), this.say);
    this.known.set(id, model);
    this.made(model);
  }

  // A message of the process.
  hear({ kind, content, buffers, answers }) {
    const model = this.known.get(content.comm_id);
    if (kind === "comm_open") this.add(content.comm_id, content.data.state, content.data.buffer_paths, buffers);
    else if (kind === "comm_msg") model?.hear(content.data, buffers, answers);
    else if (kind === "comm_close") this.known.delete(content.comm_id);
    else if (kind === "status" && content.execution_state === "idle") {
      for (const each of this.known.values()) each.answered(answers);
    }
  }
}
