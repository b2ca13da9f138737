import { startFakeDify } from "../testing";
import { readRecording } from "./fake/recording";
import { replay } from "./fake/replay";
import { SCENARIOS } from "./fake/scenarios";

test.each(SCENARIOS)("answers as recorded: %s", async (_, recordings) => {
  await using fake = await startFakeDify({ pace: 0, tail: 0 });
  const ids = new Map<string, string>();
  const found: string[] = [];
  for (const [file, how] of recordings) {
    for (const line of await replay(readRecording(file), fake, how, ids)) found.push(`${file} ${line}`);
  }
  expect(found).toEqual([]);
});
