// What the page asks of the service: each answer is its object, or the problems that it tells.

export class Problems extends Error {
  constructor(problems) {
    super(problems.map((problem) => problem.message).join("\n"));
    this.problems = problems;
  }
}

const lost = (message) => [
  { severity: "error", layer: "service", path: "", code: "unreachable", message },
];

async function asked(path, options) {
  let answer;
  try {
    answer = await fetch(path, options);
  } catch (error) {
    if (error.name === "AbortError") throw error;
    throw new Problems(lost("The service does not answer. Is it still running?"));
  }
  if (answer.ok && !answer.headers.has("Trialbridge-Status")) return answer;
  let problems;
  try {
    problems = (await answer.json()).problems;
  } catch {
    problems = undefined;
  }
  throw new Problems(problems ?? lost(`The service answers ${answer.status}.`));
}

function query(parameters) {
  const said = Object.entries(parameters).filter(([, value]) => value);
  return new URLSearchParams(said).toString();
}

export async function got(path) {
  return (await asked(path, {})).json();
}

/** Send the bytes of a record, and give the answer. */
export async function sent(path, parameters, body, signal) {
  const headers = { "Content-Type": "application/octet-stream" };
  return asked(`${path}?${query(parameters)}`, { method: "POST", headers, body, signal });
}

export async function compared(before, after, format, signal) {
  const pair = { before, after, fromBefore: format, fromAfter: format };
  const headers = { "Content-Type": "application/json" };
  const body = JSON.stringify(pair);
  return (await asked("/page/diff", { method: "POST", headers, body, signal })).json();
}
