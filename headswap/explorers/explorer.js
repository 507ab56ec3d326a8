/**
 * The browser side of the explorers: controls on top, below them the blocks that Python computed, drawn.
 *
 * @typedef {{title: string, controls: Control[], value: Record<string, Value>, shown: Block[]}} Traits
 * @typedef {ReturnType<typeof createExplorer>} Explorer
 *
 * @import {Model} from "../web/link.js"
 * @import {Block} from "./blocks.js"
 * @import {Control, Value} from "./controls.js"
 */

import { freshId, h, put, region, say } from "../web/elements.js";
import { guarded, scheduler } from "../web/frames.js";
import { Link } from "../web/link.js";
import { blocksPart } from "./blocks.js";
import { controlsPart } from "./controls.js";

/** @typedef {{do: "hello"}} Order */

/** What controls and blocks may ask and do. @param {Link<Traits, Order>} link */
function createExplorer(link) {
  const uid = freshId();
  return {
    mark: (/** @type {string[]} */ ..._names) => {},
    id: (/** @type {string} */ name) => `${uid}-${name}`,
    /** @template {keyof Traits} K @param {K} name */
    get: (name) => link.get(name),
    /** @param {string} name @param {Value} value @param {number} [wait] milliseconds that typing may go on */
    set: (name, value, wait) => {
      link.set("value", { ...link.get("value"), [name]: value }, wait);
      link.ask({ do: "hello" }); // what a control changes, the kernel computes: is it there?
    },
  };
}

/** @param {{model: Model<Traits>, el: HTMLElement}} context */
function render({ model, el }) {
  const silence = h("p", { class: "hs-silence", role: "alert", hidden: true });
  const hear = (/** @type {string} */ sentence) => {
    say(silence, sentence);
    silence.hidden = !sentence;
  };
  /** @type {Link<Traits, Order>} */
  const link = new Link(model, hear);
  const explorer = createExplorer(link);
  const [controls, blocks] = [controlsPart(explorer), blocksPart(explorer)];
  const title = h("h4", { class: "hs-name" });
  const paintTitle = () => {
    const name = explorer.get("title");
    say(title, name);
    put(el, { "aria-label": name, "data-title": name });
  };
  const frames = scheduler({ title: paintTitle, controls: guarded(controls.root, controls.paint),
    blocks: guarded(blocks.root, blocks.paint) });
  explorer.mark = frames.mark;
  region(el, "hs-explorer", explorer.get("title"));
  el.replaceChildren(title, controls.root, silence, blocks.root);
  link.listen("change:title", frames.all);
  link.listen("change:controls", frames.all);
  link.listen("change:value", () => frames.mark("controls", "blocks"));
  link.listen("change:shown", () => frames.mark("controls", "blocks")); // a bet's cards show what came out
  link.listen("msg:custom", () => {
    link.answered();
    if (!link.gone) hear("");
  });
  frames.all();
  return () => {
    frames.cancel();
    blocks.stop();
    link.close();
  };
}

export default { render };
