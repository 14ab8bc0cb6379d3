// The document of a format: its lines, highlighted, and the lines that carry a fact.

import { make } from "/assets/dom.js";

const MOST_LINES = 20_000;
const MOST_HIGHLIGHTED = 8_000;

const JSON_PARTS = /("(?:[^"\\]|\\.)*")(\s*:)?|(-?\d+(?:\.\d+)?(?:[eE][+-]?\d+)?)|\b(true|false|null)\b/g;
const XML_PARTS = /(<[/?!]?[\w:.-]+|[/?]?>)|([\w:.-]+)(=)("[^"]*"|'[^']*')/g;

function* jsonParts(line) {
  let end = 0;
  for (const match of line.matchAll(JSON_PARTS)) {
    if (match.index > end) yield ["", line.slice(end, match.index)];
    if (match[1] && match[2]) {
      yield ["key", match[1]];
      yield ["", match[2]];
    } else if (match[1]) yield ["string", match[1]];
    else yield [match[3] ? "number" : "word", match[0]];
    end = match.index + match[0].length;
  }
  if (end < line.length) yield ["", line.slice(end)];
}

function* xmlParts(line) {
  let end = 0;
  for (const match of line.matchAll(XML_PARTS)) {
    if (match.index > end) yield ["", line.slice(end, match.index)];
    if (match[1]) yield ["tag", match[1]];
    else {
      yield ["key", match[2]];
      yield ["", "="];
      yield ["string", match[4]];
    }
    end = match.index + match[0].length;
  }
  if (end < line.length) yield ["", line.slice(end)];
}

function* plainParts(line) {
  yield ["", line];
}

/** The syntax of a document, by how it begins. */
function partsOf(text) {
  const first = text.trimStart()[0];
  if (first === "{" || first === "[") return jsonParts;
  return first === "<" ? xmlParts : plainParts;
}

/** Show a document in an element, a line of it in an element each. */
export function showText(element, text) {
  const lines = text.replace(/\n$/, "").split("\n");
  const parts = lines.length <= MOST_HIGHLIGHTED ? partsOf(text) : plainParts;
  const shown = lines.slice(0, MOST_LINES).map((line) => {
    const row = make("span", { class: "line" });
    for (const [kind, part] of parts(line)) {
      row.append(kind ? make("span", { class: kind }, part) : part);
    }
    row.append("\n");
    return row;
  });
  if (lines.length > MOST_LINES) {
    const rest = (lines.length - MOST_LINES).toLocaleString("en");
    shown.push(make("em", {}, `… ${rest} lines more are in the download.`));
  }
  element.replaceChildren(...shown);
  element.scrollTop = 0;
}

/** Mark lines, from 1; `main` is the one that is brought into view. */
export function markLines(element, lines, main, kind) {
  for (const row of element.querySelectorAll(".line.marked")) row.className = "line";
  for (const number of lines) {
    const row = element.children[number - 1];
    if (row) row.className = `line marked ${kind}${number === main ? " chief" : ""}`;
  }
  const row = element.children[main - 1];
  if (row) {
    // Not scrollIntoView, which moves the page as well.
    element.scrollTop = row.offsetTop - element.offsetTop - element.clientHeight / 3;
    element.scrollLeft = 0;
  }
}
