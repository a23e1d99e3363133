// One search, as the console tells of it: steps come while it runs, and it can be stopped.

import { ApiError, told } from "../api.js";

/** Call `onStep` with each step; ends with the last one, or throws what hindered it. */
export async function run(query, { signal, onStep }) {
  let last = null;
  for await (const step of told(`/api/search?${query}`, signal)) {
    last = step;
    onStep(step);
  }
  if (last?.step === "failed") throw new ApiError(last.code);
  if (last?.step !== "end") throw new ApiError("offline"); // the console went away in the middle
}
