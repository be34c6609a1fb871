/**
 * The page at `/`: its bones, in the visitor's language; `try_it.js` makes it move.
 *
 * @module
 */
import { html, raw } from "hono/html";
import { type Language, TEXTS } from "./texts.ts";

/** An empty picture, so that browsers do not ask for /favicon.ico. */
const NO_ICON = "data:,";

/** The page as HTML. */
export function tryPage(
  { catalogue, language }: { readonly catalogue: string; readonly language: Language },
): string {
  const t = TEXTS[language];
  // "<" would let a text end the script element.
  const texts = raw(JSON.stringify(t).replaceAll("<", "\\u003c"));
  const other = (to: Language, name: string) =>
    html`<a href="?lang=${to}" hreflang="${to}" lang="${to}" ${
      to === language ? raw('aria-current="true"') : ""
    }>${name}</a>`;
  return String(html`
    <!doctype html>
    <html lang="${language}">
      <head>
        <meta charset="utf-8">
        <meta name="viewport" content="width=device-width, initial-scale=1">
        <meta name="color-scheme" content="light dark">
        <title>Aisle · ${t.title} · ${catalogue}</title>
        <link rel="icon" href="${NO_ICON}">
        <link rel="stylesheet" href="assets/page.css">
        <script type="module" src="assets/try_it.js"></script>
        <script type="application/json" id="texts">${texts}</script>
      </head>
      <body>
        <header>
          <p class="brand">Aisle <span>${catalogue}</span></p>
          <nav aria-label="${t.language}">${other("en", "English")} ${other("fr", "Français")}</nav>
          <nav><a href="docs">${t.docs}</a></nav>
        </header>
        <main>
          <h1>${t.title}</h1>
          <p class="intro">${t.intro}</p>
          <p id="state" class="state" role="status">${t.loading}</p>
          <noscript><p class="problem">${t.noScript}</p></noscript>
          <form id="product">
            <label for="designation">${t.designation} <small>${t.designationHint}</small></label>
            <input id="designation" name="designation" maxlength="4000" autocomplete="off" autofocus>
            <label
              for="description">${t.description} <small>${t.descriptionHint} <span class="keys">${t
                .descriptionKeys}</span></small></label>
            <textarea id="description" name="description" rows="4" maxlength="50000"></textarea>
            <div id="picture" class="picture" role="group" aria-labelledby="picture-label">
              <span id="picture-label"
                class="label">${t.picture} <small class="keys">${t
                  .pictureHint}</small></span>
              <div id="previewed" hidden>
                <canvas id="preview" role="img" aria-label="${t.pictureShown}"></canvas>
                <button type="button" id="remove">${t.pictureRemove}</button>
              </div>
              <div id="ways" class="buttons">
                <label class="button"><input
                  id="image" type="file" accept="image/*">${t.pictureChoose}</label>
                <label class="button camera"><input
                  id="camera" type="file" accept="image/*" capture="environment">${t
                    .pictureTake}</label>
              </div>
            </div>
            <p id="text-only" class="state" hidden>${t.textOnly}</p>
            <div class="buttons">
              <button type="submit" class="primary">${t.classify}</button>
              <button type="button" id="example">${t.example}</button>
            </div>
          </form>
          <p id="problem" class="problem" role="alert" hidden></p>
          <section id="result" aria-labelledby="verdict" hidden>
            <h2 id="verdict" tabindex="-1"></h2>
            <p id="decision" class="decision"></p>
            <ol id="guesses" class="bars" aria-label="${t.others}"></ol>
            <p id="rests-on" class="rests-on"></p>
            <ul id="branches" class="branches"></ul>
            <section id="why" aria-labelledby="why-title" hidden>
              <h3 id="why-title">${t.why}</h3>
              <figure id="heat-figure">
                <canvas id="heat" role="img"></canvas>
                <figcaption><span id="heat-caption"></span>
                  <label class="check"><input id="heat-shown" type="checkbox" checked> ${t
                    .heatShow}</label></figcaption>
              </figure>
              <div id="why-text">
                <p class="hint">${t.whyText}</p>
                <p id="read-designation" class="read"></p>
                <p id="read-description" class="read"></p>
                <ol id="words" class="bars" aria-label="${t.whyWords}"></ol>
              </div>
            </section>
            <form id="feedback">
              <button type="button" id="right">${t.right}</button>
              <div class="correct">
                <label for="code">${t.wrong}</label>
                <select id="code" required><option value="">${t.choose}</option></select>
                <button type="submit">${t.send}</button>
              </div>
              <p id="thanks" role="status"></p>
            </form>
          </section>
        </main>
      </body>
    </html>
  `);
}
