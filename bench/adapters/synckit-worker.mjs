import { runAsWorker } from "synckit";
import { Pool } from "undici";

let pool;

runAsWorker(async (origin, request) => {
  pool ??= new Pool(origin);
  const { body } = await pool.request(request);
  return body.text();
});
