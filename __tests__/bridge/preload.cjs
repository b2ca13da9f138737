// Tells that it was loaded, and marks the thread.
globalThis.MARK = "loaded";
console.log("loaded");
