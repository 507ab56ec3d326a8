// Runs as the kernel tells them.
export const epoch = (number, validation, more = {}) =>
  ({ epoch: number, train: 0.5, validation, p: [100, 900], said: "", xy: [0, 0, 1, 1], perplexity: null, seconds: 0.1, diagnosis: "", ...more });
export const run = (id, more = {}) =>
  ({ id, label: `run ${id}`, line: "Lab(regime='head')", regime: "head", pool: "mean", seed: 0, planned: 3, learning: 130,
    total: 118914, cached: "", recorded: false, pinned: false, outcome: "running", forecast: "", perplexity0: null, stages: 1,
    truths: "01", whole: true, data_key: "d", label_names: ["ham", "spam"], epochs: [], diagnosis: "", best: null, ...more });
/** A run's answer to a text of the learner's own, as the kernel tells it. */
export const heard = (id, p, more = {}) => ({ id, epoch: 1, p, read: 99, bytes: [9, 9], words: [], more: 0, ...more });
export const answer = (text, ...answers) => ({ kind: "answer", text, answers, gone: [] });
