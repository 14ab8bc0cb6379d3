// The page: a source on top, the record at the left, its document in any format at the right.

import { $, make, told, words } from "/assets/dom.js";
import { markLines, showText } from "/assets/document.js";
import { showRecord } from "/assets/record.js";
import { Problems, compared, got, sent } from "/assets/server.js";

const HOMES = {
  native: "native element",
  official: "official extension",
  ours: "our extension",
  none: "not carried",
};
const NEUTRAL = "Choose a fact of the record: the lines that carry it are shown.";
const PAUSE = 500;

// The bytes of the source, what /page/view says of it, and the formats that there are.
const state = { source: null, view: null, formats: [], homes: new Map(), coverage: new Map() };
let asking = null;
let locating = null;
let comparing = null;
let measuring = null;
let pause = 0;

const name = (format) => state.formats.find((each) => each.name === format);
const aborted = (error) => error.name === "AbortError";

/** The options that are set in the form of the format, by name. */
function options() {
  const found = {};
  for (const field of $("options-fields").querySelectorAll("[name]")) {
    if (field.value) found[field.name] = field.value;
  }
  return found;
}

/** Make the form of a format's options; an empty field is its default. */
function showOptions(format) {
  const fields = format.options.map((option) => {
    const choices = option.type === "bool" ? ["true", "false"] : option.type === "choice" ? option.expected.split(", ") : null;
    const empty = `default${option.default === "" ? "" : `: ${option.default}`}`;
    const field = choices
      ? make("select", { name: option.name }, make("option", { value: "" }, empty), ...choices.map((each) => make("option", {}, each)))
      : make("input", { name: option.name, placeholder: option.expected, autocomplete: "off", spellcheck: "false" });
    field.addEventListener("change", () => show());
    return make("label", { title: option.help }, option.name, " ", field);
  });
  $("options-fields").replaceChildren(...fields);
  $("options").hidden = !fields.length;
  $("options").dataset.format = format.name;
}

function say(text) {
  $("status").textContent = text;
}

// ------------------------------------------------------------------------------------ the source

function sourceBytes() {
  const text = $("source").value;
  // A file stays as its bytes, whatever its encoding, until its text is changed.
  if (state.source && state.source.text === text) return state.source.body;
  return new TextEncoder().encode(text);
}

async function takeFile(file) {
  const body = new Uint8Array(await file.arrayBuffer());
  const wide = body[0] === 0xff || body[0] === 0xfe;
  const text = new TextDecoder(wide ? (body[0] === 0xff ? "utf-16le" : "utf-16be") : "utf-8").decode(body);
  // Of a packed file there is nothing to be read or changed as a text.
  const packed = body[0] === 0x50 && body[1] === 0x4b;
  $("source").value = packed ? `(${file.name}: a packed file of ${body.length.toLocaleString("en")} bytes)` : text;
  state.source = { body, text: $("source").value };
  $("source-told").textContent = file.name;
  await show();
}

// ------------------------------------------------------------------------------------ the record

/** Ask what the record is, and show it with its document. */
async function show({ keepProblems = false } = {}) {
  const body = sourceBytes();
  if (!body.length) {
    say("Paste a record first, or open a file.");
    $("source").focus();
    return;
  }
  asking?.abort();
  asking = new AbortController();
  const { signal } = asking;
  const to = $("to").value;
  if ($("options").dataset.format !== to) showOptions(name(to));
  say("Reading…");
  try {
    const from = $("from").value;
    const answer = await sent("/page/view", { ...options(), to, from }, body, signal);
    const view = await answer.json();
    if (!state.coverage.has(to)) {
      const { rows } = await got(`/coverage/${encodeURIComponent(to)}`);
      // The first row of a leaf is the main one.
      state.coverage.set(to, new Map(rows.reverse().map((row) => [row.leaf, row])));
    }
    state.view = view;
    state.source = { body, text: $("source").value };
    endEditing();
    await shown(view, signal);
  } catch (error) {
    if (aborted(error)) return;
    state.view = null;
    $("panes").hidden = true;
    say("This cannot be read as a record.");
    if (!keepProblems) showProblems(problemsOf(error).map((each) => ({ ...each, side: "source" })));
    $("source-part").open = true;
  }
}

