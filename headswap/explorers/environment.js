// The environment check: Python's rows, and the proof that this page and the kernel hear each other.

import { h, put, say } from "../web/charts.js";

function render({ model, el }) {
  const row = ([name, value]) => h("tr", {}, h("th", { scope: "row" }, name), h("td", {}, value));
  const status = h("p", { role: "status", class: "hs-said" });
  const paint = () => say(status, model.get("status"));
  el.classList.add("hs-explorer");
  put(el, { role: "region", "aria-label": "Environment", "data-title": "Environment" });
  el.replaceChildren(h("h4", { class: "hs-name" }, "Environment"), h("table", { class: "hs-table" }, h("tbody", {},
    ...model.get("rows").map(row))), status);
  model.on("change:status", paint);
  paint();
  model.set("asked", model.get("asked") + 1); // the kernel answers with another status
  model.save_changes();
  return () => model.off("change:status", paint);
}

export default { render };
