// The QR code's address carries the code behind the #: put it into the form, and out of the address.
const code = decodeURIComponent(location.hash.slice(1));
const field = document.getElementById("id_code");
if (field && /^[0-9A-Za-z-]{16,40}$/.test(code)) {
  field.value = code;
  history.replaceState(null, "", location.pathname + location.search);
}
