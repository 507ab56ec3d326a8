/**
 * The machine of the lab: which parts will learn, how far they have moved in the run on show, what a text does in it.
 *
 * @typedef {{asked: string, flow: Flow|null, labels: string[]}} Flowed a text's values in the model of a run, and the
 *   question that they answer
 *
 * @import {Flow, MachineSpec} from "../web/charts/machine_words.js"
 * @import {Lab} from "./lab.js"
 */

import { UNDER_WAY } from "./phases.js";

export class Engine {
  swapped = true;
  position = -1; // the last byte that is read
  head = 0;
  zoom = "";
  #asked = "";

  /** @param {Lab} lab */
  constructor(lab) {
    this.lab = lab;
  }

  /** What is drawn; null where the kernel has told nothing yet. @returns {MachineSpec|null} */
  spec() {
    const told = this.lab.get("machine");
    if (!told?.layers) return null;
    const { run, epoch } = this.lab.shown();
    const same = run?.machine === told.key;
    const layers = told.layers.map((layer) =>
      ({ ...layer, moved: (same && this.swapped && epoch?.moved?.[layer.key]) || null }));
    const { flow = null, labels = told.labels } = this.#flowed() ?? {};
    const subtitle = same && run ? `${run.label}, epoch ${epoch?.epoch ?? 0}` : "the next run";
    return { ...told, subtitle, layers, labels, flow, swapped: this.swapped };
  }

  /** What a text does in the run on show, where that is known. */
  #flowed() {
    const { flowed } = this.lab.store;
    return flowed && flowed.asked === this.#question() && flowed.flow ? flowed : null;
  }

  #question() {
    const { run } = this.lab.shown();
    const text = this.lab.wishes.text;
    if (!run || run.recorded || !text.trim()) return "";
    return JSON.stringify([run.id, run.epochs.length, text, this.position, this.head, this.zoom, this.swapped]);
  }

  /** Ask for the values of the text that is being tried; a run that trains is left alone. */
  ask() {
    const asked = this.#question();
    if (!asked || asked === this.#asked || UNDER_WAY.includes(this.lab.phase())) return;
    this.#asked = asked;
    const [id, , text, position, head, zoom, swapped] = JSON.parse(asked);
    this.lab.link.send({ do: "flow", asked, id, text, position, head, zoom, swapped });
  }

  /** @param {Partial<Pick<Engine, "swapped"|"position"|"head"|"zoom">>} part */
  turn(part) {
    Object.assign(this, part);
    this.ask();
    this.lab.mark("machine");
  }
}
