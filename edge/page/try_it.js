// The try-it page's behaviour. It runs in the browser, as it stands here.

import { bar, byId, element, percent, setText, texts } from "./dom.js";
import { clearPicture, listenForPictures, pictureChosen } from "./picture.js";
import { showWhy } from "./why.js";

const POLL_MS = 5000;

const product = byId("product");
const result = byId("result");
/** The last answer, and the product it is about: the fields may be edited since. */
let prediction = null;
let predicted = null;
let digestShown = "";
/** Whether the served model looks at pictures. */
let readsPictures = true;

/** Fields as a form; a picture goes as the file it is. */
function formOf(fields) {
  const form = new FormData();
  for (const [name, value] of Object.entries(fields)) {
    if (value !== null) form.set(name, value);
  }
  return form;
}

/** Answers of the edge, good or bad, as values; throws only what the visitor should read. */
async function ask(path, body) {
  let response;
  try {
    response = await fetch(
      path,
      body === undefined ? {} : { method: "POST", body: formOf(body) },
    );
  } catch (cause) {
    throw new Error(texts.unreachable, { cause });
  }
  const value = await response.json();
  if (response.ok) return value;
  throw new Error(
    value.code === "no-release"
      ? texts.noModel
      : `${texts.failed} ${value.detail} (${value.requestId})`,
  );
}

function showProblem(message) {
  const problem = byId("problem");
  problem.textContent = message;
  problem.hidden = message === "";
}

/** Runs `work` with `form` locked; what goes wrong is shown, not lost. */
async function during(form, work) {
  const controls = [...form.elements];
  const focused = document.activeElement;
  for (const control of controls) control.disabled = true;
  form.setAttribute("aria-busy", "true");
  showProblem("");
  try {
    await work();
  } catch (error) {
    showProblem(error.message);
  } finally {
    for (const control of controls) control.disabled = false;
    form.removeAttribute("aria-busy");
    // A locked control loses the focus.
    if (form.contains(focused)) focused.focus();
  }
}

async function classify() {
  const fields = {
    designation: product.elements.designation.value,
    description: product.elements.description.value,
  };
  const picture = readsPictures ? pictureChosen() : null;
  if (!fields.designation.trim() && !fields.description.trim() && picture === null) {
    showProblem(texts.empty);
    product.elements.designation.focus();
    return;
  }
  const button = product.querySelector("button[type=submit]");
  button.textContent = texts.working;
  await during(product, async () => {
    const asked = { ...fields, image: picture?.sent ?? null };
    prediction = await ask("v1/predict", { ...asked, explain: "true" });
    predicted = asked;
    showResult();
    showWhy(prediction, picture?.bitmap ?? null);
  });
  button.textContent = texts.classify;
  if (byId("problem").hidden) byId("verdict").focus();
}

function showResult() {
  const { label, code, confidence, decision, top } = prediction;
  byId("verdict").replaceChildren(label, " ", element("span", percent.format(confidence), "share"));
  const verdict = byId("decision");
  verdict.textContent = texts[decision];
  verdict.dataset.decision = decision;
  byId("guesses").replaceChildren(...top.map((guess) => {
    const row = element("li");
    row.append(
      element("span", guess.label, "name"),
      bar(guess.confidence),
      element("span", percent.format(guess.confidence), "share"),
    );
    return row;
  }));
  byId("thanks").textContent = "";
  byId("code").value = "";
  for (const option of byId("code").options) option.disabled = option.value === code;
  result.hidden = false;
}

async function tell(code) {
  const { requestId } = prediction;
  await during(byId("feedback"), async () => {
    const answer = await ask("v1/feedback", {
      requestId,
      // The product goes along: behind a balancer, another edge may have answered.
      ...predicted,
      code,
      source: "try-it",
    });
    byId("thanks").textContent = answer.duplicate
      ? texts.thanksTwice
      : answer.stored
      ? texts.thanksStored
      : texts.thanksWaiting;
  });
}

/** The labels to choose from, by name. */
async function showLabels() {
  const { labels } = await ask("v1/labels");
  const sorted = labels.toSorted((a, b) => a.name.localeCompare(b.name));
  const options = sorted.map(({ code, name, known }) => {
    const option = element("option", known ? name : `${name} (${texts.newCode})`);
    option.value = code;
    return option;
  });
  const select = byId("code");
  const chosen = select.value;
  select.replaceChildren(select.options[0], ...options);
  select.value = chosen;
}

/** Says which model serves; asks for the labels again when it is another. */
async function showState() {
  const state = byId("state");
  try {
    const ready = await ask("readyz");
    const digest = `${ready.digest}/${ready.labelsVersion}`;
    if (digest !== digestShown) await showLabels();
    digestShown = digest;
    readsPictures = ready.kind !== "text";
    byId("picture").hidden = !readsPictures;
    byId("text-only").hidden = readsPictures;
    const parts = [
      `${texts.serving} ${texts.release} ${ready.sequence}`,
      `${texts.model} ${ready.digest.slice(0, 12)}`,
      `${ready.classes} ${texts.classes}`,
      ...(ready.hub === "unreachable" ? [texts.hubAway] : []),
    ];
    setText(state, parts.join(" · "));
    state.dataset.ok = "true";
  } catch (error) {
    setText(state, error.message);
    state.dataset.ok = "false";
  }
}

product.addEventListener("submit", (event) => {
  event.preventDefault();
  classify();
});
product.addEventListener("keydown", (event) => {
  if (event.key === "Enter" && (event.ctrlKey || event.metaKey)) product.requestSubmit();
});
listenForPictures({
  onChange: () => {
    result.hidden = true;
  },
  onProblem: showProblem,
});
byId("example").addEventListener("click", () => {
  if (pictureChosen() !== null) clearPicture();
  product.elements.designation.value = texts.exampleDesignation;
  product.elements.description.value = texts.exampleDescription;
  product.elements.designation.focus();
});
byId("feedback").addEventListener("submit", (event) => {
  event.preventDefault();
  tell(byId("code").value);
});
byId("right").addEventListener("click", () => tell(prediction.code));

for (;;) {
  if (!document.hidden) await showState();
  await new Promise((resolve) => setTimeout(resolve, POLL_MS));
}
