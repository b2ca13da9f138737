// What a client process reads off itself: processor time and memory.
import { readFileSync, writeFileSync } from "node:fs";

const MB = 1_048_576;

/** Microseconds of processor time so far, of all threads; not of child processes. */
export function cpuMicros() {
  const { user, system } = process.cpuUsage();
  return user + system;
}

/** What this process has in memory now, in MB. */
export const residentMb = () => process.memoryUsage.rss() / MB;

/** What the garbage collector knows of: the heap and the buffers beside it, in MB. */
export function usedMb() {
  const { heapUsed, external } = process.memoryUsage();
  return (heapUsed + external) / MB;
}

/** Begins a new peak. Where the system cannot do that, the peak is that of the whole life of the process. */
export function resetPeak() {
  try {
    writeFileSync("/proc/self/clear_refs", "5");
  } catch {
    // Not Linux, or not allowed.
  }
}

/** The most this process has had in memory since `resetPeak`, in MB. */
export function peakMb() {
  try {
    return Number(/VmHWM:\s+(\d+)/.exec(readFileSync("/proc/self/status", "latin1"))[1]) / 1_024;
  } catch {
    return process.resourceUsage().maxRSS / 1_024;
  }
}

/** Microseconds of a clock that all processes of this machine share. */
export const sharedMicros = () => Number(process.hrtime.bigint()) / 1_000;
