/**
 * The environment check: Python's rows, and the proof that this page and the kernel hear each other.
 *
 * @typedef {{rows: [string, string][], asked: number, status: string}} Traits
 * @import {Model} from "../web/link.js"
 */

import { h, put, region, say } from "../web/elements.js";
import { Link } from "../web/link.js";

/** @param {[string, string]} row */
const rowNode = ([name, value]) => h("tr", {}, h("th", { scope: "row" }, name), h("td", {}, value));

/** @param {{model: Model<Traits>, el: HTMLElement}} context */
function render({ model, el }) {
  const status = h("p", { role: "status", class: "hs-said" });
  /** @type {Link<Traits, never>} */
  const link = new Link(model, () => {});
  const paint = () => say(status, link.get("status"));
  region(el, "hs-explorer", "Environment");
  put(el, { "data-title": "Environment" });
  el.replaceChildren(h("h4", { class: "hs-name" }, "Environment"),
    h("table", { class: "hs-table" }, h("tbody", {}, ...link.get("rows").map(rowNode))), status);
  link.listen("change:status", paint);
  paint();
  link.set("asked", link.get("asked") + 1); // the kernel answers with another status
  return () => link.close();
}

export default { render };
