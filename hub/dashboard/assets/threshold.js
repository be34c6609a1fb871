// A slider over the rows of a table: what each threshold would accept, one at a time. The table stays, folded.

for (const panel of document.querySelectorAll("[data-slider]")) {
  const details = document.getElementById(panel.dataset.slider);
  const rows = [...details.querySelectorAll("tbody tr")];
  const slider = panel.querySelector("input");
  if (rows.length === 0) continue;
  const show = () => {
    const cells = rows[slider.valueAsNumber].cells;
    for (const place of panel.querySelectorAll("[data-cell]")) {
      place.textContent = cells[Number(place.dataset.cell)].textContent;
    }
    slider.setAttribute("aria-valuetext", [...cells].map((cell) => cell.textContent).join(", "));
  };
  slider.max = rows.length - 1;
  slider.value = panel.dataset.start;
  slider.addEventListener("input", show);
  show();
  panel.hidden = false;
  details.open = false;
}
