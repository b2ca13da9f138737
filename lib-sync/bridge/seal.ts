import { createCipheriv, createDecipheriv, randomBytes } from "node:crypto";

const CIPHER = "aes-256-gcm";
const NONCE = 12;
const TAG = 16;

/** How many bytes a secret has. */
export const SECRET_SIZE = 32;

/** Which way a text goes: one that comes back as it was sent is no answer. */
type Way = "to the child" | "to the parent";

/**
 * Bytes as text that only the other holder of the secret can read or make. The port that a child listened on may
 * belong to another program by the time the next message, with an API key in it, goes there.
 */
export function seal(secret: Uint8Array, way: Way, bytes: Uint8Array): string {
  const nonce = randomBytes(NONCE);
  const cipher = createCipheriv(CIPHER, secret, nonce).setAAD(Buffer.from(way));
  const sealed = [nonce, cipher.update(bytes), cipher.final(), cipher.getAuthTag()];
  return Buffer.concat(sealed).toString("base64");
}

/** The bytes of such a text. Raises where it was not made with this secret, for this way. */
export function unseal(secret: Uint8Array, way: Way, text: string): Buffer {
  const sealed = Buffer.from(text, "base64");
  const decipher = createDecipheriv(CIPHER, secret, sealed.subarray(0, NONCE), { authTagLength: TAG });
  decipher.setAAD(Buffer.from(way)).setAuthTag(sealed.subarray(-TAG));
  const bytes = decipher.update(sealed.subarray(NONCE, -TAG));
  decipher.final();
  return bytes;
}
