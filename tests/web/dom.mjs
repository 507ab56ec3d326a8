// As much of a page as the panels and charts need, for tests without a browser.

class Node {
  constructor(tag) {
    Object.assign(this, { tag, attributes: {}, childNodes: [], listeners: {}, dataset: {}, parentNode: null });
    const style = { setProperty: (name, value) => { style[name] = value; } };
    this.style = style;
    const looks = () => (this.attributes.class ?? "").split(" ").filter(Boolean);
    const toggle = (name, on) => { this.attributes.class = [...looks().filter((one) => one !== name), ...(on ? [name] : [])].join(" "); };
    this.classList = { toggle, contains: (name) => looks().includes(name), add: (...names) => { this.attributes.class = [this.attributes.class, ...names].filter(Boolean).join(" "); } };
    [this.clientWidth, this.clientHeight] = [400, 200];
    this.value = "";
  }

  get children() { return this.childNodes.filter((child) => child instanceof Node); }
  get firstElementChild() { return this.children[0] ?? null; }
  get childElementCount() { return this.children.length; }
  get tagName() { return this.tag.toUpperCase(); }
  get id() { return this.attributes.id; }
  get hidden() { return "hidden" in this.attributes; }
  set hidden(is) { if (is) this.attributes.hidden = ""; else delete this.attributes.hidden; }
  get textContent() { return this.childNodes.map((child) => (child instanceof Node ? child.textContent : child)).join(""); }
  set textContent(text) { this.replaceChildren(...(text === "" ? [] : [text])); }
  getAttribute(name) { return this.attributes[name] ?? null; }
  setAttribute(name, value) { this.attributes[name] = String(value); }
  removeAttribute(name) { delete this.attributes[name]; }
  addEventListener(name, work) { (this.listeners[name] ??= []).push(work); }
  removeEventListener(name, work) { this.listeners[name] = (this.listeners[name] ?? []).filter((one) => one !== work); }
  fire(name, event = {}) { for (const work of this.listeners[name] ?? []) work({ preventDefault() {}, ...event }); }
  click() { this.fire("click"); }
  append(...nodes) { for (const node of nodes) this.insertBefore(node, null); }
  prepend(...nodes) { for (const node of nodes.reverse()) this.insertBefore(node, this.childNodes[0] ?? null); }
  insertBefore(node, other) {
    if (node instanceof Node) { node.remove(); node.parentNode = this; }
    this.childNodes.splice(other === null ? this.childNodes.length : this.childNodes.indexOf(other), 0, node);
  }
  remove() {
    if (this.parentNode) this.parentNode.childNodes = this.parentNode.childNodes.filter((child) => child !== this);
    this.parentNode = null;
  }
  replaceChildren(...nodes) {
    for (const child of this.children) child.parentNode = null;
    this.childNodes = [];
    this.append(...nodes);
  }
  after(node) { this.parentNode.insertBefore(node, this.parentNode.childNodes[this.parentNode.childNodes.indexOf(this) + 1] ?? null); }
  scrollIntoView() {}
  checkVisibility() { return !this.hidden; }
  replaceWith(node) {
    const parent = this.parentNode;
    parent.insertBefore(node, this);
    this.remove();
  }
  contains(node) { return node === this || this.children.some((child) => child.contains(node)); }
  focus() { document.activeElement = this; }
  closest() { return null; }
  select() {}
  matches() { return false; }
  getRootNode() { return document; }
  getBoundingClientRect() { return { left: 0, top: 0 }; }
  all() { return this.children.flatMap((child) => [child, ...child.all()]); }
  querySelectorAll(selector) {
    const inFold = selector.startsWith(".hs-fold ");
    return (inFold ? this.all().filter((node) => node.tag === "details").flatMap((node) => node.all()) : this.all())
      .filter((node) => "aria-label" in node.attributes);
  }

  // What tests look for.
  tagged(tag) { return this.all().filter((node) => node.tag === tag); }
  looking(look) { return this.all().filter((node) => (node.attributes.class ?? "").split(" ").includes(look)); }
  named(label) { return this.all().find((node) => node.attributes["aria-label"] === label); }
}

/** @type {Map<number, (time: number) => void>} */
const frames = new Map();
let frameCount = 0;
globalThis.document = { createElement: (tag) => new Node(tag), createElementNS: (_, tag) => new Node(tag), activeElement: null,
  body: new Node("body") };
globalThis.requestAnimationFrame = (work) => { frames.set(++frameCount, work); return frameCount; };
globalThis.cancelAnimationFrame = (id) => { frames.delete(id); };
globalThis.HTMLElement = Node;
// Stillness is asked for unless a test is about motion.
export const motion = { still: true };
globalThis.matchMedia = () => ({ get matches() { return motion.still; } });
globalThis.ResizeObserver = class { observe() {} disconnect() {} };

/** Let the browser paint all frames that were asked for. */
export const paintFrames = () => { while (frames.size && motion.still) paintFrame(performance.now()); };

/** One frame, at a time of the test's own. @param {number} time in milliseconds */
export function paintFrame(time) {
  const due = [...frames.values()];
  frames.clear();
  for (const work of due) work(time);
}

export const makeElement = (tag) => new Node(tag);

/** What anywidget hands to render: values, and what was sent. @param {Record<string, any>} values */
export function fakeModel(values) {
  const heard = {};
  return {
    values, sent: [], saved: 0,
    get: (name) => values[name],
    set: (name, value) => { values[name] = value; },
    on: (name, work) => (heard[name] ??= new Set()).add(work),
    off: (name, work) => heard[name]?.delete(work),
    save_changes() { this.saved += 1; },
    send(content) { this.sent.push(content); },
    tell: (name, news) => { for (const work of heard[name] ?? []) work(news); },
    listening: () => Object.values(heard).reduce((sum, works) => sum + works.size, 0),
  };
}

/** A widget on a page of its own, with these values: what it drew, and how to tell it news. */
export function openedWidget(widget, traits) {
  const [model, el] = [fakeModel(traits), makeElement("div")];
  widget.render({ model, el });
  paintFrames();
  let told = 0;
  const tell = (...news) => {
    for (const one of news) model.tell("msg:custom", { n: ++told, ...one });
    paintFrames();
  };
  return { model, el, tell, part: (name) => el.all().find((node) => node.attributes["data-hs"] === name) };
}
