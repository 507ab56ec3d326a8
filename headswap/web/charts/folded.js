/**
 * A table that is folded away until somebody opens it.
 *
 * @typedef {Omit<TableSpec, "kind"> & {kind: "folded"}} FoldedSpec
 * @import {Place} from "./frame.js"
 * @import {TableSpec} from "./table.js"
 */

import { h, panel, put, say } from "../elements.js";
import { scrolling } from "./table.js";

/** @param {Place} place */
export function folded(place) {
  const { around, paint: fill } = scrolling();
  const name = h("summary");
  const root = panel(place.name, "", h("details", { class: "hs-fold" }, name, around));
  const paint = (/** @type {FoldedSpec} */ spec) => {
    put(root, { "aria-label": spec.title });
    say(name, spec.title);
    fill(spec);
  };
  return { root, paint };
}
