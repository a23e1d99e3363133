// What the page of rules asks of the console.

import { ApiError, get, told } from "../api.js";

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
  for await (const what of told("/api/rules/preview", signal, { listening, days })) {
    if (what.type === "progress") onProgress(what);
    else if (what.type === "failed") throw new ApiError(`preview_${what.code}`, what.reason);
    else return what;
  }
  throw new ApiError("offline"); // it ended before it told its end
}
