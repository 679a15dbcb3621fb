// Figures that follow what is typed: the form is sent as it stands, and the answer is shown beside it.
// Without this script the same figures stand on the confirmation page.
document.addEventListener("DOMContentLoaded", () => {
  for (const form of document.querySelectorAll("form[data-live]")) {
    const facts = form.querySelector("[data-live-facts]");
    let waiting, asked = 0;
    const ask = async () => {
      const mine = ++asked;
      const answer = await fetch(location.href, {
        method: "POST", headers: { "X-Desk-Live": "1" }, body: new FormData(form),
      });
      if (mine === asked && answer.ok) facts.innerHTML = await answer.text();
    };
    form.addEventListener("input", () => { clearTimeout(waiting); waiting = setTimeout(ask, 250); });
  }
});

// Ctrl + Enter keeps what is typed.
document.addEventListener("keydown", (event) => {
  if (event.key !== "Enter" || !(event.ctrlKey || event.metaKey)) return;
  const form = event.target.closest("form[data-keeps]");
  if (form) form.requestSubmit(form.querySelector("button[name=step][value=save]"));
});

// One tick for all rows of a page.
document.addEventListener("change", (event) => {
  if (!event.target.matches("[data-tick-all]")) return;
  const table = event.target.closest("table");
  for (const box of table.querySelectorAll("tbody input[type=checkbox]")) box.checked = event.target.checked;
});
