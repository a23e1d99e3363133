// One search, as the console tells of it: steps come while it runs, and it can be stopped.

import { ApiError } from "../api.js";

/** Call `onStep` with each step; ends with the last one, or throws what hindered it. */
export async function run(query, { signal, onStep }) {
  let response;
  try {
    response = await fetch(`/api/search?${query}`, { signal });
  } catch (error) {
    throw signal.aborted ? error : new ApiError("offline");
  }
  if (!response.ok) throw await refusal(response);
  let last = null;
  try {
    for await (const step of steps(response.body)) {
      last = step;
      onStep(step);
    }
  } catch (error) {
    throw signal.aborted ? error : new ApiError("offline");
  }
  if (last?.step === "failed") throw new ApiError(last.code);
  if (last?.step !== "end") throw new ApiError("offline"); // the console went away in the middle
}

async function refusal(response) {
  try {
    const { code, remedy, problems } = await response.json();
    return new ApiError(code ?? "internal", remedy, problems);
  } catch {
    return new ApiError("internal");
  }
}

async function* steps(body) {
  const reader = body.pipeThrough(new TextDecoderStream()).getReader();
  let text = "";
  for (;;) {
    const { done, value } = await reader.read();
    if (done) return;
    text += value;
    const events = text.split("\n\n");
    text = events.pop();
    for (const event of events) {
      const data = event.split("\n").find((line) => line.startsWith("data: "));
      if (data) yield JSON.parse(data.slice(6));
    }
  }
}
