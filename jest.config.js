/** @type {import("jest").Config} */
module.exports = {
  testEnvironment: "node",
  testMatch: ["<rootDir>/__tests__/**/*.test.ts"],
  transform: {
    "^.+\\.(ts|mjs|js)$": ["@swc/jest", { jsc: { target: "es2022", parser: { syntax: "typescript" } } }],
  },
  // nock and what it needs are ES modules only.
  transformIgnorePatterns: [
    "/node_modules/(?!(nock|@mswjs|@open-draft|outvariant|is-node-process|strict-event-emitter|rettime|until-async)/)",
    "<rootDir>/dist/",
  ],
  modulePathIgnorePatterns: ["<rootDir>/dist/", "<rootDir>/bench/"],
  // The tests wait for other processes more than they compute: two at a time, on however few cores.
  maxWorkers: 2,
  testTimeout: 40_000,
  reporters: ["default", "<rootDir>/scripts/tally-reporter.js"],
};
