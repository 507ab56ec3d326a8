/**
 * Elements of the page, made and changed. Text from outside only ever becomes `textContent`.
 *
 * @typedef {string|number|boolean|null|undefined|((event: never) => void)} Attribute a function listens: `onclick`
 */

const SVG = "http://www.w3.org/2000/svg";
const FOCUSABLE = ["a", "button", "input", "select", "summary", "textarea"];
// JupyterLab looks for the keys it takes at the focused element first and only then around it, so every element that
// can have the focus must say that its keys are its own: with a slider in focus, `x` would cut the notebook's cell.
const OWN_KEYS = "data-lm-suppress-shortcuts";

/** @param {Element} node @param {Record<string, Attribute>} attributes */
export function put(node, attributes) {
  for (const [name, value] of Object.entries(attributes)) putOne(node, name, value);
}

/** @param {Element} node @param {string} name @param {Attribute} value */
function putOne(node, name, value) {
  if (name === "tabindex") node.setAttribute(OWN_KEYS, "true");
  if (typeof value === "function") node.addEventListener(name.slice(2), /** @type {EventListener} */ (value));
  else if (value === null || value === undefined || value === false) node.removeAttribute(name);
  else if (node.getAttribute(name) !== String(value)) node.setAttribute(name, value === true ? "" : String(value));
}

/** An HTML element.
 * @template {keyof HTMLElementTagNameMap} T
 * @param {T} tag @param {Record<string, Attribute>} [attributes] @param {...(Node|string)} children */
export function h(tag, attributes = {}, ...children) {
  const node = document.createElement(tag);
  if (FOCUSABLE.includes(tag)) node.setAttribute(OWN_KEYS, "true");
  put(node, attributes);
  node.append(...children);
  return node;
}

/** An SVG element.
 * @template {keyof SVGElementTagNameMap} T
 * @param {T} tag @param {Record<string, Attribute>} [attributes] @param {string} [text] */
export function s(tag, attributes = {}, text) {
  const node = document.createElementNS(SVG, tag);
  put(node, attributes);
  if (text !== undefined) node.textContent = text;
  return node;
}

/** The frame of a whole widget, for screen readers; its keys are its own, too.
 * @param {HTMLElement} el @param {string} look its class @param {string} label */
export function region(el, look, label) {
  el.classList.add(look);
  put(el, { role: "region", "aria-label": label, [OWN_KEYS]: "true" });
}

/** Text set only where it differs, so that a quiet frame touches nothing. @param {Element} node @param {string} text */
export function say(node, text) {
  if (node.textContent !== text) node.textContent = text;
}

/** An id that no other widget on the page has. */
export const freshId = () => `hs${Math.random().toString(36).slice(2, 11)}`;

/** @param {string} name @param {string} title @param {...(Node|string)} children */
export function panel(name, title, ...children) {
  return h("div", { class: `hs-panel hs-${name}`, "data-hs": name, role: "group", "aria-label": title }, ...children);
}

/** What a select offers: a value, what it is called, and the heading under which it stands, if there is one.
 * @typedef {[value: string, text: string, group?: string]} Option */

/** Options of a select, in place, with the current value added where it is unlisted.
 * @param {HTMLSelectElement} select @param {Option[]} options @param {string} value */
export function fillSelect(select, options, value) {
  /** @type {Option[]} */
  const all = options.some(([key]) => key === value) ? options : [...options, [value, value]];
  const key = JSON.stringify(all);
  if (select.dataset.options !== key) {
    const groups = [...new Set(all.map(([, , group]) => group ?? ""))];
    select.replaceChildren(...groups.flatMap((group) => {
      const own = all.filter((one) => (one[2] ?? "") === group);
      const nodes = own.map(([name, text]) => h("option", { value: name }, text));
      return group ? [h("optgroup", { label: group }, ...nodes)] : nodes;
    }));
    select.dataset.options = key;
  }
  if (select.value !== value) select.value = value;
}

/** Where a pointer is in a picture, in the picture's own pixels: a page may have scaled it.
 * @param {MouseEvent} event @param {Element} svg @returns {[number, number]} */
export function placeIn(event, svg) {
  const { left, top, width } = svg.getBoundingClientRect();
  const scale = width / svg.clientWidth || 1;
  return [(event.clientX - left) / scale, (event.clientY - top) / scale];
}

/** Children in this order. One by one: an element that is taken out and put back loses the focus.
 * @param {Element} root @param {Element[]} children */
export function arrange(root, children) {
  for (const child of [...root.children]) if (!children.includes(child)) child.remove();
  children.forEach((child, i) => {
    if (root.children[i] !== child) root.insertBefore(child, root.children[i] ?? null);
  });
}

/** A place that scrolls, also by the keyboard. @param {string} title @param {...Node} children */
export const scroller = (title, ...children) =>
  h("div", { class: "hs-scroll", tabindex: 0, role: "group", "aria-label": title }, ...children);

/** A table that is only filled while it is open. @param {() => void} fill called when it opens */
export function tableFold(fill) {
  const [head, body] = [h("tr"), h("tbody")];
  const table = h("table", { class: "hs-table", "aria-label": "" }, h("thead", {}, head), body);
  const fold = h("details", { class: "hs-fold", ontoggle: fill }, h("summary", {}, "as a table"), scroller("", table));
  /** @param {string[]} names @param {() => (string|number)[][]} rows */
  const paint = (names, rows) => {
    if (!fold.open) return;
    head.replaceChildren(...names.map((name) => h("th", { scope: "col" }, name)));
    body.replaceChildren(...rows().map((row) => h("tr", {}, ...row.map((cell) => h("td", {}, String(cell))))));
  };
  return { fold, paint };
}
