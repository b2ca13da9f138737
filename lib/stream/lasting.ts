const lasting: object[] = [];

/**
 * Keeps an object alive for good, so that V8 keeps the compiled code of its class: a full collection that finds no
 * object of a class drops what was optimized for it, and the next stream would start as slowly as the first.
 */
export function keepOne(object: object): void {
  lasting.push(object);
}
