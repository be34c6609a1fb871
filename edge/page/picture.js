// The picture of the product: chosen, photographed, dropped or pasted. It is shown on a canvas, which needs no address
// of it. Large photographs are made smaller before they travel; that also leaves out where they were taken.

import { byId, texts } from "./dom.js";

/** Longest side and bytes of what is sent as it is. */
const MAX_SIDE = 2048, MAX_BYTES = 1_500_000;
/** Longest side of what was larger; encoders look at far less. */
const SHRUNK_SIDE = 1280;
/** Longest side of the preview. */
const PREVIEW_SIDE = 480;
const SENT_TYPES = ["image/jpeg", "image/png", "image/webp"];

/** What is sent and what is drawn. */
let chosen = null;
let onChange = () => {};
let onProblem = () => {};

/** The chosen picture; null without one. */
export const pictureChosen = () => chosen;

/** Draws `bitmap` into `canvas`, its longest side `side`, or no longer than it is unless `enlarge`. */
export function draw(canvas, bitmap, side, enlarge = false) {
  const fitting = side / Math.max(bitmap.width, bitmap.height);
  const scale = enlarge ? fitting : Math.min(1, fitting);
  canvas.width = Math.max(1, Math.round(bitmap.width * scale));
  canvas.height = Math.max(1, Math.round(bitmap.height * scale));
  const context = canvas.getContext("2d");
  context.fillStyle = "white";
  context.fillRect(0, 0, canvas.width, canvas.height);
  context.imageSmoothingQuality = "high";
  context.drawImage(bitmap, 0, 0, canvas.width, canvas.height);
  return context;
}

/** What is sent of `file`: itself, or a smaller JPEG of what the browser makes of it. */
async function sentOf(file, bitmap) {
  const asItIs = SENT_TYPES.includes(file.type) && file.size <= MAX_BYTES &&
    Math.max(bitmap.width, bitmap.height) <= MAX_SIDE;
  if (asItIs) return file;
  const canvas = document.createElement("canvas");
  draw(canvas, bitmap, SHRUNK_SIDE);
  return await new Promise((resolve) => canvas.toBlob(resolve, "image/jpeg", 0.9));
}

async function choose(file) {
  onProblem("");
  try {
    const bitmap = await createImageBitmap(file);
    chosen = { sent: await sentOf(file, bitmap), bitmap };
  } catch {
    // What the browser cannot draw cannot be shown, and the edge would hardly read it.
    return onProblem(texts.pictureBad);
  }
  draw(byId("preview"), chosen.bitmap, PREVIEW_SIDE);
  byId("previewed").hidden = false;
  byId("ways").hidden = true;
  onChange();
}

/** Takes the picture away again. */
export function clearPicture() {
  chosen = null;
  byId("previewed").hidden = true;
  byId("ways").hidden = false;
  for (const id of ["image", "camera"]) byId(id).value = "";
  onChange();
}

const imageIn = (files) => [...files ?? []].find((file) => file.type.startsWith("image/"));

/** Makes the ways in work: two inputs, dropping anywhere, pasting anywhere. */
export function listenForPictures(listeners) {
  ({ onChange, onProblem } = listeners);
  const zone = byId("picture");
  for (const id of ["image", "camera"]) {
    byId(id).addEventListener("change", (event) => {
      const [file] = event.target.files;
      if (file !== undefined) choose(file);
    });
  }
  byId("remove").addEventListener("click", () => {
    clearPicture();
    byId("image").focus();
  });
  document.addEventListener("dragover", (event) => {
    if (!event.dataTransfer.types.includes("Files")) return;
    event.preventDefault();
    zone.dataset.over = "true";
  });
  document.addEventListener("dragleave", (event) => {
    if (event.relatedTarget === null) delete zone.dataset.over;
  });
  document.addEventListener("drop", (event) => {
    delete zone.dataset.over;
    if (event.dataTransfer.files.length === 0) return;
    event.preventDefault();
    const file = imageIn(event.dataTransfer.files);
    if (file === undefined) onProblem(texts.pictureBad);
    else choose(file);
  });
  document.addEventListener("paste", (event) => {
    const file = imageIn(event.clipboardData?.files);
    if (file === undefined) return;
    event.preventDefault();
    choose(file);
  });
}
