/**
 * The machine of the lab: which parts will learn, how far they have moved in the run on show, what a text does in it.
 *
 * @typedef {{asked: string, flow: Flow|null, labels: string[]}} Flowed a text's values in the model of a run, and the
 *   question that they answer
 *
 * @import {Flow, Layer, MachineSpec} from "../web/charts/machine_words.js"
 * @import {Lab} from "./lab.js"
 */

import { UNDER_WAY } from "./phases.js";

/** Which model a question is about: a run's at an epoch, with its old or its new head. @param {string} asked */
function modelOf(asked) {
  const [id, epochs, , , , , swapped] = JSON.parse(asked);
  return JSON.stringify([id, epochs, swapped]);
}

export class Engine {
  swapped = true;
  position = -1; // the last byte that is read
  head = 0;
  zoom = "";
  #asked = "";
  /** @type {Flowed|null} */
  #known = null;

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
      ({ ...this.#asBuilt(layer), moved: (same && this.swapped && epoch?.moved?.[layer.key]) || null }));
    const known = this.#flowed();
    const flow = known?.flow ? { ...known.flow, labels: known.flow.labels ?? known.labels } : null;
    const subtitle = same && run ? `epoch ${epoch?.epoch ?? 0} · ${run.label}` : "the next run";
    return { ...told, subtitle, layers, flow, swapped: this.swapped,
      tag: flow ? this.#stamp(same) : this.#whySilent() };
  }

  /** Why a text that was asked about shows no values: on a random body the old head would only guess. */
  #whySilent() {
    const answered = this.#known !== null && this.#known.flow === null && this.#known.asked === this.#question();
    const random = answered && !this.swapped && !this.lab.shown().run?.recorded;
    return random ? "no values: this body is random, and the old head was never trained on it" : "";
  }

  /** Whose numbers the text's are, where the picture shows another machine or another epoch.
   * @param {boolean} same whether the machine is that of the run on show */
  #stamp(same) {
    const { run, epoch } = this.lab.shown();
    const last = run?.epochs.at(-1)?.epoch ?? 0;
    if (same) return epoch?.epoch === last ? "" : `the numbers for your text are from epoch ${last}`;
    return `numbers for your text: ${run?.recorded ? "the recorded run" : `run ${run?.id}`}, epoch ${last}`;
  }

  /** A layer at the rate that was given it by hand, also before the kernel has drawn it: a second quick click counts
   * on what the first one did. @param {Layer} layer @returns {Layer} */
  #asBuilt(layer) {
    const rate = (this.lab.get("rates") ?? {})[layer.key];
    if (rate === undefined || !layer.weights) return layer;
    return { ...layer, rate: rate || null, learns: rate ? layer.weights : 0 };
  }

  /** What a text does in the run on show, where that is known. What is known of the same model stays until the answer
   * to another question about it has come: what has the focus must not vanish under the keys. */
  #flowed() {
    const [asked, known] = [this.#question(), this.#known];
    if (!asked || !known?.flow) return null;
    return known.asked === asked || (asked === this.#asked && modelOf(known.asked) === modelOf(asked)) ? known : null;
  }

  /** An answer; one to an older question, or to that of another view, may come last. @param {Flowed} told */
  take({ asked, flow, labels }) {
    if (asked === this.#asked) this.#known = { asked, flow, labels };
    this.lab.mark("machine");
  }

  #question() {
    const { run } = this.lab.shown();
    const text = this.lab.wishes.text;
    if (!run || (run.recorded && !run.keeps) || !text.trim()) return "";
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

  /** Runs have come or gone: what was asked of one of them is not asked of another one with its number. */
  forget() {
    this.#asked = "";
    this.#known = null;
  }

  /** @param {Partial<Pick<Engine, "swapped"|"position"|"head"|"zoom">>} part */
  turn(part) {
    Object.assign(this, part);
    this.ask();
    this.lab.mark("machine");
  }
}
