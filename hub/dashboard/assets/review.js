// Keys of the review page: a press does what the button that shows the key does. Without this file the forms do it all.

/** Whether keys belong to what has the focus: a text field takes letters. */
function takesText(element) {
  return element instanceof HTMLElement &&
    (element.isContentEditable || /^(INPUT|TEXTAREA|SELECT)$/.test(element.tagName));
}

/** Puts a region of another page in the place of the one of the same id here. */
async function show(link) {
  const id = link.dataset.into, place = document.getElementById(id);
  link.setAttribute("aria-busy", "true");
  const response = await fetch(link.href, { headers: { accept: "text/html" } });
  if (!response.ok) return location.assign(link.href);
  const page = new DOMParser().parseFromString(await response.text(), "text/html");
  const fresh = page.getElementById(id);
  if (fresh !== null && place !== null) place.replaceChildren(...fresh.childNodes);
}

document.addEventListener("click", (event) => {
  const link = event.target instanceof Element ? event.target.closest("a[data-into]") : null;
  if (link === null) return;
  event.preventDefault();
  show(link);
});

let sent = false;
document.addEventListener("submit", (event) => {
  // A key that is held down, or pressed twice, must not answer the next product too.
  if (sent) event.preventDefault();
  sent = true;
});
// Back in the browser's own history: the page may be used again.
addEventListener("pageshow", () => sent = false);

document.addEventListener("keydown", (event) => {
  if (event.ctrlKey || event.metaKey || event.altKey || event.repeat) return;
  if (event.key === "Escape" && takesText(document.activeElement)) {
    return document.activeElement.blur();
  }
  if (takesText(document.activeElement) || document.querySelector("dialog[open]") !== null) return;
  const key = event.key.toLowerCase();
  const target = document.querySelector(`[data-key="${CSS.escape(key)}"]`);
  if (target === null) return;
  event.preventDefault();
  if (target.tagName === "INPUT") target.focus();
  else target.click();
  if (target.tagName === "SUMMARY") target.parentElement.querySelector("input[name=code]")?.focus();
});