async function shown(view, signal) {
  state.homes = new Map();
  $("panes").hidden = false;
  $("about").hidden = true;
  $("source-part").open = false;
  const figure = make("figure", { hidden: true });
  showRecord($("record"), view.record, figure);
  colour();
  showText($("text"), view.document ?? "This format is not text: download it.");
  $("edit").disabled = view.document === null || !name(view.to)?.read;
  $("download").disabled = view.standIns.length > 0;
  $("download").title = $("download").disabled ? `Give the option ${view.standIns.join(", ")} first` : "";
  if ($("download").disabled) $("options").open = true;
  $("edit").title = $("edit").disabled ? "This format is not read back" : "";
  $("legend").replaceChildren(...legend({}));
  showProblems(view.problems);
  $("where").textContent = NEUTRAL;
  $("source-told").textContent = `${name(view.from)?.title ?? view.from}`;
  sayRead(view);
  await Promise.all([draw(figure, signal), measure(view)]);
}

/** Ask where each value stands: of one leaf, some may stand elsewhere than the list says. */
async function measure(view) {
  measuring?.abort();
  measuring = new AbortController();
  try {
    const answer = await sent("/page/fidelity", { to: view.to, from: view.from }, state.source.body, measuring.signal);
    const found = await answer.json();
    const homes = { native: found.native, official: found.official, ours: found.ours, none: found.not_carried };
    for (const [home, pointers] of Object.entries(homes)) {
      for (const pointer of pointers) state.homes.set(pointer, home);
    }
    colour();
    $("legend").replaceChildren(...legend(homes));
  } catch (error) {
    if (!aborted(error)) showProblems([...view.problems, ...problemsOf(error)]);
  }
}

function sayRead(view) {
  const invalid = view.valid ? "" : " It is not valid: see the problems.";
  say(`Read as ${view.from}, written as ${view.to}.${invalid}`);
}

/** Show the picture of the design, where the service draws one. */
async function draw(figure, signal) {
  try {
    const answer = await sent("/draw", { from: $("from").value }, state.source.body, signal);
    // As an image, in which nothing is run whatever it holds.
    const url = URL.createObjectURL(await answer.blob());
    const image = make("img", { src: url, alt: "Design of the trial; the table below says it in words" });
    image.addEventListener("load", () => URL.revokeObjectURL(url));
    figure.replaceChildren(image);
    figure.hidden = false;
  } catch (error) {
    if (!aborted(error)) figure.remove();
  }
}

function homeOf(pointer) {
  return state.homes.get(pointer) ?? rowOf(pointer)?.home ?? rowOf("/unmapped")?.home ?? "none";
}

function colour() {
  for (const fact of $("record").querySelectorAll(".fact")) {
    const home = homeOf(fact.dataset.pointer);
    fact.dataset.home = home;
    fact.title = HOMES[home];
  }
}

/** What the underlines say, with the number of values of each kind once they are measured. */
function legend(homes) {
  return Object.entries(HOMES).map(([home, text]) => {
    const key = make("span", { class: "key", "data-home": home }, text);
    return make("li", {}, key, homes[home] ? ` ${homes[home].length.toLocaleString("en")}` : "");
  });
}

/** The main row of the coverage list for a value: where its leaf goes, by the format's own word. */
function rowOf(pointer) {
  return state.coverage.get(state.view.to).get(pointer.replace(/\/\d+(?=\/|$)/g, "/*"));
}

/** Show which lines of the document carry a fact. */
async function locate(fact) {
  const { pointer } = fact.dataset;
  for (const other of $("record").querySelectorAll(".fact[aria-pressed]")) other.removeAttribute("aria-pressed");
  fact.setAttribute("aria-pressed", "true");
  moveTo(fact);
  const home = homeOf(pointer);
  const place = rowOf(pointer)?.place;
  const parts = [make("b", {}, told(pointer)), ": ", make("span", { class: "key", "data-home": home }, HOMES[home])];
  if (place) parts.push(" ", make("code", {}, place));
  $("where").replaceChildren(...parts);
  markLines($("text"), [], 0, home);
  // Where the panes stand below each other, the document is not in view.
  if (getComputedStyle($("back")).display !== "none") $("document").scrollIntoView();
  if (home === "none" || state.view.document === null) return;
  locating?.abort();
  locating = new AbortController();
  try {
    const parameters = { ...options(), to: state.view.to, from: state.view.from, pointer };
    const answer = await sent("/page/locate", parameters, state.source.body, locating.signal);
    const found = await answer.json();
    if (!found.lines.length) return;
    markLines($("text"), found.lines, found.main, home);
    const more = found.lines.length > 1 ? ` and ${found.lines.length - 1} more` : "";
    $("where").append(`, line ${found.main.toLocaleString("en")}${more}`);
  } catch (error) {
    if (!aborted(error)) $("where").append(` (${problemsOf(error)[0].message})`);
  }
}

/** Make a fact the one that the tab key reaches. */
function moveTo(fact) {
  for (const other of $("record").querySelectorAll(".fact[tabindex='0']")) other.tabIndex = -1;
  fact.tabIndex = 0;
}

