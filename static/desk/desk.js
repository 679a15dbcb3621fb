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
