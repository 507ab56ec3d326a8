/**
 * A small picture of an image, pixel by pixel: ink on paper, in the colours of the page.
 *
 * @typedef {{rows: number, columns: number, ink: number[]}} Picture how much ink each pixel has, row by row, 0 to 1
 */

import { put, s } from "./elements.js";

const FAINT = 0.02; // less ink than that is paper

/** What stands for a picture where none can be seen. @param {Picture} picture @param {string} [name] */
export const pictureWords = ({ rows, columns }, name = "an image") => `${name}, ${columns} by ${rows} pixels`;

/** @param {Picture} picture */
function inkOf({ columns, ink }) {
  return ink.flatMap((share, i) => {
    if (share < FAINT) return [];
    const [x, y] = [i % columns, Math.floor(i / columns)];
    return [s("rect", { x, y, width: 1.02, height: 1.02, "fill-opacity": share })];
  });
}

/** A picture of so many screen pixels a side; without a name it is only decoration.
 * @param {Picture} picture @param {number} side @param {string} [name] */
export function pictureNode(picture, side, name) {
  const { rows, columns } = picture;
  const svg = s("svg", { class: "hs-picture", viewBox: `0 0 ${columns} ${rows}`, width: side,
    height: Math.round(side * rows / columns), "shape-rendering": "crispEdges" });
  put(svg, name ? { role: "img", "aria-label": pictureWords(picture, name) } : { "aria-hidden": "true" });
  svg.append(...inkOf(picture));
  return svg;
}
