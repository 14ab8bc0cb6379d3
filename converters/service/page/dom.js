// Elements made by functions. What a record says goes in as text alone, never as markup.

export const $ = (id) => document.getElementById(id);

/** Make an element: attributes by name, `on` handlers by event, children as nodes or texts. */
export function make(name, attributes = {}, ...children) {
  const element = document.createElement(name);
  for (const [key, value] of Object.entries(attributes)) {
    if (key === "on") {
      for (const [event, handler] of Object.entries(value)) element.addEventListener(event, handler);
    } else if (value !== undefined && value !== null && value !== false) {
      element.setAttribute(key, value === true ? "" : value);
    }
  }
  element.append(...children.filter((child) => child !== null && child !== undefined));
  return element;
}

/** A code of the registry as words: `NOT_YET_RECRUITING` is `Not yet recruiting`. */
export function words(code) {
  const text = String(code);
  if (!/^[A-Z][A-Z0-9_]*$/.test(text) || text.length < 3) return text;
  const phase = /^(EARLY_)?PHASE(\d)$/.exec(text);
  if (phase) return `${phase[1] ? "Early phase" : "Phase"} ${phase[2]}`;
  const lower = text.toLowerCase().replaceAll("_", " ");
  return lower[0].toUpperCase() + lower.slice(1);
}

/** A key of the model as words: `leadSponsor` is `Lead sponsor`. */
export function title(key) {
  const text = key
    .replace(/(Module|Struct|Section)$/, "")
    .replace(/([a-z0-9])([A-Z])/g, "$1 $2")
    .toLowerCase()
    .replace(/\bnct\b/g, "NCT")
    .replace(/\bipd\b/g, "IPD")
    .replace(/\bids?\b/g, (id) => (id === "id" ? "ID" : "IDs"));
  return text[0].toUpperCase() + text.slice(1);
}

/** A JSON pointer as words: `/a/armGroups/0/label` is `Arm groups 1 › Label`. */
export function told(pointer) {
  const steps = pointer.split("/").slice(1).map(unescaped);
  const shown = [];
  for (const step of steps) {
    if (/^\d+$/.test(step) && shown.length) shown[shown.length - 1] += ` ${Number(step) + 1}`;
    else if (!/Section$/.test(step)) shown.push(title(step));
  }
  return shown.slice(-3).join(" › ");
}

export const unescaped = (step) => step.replaceAll("~1", "/").replaceAll("~0", "~");
export const escaped = (step) => step.replaceAll("~", "~0").replaceAll("/", "~1");
