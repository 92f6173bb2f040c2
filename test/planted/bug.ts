// The shape of a bug that is planted on purpose. bugs.ts and bugs-in-watches.ts list them, main.ts
// plants each and looks whether the tests notice.

export interface PlantedBug {
  /** What it breaks, as somebody would tell who met it. */
  readonly breaks: string;
  readonly file: string;
  /** Occurs exactly once in the file. */
  readonly text: string;
  readonly replacement: string;
  /** The test file that should catch it. */
  readonly caughtBy: string;
}

/** Bugs of files in one folder of the operator, with their tests in one folder. */
export const bugsIn =
  (folder: string, tests: string) =>
  (
    breaks: string,
    [file, test]: [file: string, test: string],
    [text, replacement]: [text: string, replacement: string],
  ): PlantedBug => ({
    ...{ breaks, text, replacement },
    file: `operator/${folder}/${file}.ts`,
    caughtBy: `test/${tests}/${test}.test.ts`,
  });
