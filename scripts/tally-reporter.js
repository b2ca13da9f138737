// Ends the output with one plain line: how many tests passed and failed.
module.exports = class TallyReporter {
  onRunComplete(_contexts, results) {
    // A file that could not be run at all counts as a failure: no line may look better than the run was.
    this.failed = results.numFailedTests + results.numRuntimeErrorTestSuites;
    this.line = `${results.numPassedTests} passed, ${this.failed} failed`;
    process.on("exit", () => process.stdout.write(`\n${this.line}\n`));
  }
};
