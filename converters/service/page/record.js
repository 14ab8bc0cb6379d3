// The record as a person reads it. Each value is a fact, which knows its place in the model.

import { escaped, make, title, words } from "/assets/dom.js";

const MOST_SITES = 300;

/** Makes the facts of one record, and remembers which are shown. */
class Facts {
  constructor(record) {
    this.record = record;
    this.shown = new Set();
  }

  get(pointer) {
    let node = this.record;
    for (const step of pointer.split("/").slice(1)) {
      if (node === null || typeof node !== "object") return undefined;
      node = node[step.replaceAll("~1", "/").replaceAll("~0", "~")];
    }
    return node;
  }

  /** The fact at a place, null if the record says nothing there. */
  fact(pointer, say = words, className = "") {
    const value = this.get(pointer);
    if (value === undefined || this.shown.has(pointer)) return null;
    if (value !== null && typeof value === "object" && Object.keys(value).length) return null;
    this.shown.add(pointer);
    const text = value !== null && typeof value === "object" ? "(empty)" : say(value);
    return make(
      "span",
      { class: `fact ${className}`.trim(), role: "button", tabindex: "-1", "data-pointer": pointer },
      text === "" ? "(empty)" : text,
    );
  }

  list(pointer) {
    const found = this.get(pointer);
    return Array.isArray(found) ? found.map((_, index) => `${pointer}/${index}`) : [];
  }

  /** The facts of a list of values, with commas between them. */
  listed(pointer, say = words) {
    return joined(this.list(pointer).map((each) => this.fact(each, say)));
  }
}

function joined(nodes, between = ", ") {
  const there = nodes.filter((node) => node);
  return there.flatMap((node, index) => (index ? [between, node] : [node]));
}

