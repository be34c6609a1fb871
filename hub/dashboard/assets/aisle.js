// Small things on top of pages that are whole without them: local times, live sections, live job logs, dialogs.

// The page's language; of which country, the browser knows best.
const LANG =
  [...navigator.languages].find((tag) => tag.split("-")[0] === document.documentElement.lang) ??
    document.documentElement.lang;
const ABSOLUTE = new Intl.DateTimeFormat(LANG, { dateStyle: "medium", timeStyle: "short" });
const CLOCK = new Intl.DateTimeFormat(LANG, { timeStyle: "medium" });
const AGO = new Intl.RelativeTimeFormat(LANG, { numeric: "auto", style: "short" });
const REFRESH_MS = 4000, SOON_MS = 500;

/** Writes times in the viewer's zone; those of less than a day ago also say how long ago. */
function localise(root) {
  for (const time of root.querySelectorAll("time[datetime]")) {
    const at = new Date(time.dateTime);
    if (Number.isNaN(at.getTime())) continue;
    const seconds = (at.getTime() - Date.now()) / 1000;
    time.title = at.toISOString();
    if (time.dataset.form === "clock") time.textContent = CLOCK.format(at);
    else if (time.dataset.form === "ago" && Math.abs(seconds) < 86_400) {
      time.textContent = ago(seconds);
    } else time.textContent = ABSOLUTE.format(at);
  }
}

function ago(seconds) {
  if (Math.abs(seconds) < 60) return AGO.format(Math.round(seconds), "second");
  if (Math.abs(seconds) < 3600) return AGO.format(Math.round(seconds / 60), "minute");
  return AGO.format(Math.round(seconds / 3600), "hour");
}

/** Replaces sections marked `data-live` by those of the same page as it is now. */
async function refresh() {
  if (document.hidden) return;
  const response = await fetch(location.href, {
    headers: { accept: "text/html", "x-aisle-refresh": "1" },
  });
  // Signed out meanwhile: the server answers with another page.
  if (response.redirected) return location.reload();
  if (!response.ok) return;
  const page = new DOMParser().parseFromString(await response.text(), "text/html");
  localise(page);
  for (const fresh of page.querySelectorAll("[data-live][id]")) {
    const old = document.getElementById(fresh.id);
    if (old === null || old.innerHTML === fresh.innerHTML) continue;
    // What somebody is using stays as it is.
    const opened = old.querySelector(
      "details[open] input, details[open] form, tbody input:checked",
    );
    if (old.contains(document.activeElement) || opened) continue;
    old.replaceChildren(...document.importNode(fresh, true).childNodes);
  }
  soon();
}

/** What says that it is shown in a moment is fetched in a moment. */
function soon() {
  if (document.querySelector("[data-soon]") === null) return;
  setTimeout(() => refresh().catch(() => {/* the next round tries again */}), SOON_MS);
}

/** Follows a job: appends what it tells, moves the bar, reloads the facts at its end. */
function follow(list) {
  const bar = document.getElementById("progress");
  const state = document.getElementById("job-state");
  const source = new EventSource(list.dataset.events);
  source.onmessage = (message) => {
    const event = JSON.parse(message.data);
    if (event.type === "progress") {
      bar.hidden = false;
      bar.firstElementChild.textContent = [event.stage, event.what].filter(Boolean).join(" ");
      bar.lastElementChild.max = event.total || 1;
      bar.lastElementChild.value = event.done;
      return;
    }
    if (event.final) {
      source.close();
      bar.hidden = true;
      state.textContent = event.state;
      refresh();
      return;
    }
    if (event.type === "metric") return;
    const atEnd = list.scrollHeight - list.scrollTop - list.clientHeight < 40;
    list.append(line(event));
    if (atEnd) list.scrollTop = list.scrollHeight;
  };
}

/** One event as a line of the log. Text only: what a job says is never markup. */
function line(event) {
  const item = document.createElement("li"), time = document.createElement("time");
  time.dateTime = event.at;
  time.dataset.form = "clock";
  const { seq: _seq, at: _at, type, message, stage, state, ms, summary, error, ...rest } = event;
  const more = Object.keys(rest).length > 0 && message === undefined ? JSON.stringify(rest) : "";
  const took = ms === undefined ? "" : `${(ms / 1000).toFixed(1)} s`;
  const words = [stage, type === "stage" || type === "state" ? state : "", took, summary, message]
    .concat(error?.message, more).filter(Boolean).join("  ");
  const text = document.createElement("span");
  text.textContent = ` ${words}`;
  if (state === "failed" || event.level === "error") text.className = "bad";
  item.append(time, text);
  localise(item);
  return item;
}

localise(document);
soon();
const log = document.querySelector("[data-events]");
if (log !== null) {
  log.replaceChildren();
  follow(log);
}
if (document.querySelector("[data-live]") !== null) {
  setInterval(
    () => refresh().catch(() => {/* the hub is away: the page stays as it was */}),
    REFRESH_MS,
  );
}

/** Asks in a dialog; resolves to whether the answer was yes. Esc is no. */
function ask(question) {
  const { cancel, goOn } = document.documentElement.dataset;
  const dialog = document.createElement("dialog"), text = document.createElement("p");
  text.id = "question";
  text.textContent = question;
  dialog.setAttribute("aria-labelledby", text.id);
  const row = document.createElement("form");
  row.method = "dialog";
  row.className = "row";
  for (const [value, label] of [["", cancel], ["yes", goOn]]) {
    const button = document.createElement("button");
    button.value = value;
    button.textContent = label;
    button.className = value === "" ? "plain" : "main";
    row.append(button);
  }
  dialog.append(text, row);
  document.body.append(dialog);
  dialog.showModal();
  return new Promise((resolve) => {
    dialog.addEventListener("close", () => {
      dialog.remove();
      resolve(dialog.returnValue === "yes");
    });
  });
}

// On the document, so that forms of regions that were refreshed meanwhile are asked for too.
document.addEventListener("submit", async (event) => {
  const form = event.target, button = event.submitter;
  if (!form.dataset?.confirm || form.dataset.sure) return;
  event.preventDefault();
  if (!await ask(form.dataset.confirm)) return button?.focus();
  form.dataset.sure = "yes";
  form.requestSubmit(button);
});
for (const form of document.querySelectorAll("form[data-autosubmit]")) {
  form.querySelector("button").hidden = true;
  form.addEventListener("change", () => form.requestSubmit());
}
