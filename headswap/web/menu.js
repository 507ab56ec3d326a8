/**
 * A few seldom actions behind one button. Arrows go from one to the next; Escape and a click elsewhere close it.
 *
 * @typedef {{text: string, act: () => void}} Item
 * @typedef {{label: string, able: (boolean|string)[]}} Offered what the button is called; for each item whether it
 *   works (a text says why not), and false where it is not offered at all
 */

import { h, put } from "./elements.js";

/** Right below its button, or above it where the widget ends below. The panel is what it is placed in: a table that
 * scrolls would cut it off. @param {HTMLElement} button @param {HTMLElement} list */
function place(button, list) {
  const [panel, widget] = [button.closest(".hs-panel"), button.closest(".hs-lab, .hs-explorer")];
  if (!(panel instanceof HTMLElement) || !widget) return;
  const [at, around] = [button.getBoundingClientRect(), panel.getBoundingClientRect()];
  const scale = around.width / panel.offsetWidth || 1; // a page may have zoomed
  list.style.top = `${(at.bottom - around.top) / scale}px`;
  if (list.getBoundingClientRect().bottom > widget.getBoundingClientRect().bottom)
    list.style.top = `${(at.top - around.top) / scale - list.offsetHeight - 2}px`;
}

/** @param {Item[]} items */
export function menu(items) {
  const nodes = items.map(({ text, act }) => {
    const node = h("button", { type: "button", role: "menuitem", tabindex: -1, class: "hs-menuitem", onclick: () => {
      if (node.getAttribute("aria-disabled") === "true") return;
      close();
      act();
    } }, text);
    return node;
  });
  const open = () => {
    list.hidden = false;
    put(button, { "aria-expanded": "true" });
    place(button, list);
    nodes.find((node) => !node.hidden)?.focus({ preventScroll: true });
  };
  const close = (keepsFocus = true) => {
    if (list.hidden) return;
    list.hidden = true;
    put(button, { "aria-expanded": "false" });
    if (keepsFocus) button.focus();
  };
  const key = (/** @type {KeyboardEvent} */ event) => {
    const offered = nodes.filter((node) => !node.hidden);
    const at = offered.findIndex((node) => node === document.activeElement);
    const way = { ArrowDown: 1, ArrowUp: -1 }[event.key];
    if (event.key === "Escape") close();
    else if (way && list.hidden) open();
    else if (way) offered[(at + way + offered.length) % offered.length].focus();
    else return;
    event.preventDefault();
  };
  const list = h("div", { role: "menu", class: "hs-menu", hidden: true }, ...nodes);
  const button = h("button", { type: "button", class: "hs-small", "aria-haspopup": "menu", "aria-expanded": "false",
    onclick: () => (list.hidden ? open() : close()) }, "⋯");
  const left = (/** @type {FocusEvent} */ { relatedTarget }) => {
    if (!root.contains(/** @type {Node|null} */ (relatedTarget))) close(false);
  };
  const root = h("span", { class: "hs-menued", onkeydown: key, onfocusout: left }, button, list);
  const paint = (/** @type {Offered} */ { label, able }) => {
    put(button, { "aria-label": label, title: label });
    put(list, { "aria-label": label });
    nodes.forEach((node, i) => {
      node.hidden = able[i] === false;
      put(node, { "aria-disabled": typeof able[i] === "string" ? "true" : null,
        title: typeof able[i] === "string" ? able[i] : null });
    });
  };
  return { root, paint };
}
