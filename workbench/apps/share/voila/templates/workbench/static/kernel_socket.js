// The page's line to its process: messages of widgets, there and back, in the frames of Jupyter's websocket protocol.

const PROTOCOL = "v1.kernel.websocket.jupyter.org";
const WORD = 8;
const LONGEST_WAIT = 8000;

// Pages that come over plain http have no crypto.randomUUID.
const anyId = () => [...crypto.getRandomValues(new Uint8Array(16))].map((byte) => byte.toString(16).padStart(2, "0")).join("");

export function packed(parts) {
  const places = [WORD * (parts.length + 2)];
  parts.forEach((part) => places.push(places.at(-1) + part.byteLength));
  const whole = new Uint8Array(places.at(-1));
  const words = new DataView(whole.buffer);
  words.setBigUint64(0, BigInt(places.length), true);
  places.forEach((place, at) => words.setBigUint64(WORD * (at + 1), BigInt(place), true));
  parts.forEach((part, at) => whole.set(part, places[at]));
  return whole;
}

export function unpacked(buffer) {
  const words = new DataView(buffer);
  const word = (at) => Number(words.getBigUint64(WORD * at, true));
  const places = Array.from({ length: word(0) }, (_, at) => word(at + 1));
  return places.slice(1).map((end, at) => new DataView(buffer, places[at], end - places[at]));
}

export class KernelSocket {
  // `heard` gets each message: its kind, content, buffers, and the id of the message that it answers.
  constructor(address, heard) {
    this.session = anyId();
    this.address = `${address}?session_id=${this.session}`;
    this.heard = heard;
    this.waiting = [];
    this.wait = 500;
    this.open();
  }

  // Returns the message's id, which answers to it name. What is said while the line is down is sent when it is up.
  send(kind, content, buffers = []) {
    const encoder = new TextEncoder();
    const header = {
      msg_id: anyId(), msg_type: kind, session: this.session, username: "", version: "5.3", date: new Date().toISOString(),
    };
    const json = [header, {}, {}, content].map((part) => encoder.encode(JSON.stringify(part)));
    const bytes = buffers.map((each) => new Uint8Array(each.buffer ?? each, each.byteOffset ?? 0, each.byteLength));
    this.waiting.push(packed([encoder.encode("shell"), ...json, ...bytes]));
    this.flush();
    return header.msg_id;
  }

  open() {
    this.line = new WebSocket(this.address, PROTOCOL);
    this.line.binaryType = "arraybuffer";
    this.line.onopen = () => {
      this.wait = 500;
      this.flush();
    };
    this.line.onmessage = ({ data }) => this.hear(data);
    this.line.onclose = () => {
      if (this.closed) return;
      setTimeout(() => this.open(), this.wait);
      this.wait = Math.min(2 * this.wait, LONGEST_WAIT);
    };
  }

  close() {
    this.closed = true;
    this.line.close();
  }

  flush() {
    while (this.line.readyState === WebSocket.OPEN && this.waiting.length) this.line.send(this.waiting.shift());
  }

  hear(data) {
    const [, header, parent, , content, ...buffers] = unpacked(data);
    const decoder = new TextDecoder();
    const read = (part) => JSON.parse(decoder.decode(part));
    this.heard({ kind: read(header).msg_type, content: read(content), buffers, answers: read(parent).msg_id });
  }
}