const plain = (value) => String(value);
const yes = (value) => (value === true ? "Yes" : value === false ? "No" : String(value));
// The registry's markup as people read it, without its escapes.
const markup = (value) => String(value).replace(/\\([\\`*_{}[\]()#+.!<>&~|=-])/g, "$1");

function rows(...pairs) {
  const found = pairs.filter(([, nodes]) => nodes.filter((node) => node).length);
  if (!found.length) return null;
  const list = make("dl");
  for (const [name, nodes] of found) {
    list.append(make("div", {}, make("dt", {}, name), make("dd", {}, ...nodes.filter((n) => n))));
  }
  return list;
}

function part(name, ...nodes) {
  const there = nodes.filter((node) => node);
  return there.length ? make("section", { class: "part" }, make("h3", {}, name), ...there) : null;
}

function folded(name, count, open, ...nodes) {
  if (!count) return null;
  const summary = make("summary", {}, make("h3", {}, `${name} (${count.toLocaleString("en")})`));
  return make("details", { class: "part", open }, summary, ...nodes.filter((node) => node));
}

const P = "/protocolSection";
const ID = `${P}/identificationModule`;
const STATUS = `${P}/statusModule`;
const SPONSOR = `${P}/sponsorCollaboratorsModule`;
const DESIGN = `${P}/designModule`;
const INFO = `${DESIGN}/designInfo`;
const ARMS = `${P}/armsInterventionsModule`;
const ELIGIBLE = `${P}/eligibilityModule`;
const PLACES = `${P}/contactsLocationsModule`;

function heading(facts) {
  const name = facts.fact(`${ID}/briefTitle`, plain) ?? facts.fact(`${ID}/officialTitle`, plain);
  const status = facts.fact(`${STATUS}/overallStatus`, words, "badge");
  return make(
    "div",
    { class: "heading" },
    make("p", { class: "ids" }, ...joined([facts.fact(`${ID}/nctId`, plain), status, facts.fact(`${ID}/acronym`, plain)], " · ")),
    make("h2", {}, name ?? "(no title)"),
    name && facts.get(`${ID}/officialTitle`) !== undefined
      ? make("p", { class: "official" }, facts.fact(`${ID}/officialTitle`, plain) ?? "")
      : null,
  );
}

function overview(facts) {
  const day = (name) => [facts.fact(`${STATUS}/${name}Struct/date`, plain), ...kind(name)];
  const kind = (name) => {
    const found = facts.fact(`${STATUS}/${name}Struct/type`);
    return found ? [" (", found, ")"] : [];
  };
  const ages = joined([facts.fact(`${ELIGIBLE}/minimumAge`, plain), facts.fact(`${ELIGIBLE}/maximumAge`, plain)], " to ");
  return part(
    "At a glance",
    rows(
      ["Type", [facts.fact(`${DESIGN}/studyType`)]],
      ["Phase", facts.listed(`${DESIGN}/phases`)],
      ["Conditions", facts.listed(`${P}/conditionsModule/conditions`, plain)],
      ["Keywords", facts.listed(`${P}/conditionsModule/keywords`, plain)],
      ["Enrolment", joined([facts.fact(`${DESIGN}/enrollmentInfo/count`, plain), facts.fact(`${DESIGN}/enrollmentInfo/type`)])],
      ["Ages", ages],
      ["Sex", [facts.fact(`${ELIGIBLE}/sex`)]],
      ["Healthy volunteers", [facts.fact(`${ELIGIBLE}/healthyVolunteers`, yes)]],
      ["Start", day("startDate")],
      ["Primary completion", day("primaryCompletionDate")],
      ["Completion", day("completionDate")],
      ["Sponsor", joined([facts.fact(`${SPONSOR}/leadSponsor/name`, plain), facts.fact(`${SPONSOR}/leadSponsor/class`)])],
      ["Collaborators", joined(facts.list(`${SPONSOR}/collaborators`).map((each) => facts.fact(`${each}/name`, plain)))],
    ),
  );
}

function summary(facts) {
  const text = facts.fact(`${P}/descriptionModule/briefSummary`, markup, "text");
  const long = facts.fact(`${P}/descriptionModule/detailedDescription`, markup, "text");
  return part(
    "Summary",
    text,
    long ? make("details", {}, make("summary", {}, "Detailed description"), long) : null,
  );
}

function receives(facts, arm, intervention) {
  const label = facts.get(`${arm}/label`);
  const name = facts.get(`${intervention}/name`);
  const labels = facts.get(`${intervention}/armGroupLabels`) ?? [];
  const names = facts.get(`${arm}/interventionNames`) ?? [];
  return labels.includes(label) || names.some((each) => each === name || each.endsWith(`: ${name}`));
}

function design(facts, picture) {
  const said = rows(
    ["Allocation", [facts.fact(`${INFO}/allocation`)]],
    ["Model", [facts.fact(`${INFO}/interventionModel`), facts.fact(`${INFO}/observationalModel`)]],
    ["Purpose", [facts.fact(`${INFO}/primaryPurpose`)]],
    ["Time perspective", [facts.fact(`${INFO}/timePerspective`)]],
    ["Masking", [facts.fact(`${INFO}/maskingInfo/masking`)]],
    ["Who is masked", facts.listed(`${INFO}/maskingInfo/whoMasked`)],
    ["How they are assigned", [facts.fact(`${INFO}/interventionModelDescription`, markup)]],
    ["How they are masked", [facts.fact(`${INFO}/maskingInfo/maskingDescription`, markup)]],
  );
  return part("Design", said, picture, armsTable(facts));
}

function armsTable(facts) {
  const arms = facts.list(`${ARMS}/armGroups`);
  const interventions = facts.list(`${ARMS}/interventions`);
  if (!arms.length && !interventions.length) return null;
  const head = interventions.map((each) =>
    make(
      "th",
      { scope: "col" },
      facts.fact(`${each}/name`, plain),
      make("small", {}, facts.fact(`${each}/type`) ?? ""),
      make("small", {}, facts.fact(`${each}/description`, markup, "text") ?? ""),
    ),
  );
  const body = arms.map((arm) =>
    make(
      "tr",
      {},
      make(
        "th",
        { scope: "row" },
        facts.fact(`${arm}/label`, plain),
        make("small", {}, facts.fact(`${arm}/type`) ?? ""),
        make("small", {}, facts.fact(`${arm}/description`, markup, "text") ?? ""),
      ),
      ...interventions.map((each) => {
        const given = receives(facts, arm, each);
        return make("td", {}, given ? make("span", { "aria-label": "receives" , role: "img"}, "●") : "");
      }),
    ),
  );
  const corner = make("td", {}, "");
  const table = make("table", {}, make("thead", {}, make("tr", {}, corner, ...head)), make("tbody", {}, ...body));
  return make("div", { class: "wide", tabindex: "0", role: "region", "aria-label": "Arms by interventions" }, table);
}

function outcomes(facts) {
  const lists = ["primary", "secondary", "other"].map((kind) => {
    const found = facts.list(`${P}/outcomesModule/${kind}Outcomes`);
    if (!found.length) return null;
    const items = found.map((each) => {
      const frame = facts.fact(`${each}/timeFrame`, plain);
      const how = facts.fact(`${each}/description`, markup, "text");
      return make("li", {}, facts.fact(`${each}/measure`, plain), frame ? " — " : null, frame, how ? make("div", { class: "more" }, how) : null);
    });
    return make("div", {}, make("h4", {}, words(kind.toUpperCase())), make("ol", {}, ...items));
  });
  return part("Outcomes", ...lists);
}

function criteria(facts) {
  return part(
    "Eligibility",
    facts.fact(`${ELIGIBLE}/eligibilityCriteria`, markup, "text"),
    rows(
      ["Population", [facts.fact(`${ELIGIBLE}/studyPopulation`, markup)]],
      ["Sampling", [facts.fact(`${ELIGIBLE}/samplingMethod`)]],
    ),
  );
}

function sites(facts) {
  const found = facts.list(`${PLACES}/locations`);
  const items = found.slice(0, MOST_SITES).map((each) => {
    const names = ["facility", "city", "state", "zip", "country"].map((name) => facts.fact(`${each}/${name}`, plain));
    const status = facts.fact(`${each}/status`, words, "badge");
    return make("li", {}, ...joined(names), status ? " " : null, status);
  });
  if (found.length > MOST_SITES) items.push(make("li", {}, `… ${found.length - MOST_SITES} more`));
  return folded("Sites", found.length, found.length <= 10, make("ul", {}, ...items));
}

/** What has no place of its own above: all other values, by section. */
function others(facts) {
  const groups = new Map();
  let count = 0;
  const walk = (node, pointer) => {
    if (node !== null && typeof node === "object" && Object.keys(node).length) {
      for (const key of Object.keys(node)) walk(node[key], `${pointer}/${escaped(key)}`);
      return;
    }
    if (facts.shown.has(pointer) || pointer.startsWith(`${PLACES}/locations/`)) return;
    const steps = pointer.split("/").slice(1);
    const group = /Section$/.test(steps[0]) && steps.length > 2 ? steps.slice(0, 2).join("/") : steps[0];
    if (!groups.has(group)) groups.set(group, []);
    groups.get(group).push(pointer);
    count += 1;
  };
  walk(facts.record, "");
  const most = 500;
  const parts = [...groups].map(([group, pointers]) => {
    const listed = pointers.slice(0, most).map((pointer) => {
      const rest = pointer.split("/").slice(1 + group.split("/").length);
      const name = rest.map((step) => (/^\d+$/.test(step) ? Number(step) + 1 : title(step))).join(" ");
      return [name || title(group), [facts.fact(pointer, (value) => words(value ?? "null"))]];
    });
    const left = pointers.length - listed.length;
    return make("div", {}, make("h4", {}, title(group.split("/").pop())), rows(...listed), left > 0 ? `… ${left} more` : "");
  });
  return folded("All other facts", count, false, ...parts);
}

/** Show a record in an element. `picture` is the element of its design, or null. */
export function showRecord(element, record, picture) {
  const facts = new Facts(record);
  const parts = [
    heading(facts),
    overview(facts),
    summary(facts),
    design(facts, picture),
    outcomes(facts),
    criteria(facts),
    sites(facts),
    others(facts),
  ];
  element.replaceChildren(...parts.filter((each) => each));
  const first = element.querySelector(".fact");
  if (first) first.tabIndex = 0;
}
