/** The family a class belongs to: `"async"` returns promises, `"sync"` blocks. */
export type Mode = "async" | "sync";

/** What a call of the family `M` gives back: the value itself, or a promise of it. */
export type Reply<M extends Mode, T> = M extends "sync" ? T : Promise<T>;

/** How an answer is wanted: whole, or event by event. */
export type ResponseMode = "blocking" | "streaming";
