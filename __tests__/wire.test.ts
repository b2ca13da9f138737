import { type Recorder, startRecorder } from "./helpers/recorder";
import { type AnyClient, FAMILIES, type FamilyUnderTest, processFamily } from "./helpers/recorder-families";
import {
  CALLS,
  essence,
  expectedOf,
  FixtureFiles,
  methodOf,
  type PythonCall,
  translate,
} from "./helpers/recorder-python";

// Over the process bridge a call takes 65 ms: every fourth of them here, all with SOAK.
const throughProcess = process.env.SOAK ? CALLS : CALLS.filter((_, i) => i % 4 === 0);
const tables: [name: string, calls: PythonCall[], family: () => FamilyUnderTest][] = [
  ...FAMILIES.map(([name, family]): (typeof tables)[number] => [name, CALLS, family]),
  ["process", throughProcess, processFamily],
];
const title = (call: PythonCall, i: number) => `${i} ${call.class}.${call.method} ${call.case}`;

describe.each(tables)("what Python puts on the wire, %s", (_, calls, load) => {
  const files = new FixtureFiles();
  const clients = new Map<string, AnyClient>();
  let family: FamilyUnderTest;
  let recorder: Recorder;

  beforeAll(async () => {
    recorder = await startRecorder();
    family = load();
  });

  afterAll(async () => {
    for (const client of clients.values()) await family.close(client);
    await recorder.stop();
    files.remove();
  });

  function clientFor(call: PythonCall): AnyClient {
    let client = clients.get(call.class);
    if (!client) {
      client = family.client(call.class, "app-test-key", { baseUrl: recorder.baseUrl, maxRetries: 0 });
      clients.set(call.class, client);
    }
    if (call.client) client.datasetId = call.client.dataset_id;
    return client;
  }

  test.each(calls.map((call, i) => [title(call, i), call] as const))("%s", async (_, call) => {
    const args = translate(call, files);
    await family.call(clientFor(call), methodOf(call.class, call.method).name, args);
    const requests = await recorder.take();
    expect(requests.map(essence)).toEqual([expectedOf(call, args)]);
    expect(requests[0]?.headers.authorization).toBe("Bearer app-test-key");
  });
});
