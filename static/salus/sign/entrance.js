// The page for signing in: the way with a wallet is shown where the browser has one.

import { discover } from "./wallet.js";

discover(() => (document.querySelector("[data-wallet-entrance]").hidden = false));
