/**
 * One block's arithmetic, step by step.
 *
 * @import {MachineSpec, Step} from "./machine_words.js"
 */

import { choiceInput } from "../controls.js";
import { freshId, h, put, say } from "../elements.js";
import { tokenWords } from "./machine_words.js";
import { strip } from "./strips.js";

function stepNode() {
  const [name, says] = [h("b"), h("span", { class: "hs-m-says" })];
  const vector = strip();
  const root = h("li", {}, h("p", {}, name, " ", says), vector.root);
  /** @param {Step} step @param {number} i @param {number} room */
  const paint = ({ name: title, says: words, values, labels, kind }, i, room) => {
    say(name, title);
    say(says, words);
    vector.paint({ values, kind, labels, name: `Step ${i + 1}, ${title}`, says: "",
      letters: kind === "share" && room / Math.max(1, values.length) >= 11 });
  };
  return { root, paint };
}

/** @param {((key: string) => void)|null} zoom @param {((head: number) => void)|null} look which head is looked at
 * @param {(key: string) => void} back what takes the focus when it closes: nothing that is hidden can keep it */
export function zoomPart(zoom, look, back) {
  const title = h("h6", { class: "hs-m-inside" });
  const { input, paint: paintHeads } = choiceInput(freshId(), (value) => look?.(Number(value)));
  const heads = h("label", { class: "hs-m-heads", for: input.id }, "attention head", input);
  const close = h("button", { type: "button", class: "hs-m-button", onclick: () => zoom?.("") }, "close");
  const list = h("ol", { class: "hs-m-steps", role: "list" });
  const root = h("div", { class: "hs-m-zoom", role: "group", hidden: true },
    h("div", { class: "hs-m-zoomhead" }, title, heads, close), list);
  /** @type {ReturnType<typeof stepNode>[]} */
  let nodes = [];
  const keep = (/** @type {number} */ many) => {
    if (many === nodes.length) return;
    nodes = Array.from({ length: many }, (_, i) => nodes[i] ?? stepNode());
    list.replaceChildren(...nodes.map((node) => node.root));
  };
  let shown = "";
  /** @param {MachineSpec} spec @param {number} room */
  const paint = ({ flow, layers }, room) => {
    const layer = layers.find(({ key }) => key === flow?.zoom);
    const held = root.contains(document.activeElement);
    const came = root.hidden && Boolean(layer && flow);
    root.hidden = !layer || !flow;
    if (held && root.hidden) back(shown);
    if (!layer || !flow) return;
    shown = layer.key;
    // What opens far below the button would go unseen.
    if (came) requestAnimationFrame(() => root.scrollIntoView({ block: "nearest" }));
    say(title, `Inside ${layer.name}, at ${tokenWords(flow.tokens[flow.position], flow.position)}`);
    put(root, { "aria-label": title.textContent });
    close.hidden = !zoom;
    heads.hidden = flow.heads < 2 || !look;
    const options = Array.from({ length: flow.heads }, (_, i) => /** @type {[string, string]} */ (
      [String(i), `${i + 1} of ${flow.heads}`]));
    paintHeads(options, String(flow.head));
    keep(flow.steps.length);
    nodes.forEach((node, i) => node.paint(flow.steps[i], i, room));
  };
  return { root, paint };
}
