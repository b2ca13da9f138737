// What is said of the machine beside the figures: its kind, and nothing that names it.
import os from "node:os";

export function describeMachine() {
  const cpus = os.cpus();
  return {
    cpu: cpus[0]?.model.trim() || "unknown",
    cores: cpus.length,
    system: `${os.type()} ${os.arch()}`,
    node: process.versions.node,
  };
}

/** For instance "2026-11-23, Node 20.20.2, 2 cores of AMD EPYC, Linux x64". */
export function machineText({ date, machine }) {
  const { node, cores, cpu, system } = machine;
  return `${date.slice(0, 10)}, Node ${node}, ${cores} ${cores === 1 ? "core" : "cores"} of ${cpu}, ${system}`;
}
