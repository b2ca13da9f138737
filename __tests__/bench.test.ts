import { execFileSync } from "node:child_process";
import { readFileSync } from "node:fs";
import path from "node:path";

const root = path.join(__dirname, "..");
const readJson = (name: string) => JSON.parse(readFileSync(path.join(root, name), "utf8"));

/** Runs a script with the modules of bench/ and gives what it prints: jest does not load ES modules. */
function run(script: string, ...args: unknown[]) {
  const flags = ["--input-type=module", "--eval", `const args = ${JSON.stringify(args)};\n${script}`];
  return JSON.parse(execFileSync(process.execPath, flags, { cwd: root, encoding: "utf8" }));
}

interface Budget {
  section: string;
  metric: string;
  who: string;
  against?: string;
  max?: number;
  over?: number;
  limit?: number;
}

interface Section {
  id: string;
  rows: (string | { name: string })[];
  metrics: { key: string }[];
}

describe("a budget", () => {
  const CASES: [string, Partial<Budget>, number[], number[], boolean][] = [
    ["a ratio within it", { max: 1.1 }, [100, 104, 108], [100, 100, 100], true],
    ["a ratio beyond it, in steady rounds", { max: 1.1 }, [130, 131, 132], [100, 100, 100], false],
    ["a little more than the ratio", { max: 1.1 }, [114, 114, 114], [100, 100, 100], true],
    ["more than the ratio, in restless rounds", { max: 1.1 }, [120, 140, 180], [100, 100, 100], true],
    ["far more than the ratio, in restless rounds", { max: 1.1 }, [180, 300, 500], [100, 100, 100], false],
    ["one bad round", { max: 1.1 }, [105, 105, 900], [100, 100, 100], true],
    ["a slow machine in half of the rounds", { max: 1.1 }, [100, 900, 102, 905], [100, 890, 99, 900], true],
    ["a slow first row, but not in its best round", { max: 1.1 }, [105, 160, 160], [100, 101, 102], true],
    ["a sum within it", { over: 50 }, [140, 145, 150], [100, 100, 100], true],
    ["a sum beyond it", { over: 50 }, [170, 171, 172], [100, 100, 100], false],
    ["a figure within it", { limit: 45 }, [30, 44, 70], [], true],
    ["a figure beyond it", { limit: 45 }, [60, 61, 62], [], false],
    ["nothing where nothing may be", { limit: 0 }, [0, 0, 0], [], true],
    ["something where nothing may be", { limit: 0 }, [1, 1, 1], [], false],
  ];

  it("is broken by what exceeds it by more than the noise", () => {
    const judged = run(
      `import { judge } from "./bench/stats.mjs";
       console.log(JSON.stringify(args[0].map(([, kind, ours, theirs]) =>
         judge({ ...kind, who: "us", against: "them", metric: "m" }, { us: { m: ours }, them: { m: theirs } }))));`,
      CASES,
    );
    const holds = judged.map((verdict: { holds: boolean }, index: number) => [
      CASES[index]?.[0],
      verdict.holds,
    ]);
    expect(holds).toEqual(CASES.map(([name, , , , expected]) => [name, expected]));
  });

  it("does not hold without figures, and is judged again by a second measurement only where it was broken", () => {
    const verdicts = run(
      `import { verdicts } from "./bench/report.mjs";
       const section = (us) => ({ id: "s", title: "S", metrics: [{ key: "m", label: "M" }], rows: { us: { m: us } } });
       const budget = { section: "s", metric: "m", who: "us", limit: 10 };
       const judge = (first, second) => verdicts([budget], {
         sections: [section(first)], repeated: second && { s: { us: { m: second } } },
       })[0].holds;
       console.log(JSON.stringify([judge([]), judge([20]), judge([20], [9]), judge([9], [20]), judge([20], [])]));`,
    );
    expect(verdicts).toEqual([false, false, true, true, false]);
  });

  it("names a section, a metric and rows that there are, and sets one figure", () => {
    const budgets: Budget[] = readJson("bench/budgets.json");
    const sections: Section[] = run(
      `import { SECTIONS } from "./bench/sections.mjs"; console.log(JSON.stringify(SECTIONS));`,
    );
    expect(budgets.length).toBeGreaterThan(30);
    for (const budget of budgets) {
      const section = sections.find(({ id }) => id === budget.section);
      const rows = section?.rows.map((row) => (typeof row === "string" ? row : row.name)) ?? [];
      expect(section?.metrics.map(({ key }) => key)).toContain(budget.metric);
      expect(rows).toEqual(expect.arrayContaining([budget.who, ...(budget.against ? [budget.against] : [])]));
      expect([budget.max, budget.over, budget.limit].filter((bound) => bound !== undefined)).toHaveLength(1);
      expect(budget.against === undefined).toBe(budget.limit !== undefined);
    }
  });
});

it("says in words how a cost grows", () => {
  const [fixed, linear, flatThenLinear, quadratic] = run(
    `import { growthText } from "./bench/words.mjs";
     const points = (cost) => [3, 4, 5, 6, 7, 8].map((power) => ({ x: 10 ** power, y: cost(10 ** power) }));
     const costs = [() => 5, (x) => x, (x) => 1e5 + x, (x) => x * x];
     console.log(JSON.stringify(costs.map((cost) => growthText(points(cost), "B"))));`,
  );
  expect(fixed).toBe("constant over the whole range");
  expect(linear).toBe("in proportion (slope 1.00 from 1 MB to 100 MB)");
  expect(flatThenLinear).toMatch(/^nearly constant up to 10 KB, then in proportion \(slope 0\.9\d from/);
  expect(quadratic).toBe("faster than in proportion (slope 2.00 from 1 MB to 100 MB)");
});

describe("what is measured against", () => {
  const { dependencies } = readJson("bench/package.json") as { dependencies: Record<string, string> };
  const lock = readJson("bench/package-lock.json");

  it("is pinned, and the same undici and form-data as the project's", () => {
    const ours = readJson("package-lock.json").packages;
    for (const [name, version] of Object.entries(dependencies)) {
      expect(version).toMatch(/^\d+\.\d+\.\d+$/);
      expect(lock.packages[`node_modules/${name}`].version).toBe(version);
    }
    for (const name of ["undici", "form-data", "sync-rpc"]) {
      expect(dependencies[name]).toBe(ours[`node_modules/${name}`].version);
    }
  });

  it("is no part of the package", () => {
    const project = readJson("package.json");
    const all = { ...project.dependencies, ...project.devDependencies };
    for (const name of ["dify-client", "synckit"]) expect(all).not.toHaveProperty(name);
    expect(project.files.some((entry: string) => entry.startsWith("bench"))).toBe(false);
    expect(JSON.stringify(lock)).not.toContain('"resolved"');
  });
});
