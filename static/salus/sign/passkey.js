// Passkeys: made, and asked to sign (WebAuthn level 3).

import { base64url, bytesOf } from "./bytes.js";
import { Trouble } from "./trouble.js";

const PATIENCE = 120_000; // milliseconds until the browser gives up
const REASONS = {
  NotAllowedError: "passkey-refused",
  AbortError: "passkey-refused",
  SecurityError: "passkey-elsewhere",
  InvalidStateError: "passkey-known",
  ConstraintError: "passkey-unfit",
};

export const possible = () => Boolean(globalThis.PublicKeyCredential && navigator.credentials);

/** Have a passkey sign the challenge; the fields of the form that it fills. */
export async function sign({ challenge, rpId, credentials }, signal) {
  const publicKey = {
    challenge: bytesOf(challenge),
    rpId,
    allowCredentials: credentials.map(descriptor),
    userVerification: "required",
    timeout: PATIENCE,
  };
  const made = await asked(() => navigator.credentials.get({ publicKey, signal }));
  return {
    credential: base64url(made.rawId),
    authenticator_data: base64url(made.response.authenticatorData),
    client_data: base64url(made.response.clientDataJSON),
    signature: base64url(made.response.signature),
  };
}

/** Have a passkey answer a sign-in; what is asked and answered is WebAuthn's own JSON. */
export async function answer(options) {
  if (!possible()) throw new Trouble("passkey-missing");
  const publicKey = {
    ...options,
    challenge: bytesOf(options.challenge),
    allowCredentials: (options.allowCredentials ?? []).map(descriptor),
    timeout: PATIENCE,
  };
  const made = await asked(() => navigator.credentials.get({ publicKey }));
  const { authenticatorData, clientDataJSON, signature, userHandle } = made.response;
  return {
    id: made.id,
    rawId: base64url(made.rawId),
    type: made.type,
    response: {
      authenticatorData: base64url(authenticatorData),
      clientDataJSON: base64url(clientDataJSON),
      signature: base64url(signature),
      userHandle: userHandle ? base64url(userHandle) : null,
    },
    clientExtensionResults: made.getClientExtensionResults(),
  };
}

/** Have a passkey made; what the server asked for and is answered is WebAuthn's own JSON. */
export async function make(options) {
  if (!possible()) throw new Trouble("passkey-missing");
  const publicKey = {
    ...options,
    challenge: bytesOf(options.challenge),
    user: { ...options.user, id: bytesOf(options.user.id) },
    excludeCredentials: (options.excludeCredentials ?? []).map(descriptor),
    timeout: PATIENCE,
  };
  const made = await asked(() => navigator.credentials.create({ publicKey }));
  return {
    id: made.id,
    rawId: base64url(made.rawId),
    type: made.type,
    response: {
      clientDataJSON: base64url(made.response.clientDataJSON),
      attestationObject: base64url(made.response.attestationObject),
      transports: made.response.getTransports?.() ?? [],
    },
    clientExtensionResults: made.getClientExtensionResults(),
  };
}

function descriptor({ id, transports }) {
  const hints = transports?.length ? { transports } : {};
  return { type: "public-key", id: bytesOf(id), ...hints };
}

async function asked(ask) {
  try {
    return await ask();
  } catch (error) {
    throw new Trouble(REASONS[error?.name] ?? "passkey-failed", {}, error);
  }
}
