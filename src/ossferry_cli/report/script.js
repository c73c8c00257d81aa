
"use strict";
(() => {
  // The marks of a picture, one after the other: by pointer, or by arrow keys once it has focus.
  for (const chart of document.querySelectorAll(".chart")) {
    const marks = [...chart.querySelectorAll(".m, .start")].filter((mark) => mark.querySelector("title"));
    const readout = chart.parentElement.querySelector(".readout");
    if (!marks.length) continue;
    readout.hidden = false;
    let at = -1;
    const show = (next) => {
      if (marks[at]) marks[at].classList.remove("on");
      at = Math.max(0, Math.min(marks.length - 1, next));
      marks[at].classList.add("on");
      readout.textContent = marks[at].querySelector("title").textContent;
    };
    chart.addEventListener("pointerover", (event) => {
      const found = marks.indexOf(event.target.closest("rect, path"));
      if (found >= 0) show(found);
    });
    chart.addEventListener("keydown", (event) => {
      const next = { ArrowRight: at + 1, ArrowDown: at + 1, ArrowLeft: at - 1, ArrowUp: at - 1, Home: 0, End: marks.length }[event.key];
      if (next === undefined || event.ctrlKey || event.altKey || event.metaKey) return;
      event.preventDefault();
      show(next);
      marks[at].scrollIntoView({ block: "nearest", inline: "nearest" });
    });
  }
  const filter = document.getElementById("filter");
  if (!filter) return;
  const rows = [...document.querySelectorAll("#failed tbody tr")];
  const texts = rows.map((row) => row.textContent.toLowerCase());
  const matching = document.getElementById("matching");
  const apply = () => {
    const wanted = filter.value.trim().toLowerCase();
    let count = 0;
    rows.forEach((row, place) => {
      row.hidden = !texts[place].includes(wanted);
      count += !row.hidden;
    });
    matching.textContent = `${count} of ${rows.length}`;
  };
  filter.addEventListener("input", apply);
  filter.closest("p").hidden = false;
  apply();
})();