const KEYS = { ArrowDown: 1, ArrowRight: 1, ArrowUp: -1, ArrowLeft: -1 };

function keyed(event) {
  const fact = event.target.closest(".fact");
  if (!fact) return;
  if (event.key === "Enter" || event.key === " ") {
    event.preventDefault();
    locate(fact);
    return;
  }
  const facts = [...$("record").querySelectorAll(".fact")].filter((each) => each.checkVisibility());
  const at = facts.indexOf(fact);
  const ends = { Home: 0, End: facts.length - 1 };
  const next = event.key in KEYS ? at + KEYS[event.key] : ends[event.key];
  if (next === undefined || !facts[next]) return;
  event.preventDefault();
  moveTo(facts[next]);
  facts[next].focus();
}

// ---------------------------------------------------------------------------------- the problems

function problemsOf(error) {
  if (error instanceof Problems) return error.problems;
  console.error(error);
  return [{ severity: "error", layer: "page", path: "", code: "page", message: String(error.message ?? error) }];
}

const SIDES = { source: "Source", document: "Document", after: "Edited document", before: "Document" };

function showProblems(problems) {
  const items = problems.slice(0, 200).map((problem) => {
    const line = problem.line ? make("button", { type: "button", on: { click: () => goTo(problem) } }, `line ${problem.line.toLocaleString("en")}`) : null;
    const link = problem.link && /^https?:/.test(problem.link) ? make("a", { href: problem.link, rel: "noreferrer" }, "why") : null;
    return make(
      "li",
      { class: problem.severity },
      make("b", {}, `${SIDES[problem.side] ?? "Source"}: ${problem.severity}`),
      " ",
      line,
      line ? " " : null,
      problem.path && !/^line \d+$/.test(problem.path) ? make("code", {}, problem.path) : null,
      " ",
      problem.message,
      " ",
      link,
    );
  });
  if (problems.length > items.length) items.push(make("li", {}, `… ${problems.length - items.length} more`));
  $("problems").querySelector("ul").replaceChildren(...items);
  $("problems").hidden = !problems.length;
}

/** Go to the line of a problem, in the source or in the document. */
function goTo(problem) {
  if (problem.side === "document") {
    markLines($("text"), [problem.line], problem.line, "problem");
    $("text").focus();
    return;
  }
  const field = problem.side === "after" ? $("editor") : $("source");
  if (field === $("source")) $("source-part").open = true;
  const lines = field.value.split("\n");
  const start = lines.slice(0, problem.line - 1).reduce((sum, line) => sum + line.length + 1, 0);
  field.focus();
  field.setSelectionRange(start, start + (lines[problem.line - 1]?.length ?? 0));
  const height = Number.parseFloat(getComputedStyle(field).lineHeight) || 18;
  field.scrollTop = Math.max(0, (problem.line - 3) * height);
}

// -------------------------------------------------------------------------------------- the edit

function startEditing() {
  $("editor").value = state.view.document;
  $("text").hidden = true;
  $("editor").hidden = false;
  $("edit").setAttribute("aria-pressed", "true");
  $("edit").textContent = "Undo the edit";
  $("where").textContent = "Change the document: what it then says is read back and shown at the left.";
  $("editor").setSelectionRange(0, 0);
  $("editor").focus();
  $("editor").scrollTop = 0;
}

function endEditing() {
  comparing?.abort();
  clearTimeout(pause);
  if ($("editor").hidden) return;
  $("editor").hidden = true;
  $("text").hidden = false;
  $("edit").setAttribute("aria-pressed", "false");
  $("edit").textContent = "Edit";
  showDifferences([]);
  showProblems(state.view.problems);
  sayRead(state.view);
  $("where").textContent = NEUTRAL;
}

function edited() {
  clearTimeout(pause);
  pause = setTimeout(compare, PAUSE);
}

/** Read the edited document back, and show where the record now says something else. */
async function compare() {
  comparing?.abort();
  comparing = new AbortController();
  const { document: before, to } = state.view;
  try {
    const found = await compared(before, $("editor").value, to, comparing.signal);
    showProblems(state.view.problems);
    showDifferences(found.differences);
    const count = found.differences.length;
    say(count ? `The edit changes ${count} ${count === 1 ? "value" : "values"} of the record.` : "The record still says the same.");
  } catch (error) {
    if (aborted(error)) return;
    showDifferences([]);
    showProblems(problemsOf(error).map((each) => ({ side: "after", ...each })));
    say("The edited document cannot be read.");
  }
}

const said = (value) => (value !== null && typeof value === "object" ? JSON.stringify(value) : words(value));

