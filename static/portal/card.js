// Hands what is typed into the gateway's own form to the gateway, then tells the server that it is done.
(function () {
  "use strict";
  const form = document.getElementById("gateway");
  const said = document.getElementById("card-error");
  const stripe = window.Stripe(form.dataset.key);
  const token = form.dataset.token;
  let card = null;
  if (!token) {
    card = stripe.elements().create("card");
    card.mount("#card-element");
  }
  form.addEventListener("submit", async function (event) {
    event.preventDefault();
    const button = form.querySelector("button");
    button.disabled = true;
    const secret = form.dataset.secret;
    const told = token
      ? await stripe.confirmCardPayment(secret, { payment_method: token })
      : await stripe.confirmCardSetup(secret, { payment_method: { card: card } });
    if (told.error) {
      said.textContent = told.error.message || "The bank did not agree.";
      button.disabled = false;
      return;
    }
    form.submit();
  });
})();
