// Questions to the console. Names and values go out, never SQL.

const TIMEOUT_MS = 20_000;

/** An answer that is not the one asked for; `code` is what the page translates. */
export class ApiError extends Error {
  constructor(code, remedy = "", problems = {}, item = null) {
    super(code);
    this.code = code;
    this.remedy = remedy;
    this.problems = problems; // of what was posted, by place in it
    this.item = item; // as it is now, where somebody else was first
  }
}

/** Whether it is the connection that failed, so that asking again may help. */
export function isAway(error) {
  return error.code === "offline" || error.code === "database_away";
}

/** Which pages there are, in groups. */
export function pages() {
  return get("/api/pages");
}

export function boards() {
  return get("/api/dashboards");
}

export function board(uid) {
  return get(`/api/dashboards/${encodeURIComponent(uid)}`);
}

export function variables(uid) {
  return get(`/api/dashboards/${encodeURIComponent(uid)}/variables`);
}

export function panelData(uid, panelId, query, signal) {
  return get(`/api/dashboards/${encodeURIComponent(uid)}/panels/${panelId}/data?${query}`, signal);
}

/** What changed in the period: moments that every chart shows. */
export function annotations(uid, query) {
  return get(`/api/dashboards/${encodeURIComponent(uid)}/annotations?${query}`);
}

/** Whether labels can be saved here, by which edition of the guide, and what time it is there. */
export function labelling() {
  return get("/api/labelling");
}

/** Mentions to judge next. */
export function offer(ask) {
  return get("/api/labelling/offer", undefined, ask);
}

export function saveLabels(labels) {
  return get("/api/labels", undefined, { labels });
}

/** The items of a queue, "leads" or "care". */
export function queue(name, filters, signal) {
  return get(`/api/${name}?${new URLSearchParams(filters)}`, signal);
}

/** From now on a first reply is due after so many minutes. */
export function setTarget(minutes, made_by) {
  return get("/api/care/target", undefined, { minutes, made_by });
}

/** What people decided about one item. */
export function history(name, source, subject) {
  return get(`/api/${name}/history?${new URLSearchParams({ source, subject })}`);
}

/** One change of one item; an error of the code changed_meanwhile carries the item as it is now. */
export function change(name, event) {
  return get(`/api/${name}/change`, undefined, event);
}

/** Who is signed in, and what goes out with every post; asked once a page. */
export function session() {
  known ??= get("/api/session").catch((error) => {
    known = null; // asked again when it matters
    throw error;
  });
  return known;
}

/** The same, and whether who is signed in may see a page. */
export function sessionFor(page) {
  return get(`/api/session?${new URLSearchParams({ page })}`);
}

/** Sign in at one of the two paths that take it; throws wrong_sign_in and too_many_sign_ins. */
export function signIn(path, said) {
  return get(path, undefined, said);
}

/** Sign out, everywhere this session is open. */
export async function signOut() {
  known = null;
  await get("/api/session/end", undefined, {});
  known = null;
}

/** The description of the API. */
export function openapi() {
  return get("/api/openapi.json");
}

let known = null;

/** Off to sign in, and back here afterwards; never returns, since the page is left. */
function toSignIn() {
  const here = location.pathname + location.search;
  location.assign(`/login?${new URLSearchParams({ next: here })}`);
  return new Promise(() => {});
}

/** What a post carries beside its body. */
async function headersOf(path) {
  const headers = { "content-type": "application/json" };
  if (path === "/api/session" || path === "/api/session/link") return headers; // nobody is in yet
  const { csrf } = await session();
  return csrf ? { ...headers, "x-escucha-csrf": csrf } : headers;
}

/** Ask, or post where there is something to post; throws ApiError. */
export async function get(path, signal, posted) {
  const limit = AbortSignal.timeout(TIMEOUT_MS);
  const post = posted && {
    method: "POST",
    headers: await headersOf(path),
    body: JSON.stringify(posted),
  };
  let response;
  let body;
  try {
    const until = signal ? AbortSignal.any([signal, limit]) : limit;
    response = await fetch(path, { ...post, signal: until });
    body = await response.json();
  } catch (error) {
    if (signal?.aborted) throw error;
    throw new ApiError("offline");
  }
  if (!response.ok) throw await refused(body);
  return body;
}

/**
 * What an answer tells piece by piece (server-sent events, each of them JSON), as it comes; throws
 * ApiError. Whoever asks knows the last word, and that there was none. Abort `signal` to stop.
 */
export async function* told(path, signal, posted) {
  const post = posted && {
    method: "POST",
    headers: await headersOf(path),
    body: JSON.stringify(posted),
  };
  const failed = (error) => {
    throw signal?.aborted ? error : new ApiError("offline");
  };
  const response = await fetch(path, { ...post, signal }).catch(failed);
  if (!response.ok) throw await refused(await response.json().catch(() => ({})));
  const reader = response.body.pipeThrough(new TextDecoderStream()).getReader();
  let text = "";
  for (;;) {
    const { done, value } = await reader.read().catch(failed);
    if (done) return;
    text += value;
    const events = text.split("\n\n");
    text = events.pop();
    for (const event of events) {
      const data = event.split("\n").find((line) => line.startsWith("data: "));
      if (data) yield JSON.parse(data.slice("data: ".length));
    }
  }
}

/** The error that the body of a refusal tells. */
async function refused(body) {
  if (body.code === "not_signed_in" && location.pathname !== "/login") return toSignIn();
  return new ApiError(body.code ?? "internal", body.remedy, body.problems, body.item);
}