function showDifferences(differences) {
  $("differences")?.remove();
  for (const change of $("record").querySelectorAll(".change")) change.remove();
  for (const fact of $("record").querySelectorAll(".fact.changed")) fact.classList.remove("changed");
  if (!differences.length) return;
  const items = differences.slice(0, 200).map((difference) => {
    const before = "before" in difference ? make("del", {}, said(difference.before)) : null;
    const after = "after" in difference ? make("ins", {}, said(difference.after)) : null;
    const fact = $("record").querySelector(`.fact[data-pointer="${CSS.escape(difference.pointer)}"]`);
    if (fact) {
      fact.classList.add("changed");
      if (after) fact.after(make("span", { class: "change" }, " ", after.cloneNode(true)));
    }
    return make("li", {}, make("b", {}, told(difference.pointer)), " ", before, before && after ? " → " : null, after);
  });
  if (differences.length > items.length) items.push(make("li", {}, `… ${differences.length - items.length} more`));
  const box = make("section", { id: "differences", "aria-labelledby": "differences-title" }, make("h3", { id: "differences-title" }, "What the edit changes"), make("ul", {}, ...items));
  $("record").prepend(box);
  $("record").scrollTop = 0;
}

// ----------------------------------------------------------------------------------- the download

function download() {
  const format = name(state.view.to);
  const text = $("editor").hidden ? state.view.document : $("editor").value;
  const save = (blob) => {
    const url = URL.createObjectURL(blob);
    const id = state.view.record.protocolSection?.identificationModule?.nctId ?? "record";
    const file = `${String(id).replace(/[^A-Za-z0-9.-]/g, "-")}.${format.name}${format.ending}`;
    const link = make("a", { href: url, download: file });
    link.click();
    setTimeout(() => URL.revokeObjectURL(url), 60_000);
  };
  if (text !== null) {
    save(new Blob([text]));
    return;
  }
  sent("/convert", { ...options(), to: format.name, from: state.view.from, validate: "false" }, state.source.body)
    .then((answer) => answer.blob())
    .then(save, (error) => showProblems(problemsOf(error)));
}

// -------------------------------------------------------------------------------------- the start

function listen() {
  $("show").addEventListener("click", () => show());
  $("open").addEventListener("click", () => $("file").click());
  $("file").addEventListener("change", () => {
    if ($("file").files[0]) takeFile($("file").files[0]);
    $("file").value = "";
  });
  $("example").addEventListener("click", async () => {
    const answer = await fetch("/assets/example.json");
    $("source").value = await answer.text();
    $("from").value = "";
    await show();
  });
  $("source").addEventListener("paste", (event) => {
    // A record pasted into an empty field is shown at once.
    if (!$("source").value && event.clipboardData?.getData("text").length > 200) setTimeout(show);
  });
  $("source").addEventListener("keydown", (event) => {
    if (event.key === "Enter" && (event.ctrlKey || event.metaKey)) show();
  });
  $("from").addEventListener("change", () => sourceBytes().length && show());
  $("to").addEventListener("change", () => show());
  $("edit").addEventListener("click", () => ($("editor").hidden ? startEditing() : endEditing()));
  $("editor").addEventListener("input", edited);
  $("back").addEventListener("click", () => {
    const fact = $("record").querySelector(".fact[tabindex='0']");
    fact?.scrollIntoView({ block: "center" });
    fact?.focus({ preventScroll: true });
  });
  $("download").addEventListener("click", download);
  $("record").addEventListener("click", (event) => {
    const fact = event.target.closest(".fact");
    if (fact && !getSelection()?.toString()) locate(fact);
  });
  $("record").addEventListener("keydown", keyed);
  let over = 0;
  const dropping = (event) => [...(event.dataTransfer?.types ?? [])].includes("Files");
  addEventListener("dragenter", (event) => {
    if (dropping(event)) over += 1;
    $("drop").hidden = !over;
  });
  addEventListener("dragleave", (event) => {
    if (dropping(event)) over = Math.max(0, over - 1);
    $("drop").hidden = !over;
  });
  addEventListener("dragover", (event) => dropping(event) && event.preventDefault());
  addEventListener("drop", (event) => {
    over = 0;
    $("drop").hidden = true;
    if (!dropping(event)) return;
    event.preventDefault();
    if (event.dataTransfer.files[0]) takeFile(event.dataTransfer.files[0]);
  });
}

async function start() {
  listen();
  try {
    state.formats = await got("/formats");
  } catch (error) {
    say(problemsOf(error)[0].message);
    return;
  }
  for (const format of state.formats) {
    const option = () => make("option", { value: format.name }, `${format.name} — ${format.title}`);
    if (format.written) $("to").append(option());
    if (format.read) $("from").append(option());
  }
  $("to").value = "fhir-r5";
  document.documentElement.dataset.ready = "true";
}

start();
