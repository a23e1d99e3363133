// What the page of rules asks of the console.

import { ApiError, get, headersOf } from "../api.js";

/** The rules in force and the list of all before them. */
export function rules() {
  return get("/api/rules");
}

/** One set of rules, with its text. */
export function version(number) {
  return get(`/api/rules/version?number=${number}`);
}

export function check(listening, signal) {
  return get("/api/rules/check", signal, { listening });
}

/** An error of the code changed_meanwhile carries the rules that hold now. */
export function publish(publication) {
  return get("/api/rules/publish", undefined, publication);
}

/** What a draft would match; `onProgress` hears how far it has come. Abort `signal` to stop it. */
export async function preview(listening, days, signal, onProgress) {
  const response = await fetch("/api/rules/preview", {
    method: "POST",
    headers: await headersOf("/api/rules/preview"),
    body: JSON.stringify({ listening, days }),
    signal,
  }).catch((error) => {
    throw signal.aborted ? error : new ApiError("offline");
  });
  if (!response.ok) {
    const { code, remedy } = await response.json();
    throw new ApiError(code ?? "internal", remedy);
  }
  let text = "";
  const reader = response.body.pipeThrough(new TextDecoderStream()).getReader();
  for (;;) {
    const { done, value } = await reader.read().catch((error) => {
      throw signal.aborted ? error : new ApiError("offline");
    });
    if (done) throw new ApiError("offline"); // it ended before it told its end
    text += value;
    const events = text.split("\n\n");
    text = events.pop();
    for (const event of events) {
      const told = JSON.parse(event.slice("data: ".length));
      if (told.type === "progress") onProgress(told);
      else if (told.type === "failed") throw new ApiError(`preview_${told.code}`, told.reason);
      else return told;
    }
  }
}
